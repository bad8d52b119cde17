/* drain.c - what the sender sees of the accumulator: leaders, readiness, draining, expiry (A4..A9,
 * R8, S5, S6). */
#include "models/producer/accumulator.h"
#include "models/producer/topic_order.h"
#include <string.h>

/* ---- leaders */

NodeStats *accumulator_node(Accumulator *self, int32_t node)
{
    for (guint i = 0; i < self->nodes->len; i++) {
        NodeStats *stats = &g_array_index(self->nodes, NodeStats, i);
        if (stats->node == node) {
            return stats;
        }
    }
    NodeStats fresh = {.node = node, .led = g_array_new(FALSE, FALSE, sizeof(int32_t))};
    g_array_append_val(self->nodes, fresh);
    return &g_array_index(self->nodes, NodeStats, self->nodes->len - 1);
}

void accumulator_set_leader(Accumulator *self,
                            int32_t partition,
                            int32_t leader,
                            int32_t leader_epoch)
{
    self->leaders_changed = self->leaders_changed || self->partitions[partition].leader != leader;
    self->partitions[partition].leader = leader;
    self->partitions[partition].leader_epoch = leader_epoch;
}

void accumulator_refresh_leaders(Accumulator *self, const ClientMetadata *metadata)
{
    for (int32_t i = 0; i < self->count; i++) {
        int32_t index = self->partitions[i].index;
        accumulator_set_leader(self,
                               i,
                               client_metadata_leader(metadata, index),
                               client_metadata_leader_epoch(metadata, index));
    }
}

/* Where the choice stands it stays until a switch, be it on a partition that is gone: the next one
 * is drawn of those that are there. The deques of the others stay, as in Kafka. */
void accumulator_set_count(Accumulator *self, int32_t partitions)
{
    self->count = MAX(self->count, partitions);
    self->chosen = partitions;
    self->leaders_changed = true;
    builtin_partitioner_update_load(&self->partitioner, NULL, NULL, 0, 0);
}

/* Of several topics only the first stands in its metadata's order. */
static void order_partitions(Accumulator *self)
{
    const int32_t first = self->span_count == 1 ? self->chosen : self->spans[0].count;
    topic_order_of_metadata(self->topic, first, self->order);
    for (int32_t i = first; i < self->chosen; i++) {
        self->order[i] = i;
    }
}

void accumulator_index_leaders(Accumulator *self)
{
    if (!self->leaders_changed) {
        return;
    }
    self->leaders_changed = false;
    for (guint i = 0; i < self->nodes->len; i++) {
        g_array_set_size(g_array_index(self->nodes, NodeStats, i).led, 0);
    }
    if (self->order_of != self->chosen) {
        order_partitions(self);
        self->order_of = self->chosen;
    }
    self->available_of = 0;
    for (int32_t i = 0; i < self->chosen; i++) {
        int32_t number = self->order[i];
        if (self->partitions[number].leader != NO_LEADER) {
            g_array_append_val(accumulator_node(self, self->partitions[number].leader)->led,
                               number);
            self->available[self->available_of++] = number;
        }
    }
}

TopicPartitions accumulator_topic(Accumulator *self)
{
    accumulator_index_leaders(self);
    return (TopicPartitions){self->available, self->available_of, self->chosen};
}

void accumulator_update_node_latency(Accumulator *self, int32_t node, SimTime now, bool can_drain)
{
    NodeStats *stats = accumulator_node(self, node);
    if (can_drain || !stats->has_latency) {
        stats->drained_at = now;
    }
    stats->ready_at = now;
    stats->has_latency = true;
}

/* ---- readiness */

/* ProducerBatch.maybeUpdateLeaderEpoch: a newer leader epoch since the last attempt. */
static bool leader_changed(ProducerBatch *batch, int32_t leader_epoch)
{
    if (leader_epoch > batch->leader_epoch) {
        batch->leader_epoch = leader_epoch;
        batch->attempts_at_leader_change = batch->attempts;
    }
    return batch->attempts > 0 && batch->attempts_at_leader_change == batch->attempts;
}

/* Of whole ms, as the clock shows them. */
static SimDuration age_ns(const Accumulator *self, SimTime since, SimTime now)
{
    const SenderClock *clock = &self->options.clock;
    return SIM_MS(sender_clock_ms(clock, now) - sender_clock_ms(clock, since));
}

