/* replica_fetcher.c - which fetcher thread copies which partition (server.md 2.4).
 *
 * One thread per source broker and fetcher id, made when it is first needed. Mirrors:
 * ReplicaFetcherManager, AbstractFetcherManager. */
#include "models/broker/fetcher/fetcher_thread.h"

static int32_t fetcher_id(const Broker *self, int32_t index)
{
    const TopicInfo *topic = metadata_topic_of(self->context.metadata, index);
    uint32_t hash = 0;
    for (const char *c = topic->name; *c != '\0'; c++) {
        hash = 31 * hash + (uint32_t)(unsigned char)*c;
    }
    hash = 31 * hash + (uint32_t)(index - topic->first_partition);
    return (int32_t)((hash & 0x7fffffff) % (uint32_t)self->fetcher_count_per_source);
}

static FetcherThread *thread_for(Broker *self, int32_t source, int32_t id)
{
    for (guint i = 0; i < self->fetchers->len; i++) {
        FetcherThread *thread = self->fetchers->pdata[i];
        if (thread->source == source && thread->id == id) {
            return thread;
        }
    }
    FetcherThread *thread = fetcher_thread_new(self, source, id);
    g_ptr_array_add(self->fetchers, thread);
    return thread;
}

void replica_fetcher_add(Broker *self, Partition *partition)
{
    int32_t id = fetcher_id(self, partition->index);
    fetcher_thread_add(thread_for(self, partition->leader, id), partition);
}

void replica_fetcher_remove(Broker *self, Partition *partition)
{
    (void)self;
    if (partition->fetched != NULL) {
        fetcher_thread_remove(partition->fetched);
    }
}

/* Mirrors: AbstractFetcherManager.shutdownIdleFetcherThreads. */
void replica_fetcher_shut_down_idle(Broker *self)
{
    for (guint i = 0; i < self->fetchers->len; i++) {
        FetcherThread *thread = self->fetchers->pdata[i];
        if (fetcher_thread_is_idle(thread)) {
            fetcher_thread_shut_down(thread);
        }
    }
}

/* Connections that end are looked for; an answer comes on one that is there. */
static FetcherThread *by_connection(Broker *self, ConnectionId connection)
{
    for (guint i = 0; i < self->fetchers->len; i++) {
        FetcherThread *thread = self->fetchers->pdata[i];
        if (thread->connection == connection) {
            return thread;
        }
    }
    return NULL;
}

bool replica_fetcher_on_response(Broker *self, ConnectionId connection, ResponseHeader *response)
{
    void *data = NULL;
    bool is_open = network_open_data(&self->actor, connection, &data);
    FetcherThread *thread = is_open ? data : by_connection(self, connection);
    return thread != NULL && fetcher_thread_on_response(thread, response);
}

bool replica_fetcher_on_connected(Broker *self, ConnectionId connection)
{
    FetcherThread *thread = by_connection(self, connection);
    if (thread != NULL) {
        fetcher_thread_on_connected(thread);
    }
    return thread != NULL;
}

bool replica_fetcher_on_disconnected(Broker *self, ConnectionId connection)
{
    FetcherThread *thread = by_connection(self, connection);
    if (thread != NULL) {
        fetcher_thread_on_disconnected(thread);
    }
    return thread != NULL;
}

void replica_fetcher_on_work_done(FetcherThread *thread)
{
    fetcher_thread_on_work_done(thread);
}

void replica_fetcher_on_backoff(FetcherThread *thread)
{
    fetcher_thread_on_backoff(thread);
}

void replica_fetcher_on_timeout(FetcherThread *thread)
{
    fetcher_thread_on_timeout(thread);
}

void replica_fetcher_reset(Broker *self)
{
    for (guint i = 0; i < self->fetchers->len; i++) {
        fetcher_thread_reset(self->fetchers->pdata[i]);
    }
}

void replica_fetcher_free_all(Broker *self)
{
    for (guint i = 0; i < self->fetchers->len; i++) {
        fetcher_thread_free(self->fetchers->pdata[i]);
    }
    g_ptr_array_free(self->fetchers, TRUE);
}
