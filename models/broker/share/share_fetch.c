/* share_fetch.c - ShareFetch and ShareAcknowledge. See share_manager.h. Leaves out: how long a read
 * from remote storage takes. */
#include "models/broker/share/share_manager.h"
#include <string.h>

static ShareWait *wait_new(ShareManager *self, ShareFetchRequest *request, const char *group_id)
{
    ShareWait *wait = g_new0(ShareWait, 1);
    wait->manager = self;
    wait->request = request;
    wait->group_id = group_id;
    wait->results = g_array_new(FALSE, TRUE, sizeof(ShareResult));
    wait->touched = g_array_new(FALSE, FALSE, sizeof(TopicIdPartition));
    timer_init(&wait->expiry, BROKER_TIMER_SHARE_FETCH, wait);
    timer_init(&wait->written, BROKER_TIMER_SHARE_FETCH, wait);
    g_ptr_array_add(self->waits, wait);
    return wait;
}

/* Nothing to say yet: it waits at each share partition of its session. */
static void park(ShareWait *wait)
{
    const GArray *partitions = wait->session->partitions;
    wait->is_fetching = true;
    for (guint i = 0; i < partitions->len; i++) {
        const TopicIdPartition partition = g_array_index(partitions, TopicIdPartition, i);
        BrokerShare *share = share_manager_find(wait->manager, wait->group_id, partition);
        if (share != NULL) {
            g_ptr_array_add(share->fetches, wait);
        }
    }
}

void share_fetch_unpark(ShareWait *wait)
{
    for (guint i = 0; wait->is_fetching && i < wait->session->partitions->len; i++) {
        const TopicIdPartition partition =
            g_array_index(wait->session->partitions, TopicIdPartition, i);
        BrokerShare *share = share_manager_find(wait->manager, wait->group_id, partition);
        if (share != NULL) {
            g_ptr_array_remove(share->fetches, wait);
        }
    }
    wait->is_fetching = false;
}

static void free_wait(ShareWait *wait)
{
    Actor *actor = &wait->manager->broker->actor;
    share_fetch_unpark(wait);
    g_ptr_array_remove(wait->manager->waits, wait);
    actor_disarm(actor, &wait->expiry);
    actor_disarm(actor, &wait->written);
    g_array_free(wait->results, TRUE);
    g_array_free(wait->touched, TRUE);
    g_free(wait);
}

void share_fetch_drop_wait(ShareWait *wait)
{
    if (wait->request != NULL) {
        message_free(wait->manager->broker->context.sim, &wait->request->header.base);
    }
    free_wait(wait);
}

static void answer(Broker *broker, ShareFetchRequest *request, KafkaError error, GArray *results)
{
    const guint count = results == NULL ? 0 : results->len;
    ShareFetchResponse *response =
        message_new(broker->context.sim,
                    KAFKA_MESSAGE_BYTES(ShareFetchResponse, results, count),
                    request->header.base.type | KAFKA_RESPONSE);
    response->error = error;
    response->count = (int32_t)count;
    if (count > 0) {
        memcpy(response->results, results->data, count * sizeof(ShareResult));
    }
    broker_respond(broker, &request->header, &response->header);
}

static void maybe_finish(ShareWait *wait)
{
    if (wait->is_writing || wait->is_fetching) {
        return;
    }
    ShareFetchRequest *request = wait->request;
    if (request != NULL) {
        wait->request = NULL;
        answer(wait->manager->broker, request, KAFKA_NONE, wait->results);
    }
    free_wait(wait);
}

/* ---- Fetching. */
static void
add_error(ShareWait *wait, TopicIdPartition partition, ShareResultKind kind, KafkaError error)
{
    const Broker *broker = wait->manager->broker;
    const PartitionRegistration *known =
        metadata_partition(broker->context.metadata, partition.index, broker->applied_offset);
    const ShareResult result = {
        .partition = partition,
        .kind = kind,
        .error = error,
        .current_leader = known != NULL ? known->leader : NO_LEADER,
        .current_leader_epoch = known != NULL ? known->leader_epoch : -1,
    };
    g_array_append_val(wait->results, result);
}

static bool is_led(const Partition *partition, int64_t topic_id)
{
    return partition_is_of(partition, topic_id) && partition->role == PARTITION_LEADER &&
           !partition->stored->offline;
}

static KafkaError not_led_error(const Broker *broker, TopicIdPartition wanted)
{
    return partition_is_of(broker_partition(broker, wanted.index), wanted.topic_id)
               ? KAFKA_NOT_LEADER_OR_FOLLOWER
               : produce_absent_error(broker, wanted);
}

