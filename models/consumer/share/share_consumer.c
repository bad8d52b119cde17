/* share_consumer.c - see share_consumer.h. */
#include "models/consumer/consumer_state.h"
#include <string.h>

void share_init(Consumer *self)
{
    ShareConsumer *share = &self->share;
    share->nodes = g_ptr_array_new();
    share->buffer = g_array_new(FALSE, FALSE, sizeof(ShareResult));
    share->handed = g_array_new(FALSE, FALSE, sizeof(ShareItem));
    share->acks = g_array_new(FALSE, FALSE, sizeof(ShareItem));
    share->items = g_array_new(FALSE, FALSE, sizeof(ShareItem));
}

void share_reset(Consumer *self)
{
    ShareConsumer *share = &self->share;
    for (guint i = 0; i < share->nodes->len; i++) {
        ShareNode *node = g_ptr_array_index(share->nodes, i);
        node->in_flight = false;
        node->is_open = false;
        g_array_set_size(node->session, 0);
    }
    g_array_set_size(share->buffer, 0);
    share->next = 0;
    g_array_set_size(share->handed, 0);
    g_array_set_size(share->acks, 0);
}

void share_clear(Consumer *self)
{
    ShareConsumer *share = &self->share;
    for (guint i = 0; i < share->nodes->len; i++) {
        ShareNode *node = g_ptr_array_index(share->nodes, i);
        g_array_free(node->session, TRUE);
        g_free(node);
    }
    g_ptr_array_free(share->nodes, TRUE);
    g_array_free(share->buffer, TRUE);
    g_array_free(share->handed, TRUE);
    g_array_free(share->acks, TRUE);
    g_array_free(share->items, TRUE);
}

static ShareNode *node_of(Consumer *self, int32_t broker)
{
    ShareConsumer *share = &self->share;
    for (guint i = 0; i < share->nodes->len; i++) {
        ShareNode *known = g_ptr_array_index(share->nodes, i);
        if (known->node == broker) {
            return known;
        }
    }
    ShareNode *fresh = g_new0(ShareNode, 1);
    fresh->node = broker;
    fresh->session = g_array_new(FALSE, FALSE, sizeof(TopicIdPartition));
    g_ptr_array_add(share->nodes, fresh);
    return fresh;
}

/* ---- What the last poll() returned. */
void share_settle(Consumer *self, int32_t partition, int64_t offset, ShareItemKind kind)
{
    GArray *handed = self->share.handed;
    for (guint i = 0; i < handed->len; i++) {
        ShareItem *item = &g_array_index(handed, ShareItem, i);
        if (item->partition.index != partition || item->first > offset || item->last < offset) {
            continue;
        }
        ShareItem after = *item;
        const ShareItem settled = {item->partition, kind, offset, offset};
        after.first = offset + 1;
        item->last = offset - 1;
        g_array_append_val(self->share.acks, settled);
        g_array_append_val(handed, after);
        return;
    }
}

/* The part of an item that lies below `first`, of a partition of which nothing from there on is
 * done. */
static void keep_below(GArray *items, int32_t partition, int64_t first)
{
    for (guint i = 0; i < items->len; i++) {
        ShareItem *item = &g_array_index(items, ShareItem, i);
        if (item->partition.index == partition) {
            item->last = MIN(item->last, first - 1);
        }
    }
}

void share_abandon(Consumer *self)
{
    const Application *app = &self->application;
    GArray *handed = self->share.handed;
    if (!self->context.spec->share_explicit) {
        g_array_set_size(handed, 0);
        return;
    }
    for (guint i = app->handed->len; i > app->at; i--) {
        const HandedRange *range = &g_array_index(app->handed, HandedRange, i - 1);
        keep_below(handed, range->partition, range->next);
    }
}