/* The random part is drawn anew at each look, and the back-off skipped under a new leader (R6). */
static bool is_backing_off(Accumulator *self,
                           const ProducerPartition *partition,
                           ProducerBatch *batch,
                           int64_t now_ms)
{
    bool changed = leader_changed(batch, partition->leader_epoch);
    if (batch->attempts == 0 || (changed && !self->options.always_backs_off)) {
        return false;
    }
    uint32_t failures = (uint32_t)batch->attempts - 1;
    return SIM_MS(now_ms - batch->last_attempt_ms) <
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
                            int64_t now_ms,
                            ReadyCheck *check)
{
    ProducerBatch *first = partition->queue.first;
    bool backing_off = is_backing_off(self, partition, first, now_ms);
    if (partition->leader == NO_LEADER) {
        check->unknown_leader = true;
        return;
    }
    if (partition->muted || has_node(check->nodes, partition->leader)) {
        return;
    }
    SimDuration wait = time_to_wait(self, first, backing_off);
    SimDuration waited = SIM_MS(now_ms - first->last_attempt_ms);
    bool full = partition->queue.count > 1 || batch_is_full(first);
    if (!backing_off &&
        (full || waited >= wait || self->waiting || self->closed || self->completing)) {
        int32_t leader = partition->leader;
        g_array_append_val(check->nodes, leader);
        return;
    }
    int64_t left_ms = wait > waited ? (wait - waited) / SIM_MS(1) : 0;
    check->delay_ms = left_ms < check->delay_ms ? left_ms : check->delay_ms;
}

static bool is_left_out(Accumulator *self, int32_t leader)
{
    if (self->options.availability_timeout_ns <= 0) {
        return false;
    }
    const NodeStats *stats = accumulator_node(self, leader);
    return age_ns(self, stats->drained_at, stats->ready_at) > self->options.availability_timeout_ns;
}

/* The queue lengths of the partitions with a leader, in partitionReady's own way: a partition that
 * is left out gives its place to the next one, and an empty queue leaves in its place what stands
 * there: 0, or the length of a queue just left out. Returns how many places are filled. */
static int32_t collect_queues(Accumulator *self)
{
    const Deques *deques = &self->deques;
    memset(self->queue_sizes, 0, sizeof(int32_t) * (size_t)deques->count);
    int32_t place = -1;
    for (int32_t i = 0; i < deques->count; i++) {
        const ProducerPartition *partition = &self->partitions[deques->order[i]];
        if (partition->leader == NO_LEADER) {
            continue;
        }
        self->queue_ids[++place] = partition->number;
        if (partition->queue.count > 0) {
            self->queue_sizes[place] = partition->queue.count;
            place -= is_left_out(self, partition->leader) ? 1 : 0;
        }
    }
    return place + 1;
}

/* Not before as many partitions had a record as there are now (S5). */
static void update_load(Accumulator *self)
{
    int32_t count = self->deques.count;
    bool known = self->options.adaptive && count >= self->chosen;
    accumulator_index_leaders(self);
    bool all_equal = self->deques.filled_count == 0 && self->available_of == count;
    if (!known || all_equal) {
        builtin_partitioner_update_load(&self->partitioner, NULL, NULL, 0, 0);
        return;
    }
    int32_t length = collect_queues(self);
    builtin_partitioner_update_load(
        &self->partitioner, self->queue_sizes, self->queue_ids, length, count);
}

void accumulator_ready(Accumulator *self, SimTime now, ReadyCheck *check)
{
    g_array_set_size(check->nodes, 0);
    check->delay_ms = SENDER_SLEEPS_FOREVER;
    check->unknown_leader = false;
    self->woken = false;
    deques_arrange(&self->deques);
    const int64_t now_ms = sender_clock_ms(&self->options.clock, now);
    int32_t place = 0;
    ProducerPartition *partition;
    while ((partition = deques_next(&self->deques, &place)) != NULL) {
        check_partition(self, partition, now_ms, check);
    }
    update_load(self);
}

/* ---- draining */

static void close_batch(Accumulator *self, ProducerBatch *batch)
{
    bool was_built = batch->wire.bytes > 0;
    batch->closed = true;
    batch->wire.count = (int32_t)batch->fill.count;
    if (batch->fill.ratio > 0 && !was_built) {
        float written = (float)batch->fill.records_bytes * self->options.compressed_ratio;
        batch->fill.bytes = RECORD_BATCH_OVERHEAD_BYTES + (int64_t)written;
        self->compression.ratio =
            compression_ratio_update(self->compression.ratio, self->options.compressed_ratio);
    }
    batch->wire.bytes = (int32_t)batch->fill.bytes;
}

