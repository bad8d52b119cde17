/* losses.c - committed records that were lost as documented: when, which, and the nearest cause.
 *
 * Told while invariants are watched. Partitions that lost in one moment for one reason are told
 * together, internal topics too: what coordinators remember is in them. */
#include "scenarios/runner/results/results.h"
#include "scenarios/runner/results/summary_parts.h"
#include "scenarios/runner/text.h"
#include <string.h>

#define NAMED_MAX 3 /* partitions of a line */

static const char *const words[] = {
    [LOSS_OTHER] = "other",
    [LOSS_UNCLEAN_ELECTION] = "unclean election",
    [LOSS_NEW_DISK] = "new disk",
    [LOSS_POWER_CUT] = "power cut",
    [LOSS_CUT] = "cut at its high watermark",
    [LOSS_HISTORY] = "mixed histories",
};

static bool is_one_moment(const LossNote *a, const LossNote *b)
{
    return b->at - a->at < SIM_SEC(1) && a->leader == b->leader && a->reason == b->reason &&
           a->broker == b->broker && a->since == b->since && a->last_known == b->last_known;
}

static void append_since(const LossNote *note, GString *out)
{
    g_string_append(out, " at ");
    text_fixed(out, note->since / SIM_MS(1), 3);
    g_string_append(out, " s");
}

/* ", whose disk ..." of who leads, "; broker 2's disk ..." of another. */
static void append_whose(const LossNote *note, const char *what, GString *out)
{
    if (note->leader == note->broker) {
        g_string_append_printf(out, ", whose %s", what);
    } else {
        g_string_append_printf(out, "; broker %d's %s", note->broker, what);
    }
    append_since(note, out);
}

static void append_reason(const LossNote *note, GString *out)
{
    switch (note->reason) {
    case LOSS_UNCLEAN_ELECTION:
        g_string_append(out, ", elected uncleanly");
        break;
    case LOSS_NEW_DISK:
        append_whose(note, "disk was replaced", out);
        break;
    case LOSS_POWER_CUT:
        append_whose(note, "unflushed records went with its power", out);
        break;
    case LOSS_CUT:
        append_whose(note, "log was cut at its own high watermark (before KIP-101)", out);
        break;
    case LOSS_HISTORY:
        g_string_append(out, "; replicas mixed two histories (a fix of replication is off)");
        break;
    case LOSS_OTHER:
        break;
    }
}

static void append_partition(const Run *run, const LossNote *note, GString *out)
{
    const PartitionReport *partition = &run->report->partitions[note->partition];
    text_partition(out, partition->topic, partition->partition);
}

/* Returns where the next line begins. */
static int32_t append_moment(const Run *run, int32_t first, GString *out)
{
    const LossNote *losses = run->report->losses;
    int32_t end = first;
    int64_t records = 0;
    while (end < run->report->loss_count && is_one_moment(&losses[first], &losses[end])) {
        records += losses[end].to - losses[end].from;
        end++;
    }
    text_moment(out, losses[first].at);
    text_thousands(out, records);
    g_string_append(out, records == 1 ? " record of " : " records of ");
    for (int32_t i = first; i < MIN(end, first + NAMED_MAX); i++) {
        g_string_append(out, i > first ? ", " : "");
        append_partition(run, &losses[i], out);
    }
    if (end - first > NAMED_MAX) {
        g_string_append_printf(out, " and %d more", end - first - NAMED_MAX);
    }
    if (losses[first].leader >= 0) {
        g_string_append_printf(out, ": broker %d leads", losses[first].leader);
    } else {
        g_string_append(out, ": gone at the end");
    }
    if (losses[first].last_known) {
        g_string_append(out, ", elected as the last known leader (ISR and ELR were empty)");
    }
    append_reason(&losses[first], out);
    g_string_append_c(out, '\n');
    return end;
}

void results_losses_text(const Run *run, GString *out)
{
    if (run->report->loss_count == 0) {
        return;
    }
    g_string_append(out, "\nCOMMITTED AND LOST, as Kafka documents\n");
    for (int32_t i = 0; i < run->report->loss_count;) {
        i = append_moment(run, i, out);
    }
}

void summary_write_losses(JsonWriter *json, const Run *run)
{
    json_begin_array(json, "losses");
    for (int32_t i = 0; i < run->report->loss_count; i++) {
        const LossNote *note = &run->report->losses[i];
        const PartitionReport *partition = &run->report->partitions[note->partition];
        json_begin_object(json, NULL);
        json_ms(json, "time_ms", note->at);
        json_string(json, "topic", partition->topic);
        json_integer(json, "partition", partition->partition);
        json_integer(json, "leader", note->leader);
        json_integer(json, "leader_epoch", note->leader_epoch);
        json_integer(json, "from", note->from);
        json_integer(json, "to", note->to - 1);
        json_string(json, "reason", words[note->reason]);
        if (note->last_known) {
            json_boolean(json, "last_known_leader", true);
        }
        if (note->broker >= 0) {
            json_integer(json, "broker", note->broker);
            json_ms(json, "since_ms", note->since);
        }
        json_integer(json, "cause", note->cause);
        json_end_object(json);
    }
    json_end_array(json);
}
