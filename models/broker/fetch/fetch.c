/* fetch.c - followers and consumers read (server.md 2.4, 3.4).
 *
 * A fetch is answered at once when there is data (min_bytes), an error or a divergence; else it
 * parks until one of them comes or its wait is over. An answer is read before the follower's new
 * position counts: the high watermark it carries is one fetch late.
 * Mirrors: KafkaApis.handleFetchRequest, ReplicaManager.fetchMessages, DelayedFetch. */
#include "models/broker/broker_state.h"
#include "models/broker/fetch/fetch_read.h"
#include "sim/kernel/bits.h"

/* So many partitions before one is dealt with, its place is asked for; a while later, what stands
 * there, and then what that names. */
#define FETCHED_AHEAD 12

static const Partition *ahead(const Broker *broker, const FetchRequest *request, int32_t at)
{
    return at < request->partition_count
               ? broker_partition(broker, request->partitions[at].partition)
               : NULL;
}

static void fetch_ahead_of(const Broker *broker, const FetchRequest *request, int32_t at)
{
    if (at + FETCHED_AHEAD < request->partition_count) {
        partition_table_fetch(&broker->partitions,
                              request->partitions[at + FETCHED_AHEAD].partition);
    }
    partition_fetch(ahead(broker, request, at + FETCHED_AHEAD * 2 / 3));
    partition_fetch_around(ahead(broker, request, at + FETCHED_AHEAD / 3));
}

static void answer_parked(FetchSession *self)
{
    FetchRequest *request = self->parked;
    self->parked = NULL;
    actor_disarm(&self->broker->actor, &self->expiry);
    broker_respond(self->broker, &request->header, &fetch_read_answer(self, request)->header);
}

static void wake(FetchSession *self)
{
    if (self->parked != NULL && fetch_read_is_ready(self, self->parked)) {
        answer_parked(self);
    }
}

static const FetchSession *session_of(const Timer *timer)
{
    return timer != NULL && timer->kind == BROKER_TIMER_FETCH_EXPIRY ? timer->owner : NULL;
}

/* Among many thousands of idle readers nothing of one is in the processor's caches when its wait
 * is over: of the next but one what it names is fetched now, of the next what that names. */
static void fetch_ahead(const Broker *broker)
{
    const Network *network = broker->context.sim->network;
    const Timer *ahead[ACTOR_TIMERS_AHEAD];
    actor_timers_ahead(&broker->actor, broker->fetch_wait_ns, ahead);
    const FetchSession *later = session_of(ahead[1]);
    if (later != NULL) {
        BITS_PREFETCH(later->connection);
        BITS_PREFETCH(&later->last);
        BITS_PREFETCH(later->parked);
        BITS_PREFETCH((const char *)later->parked + 64);
        network_fetch(network, later->network_id);
    }
    const FetchSession *next = session_of(ahead[0]);
    if (next != NULL) {
        network_fetch_way(network, next->network_id);
    }
}

void fetch_on_expiry(FetchSession *self)
{
    fetch_ahead(self->broker);
    if (self->parked != NULL) {
        answer_parked(self);
    }
}

/* A late request of an old connection may take a position over from the session that is in use:
 * that one's next fetch takes it back. */
static void take_position(FetchSession *self, RemoteReplica *remote, Partition *partition)
{
    if (remote->session_at != NULL && remote->session_at != &self->last_request_at) {
        fetch_recheck_isr(partition);
    }
    remote->session_at = &self->last_request_at;
}

static void update_follower(FetchSession *self, const SessionPartition *at)
{
    RemoteReplica *remote = partition_remote(at->hosted, self->replica_id);
    if (remote != NULL) {
        take_position(self, remote, at->hosted);
        (void)partition_update_follower(at->hosted,
                                        remote,
                                        self->replica_epoch,
                                        at->wanted.fetch_offset,
                                        actor_now(&self->broker->actor));
    }
}

/* The positions that the request names count from now on; not those of a log that diverges. Of a
 * request that was parked all were looked at, and none had anything urgent. */
static void update_followers(FetchSession *self, const FetchRequest *request)
{
    bool parked = self->parked == request;
    for (int32_t i = 0; i < request->partition_count; i++) {
        const FetchPartition *wanted = &request->partitions[i];
        const SessionPartition *named = fetch_session_find_nth(self, i, wanted->partition);
        if (!wanted->forget && named != NULL && (parked || !fetch_read_is_urgent(named))) {
            update_follower(self, named);
        }
    }
}

static void recheck_one(FetchSession *self, const SessionPartition *at)
{
    if (at->hosted == NULL || at->hosted->role != PARTITION_LEADER) {
        return;
    }
    RemoteReplica *remote = partition_remote(at->hosted, self->replica_id);
    if (remote != NULL && remote->session_at == &self->last_request_at) {
        partition_maybe_expand_isr(at->hosted, remote);
    } else if (remote != NULL && !fetch_read_is_urgent(at)) {
        update_follower(self, at);
    }
}