void accumulator_reset_compression(Accumulator *self)
{
    if (self->options.compressed_ratio > 0) {
        self->compression.ratio = compression_ratio_after_split(self->options.compressed_ratio);
    }
}

void accumulator_dequeue(Accumulator *self, ProducerPartition *partition, ProducerBatch *batch)
{
    batch_list_remove(&partition->queue, batch);
    deques_note(&self->deques, partition);
    accumulator_mark_changed(self, partition);
    close_batch(self, batch);
}

static void drain_batch(Accumulator *self, ProducerPartition *partition, GPtrArray *batches)
{
    ProducerBatch *batch = partition->queue.first;
    accumulator_dequeue(self, partition, batch);
    idempotence_assign(self->idempotence, partition, batch);
    batch->drained = true;
    batch_list_insert(&partition->flight, batch, NULL);
    g_ptr_array_add(batches, batch);
}

/* One partition's turn in the walk; false ends the walk of this node. */
static bool visit(Accumulator *self,
                  ProducerPartition *partition,
                  int64_t now_ms,
                  int64_t *request_bytes,
                  GPtrArray *batches)
{
    ProducerBatch *first = partition->queue.first;
    if (partition->muted || first == NULL || is_backing_off(self, partition, first, now_ms)) {
        return true;
    }
    if (*request_bytes + first->fill.bytes > self->options.max_request_size && *request_bytes > 0) {
        return false;
    }
    if (idempotence_must_wait(self->idempotence, partition, first)) {
        return false; /* stops the whole walk, as in Kafka */
    }
    drain_batch(self, partition, batches);
    *request_bytes += first->fill.bytes;
    return true;
}

/* Every partition that the node leads gives at most one batch, lingering ones too (A7). The walk
 * begins at the partition where the last one ended, so that none starves. */
void accumulator_drain(Accumulator *self, int32_t node, SimTime now, GPtrArray *batches)
{
    accumulator_index_leaders(self);
    NodeStats *stats = accumulator_node(self, node);
    int32_t led = (int32_t)stats->led->len;
    int32_t start = led > 0 ? stats->drain_index % led : 0;
    int64_t request_bytes = 0;
    const int64_t now_ms = sender_clock_ms(&self->options.clock, now);
    for (int32_t i = 0; i < led; i++) {
        stats->drain_index = (start + i) % led;
        int32_t number = g_array_index(stats->led, int32_t, stats->drain_index);
        if (!visit(self, &self->partitions[number], now_ms, &request_bytes, batches)) {
            break;
        }
    }
}

/* ---- expiry */

bool accumulator_has_expired(const Accumulator *self, const ProducerBatch *batch, SimTime now)
{
    return age_ns(self, batch->opened_at, now) >= self->options.delivery_timeout_ns;
}

void accumulator_note_expiry(Accumulator *self, const ProducerBatch *batch)
{
    const SenderClock *clock = &self->options.clock;
    const int64_t timeout_ms = self->options.delivery_timeout_ns / SIM_MS(1);
    const SimTime at =
        sender_clock_shows(clock, sender_clock_ms(clock, batch->opened_at) + timeout_ms);
    self->next_expiry = at < self->next_expiry ? at : self->next_expiry;
}

/* Oldest first, until one that is still in time. */
static void expire_list(Accumulator *self, BatchList *list, SimTime now, GPtrArray *expired)
{
    while (list->first != NULL && accumulator_has_expired(self, list->first, now)) {
        ProducerBatch *batch = list->first;
        batch_list_remove(list, batch);
        close_batch(self, batch);
        g_ptr_array_add(expired, batch);
    }
    if (list->first != NULL) {
        accumulator_note_expiry(self, list->first);
    }
}

void accumulator_take_expired(Accumulator *self, SimTime now, GPtrArray *expired)
{
    deques_arrange(&self->deques);
    int32_t place = 0;
    ProducerPartition *partition;
    while ((partition = deques_next(&self->deques, &place)) != NULL) {
        expire_list(self, &partition->queue, now, expired);
        deques_note(&self->deques, partition);
        accumulator_mark_changed(self, partition);
    }
}

void accumulator_take_expired_in_flight(Accumulator *self, SimTime now, GPtrArray *expired)
{
    for (int32_t i = 0; i < self->count; i++) {
        expire_list(self, &self->partitions[i].flight, now, expired);
    }
}
