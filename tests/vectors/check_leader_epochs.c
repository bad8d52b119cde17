/* check_leader_epochs.c - LeaderEpochFileCache's answers against models/log/leader_epochs: a cache
 * lives through a list of operations, each of which gives a result or the whole cache. */
#include "models/log/leader_epochs.h"
#include "tests/vectors/vectors.h"
#include <string.h>

static bool same_entries(const cJSON *op, const LeaderEpochs *epochs, GString *why)
{
    const cJSON *entries = cJSON_GetObjectItemCaseSensitive(op, "entries");
    if (!vector_same_integer(why, "entries", cJSON_GetArraySize(entries), epochs->count)) {
        return false;
    }
    int32_t i = 0;
    for (const cJSON *at = entries->child; at != NULL; at = at->next, i++) {
        int64_t epoch = (int64_t)at->child->valuedouble;
        int64_t offset = (int64_t)at->child->next->valuedouble;
        if (!vector_same_integer(why, "epoch", epoch, epochs->entries[i].epoch) ||
            !vector_same_integer(why, "start offset", offset, epochs->entries[i].start_offset)) {
            return false;
        }
    }
    return true;
}

static bool same_assign(const cJSON *op, LeaderEpochs *epochs, GString *why)
{
    bool taken = leader_epochs_assign(
        epochs, (int32_t)vector_integer(op, "epoch", -1), vector_integer(op, "offset", -1));
    return vector_same_integer(why, "taken", !vector_is_set(op, "exception"), taken) &&
           same_entries(op, epochs, why);
}

static bool same_end(const cJSON *op, const LeaderEpochs *epochs, GString *why)
{
    EpochEntry end = {NO_EPOCH, -1};
    int32_t epoch = (int32_t)vector_integer(op, "epoch", -1);
    if (!leader_epochs_end_offset(epochs, epoch, vector_integer(op, "leo", -1), &end)) {
        end = (EpochEntry){NO_EPOCH, -1};
    }
    return vector_same_integer(why, "epoch", vector_integer(op, "resultEpoch", -1), end.epoch) &&
           vector_same_integer(
               why, "end", vector_integer(op, "resultOffset", -1), end.start_offset);
}

static bool same_neighbours(const cJSON *op, const LeaderEpochs *epochs, GString *why)
{
    int32_t epoch = (int32_t)vector_integer(op, "epoch", -1);
    return vector_same_integer(why,
                               "previous",
                               vector_integer(op, "previous", NO_EPOCH),
                               leader_epochs_previous(epochs, epoch)) &&
           vector_same_integer(why,
                               "next",
                               vector_integer(op, "next", NO_EPOCH),
                               leader_epochs_next(epochs, epoch)) &&
           vector_same_integer(
               why, "latest", vector_integer(op, "latest", NO_EPOCH), leader_epochs_latest(epochs));
}

static bool same_operation(const cJSON *op, LeaderEpochs *epochs, GString *why)
{
    const char *name = vector_text(op, "op");
    if (g_strcmp0(name, "assign") == 0) {
        return same_assign(op, epochs, why);
    }
    if (g_strcmp0(name, "truncateFromEnd") == 0) {
        leader_epochs_truncate_from_end(epochs, vector_integer(op, "offset", -1));
        return same_entries(op, epochs, why);
    }
    if (g_strcmp0(name, "truncateFromStart") == 0) {
        leader_epochs_truncate_from_start(epochs, vector_integer(op, "offset", -1));
        return same_entries(op, epochs, why);
    }
    if (g_strcmp0(name, "endOffsetFor") == 0) {
        return same_end(op, epochs, why);
    }
    if (g_strcmp0(name, "epochForOffset") == 0) {
        return vector_same_integer(
            why,
            "epoch for offset",
            vector_integer(op, "result", NO_EPOCH),
            leader_epochs_for_offset(epochs, vector_integer(op, "offset", -1)));
    }
    if (g_strcmp0(name, "neighbours") == 0) {
        return same_neighbours(op, epochs, why);
    }
    g_string_append_printf(why, "unknown operation %s", name);
    return false;
}

bool check_leader_epochs(const cJSON *vector, GString *why)
{
    LeaderEpochs epochs;
    leader_epochs_init(&epochs);
    bool same = true;
    int32_t step = 0;
    for (const cJSON *op = cJSON_GetObjectItemCaseSensitive(vector, "ops")->child;
         op != NULL && same;
         op = op->next, step++) {
        same = same_operation(op, &epochs, why);
    }
    if (!same) {
        g_string_append_printf(why, " (operation %d)", step);
    }
    leader_epochs_clear(&epochs);
    return same;
}
