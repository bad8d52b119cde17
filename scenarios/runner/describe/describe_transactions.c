/* describe_transactions.c - transactional ids in the layout of kafka-transactions.sh.
 *
 * Mirrors: TransactionsCommand, its ListTransactionsCommand and DescribeTransactionsCommand. Times
 * are ms since the start of the run; partitions are sorted (Kafka has no order). */
#include "scenarios/runner/describe/describe_transactions.h"
#include "scenarios/runner/describe/document.h"
#include "scenarios/runner/describe/pretty_table.h"
#include <string.h>

void describe_transactions(const GPtrArray *views, GString *out)
{
    static const char *const header[] = {
        "TransactionalId", "Coordinator", "ProducerId", "TransactionState"};
    PrettyTable table = pretty_table_new(header, G_N_ELEMENTS(header));
    for (guint i = 0; i < views->len; i++) {
        const TransactionStateView *view = views->pdata[i];
        pretty_table_text(&table, view->transactional_id);
        pretty_table_integer(&table, view->coordinator);
        pretty_table_integer(&table, view->producer_id);
        pretty_table_text(&table, view->state);
    }
    pretty_table_print(&table, out);
}

static const TransactionStateView *find(const GPtrArray *views, const char *id)
{
    for (guint i = 0; i < views->len; i++) {
        const TransactionStateView *view = views->pdata[i];
        if (strcmp(view->transactional_id, id) == 0) {
            return view;
        }
    }
    return NULL;
}

static char *partitions_text(const GArray *partitions)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < partitions->len; i++) {
        const OwnedPartitionView *row = &g_array_index(partitions, OwnedPartitionView, i);
        g_string_append_printf(text, "%s%s-%d", i > 0 ? "," : "", row->topic, row->partition);
    }
    return g_string_free(text, FALSE);
}

bool describe_transaction(const GPtrArray *views, const char *id, SimTime at, GString *out)
{
    static const char *const header[] = {"CoordinatorId",
                                         "TransactionalId",
                                         "ProducerId",
                                         "ProducerEpoch",
                                         "TransactionState",
                                         "TransactionTimeoutMs",
                                         "CurrentTransactionStartTimeMs",
                                         "TransactionDurationMs",
                                         "TopicPartitions"};
    const TransactionStateView *view = find(views, id);
    if (view == NULL) {
        return false;
    }
    PrettyTable table = pretty_table_new(header, G_N_ELEMENTS(header));
    pretty_table_integer(&table, view->coordinator);
    pretty_table_text(&table, view->transactional_id);
    pretty_table_integer(&table, view->producer_id);
    pretty_table_integer(&table, view->producer_epoch);
    pretty_table_text(&table, view->state);
    pretty_table_integer(&table, view->timeout_ns / SIM_MS(1));
    if (view->started_at >= 0) {
        const int64_t started_ms = view->started_at / SIM_MS(1);
        pretty_table_integer(&table, started_ms);
        pretty_table_integer(&table, at / SIM_MS(1) - started_ms);
    } else {
        pretty_table_text(&table, "None");
        pretty_table_text(&table, "None");
    }
    g_autofree char *partitions = partitions_text(view->partitions);
    pretty_table_text(&table, partitions);
    pretty_table_print(&table, out);
    return true;
}

static void write_transaction(JsonWriter *json, const TransactionStateView *view)
{
    json_begin_object(json, NULL);
    json_string(json, "transactional_id", view->transactional_id);
    json_integer(json, "coordinator", view->coordinator);
    json_integer(json, "producer_id", view->producer_id);
    json_integer(json, "producer_epoch", view->producer_epoch);
    json_string(json, "state", view->state);
    json_integer(json, "timeout_ms", view->timeout_ns / SIM_MS(1));
    json_integer(json, "started_ms", view->started_at < 0 ? -1 : view->started_at / SIM_MS(1));
    json_begin_array(json, "partitions");
    for (guint i = 0; i < view->partitions->len; i++) {
        const OwnedPartitionView *row = &g_array_index(view->partitions, OwnedPartitionView, i);
        json_begin_object(json, NULL);
        json_string(json, "topic", row->topic);
        json_integer(json, "partition", row->partition);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

void describe_transactions_json(const GPtrArray *views, const char *id, SimTime at, GString *out)
{
    JsonWriter json;
    document_begin(&json, at, out);
    json_begin_array(&json, "transactions");
    for (guint i = 0; i < views->len; i++) {
        const TransactionStateView *view = views->pdata[i];
        if (id == NULL || strcmp(id, view->transactional_id) == 0) {
            write_transaction(&json, view);
        }
    }
    json_end_array(&json);
    json_end_object(&json);
}