static void accept_handed(Consumer *self)
{
    GArray *handed = self->share.handed;
    for (guint i = 0; i < handed->len; i++) {
        const ShareItem *item = &g_array_index(handed, ShareItem, i);
        if (item->first <= item->last) {
            g_array_append_val(self->share.acks, *item);
        }
    }
    g_array_set_size(handed, 0);
}

/* ShareInFlightBatch.addGap: acquired offsets without a record for the application, from the first
 * on. */
static void pass_gap(Consumer *self, ShareResult *result)
{
    const int64_t record = result->kind == SHARE_RESULT_GAP
                               ? result->last + 1
                               : record_batch_first_record(&result->batch);
    const ShareItem gap = {
        result->partition, SHARE_ITEM_GAP, result->first, MIN(result->last, record - 1)};
    if (gap.first <= gap.last) {
        g_array_append_val(self->share.handed, gap);
        result->first = gap.last + 1;
    }
}

/* One piece of a batch, up to `room` records; how many. */
static int32_t hand_out(Consumer *self, ShareResult *result, int32_t room)
{
    pass_gap(self, result);
    const int32_t count = (int32_t)MIN(result->last - result->first + 1, room);
    if (count == 0) {
        return 0;
    }
    const ShareItem item = {
        result->partition, SHARE_ITEM_ACCEPT, result->first, result->first + count - 1};
    g_array_append_val(self->share.handed, item);
    (void)fetch_buffer_hand_out(
        self, result->partition.topic_id, &result->batch, result->first, count);
    if (self->context.trace_deliveries) {
        fetch_buffer_trace(self, result->partition.index, count, item.last);
    }
    result->first += count;
    return count;
}

/* Whether a leader was named or not: it may be the one that is believed already. */
static void handle_error(Consumer *self, const ShareResult *result)
{
    if (kafka_error_is_invalid_metadata(result->error)) {
        client_metadata_request_update(self->metadata);
    }
}

/* Up to max.poll.records of what is buffered. */
static int32_t collect(Consumer *self)
{
    ShareConsumer *share = &self->share;
    int32_t handed = 0;
    g_array_set_size(self->application.handed, 0);
    while (share->next < share->buffer->len && handed < self->options.max_poll_records) {
        ShareResult *result = &g_array_index(share->buffer, ShareResult, share->next);
        if (result->kind == SHARE_RESULT_FETCH) {
            handle_error(self, result);
            share->next++;
            continue;
        }
        handed += hand_out(self, result, self->options.max_poll_records - handed);
        share->next += result->first > result->last ? 1 : 0;
    }
    if (share->next == share->buffer->len) {
        g_array_set_size(share->buffer, 0);
        share->next = 0;
    }
    return handed;
}

/* ---- Requests. */
static bool is_in(const GArray *partitions, TopicIdPartition partition)
{
    for (guint i = 0; i < partitions->len; i++) {
        if (topic_id_partition_equal(g_array_index(partitions, TopicIdPartition, i), partition)) {
            return true;
        }
    }
    return false;
}

static void add_item(Consumer *self, TopicIdPartition partition, ShareItemKind kind)
{
    const ShareItem item = {.partition = partition, .kind = kind};
    g_array_append_val(self->share.items, item);
}

/* What the broker must be told of the session; returns how many partitions are fetched there. */
static int32_t add_session(Consumer *self, ShareNode *node)
{
    int32_t fetched = 0;
    if (!node->is_open) {
        g_array_set_size(node->session, 0);
    }
    for (guint i = node->session->len; i > 0; i--) {
        const TopicIdPartition partition = g_array_index(node->session, TopicIdPartition, i - 1);
        if (subscription_find(self, partition.index) == NULL ||
            client_metadata_topic_id(self->metadata, partition.index) != partition.topic_id ||
            client_metadata_leader(self->metadata, partition.index) != node->node) {
            add_item(self, partition, SHARE_ITEM_FORGET);
            g_array_remove_index(node->session, i - 1);
        }
    }
    for (guint i = 0; i < self->assigned->len; i++) {
        const int32_t index = g_array_index(self->owned, int32_t, i);
        const TopicIdPartition partition = {client_metadata_topic_id(self->metadata, index), index};
        if (client_metadata_leader(self->metadata, index) != node->node) {
            continue;
        }
        fetched++;
        if (!is_in(node->session, partition)) {
            add_item(self, partition, SHARE_ITEM_FETCH);
            g_array_append_val(node->session, partition);
        }
    }
    return fetched;
}

