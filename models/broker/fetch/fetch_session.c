/* fetch_session.c - see the header. */
#include "models/broker/broker_state.h"

FetchSession *fetch_session_new(Broker *broker, struct BrokerConnection *connection)
{
    FetchSession *self = pool_take(broker->context.sim->pool, sizeof(FetchSession));
    self->broker = broker;
    self->connection = connection;
    self->network_id = connection->id;
    self->is_empty = true;
    self->partitions = g_ptr_array_new();
    self->rechecks = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->by_index = g_hash_table_new(g_direct_hash, g_direct_equal);
    timer_init(&self->expiry, BROKER_TIMER_FETCH_EXPIRY, self);
    return self;
}

static void watch(SessionPartition *self)
{
    Partition *hosted = self->hosted;
    self->previous_watcher = hosted->last_watcher;
    *(hosted->last_watcher != NULL ? &hosted->last_watcher->next_watcher : &hosted->watchers) =
        self;
    hosted->last_watcher = self;
}

static void stop_watching(SessionPartition *self)
{
    Partition *hosted = self->hosted;
    SessionPartition *previous = self->previous_watcher;
    SessionPartition *next = self->next_watcher;
    *(previous != NULL ? &previous->next_watcher : &hosted->watchers) = next;
    *(next != NULL ? &next->previous_watcher : &hosted->last_watcher) = previous;
}

static void unwatch(SessionPartition *partition)
{
    if (partition->hosted == NULL) {
        return;
    }
    stop_watching(partition);
    RemoteReplica *remote = partition_remote(partition->hosted, partition->session->replica_id);
    if (remote != NULL && remote->session_at == &partition->session->last_request_at) {
        remote->session_at = NULL;
        fetch_recheck_isr(partition->hosted); /* another session of it may be in use */
    }
}

void fetch_session_free(FetchSession *self)
{
    if (self == NULL) {
        return;
    }
    if (self->parked != NULL) {
        message_free(self->broker->context.sim, &self->parked->header.base);
    }
    actor_disarm(&self->broker->actor, &self->expiry);
    for (guint i = 0; i < self->partitions->len; i++) {
        unwatch(self->partitions->pdata[i]);
        pool_give(
            self->broker->context.sim->pool, self->partitions->pdata[i], sizeof(SessionPartition));
    }
    g_ptr_array_free(self->partitions, TRUE);
    g_array_free(self->rechecks, TRUE);
    g_hash_table_destroy(self->by_index);
    pool_give(self->broker->context.sim->pool, self, sizeof(*self));
}

void fetch_session_queue(SessionPartition *partition)
{
    FetchSession *self = partition->session;
    if (partition->queued) {
        return;
    }
    partition->queued = true;
    partition->next = NULL;
    partition->previous = self->last;
    if (self->last != NULL) {
        self->last->next = partition;
    } else {
        self->first = partition;
    }
    self->last = partition;
}

SessionPartition *fetch_session_pop(FetchSession *self)
{
    SessionPartition *partition = self->first;
    if (partition != NULL) {
        self->first = partition->next;
        *(self->first != NULL ? &self->first->previous : &self->last) = NULL;
        partition->queued = false;
        partition->next = NULL;
    }
    return partition;
}

SessionPartition *fetch_session_find(const FetchSession *self, int32_t index)
{
    return g_hash_table_lookup(self->by_index, GINT_TO_POINTER(index + 1));
}

/* Mirrors: CachedPartition.maybeResolveUnknownName; under another topic id it is another one. */
static void resolve_name(SessionPartition *self, const FetchPartition *wanted)
{
    if (self->is_named && self->wanted.topic_id == wanted->topic_id) {
        return;
    }
    const TopicIdPartition partition = {wanted->topic_id, wanted->partition};
    self->is_named = partition_is_of(self->hosted, wanted->topic_id) ||
                     metadata_cache_find(self->session->broker, partition, false) == KAFKA_NONE;
}

SessionPartition *fetch_session_want(FetchSession *self, const FetchPartition *wanted)
{
    gpointer key = GINT_TO_POINTER(wanted->partition + 1);
    SessionPartition *partition = fetch_session_find(self, wanted->partition);
    if (partition == NULL) {
        partition = pool_take(self->broker->context.sim->pool, sizeof(SessionPartition));
        partition->session = self;
        partition->sent_high_watermark = -1;
        partition->sent_log_start_offset = -1;
        g_hash_table_insert(self->by_index, key, partition);
        partition->index = self->partitions->len;
        g_ptr_array_add(self->partitions, partition);
        self->is_empty = false;
    }
    if (partition->hosted == NULL) {
        partition->hosted = broker_partition(self->broker, wanted->partition);
        if (partition->hosted != NULL) {
            watch(partition);
        }
    }
    resolve_name(partition, wanted);
    partition->wanted = *wanted;
    fetch_session_queue(partition);
    return partition;
}

static void unqueue(FetchSession *self, SessionPartition *partition)
{
    *(partition->previous != NULL ? &partition->previous->next : &self->first) = partition->next;
    *(partition->next != NULL ? &partition->next->previous : &self->last) = partition->previous;
}

void fetch_session_forget(FetchSession *self, int32_t index)
{
    SessionPartition *partition = fetch_session_find(self, index);
    if (partition == NULL) {
        return;
    }
    if (partition->queued) {
        unqueue(self, partition);
    }
    unwatch(partition);
    g_hash_table_remove(self->by_index, GINT_TO_POINTER(index + 1));
    g_ptr_array_remove_index_fast(self->partitions, partition->index);
    self->is_empty = self->partitions->len == 0;
    if (partition->index < self->partitions->len) {
        ((SessionPartition *)self->partitions->pdata[partition->index])->index = partition->index;
    }
    pool_give(self->broker->context.sim->pool, partition, sizeof(*partition));
}
