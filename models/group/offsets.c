/* offsets.c - OffsetCommit and OffsetFetch.
 *
 * A commit is validated at once, appended with the shard's next batch and answered when that is
 * committed; only then does OffsetFetch see it. The last write wins, also to smaller offsets.
 *
 * Mirrors: OffsetMetadataManager (clients.md §6). Left out: metadata strings.
 * Transactional commits: txn_offsets.c. Expiry: offsets_expiry.c. */
#include "models/group/coordinator_internal.h"
#include <string.h>

/* Position of a partition, or where it would stand. */
static guint find_place(const GArray *offsets, int32_t partition)
{
    guint low = 0;
    guint high = offsets->len;
    while (low < high) {
        const guint middle = low + (high - low) / 2;
        if (g_array_index(offsets, OffsetEntry, middle).partition < partition) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const OffsetEntry *offsets_find(const ClassicGroup *group, int32_t partition)
{
    const guint at = find_place(group->offsets, partition);
    if (at == group->offsets->len) {
        return NULL;
    }
    const OffsetEntry *entry = &g_array_index(group->offsets, OffsetEntry, at);
    return entry->partition == partition ? entry : NULL;
}

void offsets_apply(ClassicGroup *group, const OffsetEntry *entries, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        const guint at = find_place(group->offsets, entries[i].partition);
        const bool is_known =
            at < group->offsets->len &&
            g_array_index(group->offsets, OffsetEntry, at).partition == entries[i].partition;
        if (is_known && entries[i].offset < 0) { /* a tombstone */
            g_array_remove_index(group->offsets, at);
        } else if (is_known) {
            g_array_index(group->offsets, OffsetEntry, at) = entries[i];
        } else if (entries[i].offset >= 0) {
            g_array_insert_val(group->offsets, at, entries[i]);
        }
    }
}

void offsets_answer_commit(GroupCoordinator *self, OffsetCommitRequest *request, KafkaError error)
{
    const int32_t all = request->count + request->refused;
    OffsetCommitResponse *response = group_coordinator_response(
        self, &request->header, KAFKA_MESSAGE_BYTES(OffsetCommitResponse, offsets, all));
    response->error = error;
    response->count = all;
    for (int32_t i = 0; i < all; i++) {
        response->offsets[i] = request->offsets[i];
        response->offsets[i].error = i < request->count ? error : KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    }
    group_coordinator_respond(self, &request->header, response);
}

int32_t offsets_refuse_unknown(const GroupCoordinator *self, OffsetEntry *offsets, int32_t count)
{
    int32_t left = count;
    for (int32_t i = count - 1; self->host.has_partition != NULL && i >= 0; i--) {
        if (!self->host.has_partition(self->host.owner, offsets[i].partition)) {
            const OffsetEntry entry = offsets[i];
            left--;
            memmove(&offsets[i], &offsets[i + 1], (size_t)(left - i) * sizeof(OffsetEntry));
            offsets[left] = entry;
        }
    }
    return left;
}

/* False: nothing is left, and that is answered. */
static bool refuse_unknown_topics(GroupCoordinator *self, OffsetCommitRequest *request)
{
    const int32_t asked = request->count;
    request->count = offsets_refuse_unknown(self, request->offsets, asked);
    request->refused = asked - request->count;
    if (asked > 0 && request->count == 0) {
        offsets_answer_commit(self, request, KAFKA_NONE);
        return false;
    }
    return true;
}

/* A commit outside of any generation makes the group, if need be. */
static KafkaError
commit_group(GroupCoordinator *self, CoordinatorShard *shard, const OffsetCommitRequest *request)
{
    ClassicGroup *group = group_coordinator_group(self, request->group_id);
    if (group == NULL && request->generation_id >= 0) {
        return KAFKA_ILLEGAL_GENERATION;
    }
    if (group == NULL) {
        group_coordinator_add_group(self, shard, request->group_id);
        return KAFKA_NONE;
    }
    if (group->modern != NULL) {
        return modern_group_validate_commit(
            group->modern, request->member_id, request->generation_id);
    }
    return classic_group_validate_commit(group, request);
}

/* Who names no member is taken at its word; a group between join and sync takes these commits. */
static KafkaError check_txn(const ClassicGroup *group, const TxnOffsetCommitRequest *request)
{
    if (request->generation_id < 0 && request->member_id[0] == '\0') {
        return KAFKA_NONE;
    }
    OffsetCommitRequest as_usual = {
        .group_id = request->group_id,
        .generation_id = request->generation_id,
        .group_instance_id = request->group_instance_id,
    };
    g_strlcpy(as_usual.member_id, request->member_id, sizeof as_usual.member_id);
    KafkaError error = classic_group_validate_commit(group, &as_usual);
    return error == KAFKA_REBALANCE_IN_PROGRESS ? KAFKA_NONE : error;
}

KafkaError offsets_validate_txn(GroupCoordinator *self,
                                CoordinatorShard *shard,
                                const TxnOffsetCommitRequest *request)
{
    ClassicGroup *group = group_coordinator_group(self, request->group_id);
    if (group == NULL && request->generation_id >= 0) {
        return KAFKA_ILLEGAL_GENERATION;
    }
    if (group == NULL) {
        group_coordinator_add_group(self, shard, request->group_id);
        return KAFKA_NONE;
    }
    if (group->modern == NULL) {
        return check_txn(group, request);
    }
    KafkaError error =
        modern_group_validate_commit(group->modern, request->member_id, request->generation_id);
    return error == KAFKA_STALE_MEMBER_EPOCH ? KAFKA_ILLEGAL_GENERATION : error;
}

void offsets_commit(GroupCoordinator *self, CoordinatorShard *shard, OffsetCommitRequest *request)
{
    if (!refuse_unknown_topics(self, request)) {
        return;
    }
    const KafkaError error = commit_group(self, shard, request);
    if (error != KAFKA_NONE) {
        offsets_answer_commit(self, request, error);
        return;
    }
    ClassicGroup *group = group_coordinator_group(self, request->group_id);
    ClassicMember *member = classic_group_member(group, request->member_id);
    if (member != NULL) { /* a commit counts as a heartbeat */
        classic_group_arm_session(group, member, member->session_timeout_ns);
    }
    shard_write_offsets(shard, group, request);
}

void offsets_fetch(GroupCoordinator *self, OffsetFetchRequest *request)
{
    const ClassicGroup *group = group_coordinator_group(self, request->group_id);
    OffsetFetchResponse *response = group_coordinator_response(
        self, &request->header, KAFKA_MESSAGE_BYTES(OffsetFetchResponse, offsets, request->count));
    if (group != NULL && group->modern != NULL) {
        response->error = modern_group_validate_offset_fetch(
            group->modern, request->member_id, request->generation_id);
    }
    response->count = response->error == KAFKA_NONE ? request->count : 0;
    for (int32_t i = 0; i < response->count; i++) {
        const int32_t partition = request->partitions[i];
        const OffsetEntry *known = group == NULL ? NULL : offsets_find(group, partition);
        response->offsets[i] = (OffsetEntry){
            .partition = partition,
            .offset = known == NULL ? -1 : known->offset,
            .leader_epoch = known == NULL ? -1 : known->leader_epoch,
            .error = request->require_stable &&
                             txn_offsets_is_pending(self, request->group_id, partition)
                         ? KAFKA_UNSTABLE_OFFSET_COMMIT
                         : KAFKA_NONE,
        };
    }
    group_coordinator_respond(self, &request->header, response);
}