static gint compare_items(gconstpointer a, gconstpointer b)
{
    const ShareItem *left = a;
    const ShareItem *right = b;
    if (left->partition.index != right->partition.index) {
        return left->partition.index < right->partition.index ? -1 : 1;
    }
    if (left->partition.topic_id != right->partition.topic_id) {
        return left->partition.topic_id < right->partition.topic_id ? -1 : 1;
    }
    return (left->first > right->first) - (left->first < right->first);
}

/* Acknowledgements for this broker move into the request, by partition. */
static int32_t add_acks(Consumer *self, const ShareNode *node)
{
    GArray *acks = self->share.acks;
    guint kept = 0;
    g_array_sort(acks, compare_items);
    for (guint i = 0; i < acks->len; i++) {
        const ShareItem item = g_array_index(acks, ShareItem, i);
        if (client_metadata_leader(self->metadata, item.partition.index) == node->node) {
            g_array_append_val(self->share.items, item);
        } else {
            g_array_index(acks, ShareItem, kept++) = item;
        }
    }
    const int32_t added = (int32_t)(acks->len - kept);
    g_array_set_size(acks, kept);
    return added;
}

static void send_request(Consumer *self, ShareNode *node, uint16_t api, int32_t session_epoch)
{
    const ConsumerOptions *options = &self->options;
    const GArray *items = self->share.items;
    ShareFetchRequest *request = message_new(
        self->actor.sim, KAFKA_MESSAGE_BYTES(ShareFetchRequest, items, items->len), api);
    request->header.client_id = self->client_id;
    request->group_id = self->context.spec->name;
    g_strlcpy(request->member_id, self->member_id, sizeof request->member_id);
    request->session_epoch = session_epoch;
    request->max_wait_ns = options->fetch_max_wait_ns;
    request->min_bytes = options->fetch_min_bytes;
    request->max_bytes = options->fetch_max_bytes;
    request->max_records = options->max_poll_records;
    request->count = (int32_t)items->len;
    if (items->len > 0) {
        memcpy(request->items, items->data, items->len * sizeof(ShareItem));
    }
    kafka_message_set_wire_bytes(&request->header.base);
    node->in_flight = true;
    network_client_send(self->network, node->node, &request->header, node, true, 0);
}

/* NetworkClient.isReady: nothing goes out before metadata that are due. */
static bool is_free(Consumer *self, const ShareNode *node)
{
    return !node->in_flight && network_client_ready(self->network, node->node) &&
           network_client_can_send(self->network, node->node) &&
           !client_metadata_is_update_due(self->metadata);
}

static void fetch_from(Consumer *self, ShareNode *node)
{
    if (!is_free(self, node)) {
        return;
    }
    g_array_set_size(self->share.items, 0);
    const int32_t epoch = node->is_open ? 1 : SHARE_SESSION_OPENS;
    if (add_session(self, node) > 0) {
        (void)add_acks(self, node);
        node->is_open = true;
        send_request(self, node, KAFKA_SHARE_FETCH, epoch);
    }
}

static int32_t leader_of_nth(const Consumer *self, guint i)
{
    return client_metadata_leader(self->metadata, g_array_index(self->owned, int32_t, i));
}

/* The background thread looks at all partitions before it sends anything. */
static void look_for_leaders(Consumer *self)
{
    for (guint i = 0; i < self->assigned->len; i++) {
        if (leader_of_nth(self, i) == NO_LEADER) {
            client_metadata_request_update(self->metadata);
        }
    }
}

