/* fetcher.c - fetch requests: one at a time to each broker, with incremental sessions.
 *
 * A request lists the partitions led by that broker that are assigned, have a position, are not
 * about to be revoked and have nothing buffered (F1, F2); none is sent while an earlier one is
 * unanswered or data of that broker still waits to be handed out (F5; KAFKA-17182 for the latter,
 * in 4.1). So an empty long poll holds up the broker's other partitions for fetch.max.wait.ms.
 *
 * Mirrors: AbstractFetch, Fetcher, FetchSessionHandler; preferred read replicas (F10). Left out:
 * read_committed (F9). */
#include "models/consumer/consumer_state.h"
#include <string.h>

static FetchNode *find_node(Consumer *self, int32_t node)
{
    for (guint i = 0; i < self->fetch_nodes->len; i++) {
        FetchNode *known = g_ptr_array_index(self->fetch_nodes, i);
        if (known->node == node) {
            return known;
        }
    }
    FetchNode *fresh = g_new0(FetchNode, 1);
    fresh->node = node;
    fresh->session = g_array_new(FALSE, FALSE, sizeof(FetchPartition));
    g_ptr_array_add(self->fetch_nodes, fresh);
    return fresh;
}

void fetcher_reset(Consumer *self)
{
    for (guint i = 0; i < self->fetch_nodes->len; i++) {
        FetchNode *node = g_ptr_array_index(self->fetch_nodes, i);
        node->in_flight = false;
        node->session_epoch = 0;
        g_array_set_size(node->session, 0);
    }
}

void fetcher_free(Consumer *self)
{
    for (guint i = 0; i < self->fetch_nodes->len; i++) {
        FetchNode *node = g_ptr_array_index(self->fetch_nodes, i);
        g_array_free(node->session, TRUE);
        g_free(node);
    }
    g_ptr_array_free(self->fetch_nodes, TRUE);
}

/* SubscriptionState.isFetchable. */
static bool may_read(const AssignedPartition *entry)
{
    return entry->state == POSITION_VALID && !entry->pending_revocation && !entry->paused;
}

static bool is_fetchable(const AssignedPartition *entry)
{
    return may_read(entry) && !entry->buffered;
}

/* Which broker to read from: the leader, unless it has named a replica in this client's rack. One
 * that the metadata do not know may be back since they were fetched: they are asked for, and the
 * leader says again where to read (selectReadReplica). */
static int32_t read_node(Consumer *self, AssignedPartition *entry)
{
    if (entry->prefers && entry->preferred_until < consumer_now(self)) {
        entry->prefers = false;
    }
    if (entry->prefers && !network_client_knows(self->network, entry->preferred)) {
        entry->prefers = false;
        client_metadata_request_update(self->metadata);
    }
    return entry->prefers ? entry->preferred
                          : client_metadata_leader(self->metadata, entry->partition);
}

/* The fetchable partitions that are read from this broker, into the scratch array. */
static void gather(Consumer *self, int32_t node)
{
    g_array_set_size(self->fetchable, 0);
    for (guint i = 0; i < self->assigned->len; i++) {
        AssignedPartition *entry = &g_array_index(self->assigned, AssignedPartition, i);
        if (!is_fetchable(entry) || read_node(self, entry) != node) {
            continue;
        }
        const FetchPartition item = {
            .topic_id = client_metadata_topic_id(self->metadata, entry->partition),
            .partition = entry->partition,
            .current_leader_epoch = consumer_leader_epoch(self, entry->partition),
            .fetch_offset = entry->position,
            .last_fetched_epoch = -1,
            .log_start_offset = -1,
            .partition_max_bytes = (uint32_t)self->options.max_partition_fetch_bytes & INT32_MAX,
        };
        g_array_append_val(self->fetchable, item);
    }
}

static bool same_item(const FetchPartition *a, const FetchPartition *b)
{
    return a->topic_id == b->topic_id && a->fetch_offset == b->fetch_offset &&
           a->current_leader_epoch == b->current_leader_epoch &&
           a->partition_max_bytes == b->partition_max_bytes && a->forget == b->forget;
}

static void add_forgotten(Consumer *self, const FetchPartition *old)
{
    FetchPartition item = *old;
    item.forget = true;
    g_array_append_val(self->request, item);
}

/* What the broker must be told: new and moved partitions, and those to forget. Both arrays are
 * sorted. */
