/* fetcher_thread.c - the loop of a fetcher thread; see the header. */
#include "models/broker/fetcher/fetcher_thread.h"
#include "models/protocol/backoff.h"
#include <string.h>

/* socket.connection.setup.timeout.ms and .max.ms, which a broker does not let be set otherwise. */
static const Backoff connection_setup = {SIM_SEC(10), SIM_SEC(30), 2};

FetcherThread *fetcher_thread_new(Broker *broker, int32_t source, int32_t id)
{
    FetcherThread *self = pool_take(broker->context.sim->pool, sizeof(FetcherThread));
    self->broker = broker;
    self->source = source;
    self->id = id;
    self->partitions = g_ptr_array_new_with_free_func(g_free);
    self->to_forget = g_array_new(FALSE, FALSE, sizeof(int32_t));
    timer_init(&self->backoff, BROKER_TIMER_FETCHER_BACKOFF, self);
    timer_init(&self->timeout, BROKER_TIMER_FETCHER_TIMEOUT, self);
    g_autofree char *purpose = g_strdup_printf("fetcher-%d-%d", source, id);
    actor_stream(&broker->actor, purpose, &self->setup_jitter);
    fetcher_session_begin(self);
    return self;
}

void fetcher_thread_free(FetcherThread *self)
{
    fetcher_thread_reset(self);
    g_ptr_array_free(self->partitions, TRUE);
    g_array_free(self->to_forget, TRUE);
    pool_give(self->broker->context.sim->pool, self, sizeof(*self));
}

void fetcher_thread_reset(FetcherThread *self)
{
    if (self->response != NULL) {
        message_free(self->broker->context.sim, &self->response->header.base);
    }
    self->response = NULL;
    self->connection = 0;
    self->connected = false;
    self->in_flight = false;
    self->asking = false;
    self->paused_until = 0;
    self->failed_connects = 0;
    fetcher_session_begin(self);
    memset(self->places, 0, sizeof(self->places));
    self->idle_count = 0;
    self->busy_count = 0;
    g_ptr_array_set_size(self->partitions, 0);
    self->partition_count = 0;
}

FetchedPartition *fetcher_thread_find(const FetcherThread *self, int32_t partition)
{
    const Partition *hosted = broker_partition(self->broker, partition);
    FetchedPartition *fetched = hosted != NULL ? hosted->fetched : NULL;
    return fetched != NULL && fetched->thread == self ? fetched : NULL;
}

void fetcher_thread_add(FetcherThread *self, Partition *partition)
{
    FetchedPartition *fetched = g_new0(FetchedPartition, 1);
    fetched->partition = partition;
    fetched->thread = self;
    fetched->state = fetch_state_begin(partition);
    fetched->index = self->partitions->len;
    partition->fetched = fetched;
    g_ptr_array_add(self->partitions, fetched);
    self->partition_count++;
    fetcher_move(fetched, fetch_state_is_ready(&fetched->state) ? FETCHED_CHANGED : FETCHED_ASKING);
    fetcher_thread_run(self);
}

void fetcher_thread_remove(FetchedPartition *fetched)
{
    FetcherThread *self = fetched->thread;
    fetcher_move(fetched, FETCHED_NOWHERE);
    fetched->partition->fetched = NULL;
    self->asker = self->asker == fetched->partition->index ? -1 : self->asker;
    guint index = fetched->index;
    g_ptr_array_remove_index_fast(self->partitions, index); /* frees it */
    self->partition_count--;
    if (index < self->partitions->len) {
        ((FetchedPartition *)self->partitions->pdata[index])->index = index;
    }
}

bool fetcher_thread_is_idle(const FetcherThread *self)
{
    return self->idle_count + self->busy_count == (int32_t)self->forget_count;
}

void fetcher_thread_shut_down(FetcherThread *self)
{
    if (self->connection != 0) {
        network_close(&self->broker->actor, self->connection);
    }
    self->connection = 0;
    self->connected = false;
    self->in_flight = false;
    self->asking = false;
    self->failed_connects = 0;
    self->paused_until = 0;
    self->deadline = SIM_TIME_MAX;
    fetcher_session_begin(self);
}

/* Requests come and go, and hardly one is not answered: a timer that fires early looks again,
 * instead of being moved for each of them. */
static void expect_by(FetcherThread *self, SimDuration delay)
{
    Actor *actor = &self->broker->actor;
    self->deadline = actor_now(actor) + delay;
    if (!timer_is_armed(&self->timeout) || self->timeout.deadline > self->deadline) {
        actor_arm_at(actor, &self->timeout, self->deadline);
    }
}

static void connect_source(FetcherThread *self)
{
    Broker *broker = self->broker;
    Actor *peer = broker->context.find_peer(broker->context.owner, self->source);
    SIM_ASSERT(broker->context.sim, peer != NULL);
    self->connection = network_connect(&broker->actor, peer);
    if (self->connection != 0) {
        network_set_data(&broker->actor, self->connection, self);
    }
    expect_by(self, backoff_draw(&connection_setup, self->failed_connects, &self->setup_jitter));
}

static void send_request(FetcherThread *self, RequestHeader *request)
{
    Broker *broker = self->broker;
    request->client_id = broker->actor.name;
    request->correlation_id = ++self->correlation_id;
    kafka_message_set_wire_bytes(&request->base);
    self->in_flight = true;
    expect_by(self, broker->fetch_timeout_ns);
    network_send(&broker->actor, self->connection, &request->base);
}