static int64_t read(ShareManager *self, BrokerShare *share, int64_t limit)
{
    Partition *partition = share->partition;
    share_partition_on_log_start(share->state, partition->log.log_start_offset);
    g_array_set_size(self->batches, 0);
    if (!share_partition_can_acquire(share->state)) {
        return 0;
    }
    const int64_t offset = share_partition_next_fetch_offset(share->state);
    const int64_t bound =
        share->read_committed ? partition_last_stable_offset(partition) : partition->high_watermark;
    if (log_manager_is_remote(partition->stored, offset)) {
        return log_manager_read_remote(partition->stored, offset, limit, self->batches);
    }
    const int64_t bytes =
        partition_read_batches(partition, offset, bound, limit, true, self->batches);
    if (bytes > 0) {
        self->broker->scratch_disk_bytes += storage_read(partition, offset, bytes);
    }
    return bytes;
}

static bool is_aborted(const RecordBatch *batch, const TransactionIndex *index)
{
    if (batch->merged) {
        return batch->aborts;
    }
    for (int32_t i = 0; batch->transactional && index != NULL && i < index->count; i++) {
        const AbortedTxn *aborted = transaction_index_at(index, i);
        if (aborted->producer_id == batch->producer_id &&
            aborted->first_offset <= batch->base_offset &&
            batch->base_offset <= aborted->last_offset) {
            return true;
        }
    }
    return false;
}

/* What was acquired of one batch. Aborted, it is archived (as in
 * maybeFilterAbortedTransactionalAcquiredRecords) and not handed out. */
static void add_piece(ShareWait *wait, const BrokerShare *share, ShareResult piece)
{
    const TransactionIndex *index = producer_state_aborted(&share->partition->log.producers);
    if (share->read_committed && !piece.batch.control && is_aborted(&piece.batch, index)) {
        share_partition_archive(share->state, piece.first, piece.last);
    } else {
        g_array_append_val(wait->results, piece);
    }
}

/* One acquired range, batch by batch, and what lies between and behind them. */
static void add_acquired(ShareWait *wait, const BrokerShare *share, const ShareAcquired *got)
{
    const GArray *batches = wait->manager->batches;
    const ShareResult template = {
        .partition = partition_identity(share->partition),
        .kind = SHARE_RESULT_GAP,
        .delivery_count = got->delivery_count,
    };
    int64_t next = got->first;
    for (guint b = 0; b <= batches->len && next <= got->last; b++) {
        ShareResult gap = template;
        ShareResult piece = template;
        gap.first = next;
        gap.last = got->last;
        if (b < batches->len) {
            piece.kind = SHARE_RESULT_RECORDS;
            piece.batch = g_array_index(batches, RecordBatch, b);
            piece.first = MAX(next, piece.batch.base_offset);
            piece.last = MIN(got->last, record_batch_last_offset(&piece.batch));
            gap.last = MIN(got->last, piece.batch.base_offset - 1);
        }
        if (gap.first <= gap.last) {
            g_array_append_val(wait->results, gap);
        }
        if (piece.kind == SHARE_RESULT_RECORDS && piece.first <= piece.last) {
            add_piece(wait, share, piece);
            next = piece.last + 1;
        }
    }
}

/* Acquires from one partition; how many records. */
static int64_t
fetch_one(ShareWait *wait, TopicIdPartition wanted, int64_t max_records, int64_t limit)
{
    ShareManager *self = wait->manager;
    Partition *partition = broker_partition(self->broker, wanted.index);
    if (!is_led(partition, wanted.topic_id)) {
        add_error(wait, wanted, SHARE_RESULT_FETCH, not_led_error(self->broker, wanted));
        return 1;
    }
    BrokerShare *share = share_manager_get(self, wait->group_id, partition);
    if (share->state == NULL || max_records <= 0 || read(self, share, limit) == 0) {
        return 0;
    }
    g_array_set_size(self->acquired, 0);
    const int64_t records =
        share_partition_acquire(share->state,
                                wait->session->member_id,
                                max_records,
                                (const RecordBatch *)(const void *)self->batches->data,
                                (int32_t)self->batches->len,
                                actor_now(&self->broker->actor),
                                self->acquired);
    for (guint i = 0; i < self->acquired->len; i++) {
        add_acquired(wait, share, &g_array_index(self->acquired, ShareAcquired, i));
    }
    share_manager_arm(share);
    return records;
}

/* All partitions of the session, the first another one each time (PartitionRotateStrategy). True
 * when the answer has something to say. */
static bool fetch(ShareWait *wait)
{
    GArray *partitions = wait->session->partitions;
    const guint count = partitions->len;
    int64_t room = wait->request->max_records;
    int64_t records = 0;
    for (guint i = 0; i < count; i++) {
        const int64_t limit = wait->request->max_bytes / (int64_t)count;
        const TopicIdPartition partition = g_array_index(partitions, TopicIdPartition, i);
        records += fetch_one(wait, partition, room - records, limit);
    }
    if (records > 0 && count > 1) {
        const TopicIdPartition first = g_array_index(partitions, TopicIdPartition, 0);
        g_array_remove_index(partitions, 0);
        g_array_append_val(partitions, first);
    }
    return records > 0 || count == 0;
}

