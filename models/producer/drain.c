/* drain.c - what the sender sees of the accumulator: readiness, draining, expiry (A4..A9, R8). */
#include "models/producer/accumulator.h"

NodeStats *accumulator_node(Accumulator *self, int32_t node)
{
    for (guint i = 0; i < self->nodes->len; i++) {
        NodeStats *stats = &g_array_index(self->nodes, NodeStats, i);
        if (stats->node == node) {
            return stats;
        }
    }
    NodeStats fresh = {.node = node, .drain_partition = 0};
    g_array_append_val(self->nodes, fresh);
    return &g_array_index(self->nodes, NodeStats, self->nodes->len - 1);
}

void accumulator_refresh_leaders(Accumulator *self, const ClientMetadata *metadata)
{
    for (int32_t i = 0; i < self->count; i++) {
        ProducerPartition *partition = &self->partitions[i];
        partition->leader = client_metadata_leader(metadata, partition->index);
        partition->leader_epoch = client_metadata_leader_epoch(metadata, partition->index);
    }
}

/* ProducerBatch.maybeUpdateLeaderEpoch: a newer leader epoch since the last attempt. */
static bool leader_changed(ProducerBatch *batch, int32_t leader_epoch)
{
    if (leader_epoch > batch->leader_epoch) {
        batch->leader_epoch = leader_epoch;
        batch->attempts_at_leader_change = batch->attempts;
    }
    return batch->attempts > 0 && batch->attempts_at_leader_change == batch->attempts;
}

/* The random part is drawn anew at each look, and the back-off skipped under a new leader (R6). */
static bool is_backing_off(Accumulator *self,
                           const ProducerPartition *partition,
                           ProducerBatch *batch,
                           SimTime now)
{
    bool changed = leader_changed(batch, partition->leader_epoch);
    if (batch->attempts == 0 || (changed && !self->options.always_backs_off)) {
        return false;
    }
    uint32_t failures = (uint32_t)batch->attempts - 1;
    return now - batch->last_attempt <
           backoff_draw(&self->options.retry_backoff, failures, &self->jitter);
}

static bool has_node(const GArray *nodes, int32_t node)
{
    for (guint i = 0; i < nodes->len; i++) {
        if (g_array_index(nodes, int32_t, i) == node) {
            return true;
        }
    }
    return false;
}

/* Which wait decides (batchReady): the back-off, else linger.ms. A retried batch is closed, hence
 * full, and does not linger again. */
static SimDuration time_to_wait(Accumulator *self, const ProducerBatch *first, bool backing_off)
{
    if (!backing_off) {
        return self->options.linger_ns;
    }
    return backoff_draw(&self->options.retry_backoff, (uint32_t)first->attempts - 1, &self->jitter);
}

static void check_partition(Accumulator *self,
                            const ProducerPartition *partition,
                            SimTime now,
                            ReadyCheck *check)
{
    ProducerBatch *first = partition->queue.first;
    bool backing_off = is_backing_off(self, partition, first, now);
    if (partition->leader == NO_LEADER) {
        check->unknown_leader = true;
        return;
    }
    if (partition->muted || has_node(check->nodes, partition->leader)) {
        return;
    }
    SimDuration wait = time_to_wait(self, first, backing_off);
    SimDuration waited = now - first->last_attempt;
    bool full = partition->queue.count > 1 || batch_is_full(first);
    if (!backing_off && (full || waited >= wait || self->waiting || self->closed)) {
        int32_t leader = partition->leader;
        g_array_append_val(check->nodes, leader);
        return;
    }
    SimTime ready_at = wait > waited ? now + (wait - waited) : now + 1;
    check->next_check = ready_at < check->next_check ? ready_at : check->next_check;
}

void accumulator_ready(Accumulator *self, SimTime now, ReadyCheck *check)
{
    g_array_set_size(check->nodes, 0);
    check->next_check = SIM_TIME_MAX;
    check->unknown_leader = false;
    for (guint i = 0; i < self->active->len; i++) {
        check_partition(self, self->active->pdata[i], now, check);
    }
}

