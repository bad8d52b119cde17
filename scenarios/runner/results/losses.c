/* losses.c - records that were lost as documented: when, which, and the nearest cause.
 *
 * All that were acknowledged, or sent with acks=0, are told; and while invariants are watched the
 * committed ones that nobody was told of, internal topics too: what coordinators remember is in
 * them. Partitions that lost in one moment for one reason are told together. */
#include "scenarios/runner/results/results.h"
#include "scenarios/runner/results/summary_parts.h"
#include "scenarios/runner/text.h"
#include <string.h>

#define NAMED_MAX 3 /* partitions of a line */

static const char *const words[] = {
    [LOSS_OTHER] = "other",
    [LOSS_DELETED] = "topic deleted",
    [LOSS_UNRECEIVED] = "no broker handled them",
    [LOSS_REFUSED] = "refused by a broker",
    [LOSS_UNCLEAN_ELECTION] = "unclean election",
    [LOSS_NEW_DISK] = "new disk",
    [LOSS_POWER_CUT] = "power cut",
    [LOSS_CUT] = "cut at its high watermark",
    [LOSS_HISTORY] = "mixed histories",
    [LOSS_CANCELLED] = "cancelled reassignment",
};

static const char *reason_of(const LossNote *note)
{
    if (note->reason == LOSS_UNREPLICATED) {
        return note->unheard ? "before replication" : "acks=1, before replication";
    }
    return words[note->reason];
}

/* Of none was the producer told. */
static bool is_untold(const LossNote *note)
{
    return note->records == 0;
}

static int64_t records_of(const LossNote *note)
{
    return is_untold(note) ? note->to - note->from : note->records;
}

static bool is_one_moment(const LossNote *a, const LossNote *b)
{
    return b->at - a->at < SIM_SEC(1) && a->leader == b->leader && a->reason == b->reason &&
           a->broker == b->broker && a->since == b->since && a->last_known == b->last_known &&
           a->unheard == b->unheard && a->late == b->late && is_untold(a) == is_untold(b);
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
    case LOSS_CANCELLED:
        append_whose(note, "log went with a cancelled reassignment", out);
        break;
    case LOSS_UNREPLICATED:
        g_string_append_printf(out,
                               note->unheard ? "; broker %d had them, no follower did"
                                             : "; acks=1: broker %d acknowledged them before "
                                               "any follower had them",
                               note->broker);
        break;
    case LOSS_REFUSED:
        g_string_append_printf(out, " by broker %d", note->broker);
        break;
    case LOSS_DELETED:
    case LOSS_UNRECEIVED:
    case LOSS_OTHER:
        break;
    }
}

/* Who is without them. */
static void append_leader(const LossNote *note, GString *out)
{
    if (note->leader >= 0) {
        g_string_append_printf(out, ": broker %d leads", note->leader);
    } else if (note->reason == LOSS_DELETED) {
        g_string_append(out, ": their topic is deleted");
    } else if (note->reason == LOSS_UNRECEIVED) {
        g_string_append(out, ": no broker handled them");
    } else {
        g_string_append(out, note->reason == LOSS_REFUSED ? ": refused" : ": gone at the end");
    }
}

static void append_kind(const LossNote *note, int64_t records, GString *out)
{
    text_thousands(out, records);
    g_string_append(out, is_untold(note) ? " committed" : "");
    g_string_append(out, records == 1 ? " record" : " records");
    g_string_append(out, note->unheard ? " sent with acks=0 to " : " of ");
}

static void append_partition(const Run *run, const LossNote *note, GString *out)
{
    const PartitionReport *partition = &run->report->partitions[note->partition];
    text_partition(out, partition->topic, partition->partition);
}

/* Of those that went one after the other. */
static void append_until(SimTime at, SimTime until, GString *out)
{
    if (until - at >= SIM_SEC(1)) {
        g_string_append(out, "; the last of them at ");
        text_fixed(out, until / SIM_MS(1), 3);
        g_string_append(out, " s");
    }
}

/* Those of its moment, which are told with it. */
static void append_moment(const Run *run, int32_t first, bool *told, GString *out)
{
    const LossNote *losses = run->report->losses;
    SimTime until = 0;
    int32_t parts = 0;
    int64_t records = 0;
    g_autoptr(GString) names = g_string_new(NULL);
    for (int32_t i = first; i < run->report->loss_count; i++) {
        if (losses[i].at - losses[first].at >= SIM_SEC(1)) {
            break;
        }
        if (told[i] || !is_one_moment(&losses[first], &losses[i])) {
            continue;
        }
        told[i] = true;
        until = MAX(until, losses[i].until);
        records += records_of(&losses[i]);
        parts++;
        if (parts <= NAMED_MAX) {
            g_string_append(names, parts > 1 ? ", " : "");
            append_partition(run, &losses[i], names);
        }
    }
    text_moment(out, losses[first].at);
    append_kind(&losses[first], records, out);
    g_string_append(out, names->str);
    if (parts > NAMED_MAX) {
        g_string_append_printf(out, " and %d more", parts - NAMED_MAX);
    }
    append_leader(&losses[first], out);
    if (losses[first].last_known) {
        g_string_append(out, ", elected as the last known leader (ISR and ELR were empty)");
    }
    append_reason(&losses[first], out);
    if (losses[first].late) {
        g_string_append(out, ", not knowing that it led no longer");
    }
    append_until(losses[first].at, until, out);
    g_string_append_c(out, '\n');
}

void results_losses_text(const Run *run, GString *out)
{
    if (run->report->loss_count == 0) {
        return;
    }
    g_string_append(out, "\nLOST, as Kafka documents\n");
    g_autofree bool *told = g_new0(bool, (gsize)run->report->loss_count);
    for (int32_t i = 0; i < run->report->loss_count; i++) {
        if (!told[i]) {
            append_moment(run, i, told, out);
        }
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
        if (note->until > note->at) {
            json_ms(json, "until_ms", note->until);
        }
        json_string(json, "topic", partition->topic);
        json_integer(json, "partition", partition->partition);
        json_integer(json, "leader", note->leader);
        json_integer(json, "leader_epoch", note->leader_epoch);
        if (note->from >= 0) {
            json_integer(json, "from", note->from);
            json_integer(json, "to", note->to - 1);
        }
        json_integer(json, "records", note->records);
        if (note->unheard) {
            json_integer(json, "acks", 0);
        }
        json_boolean(json, "committed", note->committed);
        json_string(json, "reason", reason_of(note));
        if (note->late) {
            json_boolean(json, "late", true);
        }
        if (note->last_known) {
            json_boolean(json, "last_known_leader", true);
        }
        if (note->broker >= 0) {
            json_integer(json, "broker", note->broker);
        }
        if (note->broker >= 0 && note->since > 0) {
            json_ms(json, "since_ms", note->since);
        }
        json_integer(json, "cause", note->cause);
        json_end_object(json);
    }
    json_end_array(json);
}
