/* check_fetch_divergence.c - what a leader answers to (last fetched epoch, fetch offset). */
#include "tests/vectors/log_vectors.h"

static const char *result_of(const PartitionRead *read)
{
    if (read->error != KAFKA_NONE) {
        return kafka_error_name(read->error);
    }
    return read->diverges ? "diverging" : "ok";
}

static bool check_fetch(const Partition *leader, const cJSON *fetch, GString *why)
{
    const FetchPartition wanted = {
        .current_leader_epoch = -1,
        .fetch_offset = vector_integer(fetch, "fetchOffset", -1),
        .last_fetched_epoch = (int32_t)vector_integer(fetch, "lastFetchedEpoch", NO_EPOCH),
    };
    PartitionRead read = partition_read(leader, -1, &wanted, false);
    if (!vector_same_text(why, "result", vector_text(fetch, "result"), result_of(&read))) {
        return false;
    }
    return !read.diverges ||
           (vector_same_integer(
                why, "epoch", vector_integer(fetch, "epoch", -1), read.diverging.epoch) &&
            vector_same_integer(why,
                                "endOffset",
                                vector_integer(fetch, "endOffset", -1),
                                read.diverging.start_offset));
}

bool check_fetch_divergence(const cJSON *vector, GString *why)
{
    Partition *leader = log_vector_partition(log_vector_member(vector, "leader"));
    leader->role = PARTITION_FOLLOWER; /* as in the harness: serves without being elected */
    bool same = true;
    int number = 0;
    const cJSON *fetch;
    cJSON_ArrayForEach(fetch, log_vector_member(vector, "fetches"))
    {
        g_string_printf(why, "fetch %d: ", number++);
        same = same && check_fetch(leader, fetch, why);
        if (!same) {
            break;
        }
    }
    partition_free(leader);
    return same;
}