/* An idle follower's fetch names no partition, yet each of its fetches may let it join an ISR.
 * Looked at are those where something may have been in the way until now; all of them when a
 * broker's state changed (isr_generation). */
static void recheck_isr(FetchSession *self)
{
    if (self->recheck_count == 0 && self->isr_generation == self->broker->isr_generation) {
        return;
    }
    for (guint i = 0; i < self->rechecks->len; i++) {
        SessionPartition *at = fetch_session_find(self, g_array_index(self->rechecks, int32_t, i));
        if (at != NULL && at->recheck) {
            at->recheck = false;
            recheck_one(self, at);
        }
    }
    g_array_set_size(self->rechecks, 0);
    self->recheck_count = 0;
    if (self->isr_generation == self->broker->isr_generation) {
        return;
    }
    self->isr_generation = self->broker->isr_generation;
    for (guint i = 0; i < self->partitions->len; i++) {
        recheck_one(self, self->partitions->pdata[i]);
    }
}

void fetch_recheck_isr(Partition *partition)
{
    SessionPartition *watcher = partition->watchers;
    for (; watcher != NULL; watcher = watcher->next_watcher) {
        if (watcher->session->replica_id >= 0 && !watcher->recheck) {
            watcher->recheck = true;
            g_array_append_val(watcher->session->rechecks, partition->index);
            watcher->session->recheck_count++;
        }
    }
}

static void take_wishes(FetchSession *self, const FetchRequest *request)
{
    self->replica_id = request->replica_id;
    self->rack = request->rack_id;
    self->read_committed = request->read_committed;
    self->replica_epoch = request->replica_epoch;
    for (int32_t i = 0; i < request->partition_count; i++) {
        const FetchPartition *wanted = &request->partitions[i];
        fetch_ahead_of(self->broker, request, i);
        if (wanted->forget) {
            fetch_session_forget(self, wanted->partition);
        } else {
            fetch_session_want(self, wanted);
        }
    }
}

static FetchSession *
session_for(Broker *self, BrokerConnection *connection, const FetchRequest *request)
{
    if (request->session_epoch == 0) {
        fetch_session_free(connection->session);
        connection->session = fetch_session_new(self, connection);
    }
    return connection->session;
}

/* It died with an earlier process or connection of this broker: the client begins anew. */
static void refuse_session(Broker *self, FetchRequest *request)
{
    FetchResponse *response = fetch_response_new(self->context.sim, 0, 0);
    response->error = KAFKA_FETCH_SESSION_ID_NOT_FOUND;
    broker_respond(self, &request->header, &response->header);
}

void fetch_handle(Broker *self, FetchRequest *request)
{
    BrokerConnection *connection = request_path_connection(self, request->header.connection);
    if (connection == NULL) {
        message_free(self->context.sim, &request->header.base);
        return;
    }
    if (request->session_epoch > 0 && connection->session == NULL) {
        refuse_session(self, request);
        return;
    }
    quotas_bound_fetch(self, request);
    FetchSession *session = session_for(self, connection, request);
    take_wishes(session, request);
    session->is_stale =
        partition_host_refuses(&self->partition_host, request->replica_id, request->replica_epoch);
    FetchResponse *response =
        fetch_read_is_ready(session, request) ? fetch_read_answer(session, request) : NULL;
    if (response == NULL) {
        session->parked = request;
        actor_arm_constant(&self->actor, &session->expiry, request->max_wait_ns);
    }
    session->last_request_at = actor_now(&self->actor);
    if (session->replica_id >= 0) {
        update_followers(session, request);
        recheck_isr(session);
    }
    if (response != NULL) {
        broker_respond(self, &request->header, &response->header);
    }
}

void fetch_on_append(Partition *partition)
{
    SessionPartition *watcher = partition->watchers;
    for (; watcher != NULL; watcher = watcher->next_watcher) {
        if (watcher->session->replica_id >= 0) {
            fetch_session_queue(watcher);
            wake(watcher->session);
        }
    }
}

void fetch_on_high_watermark(Partition *partition)
{
    SessionPartition *watcher = partition->watchers;
    for (; watcher != NULL; watcher = watcher->next_watcher) {
        fetch_session_queue(watcher);
        if (watcher->session->replica_id < 0) {
            wake(watcher->session); /* a follower is not woken by a high watermark alone */
        }
    }
}

void fetch_on_role_change(Partition *partition)
{
    SessionPartition *watcher = partition->watchers;
    for (; watcher != NULL; watcher = watcher->next_watcher) {
        fetch_session_queue(watcher);
        wake(watcher->session);
    }
}