static void compare_with_session(Consumer *self, const FetchNode *node)
{
    const GArray *now = self->fetchable;
    const GArray *old = node->session;
    guint n = 0;
    guint o = 0;
    g_array_set_size(self->request, 0);
    while (n < now->len || o < old->len) {
        const FetchPartition *a = n < now->len ? &g_array_index(now, FetchPartition, n) : NULL;
        const FetchPartition *b = o < old->len ? &g_array_index(old, FetchPartition, o) : NULL;
        if (b == NULL || (a != NULL && a->partition < b->partition)) {
            g_array_append_val(self->request, *a);
            n++;
        } else if (a == NULL || b->partition < a->partition) {
            add_forgotten(self, b);
            o++;
        } else {
            if (!same_item(a, b)) {
                g_array_append_val(self->request, *a);
            }
            n++;
            o++;
        }
    }
}

static void copy_array(GArray *to, const GArray *from)
{
    g_array_set_size(to, 0);
    if (from->len > 0) {
        g_array_append_vals(to, from->data, from->len);
    }
}

static void send_request(Consumer *self, FetchNode *node)
{
    const ConsumerOptions *options = &self->options;
    const GArray *items = node->session_epoch == 0 ? self->fetchable : self->request;
    FetchRequest *request = message_new(
        self->actor.sim, KAFKA_MESSAGE_BYTES(FetchRequest, partitions, items->len), KAFKA_FETCH);
    request->header.client_id = self->client_id;
    request->replica_id = -1;
    request->replica_epoch = -1;
    request->max_wait_ns = options->fetch_max_wait_ns;
    request->min_bytes = options->fetch_min_bytes;
    request->max_bytes = options->fetch_max_bytes;
    request->session_epoch = node->session_epoch;
    request->rack_id = options->rack;
    request->read_committed = options->read_committed;
    request->partition_count = (int32_t)items->len;
    if (items->len > 0) {
        memcpy(request->partitions, items->data, items->len * sizeof(FetchPartition));
    }
    kafka_message_set_wire_bytes(&request->header.base);
    copy_array(node->session, self->fetchable);
    node->in_flight = true;
    network_client_send(self->network, node->node, &request->header, node, true, 0);
}

/* Do data wait to be handed out of a partition that is read from this broker now, wherever they
 * came from? Those that will not be handed out do not count. Mirrors: AbstractFetch.bufferedNodes.
 */
static bool is_blocked(Consumer *self, const FetchNode *node)
{
    for (guint i = 0; i < self->completed->len; i++) {
        const CompletedFetch *fetch = g_ptr_array_index(self->completed, i);
        AssignedPartition *entry = subscription_find(self, fetch->partition.index);
        if (entry != NULL && may_read(entry) && read_node(self, entry) == node->node) {
            return true;
        }
    }
    return false;
}

/* Can this broker be sent a fetch now? Not while data of it waits (KAFKA-17182, since 4.1).
 * Connects to it if need be. */
static bool is_free(Consumer *self, const FetchNode *node)
{
    return !node->in_flight && !is_blocked(self, node) &&
           network_client_ready(self->network, node->node) &&
           network_client_can_send(self->network, node->node);
}

static void send_to(Consumer *self, FetchNode *node)
{
    gather(self, node->node);
    if (self->fetchable->len == 0) {
        return;
    }
    if (node->session_epoch != 0) {
        compare_with_session(self, node);
    }
    send_request(self, node);
}

/* Partitions are walked in order; the first fetchable one of a broker sends that broker's
 * request, the others find it in flight. */
void fetcher_send(Consumer *self)
{
    for (guint i = 0; i < self->assigned->len; i++) {
        AssignedPartition *entry = &g_array_index(self->assigned, AssignedPartition, i);
        if (!is_fetchable(entry)) {
            continue;
        }
        const int32_t source = read_node(self, entry);
        if (source == NO_LEADER) {
            client_metadata_request_update(self->metadata);
            continue;
        }
        FetchNode *node = find_node(self, source);
        if (is_free(self, node)) {
            send_to(self, node);
        }
    }
}

/* When a broker that backs off may be connected to. */
SimTime fetcher_next_action(Consumer *self)
{
    SimTime next = SIM_TIME_MAX;
    const SimTime now = consumer_now(self);
    for (guint i = 0; i < self->fetch_nodes->len; i++) {
        const FetchNode *node = g_ptr_array_index(self->fetch_nodes, i);
        const SimTime at = network_client_next_attempt(self->network, node->node);
        if (!node->in_flight && at > now && at < next) {
            next = at;
        }
    }
    return next;
}

/* What was asked for, NULL none. The partition counts as unknown to the broker from here
 * on, so that the next request names it even if what came is dropped and its position stays. */
