/* fetcher_session.c - what a follower's fetch names: a session of what has changed (KIP-227).
 *
 * The first request of a session names every partition that may be fetched; later ones those that
 * are new or stand elsewhere, and those to forget. Mirrors: FetchSessionHandler,
 * RemoteLeaderEndPoint.buildFetch. */
#include "models/broker/fetcher/fetcher_thread.h"

static void unlink_from(FetchedList *list, FetchedPartition *fetched)
{
    *(fetched->previous != NULL ? &fetched->previous->next : &list->first) = fetched->next;
    *(fetched->next != NULL ? &fetched->next->previous : &list->last) = fetched->previous;
    list->count--;
}

static void append_to(FetchedList *list, FetchedPartition *fetched)
{
    fetched->next = NULL;
    fetched->previous = list->last;
    *(list->last != NULL ? &list->last->next : &list->first) = fetched;
    list->last = fetched;
    list->count++;
}

/* It is not to be fetched now: the leader forgets it. */
static void leave_session(FetchedPartition *fetched)
{
    FetcherThread *thread = fetched->thread;
    if (fetched->session == thread->session && thread->session_epoch > 0) {
        g_array_append_val(thread->to_forget, fetched->partition->index);
        thread->forget_count++;
        thread->busy_count++;
    }
    fetched->session = 0;
}

static void count(FetcherThread *self, FetchedPlace place, int32_t change)
{
    if (place == FETCHED_IDLE) {
        self->idle_count += change;
    } else if (place != FETCHED_FAILED) {
        self->busy_count += change;
    }
}

void fetcher_move(FetchedPartition *fetched, FetchedPlace place)
{
    FetcherThread *thread = fetched->thread;
    if (fetched->place != FETCHED_NOWHERE) {
        unlink_from(&thread->places[fetched->place], fetched);
        count(thread, fetched->place, -1);
    }
    fetched->place = place;
    if (place != FETCHED_NOWHERE) {
        append_to(&thread->places[place], fetched);
        count(thread, place, 1);
    }
    if (place != FETCHED_IDLE && place != FETCHED_CHANGED && place != FETCHED_ASKING) {
        leave_session(fetched);
    }
}

void fetcher_delay(FetchedPartition *fetched)
{
    Broker *broker = fetched->thread->broker;
    fetched->delayed_until = actor_now(&broker->actor) + broker->fetch_backoff_ns;
    fetcher_move(fetched, FETCHED_DELAYED);
}

static void forget_nothing(FetcherThread *self)
{
    if (self->forget_count > 0) {
        g_array_set_size(self->to_forget, 0);
        self->busy_count -= (int32_t)self->forget_count;
        self->forget_count = 0;
    }
}

void fetcher_session_begin(FetcherThread *self)
{
    self->session++;
    self->session_epoch = 0;
    forget_nothing(self);
}

void fetcher_session_release_delayed(FetcherThread *self)
{
    SimTime now = actor_now(&self->broker->actor);
    FetchedPartition *first;
    while ((first = self->places[FETCHED_DELAYED].first) != NULL && first->delayed_until <= now) {
        fetcher_move(first, fetch_state_is_ready(&first->state) ? FETCHED_CHANGED : FETCHED_ASKING);
    }
}

/* KIP-73: partitions that lag and are listed are left out while the quota is exceeded. */
static void throttle(FetcherThread *self, FetchedPlace place)
{
    FetchedPartition *next;
    for (FetchedPartition *at = self->places[place].first; at != NULL; at = next) {
        next = at->next;
        if (quotas_follower_throttles(self->broker, at->partition->index, at->state.lag)) {
            fetcher_move(at, FETCHED_THROTTLED);
        }
    }
}

static void release_throttled(FetcherThread *self)
{
    FetchedPartition *next;
    for (FetchedPartition *at = self->places[FETCHED_THROTTLED].first; at != NULL; at = next) {
        next = at->next;
        if (!quotas_follower_throttles(self->broker, at->partition->index, at->state.lag)) {
            fetcher_move(at, FETCHED_CHANGED);
        }
    }
}

bool fetcher_session_prepare(FetcherThread *self)
{
    release_throttled(self);
    if (self->broker->follower_quota.any) {
        throttle(self, FETCHED_CHANGED);
    }
    return self->places[FETCHED_IDLE].count + self->places[FETCHED_CHANGED].count > 0;
}

static void name(FetcherThread *self, FetchedPartition *fetched, FetchRequest *request)
{
    fetched->asked =
        fetch_state_wish(&fetched->state, fetched->partition, self->broker->fetch_bytes_max);
    fetched->session = self->session;
    request->partitions[request->partition_count++] = fetched->asked;
    fetcher_move(fetched, FETCHED_IDLE);
}

/* So many partitions before one is named, it is asked for; a while later, its log. */
#define NAMED_AHEAD 8

static void name_all(FetcherThread *self, FetchRequest *request)
{
    for (guint i = 0; i < self->partitions->len; i++) {
        FetchedPartition *fetched = self->partitions->pdata[i];
        if (i + NAMED_AHEAD < self->partitions->len) {
            BITS_PREFETCH(self->partitions->pdata[i + NAMED_AHEAD]);
        }
        if (i + NAMED_AHEAD / 2 < self->partitions->len) {
            const FetchedPartition *ahead = self->partitions->pdata[i + NAMED_AHEAD / 2];
            partition_fetch(ahead->partition);
        }
        if (fetched->place == FETCHED_IDLE || fetched->place == FETCHED_CHANGED) {
            name(self, fetched, request);
        }
    }
}

static void name_changed(FetcherThread *self, FetchRequest *request)
{
    for (guint i = 0; i < self->forget_count; i++) {
        request->partitions[request->partition_count++] = (FetchPartition){
            .partition = g_array_index(self->to_forget, int32_t, i),
            .forget = true,
        };
    }
    forget_nothing(self);
    FetchedPartition *first;
    while ((first = self->places[FETCHED_CHANGED].first) != NULL) {
        name(self, first, request);
    }
}

FetchRequest *fetcher_session_build(FetcherThread *self)
{
    Broker *broker = self->broker;
    bool full = self->session_epoch == 0;
    int32_t named = 0;
    if (full || self->busy_count > 0) {
        named = self->places[FETCHED_CHANGED].count;
        named += full ? self->idle_count : (int32_t)self->forget_count;
    }
    FetchRequest *request = message_new(
        broker->context.sim, KAFKA_MESSAGE_BYTES(FetchRequest, partitions, named), KAFKA_FETCH);
    if (full) {
        name_all(self, request);
    } else if (named > 0) {
        name_changed(self, request);
    }
    request->replica_id = broker->id;
    request->replica_epoch = broker->broker_epoch;
    request->max_wait_ns = broker->fetch_wait_ns;
    request->min_bytes = broker->fetch_min_bytes;
    request->max_bytes = broker->fetch_response_bytes_max;
    request->session_epoch = self->session_epoch;
    return request;
}
