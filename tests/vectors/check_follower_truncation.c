/* check_follower_truncation.c - a follower copies a leader's log, whatever its own was like.
 *
 * Both are partitions of models/replica; the follower runs PartitionFetchState, as a broker's
 * fetcher thread does. The vector says what is asked, what is answered, and what it then does. */
#include "models/replica/fetch_state.h"
#include "tests/vectors/log_vectors.h"

typedef struct Copy {
    Partition *leader;
    Partition *follower;
    PartitionFetchState state;
    int64_t max_bytes;
    GArray *batches; /* of the answer */
    GString *why;
} Copy;

static bool same_outcome(Copy *self, const cJSON *step, const FetchOutcome *outcome)
{
    if (vector_is_set(step, "truncateTo") != (outcome->kind == FETCH_TRUNCATED)) {
        g_string_append_printf(self->why, "outcome %d is not what happened", (int)outcome->kind);
        return false;
    }
    if (vector_is_set(step, "truncateFullyAndStartAt")) {
        return vector_same_integer(self->why,
                                   "truncateFullyAndStartAt",
                                   vector_integer(step, "truncateFullyAndStartAt", -1),
                                   outcome->kind == FETCH_STARTED_ANEW ? outcome->offset : -2);
    }
    return outcome->kind != FETCH_TRUNCATED ||
           (vector_same_integer(
                self->why, "truncateTo", vector_integer(step, "truncateTo", -1), outcome->offset) &&
            vector_same_integer(
                self->why, "completed", vector_boolean(step, "completed"), outcome->completed));
}

static bool same_answer(Copy *self, const cJSON *step, const FetchPartitionResponse *answer)
{
    const char *error = answer->error == KAFKA_NONE ? NULL : kafka_error_name(answer->error);
    if (!vector_same_text(self->why, "answer", vector_text(step, "error"), error)) {
        return false;
    }
    const cJSON *diverging = log_vector_member(step, "diverging");
    if ((diverging != NULL) != (answer->diverging_epoch >= 0)) {
        g_string_append(self->why, "diverging on one side only");
        return false;
    }
    if (diverging != NULL) {
        return vector_same_integer(self->why,
                                   "diverging epoch",
                                   log_vector_at(diverging, 0),
                                   answer->diverging_epoch) &&
               vector_same_integer(self->why,
                                   "diverging end",
                                   log_vector_at(diverging, 1),
                                   answer->diverging_end_offset);
    }
    const cJSON *records = log_vector_member(step, "records");
    if (!vector_same_integer(
            self->why, "batches", cJSON_GetArraySize(records), answer->batch_count)) {
        return false;
    }
    for (int i = 0; i < answer->batch_count; i++) {
        const RecordBatch *batch = &g_array_index(self->batches, RecordBatch, i);
        const cJSON *expected = cJSON_GetArrayItem(records, i);
        if (!vector_same_integer(
                self->why, "batch epoch", log_vector_at(expected, 0), batch->leader_epoch) ||
            !vector_same_integer(
                self->why, "batch base", log_vector_at(expected, 1), batch->base_offset)) {
            return false;
        }
    }
    return true;
}

static FetchPartitionResponse answer_of(Copy *self, const FetchPartition *asked)
{
    FetchPartition wanted = *asked;
    wanted.current_leader_epoch = -1; /* the harness does not say it */
    PartitionRead read = partition_read(self->leader, -1, &wanted, false);
    FetchPartitionResponse answer = {
        .error = read.error,
        .high_watermark = read.high_watermark,
        .log_start_offset = read.log_start_offset,
        .log_end_offset = read.log_end_offset,
        .diverging_epoch = read.diverges ? read.diverging.epoch : -1,
        .diverging_end_offset = read.diverging.start_offset,
    };
    g_array_set_size(self->batches, 0);
    if (read.error == KAFKA_NONE && !read.diverges) {
        partition_read_batches(self->leader,
                               wanted.fetch_offset,
                               read.log_end_offset,
                               self->max_bytes,
                               true,
                               self->batches);
        answer.batch_count = (int32_t)self->batches->len;
    }
    return answer;
}