static const FetchPartition *take_asked(const FetchNode *node, int32_t partition)
{
    guint low = 0;
    guint high = node->session->len;
    while (low < high) {
        const guint middle = low + (high - low) / 2;
        if (g_array_index(node->session, FetchPartition, middle).partition < partition) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == node->session->len) {
        return NULL;
    }
    FetchPartition *item = &g_array_index(node->session, FetchPartition, low);
    if (item->partition != partition) {
        return NULL;
    }
    item->forget = true;
    return item;
}

/* The leader sends this client to another replica; it stays there for metadata.max.age.ms. */
static void prefer(Consumer *self, const FetchPartitionResponse *partition)
{
    AssignedPartition *entry = subscription_find(self, partition->partition);
    if (entry != NULL &&
        (!entry->prefers || entry->preferred != partition->preferred_read_replica)) {
        entry->prefers = true;
        entry->preferred = partition->preferred_read_replica;
        entry->preferred_until = consumer_now(self) + self->options.metadata_max_age_ns;
    }
}

/* A request failed: what was to be read there is read from its leaders again. */
static void forget_preferences(Consumer *self, const FetchNode *node)
{
    for (guint i = 0; i < self->assigned->len; i++) {
        AssignedPartition *entry = &g_array_index(self->assigned, AssignedPartition, i);
        entry->prefers = entry->prefers && entry->preferred != node->node;
    }
}

static void take_partition(Consumer *self,
                           FetchNode *node,
                           const FetchPartitionResponse *partition,
                           RecordBatch *batches,
                           const AbortedTransaction *aborted)
{
    if (partition->is_elsewhere) {
        (void)take_asked(node, partition->partition);
        prefer(self, partition);
        return;
    }
    if (partition->error == KAFKA_NONE && partition->batch_count == 0) {
        return; /* only a new high watermark */
    }
    const FetchPartition *asked = take_asked(node, partition->partition);
    if (asked == NULL) {
        return; /* not asked for any more */
    }
    if ((partition->error == KAFKA_NOT_LEADER_OR_FOLLOWER ||
         partition->error == KAFKA_FENCED_LEADER_EPOCH) &&
        partition->current_leader != NO_LEADER) { /* KIP-951 */
        client_metadata_set_leader(self->metadata,
                                   partition->partition,
                                   partition->current_leader,
                                   partition->current_leader_epoch);
    }
    if (self->options.read_committed) {
        fetch_buffer_skip_aborted(&batches[partition->first_batch],
                                  partition->batch_count,
                                  &aborted[partition->first_aborted],
                                  partition->aborted_count);
    }
    fetch_buffer_add(self, partition, asked, &batches[partition->first_batch]);
}

static bool is_refused(const FetchResponse *response, int32_t partition)
{
    for (int32_t i = 0; i < response->partition_count; i++) {
        const FetchPartitionResponse *answer = &response->partitions[i];
        if (answer->partition == partition) {
            return answer->error != KAFKA_NONE || answer->is_elsewhere;
        }
    }
    return false;
}

/* Offsets to which the application went exist: the broker was asked for them and did not object. */
static void confirm_seeks(Consumer *self, const FetchNode *node, const FetchResponse *response)
{
    for (guint i = 0; i < node->session->len; i++) {
        const FetchPartition *item = &g_array_index(node->session, FetchPartition, i);
        AssignedPartition *entry = subscription_find(self, item->partition);
        if (entry != NULL && entry->sought && entry->position == item->fetch_offset &&
            !is_refused(response, item->partition)) {
            positions_tell_move(self, entry, entry->position);
        }
    }
}

void fetcher_on_response(Consumer *self, FetchNode *node, FetchResponse *response)
{
    node->in_flight = false;
    if (response == NULL) {
        forget_preferences(self, node);
    }
    if (response != NULL && self->context.group_index >= 0) {
        ledger_group_throttled(self->context.ledger,
                               self->context.group_index,
                               response->header.throttle_ns,
                               actor_now(&self->actor));
    }
    if (response == NULL || response->error != KAFKA_NONE) {
        node->session_epoch = 0;
        return;
    }
    node->session_epoch = 1;
    RecordBatch *batches = fetch_response_batches(response);
    const AbortedTransaction *aborted = fetch_response_aborted(response);
    if (self->has_sought) {
        confirm_seeks(self, node, response);
    }
    for (int32_t i = 0; i < response->partition_count; i++) {
        take_partition(self, node, &response->partitions[i], batches, aborted);
    }
}