static void leave_active(Accumulator *self, ProducerPartition *partition)
{
    if (partition->queue.count > 0) {
        return;
    }
    ProducerPartition *last = self->active->pdata[self->active->len - 1];
    self->active->pdata[partition->active_place] = last;
    last->active_place = partition->active_place;
    partition->active_place = -1;
    g_ptr_array_set_size(self->active, (gint)self->active->len - 1);
}

static void close_batch(ProducerBatch *batch)
{
    batch->closed = true;
    batch->wire.count = (int32_t)batch->fill.count;
    batch->wire.bytes = (int32_t)batch->fill.bytes;
}

static void drain_batch(Accumulator *self, ProducerPartition *partition, GPtrArray *batches)
{
    ProducerBatch *batch = partition->queue.first;
    batch_list_remove(&partition->queue, batch);
    leave_active(self, partition);
    accumulator_mark_changed(self, partition);
    close_batch(batch);
    idempotence_assign(self->idempotence, partition, batch);
    batch->drained = true;
    batch_list_insert(&partition->flight, batch, NULL);
    g_ptr_array_add(batches, batch);
}

/* One partition's turn in the walk; false ends the walk of this node. */
static bool visit(Accumulator *self,
                  ProducerPartition *partition,
                  SimTime now,
                  int64_t *request_bytes,
                  GPtrArray *batches)
{
    ProducerBatch *first = partition->queue.first;
    if (partition->muted || first == NULL || is_backing_off(self, partition, first, now)) {
        return true;
    }
    if (*request_bytes + first->fill.bytes > self->options.max_request_size && *request_bytes > 0) {
        return false;
    }
    if (idempotence_must_wait(self->idempotence, partition, first)) {
        return false; /* stops the whole walk, as in Kafka */
    }
    *request_bytes += first->fill.bytes;
    drain_batch(self, partition, batches);
    return true;
}

/* Every partition that the node leads gives at most one batch, lingering ones too (A7). The walk
 * begins where the last one ended, so that none starves. */
void accumulator_drain(Accumulator *self, int32_t node, SimTime now, GPtrArray *batches)
{
    int32_t start = accumulator_node(self, node)->drain_partition;
    int32_t visited = start;
    int64_t request_bytes = 0;
    for (int32_t i = 0; i < self->count; i++) {
        ProducerPartition *partition = &self->partitions[(start + i) % self->count];
        if (partition->leader != node) {
            continue;
        }
        visited = partition->number;
        if (!visit(self, partition, now, &request_bytes, batches)) {
            break;
        }
    }
    accumulator_node(self, node)->drain_partition = visited;
}

/* ---- expiry */

bool accumulator_has_expired(const Accumulator *self, const ProducerBatch *batch, SimTime now)
{
    return now - batch->opened_at >= self->options.delivery_timeout_ns;
}

static void note_expiry(Accumulator *self, const ProducerBatch *batch)
{
    if (self->options.delivery_timeout_ns >= SIM_TIME_MAX - batch->opened_at) {
        return;
    }
    SimTime at = batch->opened_at + self->options.delivery_timeout_ns;
    self->next_expiry = at < self->next_expiry ? at : self->next_expiry;
}

/* Oldest first, until one that is still in time. */
static void expire_list(Accumulator *self, BatchList *list, SimTime now, GPtrArray *expired)
{
    while (list->first != NULL && accumulator_has_expired(self, list->first, now)) {
        ProducerBatch *batch = list->first;
        batch_list_remove(list, batch);
        close_batch(batch);
        g_ptr_array_add(expired, batch);
    }
    if (list->first != NULL) {
        note_expiry(self, list->first);
    }
}

void accumulator_take_expired(Accumulator *self, SimTime now, GPtrArray *expired)
{
    if (now < self->next_expiry) {
        return;
    }
    self->next_expiry = SIM_TIME_MAX;
    for (int32_t i = 0; i < self->count; i++) {
        ProducerPartition *partition = &self->partitions[i];
        expire_list(self, &partition->queue, now, expired);
        accumulator_mark_changed(self, partition);
        expire_list(self, &partition->flight, now, expired);
        if (partition->active_place >= 0) {
            leave_active(self, partition);
        }
    }
}