/* Nothing may be fetched now: when may it? */
static void wait(FetcherThread *self)
{
    Broker *broker = self->broker;
    const FetchedPartition *delayed = self->places[FETCHED_DELAYED].first;
    SimTime at = delayed != NULL ? delayed->delayed_until : SIM_TIME_MAX;
    if (self->places[FETCHED_THROTTLED].first != NULL) {
        at = MIN(at, actor_now(&broker->actor) + broker->fetch_backoff_ns);
    }
    if (at < SIM_TIME_MAX) {
        actor_arm_at(&broker->actor, &self->backoff, at);
    }
}

static void fetch(FetcherThread *self)
{
    FetchRequest *request = fetcher_session_build(self);
    self->session_epoch = 1;
    send_request(self, &request->header);
}

static void go_on(FetcherThread *self, FetchedPartition *asks)
{
    if (self->connection == 0) {
        connect_source(self);
    } else if (self->connected && asks != NULL) {
        self->asking = true;
        self->asker = asks->partition->index;
        send_request(self, fetcher_answer_build_question(asks));
    } else if (self->connected) {
        fetch(self);
    }
}

/* Nothing is to be named, asked or waited for: the session goes on as it is. */
static bool only_goes_on(const FetcherThread *self)
{
    return self->busy_count == 0 && self->idle_count > 0 && self->session_epoch > 0 &&
           self->connected;
}

void fetcher_thread_run(FetcherThread *self)
{
    Broker *broker = self->broker;
    if (self->in_flight || self->response != NULL) {
        return;
    }
    if (only_goes_on(self) && self->paused_until <= actor_now(&broker->actor)) {
        fetch(self);
        return;
    }
    if (self->partition_count == 0) {
        return;
    }
    if (self->paused_until > actor_now(&broker->actor)) {
        actor_arm_at(&broker->actor, &self->backoff, self->paused_until);
        return;
    }
    fetcher_session_release_delayed(self);
    FetchedPartition *asks = fetcher_answer_pending(self);
    bool fetches = fetcher_session_prepare(self);
    if (asks != NULL || fetches) {
        go_on(self, asks);
    } else {
        wait(self);
    }
}

/* The request failed as a whole: every partition waits, the session is gone. */
static void lose_connection(FetcherThread *self)
{
    Broker *broker = self->broker;
    self->failed_connects = self->connected ? 0 : self->failed_connects + 1;
    self->connection = 0;
    self->connected = false;
    self->in_flight = false;
    self->asking = false;
    self->paused_until = actor_now(&broker->actor) + broker->fetch_backoff_ns;
    fetcher_session_begin(self);
    self->deadline = SIM_TIME_MAX;
    fetcher_thread_run(self);
}

void fetcher_thread_on_connected(FetcherThread *self)
{
    self->connected = true;
    self->failed_connects = 0;
    self->deadline = SIM_TIME_MAX;
    fetcher_thread_run(self);
}

void fetcher_thread_on_disconnected(FetcherThread *self)
{
    lose_connection(self);
}

void fetcher_thread_on_backoff(FetcherThread *self)
{
    fetcher_thread_run(self);
}

void fetcher_thread_on_timeout(FetcherThread *self)
{
    Actor *actor = &self->broker->actor;
    if (self->deadline > actor_now(actor)) {
        if (self->deadline < SIM_TIME_MAX) {
            actor_arm_at(actor, &self->timeout, self->deadline);
        }
        return;
    }
    network_close(actor, self->connection);
    lose_connection(self);
}

static void take_answer(FetcherThread *self, ResponseHeader *response)
{
    FetchedPartition *fetched = self->asker >= 0 ? fetcher_thread_find(self, self->asker) : NULL;
    self->asking = false;
    if (fetched != NULL) {
        fetcher_answer_to_question(fetched, response);
    }
    message_free(self->broker->context.sim, &response->base);
    fetcher_thread_run(self);
}

bool fetcher_thread_on_response(FetcherThread *self, ResponseHeader *response)
{
    Broker *broker = self->broker;
    if (!self->in_flight || response->correlation_id != self->correlation_id) {
        return false;
    }
    self->in_flight = false;
    self->deadline = SIM_TIME_MAX;
    if (self->asking) {
        take_answer(self, response);
        return true;
    }
    self->response = (FetchResponse *)response;
    SimDuration work = broker->context.profile->cpu_replica_append * self->response->batch_count +
                       storage_fetched_index_work(broker, self->response);
    if (work > 0) {
        host_run(&broker->actor, work, BROKER_DONE_FETCHER, self);
    } else {
        fetcher_thread_on_work_done(self);
    }
    return true;
}

void fetcher_thread_on_work_done(FetcherThread *self)
{
    FetchResponse *response = self->response;
    if (response->batch_count > 0 && storage_blocks_fetcher(self->broker, self, response)) {
        return;
    }
    if (response->error != KAFKA_NONE) {
        fetcher_session_begin(self); /* the leader does not know the session: all is named again */
    } else {
        fetcher_answer_apply(self, response);
    }
    self->response = NULL;
    message_free(self->broker->context.sim, &response->header.base);
    fetcher_thread_run(self);
}
