/* fidelity.c - see fidelity.h.
 *
 * What batch mode leaves out: records of a batch lie evenly between its first and its last (their
 * latency, and the offset of a time), a stream's arrivals are drawn by the batch, the work on a
 * poll's records is drawn as one sum. Record by record none of that is so. Chance is drawn in
 * another order, so that a part of the difference is luck: more seeds tell. */
#include "scenarios/runner/fidelity.h"
#include "scenarios/runner/text.h"

static const char *const producer_metrics[] = {"produce.latency.mean",
                                               "produce.latency.p50",
                                               "produce.latency.p99",
                                               "produce.rate",
                                               "acked.records.lost",
                                               "records.failed"};
static const char *const group_metrics[] = {"end.to.end.latency.mean",
                                            "end.to.end.latency.p50",
                                            "end.to.end.latency.p99",
                                            "consume.rate",
                                            "lag.max",
                                            "records.consumed.twice",
                                            "records.skipped",
                                            "rebalances"};

static void add(GArray *rows,
                const Run *batch,
                const Run *exact,
                const char *metric,
                const char *producer,
                const char *group)
{
    const Goal what = {.metric = scenario_metric_find(metric)->name,
                       .where_producer = (char *)(uintptr_t)producer,
                       .where_group = (char *)(uintptr_t)group,
                       .where_partition = SPEC_NONE};
    const MeasureSource sources[] = {run_source(batch), run_source(exact)};
    const Measured values[] = {measure(&sources[0], &what), measure(&sources[1], &what)};
    if (values[0].known && values[1].known) {
        const FidelityRow row = {.metric = what.metric,
                                 .of = producer != NULL ? producer : group,
                                 .unit = scenario_metric_find(metric)->unit,
                                 .batch = values[0].value,
                                 .exact = values[1].value};
        g_array_append_val(rows, row);
    }
}

GArray *fidelity_compare(const Run *batch, const Run *exact)
{
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(FidelityRow));
    const ClusterSpec *spec = batch->scenario->spec;
    for (guint i = 0; i < spec->producers->len; i++) {
        const ProducerSpec *producer = spec->producers->pdata[i];
        for (size_t m = 0; m < G_N_ELEMENTS(producer_metrics); m++) {
            add(rows, batch, exact, producer_metrics[m], producer->name, NULL);
        }
    }
    for (guint i = 0; i < spec->groups->len; i++) {
        const GroupSpec *group = spec->groups->pdata[i];
        for (size_t m = 0; m < G_N_ELEMENTS(group_metrics); m++) {
            add(rows, batch, exact, group_metrics[m], NULL, group->name);
        }
    }
    return rows;
}

int64_t fidelity_error_ppm(const FidelityRow *row)
{
    if (row->exact == row->batch) {
        return 0;
    }
    if (row->exact == 0) {
        return INT64_MAX;
    }
    const double part = (double)(row->batch - row->exact) / (double)row->exact;
    return (int64_t)(part * 1e6);
}

static void append_row(const FidelityRow *row, GString *out)
{
    const int64_t ppm = fidelity_error_ppm(row);
    gsize start = out->len;
    g_string_append_printf(out, "  %s", row->metric);
    text_pad(out, start, 28);
    start = out->len;
    text_visible(out, row->of);
    text_pad(out, start, 18);
    start = out->len;
    text_measure(out, row->unit, row->batch);
    text_pad(out, start, 16);
    start = out->len;
    text_measure(out, row->unit, row->exact);
    text_pad(out, start, 16);
    if (ppm == INT64_MAX) {
        g_string_append(out, "-\n");
        return;
    }
    g_string_append(out, ppm < 0 ? "-" : "+");
    text_fixed(out, (ppm < 0 ? -ppm : ppm) / 100, 2);
    g_string_append(out, " %\n");
}

void fidelity_text(const Run *batch, const Run *exact, GString *out)
{
    g_autoptr(GArray) rows = fidelity_compare(batch, exact);
    g_string_append(out,
                    "\nFIDELITY: by the batch, beside record by record\n"
                    "  metric                    of                batch           record         "
                    " error\n");
    for (guint i = 0; i < rows->len; i++) {
        append_row(&g_array_index(rows, FidelityRow, i), out);
    }
}