void share_fetch_retry(const GPtrArray *fetches, bool is_one_gone)
{
    for (guint i = 0; i < fetches->len; i++) {
        ShareWait *wait = g_ptr_array_index(fetches, i);
        if (is_one_gone) {
            share_fetch_unpark(wait);
        }
        if (fetch(wait)) {
            share_fetch_unpark(wait);
            maybe_finish(wait);
        } else if (is_one_gone) {
            park(wait);
        }
    }
}

/* ---- Acknowledging. */
static void begin_write(ShareWait *wait)
{
    wait->is_writing = true;
    actor_arm(&wait->manager->broker->actor, &wait->written, wait->manager->write_ns);
}

void share_fetch_write(ShareManager *self, const char *group_id, TopicIdPartition partition)
{
    ShareWait *wait = wait_new(self, NULL, group_id);
    g_array_append_val(wait->touched, partition);
    begin_write(wait);
}

static bool acknowledges(const ShareItem *item)
{
    return item->kind != SHARE_ITEM_FETCH && item->kind != SHARE_ITEM_FORGET;
}

static void acknowledge(ShareWait *wait, const ShareItem *items, int32_t count)
{
    ShareManager *self = wait->manager;
    const TopicIdPartition partition = items[0].partition;
    BrokerShare *share = share_manager_find(self, wait->group_id, partition);
    KafkaError error = not_led_error(self->broker, partition);
    if (share != NULL && share->state != NULL) {
        const int64_t spent = share->state->counts.spent;
        error = share_partition_acknowledge(share->state, wait->request->member_id, items, count);
        share_manager_tell_spent(share, spent);
        share_manager_arm(share);
    } else if (is_led(broker_partition(self->broker, partition.index), partition.topic_id)) {
        error = KAFKA_INVALID_RECORD_STATE; /* what this leader knows nothing of */
    }
    if (error == KAFKA_NONE) {
        g_array_append_val(wait->touched, partition);
    }
    add_error(wait, partition, SHARE_RESULT_ACKNOWLEDGED, error);
}

static void acknowledge_all(ShareWait *wait)
{
    const ShareFetchRequest *request = wait->request;
    for (int32_t i = 0; i < request->count;) {
        int32_t end = i + 1;
        if (!acknowledges(&request->items[i])) {
            i++;
            continue;
        }
        while (
            end < request->count && acknowledges(&request->items[end]) &&
            topic_id_partition_equal(request->items[end].partition, request->items[i].partition)) {
            end++;
        }
        acknowledge(wait, &request->items[i], end - i);
        i = end;
    }
    if (wait->touched->len > 0) {
        begin_write(wait);
    }
}

/* The start offset moves, locks are free, records may be available again. */
static void on_written(ShareWait *wait)
{
    ShareManager *self = wait->manager;
    const char *group_id = wait->group_id;
    g_autoptr(GArray) touched = g_array_copy(wait->touched);
    for (guint i = 0; i < touched->len; i++) {
        BrokerShare *share =
            share_manager_find(self, group_id, g_array_index(touched, TopicIdPartition, i));
        if (share != NULL && share->state != NULL) {
            share_partition_settle(share->state);
            share_manager_persist(share);
        }
    }
    wait->is_writing = false;
    maybe_finish(wait);
    for (guint i = 0; i < touched->len; i++) {
        BrokerShare *share =
            share_manager_find(self, group_id, g_array_index(touched, TopicIdPartition, i));
        if (share != NULL) {
            share_manager_retry(share);
        }
    }
}

void share_fetch_on_timer(ShareWait *wait, Timer *timer)
{
    if (timer == &wait->written) {
        on_written(wait);
    } else {
        share_fetch_unpark(wait);
        maybe_finish(wait);
    }
}

/* ---- Requests. */
void share_fetch_handle(Broker *self, ShareFetchRequest *request)
{
    ShareManager *manager = self->shares;
    ShareSession *session = share_session_get(manager, request);
    if (session == NULL) {
        answer(self, request, KAFKA_SHARE_SESSION_NOT_FOUND, NULL);
        return;
    }
    ShareWait *wait = wait_new(manager, request, request->group_id);
    acknowledge_all(wait);
    const bool closes = request->session_epoch == SHARE_SESSION_CLOSES;
    if (closes) {
        share_session_end(manager, session);
    } else if (request->header.base.type == KAFKA_SHARE_FETCH) {
        wait->session = session;
        if (!fetch(wait) && request->max_wait_ns > 0) {
            park(wait);
        }
    }
    if (wait->is_fetching) {
        actor_arm_constant(&self->actor, &wait->expiry, request->max_wait_ns);
    }
    maybe_finish(wait);
}