/* The two ListOffsets, as a thread asks them one after the other. */
static bool ask(Copy *self, const cJSON *step, FetchOutcome *outcome)
{
    if (self->state.phase == FETCH_ASKS_LATEST) {
        int64_t latest = self->leader->log.log_end_offset;
        *outcome = fetch_state_on_latest(&self->state, self->follower, KAFKA_NONE, latest);
        if (!vector_same_integer(
                self->why, "askedLatest", vector_integer(step, "askedLatest", -1), latest)) {
            return false;
        }
    }
    if (self->state.phase == FETCH_ASKS_EARLIEST) {
        int64_t earliest = self->leader->log.log_start_offset;
        *outcome = fetch_state_on_earliest(&self->state, self->follower, KAFKA_NONE, earliest);
        return vector_same_integer(
            self->why, "askedEarliest", vector_integer(step, "askedEarliest", -1), earliest);
    }
    return vector_same_integer(
        self->why, "askedEarliest", vector_is_set(step, "askedEarliest"), false);
}

static bool run_fetch(Copy *self, const cJSON *step)
{
    FetchPartition asked = fetch_state_wish(&self->state, self->follower, INT32_MAX);
    if (!vector_same_integer(self->why,
                             "fetchOffset",
                             vector_integer(step, "fetchOffset", -1),
                             asked.fetch_offset) ||
        !vector_same_integer(self->why,
                             "lastFetchedEpoch",
                             vector_integer(step, "lastFetchedEpoch", NO_EPOCH),
                             asked.last_fetched_epoch)) {
        return false;
    }
    FetchPartitionResponse answer = answer_of(self, &asked);
    FetchOutcome outcome = fetch_state_on_answer(&self->state,
                                                 self->follower,
                                                 &asked,
                                                 &answer,
                                                 (const RecordBatch *)(void *)self->batches->data);
    return same_answer(self, step, &answer) && ask(self, step, &outcome) &&
           same_outcome(self, step, &outcome) &&
           vector_same_integer(self->why,
                               "leoAfter",
                               vector_integer(step, "leoAfter", -1),
                               self->follower->log.log_end_offset) &&
           vector_same_integer(self->why,
                               "hwAfter",
                               vector_integer(step, "hwAfter", -1),
                               self->follower->high_watermark);
}

static bool run_step(Copy *self, const cJSON *step)
{
    if (!vector_is_set(step, "beforeFetch")) {
        return run_fetch(self, step);
    }
    if (self->state.phase != FETCH_TRUNCATING ||
        fetch_state_asks_epoch(&self->state, self->follower)) {
        g_string_append(self->why, "it does not begin by truncating to its high watermark");
        return false;
    }
    FetchOutcome outcome = fetch_state_truncate(&self->state, self->follower);
    return same_outcome(self, step, &outcome);
}

static Copy begin(const cJSON *vector, GString *why)
{
    Copy self = {
        .leader = log_vector_partition(log_vector_member(vector, "leader")),
        .follower = log_vector_partition(log_vector_member(vector, "follower")),
        .max_bytes = vector_integer(vector, "maxBytes", 0),
        .batches = g_array_new(FALSE, FALSE, sizeof(RecordBatch)),
        .why = why,
    };
    self.leader->role = PARTITION_FOLLOWER; /* as in the harness: serves without being elected */
    const PartitionRegistration registration = {
        .leader = 1,
        .leader_epoch = (int32_t)vector_integer(vector, "currentLeaderEpoch", 0),
    };
    partition_make_follower(self.follower, &registration);
    self.state = fetch_state_begin(self.follower);
    return self;
}

bool check_follower_truncation(const cJSON *vector, GString *why)
{
    Copy copy = begin(vector, why);
    bool same = vector_same_integer(
        why, "initialOffset", vector_integer(vector, "initialOffset", -1), copy.state.fetch_offset);
    int number = 0;
    const cJSON *step;
    cJSON_ArrayForEach(step, log_vector_member(vector, "steps"))
    {
        g_string_printf(why, "step %d: ", number++);
        same = same && run_step(&copy, step);
        if (!same) {
            break;
        }
    }
    if (same) {
        g_string_assign(why, "at the end: ");
        same = vector_same_integer(why,
                                   "failed",
                                   vector_boolean(vector, "failed"),
                                   copy.state.phase == FETCH_FAILED) &&
               log_vector_same(why, log_vector_member(vector, "followerAfter"), copy.follower);
    }
    partition_free(copy.leader);
    partition_free(copy.follower);
    g_array_free(copy.batches, TRUE);
    return same;
}