static void send_fetches(Consumer *self)
{
    for (guint i = 0; i < self->assigned->len; i++) {
        const int32_t leader = leader_of_nth(self, i);
        if (leader != NO_LEADER) {
            fetch_from(self, node_of(self, leader));
        }
    }
}

/* Without a session the broker would not know whose records they are. */
static void send_acks(Consumer *self)
{
    for (guint i = 0; i < self->share.nodes->len && self->share.acks->len > 0; i++) {
        ShareNode *node = g_ptr_array_index(self->share.nodes, i);
        g_array_set_size(self->share.items, 0);
        if (node->is_open && is_free(self, node) && add_acks(self, node) > 0) {
            send_request(self, node, KAFKA_SHARE_ACKNOWLEDGE, 1);
        }
    }
}

int32_t share_poll(Consumer *self)
{
    accept_handed(self);
    const int32_t records = collect(self);
    const bool fetches = records == 0 && self->share.buffer->len == 0;
    if (records == 0) {
        accept_handed(self); /* nothing but gaps */
    }
    if (fetches) {
        look_for_leaders(self);
    }
    (void)client_metadata_maybe_send(self->metadata);
    if (fetches) {
        send_fetches(self);
    }
    send_acks(self);
    return records;
}

SimTime share_next_action(const Consumer *self)
{
    SimTime next = SIM_TIME_MAX;
    const SimTime now = consumer_now(self);
    for (guint i = 0; i < self->share.nodes->len; i++) {
        const ShareNode *node = g_ptr_array_index(self->share.nodes, i);
        const SimTime at = network_client_next_attempt(self->network, node->node);
        next = !node->in_flight && at > now && at < next ? at : next;
    }
    return next;
}

/* ---- Answers. */
static void on_error(Consumer *self, const ShareResult *result)
{
    char name[128];
    actor_log(&self->actor,
              result->kind == SHARE_RESULT_ACKNOWLEDGED ? "acknowledge failed" : "fetch failed",
              "%s: %s",
              consumer_partition_name(self, result->partition.index, name, sizeof name),
              kafka_error_name(result->error));
    if ((result->error == KAFKA_NOT_LEADER_OR_FOLLOWER ||
         result->error == KAFKA_FENCED_LEADER_EPOCH) &&
        result->current_leader != NO_LEADER) { /* KIP-951 */
        client_metadata_set_leader(self->metadata,
                                   result->partition.index,
                                   result->current_leader,
                                   result->current_leader_epoch);
    }
    if (result->kind == SHARE_RESULT_FETCH) {
        g_array_append_val(self->share.buffer, *result); /* poll() looks at the rest of it */
    }
}

void share_on_response(Consumer *self, ShareNode *node, const ShareFetchResponse *response)
{
    node->in_flight = false;
    if (response == NULL || response->error != KAFKA_NONE) {
        node->is_open = false; /* and what was to be acknowledged comes again */
        return;
    }
    for (int32_t i = 0; i < response->count; i++) {
        const ShareResult *result = &response->results[i];
        if (result->kind == SHARE_RESULT_RECORDS || result->kind == SHARE_RESULT_GAP) {
            g_array_append_val(self->share.buffer, *result);
        } else if (result->error != KAFKA_NONE) {
            on_error(self, result);
        }
    }
}

void share_close(Consumer *self)
{
    accept_handed(self);
    for (guint i = 0; i < self->share.nodes->len; i++) {
        ShareNode *node = g_ptr_array_index(self->share.nodes, i);
        g_array_set_size(self->share.items, 0);
        if (node->is_open && network_client_can_send(self->network, node->node)) {
            (void)add_acks(self, node);
            node->is_open = false;
            send_request(self, node, KAFKA_SHARE_ACKNOWLEDGE, SHARE_SESSION_CLOSES);
        }
    }
}
