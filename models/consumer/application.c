/* application.c - what the application does with the records that a poll() gave it.
 *
 * Records are processed one after the other in the thread that polls. The work is cut into chunks,
 * at each point where something else happens: a commit (each N records), a record that cannot be
 * processed. Without those a poll() is one chunk and costs one event.
 *
 *     next --commit before--> committing --> next --chunk--> working --done--> next
 *     working --a record fails--> backing off --> working;  --no more retries--> sending --> next
 *     next --nothing left, commit after--> committing --> poll() again
 *
 * commitSync() blocks: it is tried again until it succeeds, fails for good (the application logs
 * that and goes on) or default.api.timeout.ms is over. A member that dies leaves the rest of its
 * records unprocessed; the ledger knows which.
 *
 * Mirrors no class of Kafka: it is the loop of a user's program. Left out: processing in other
 * threads, batches across several polls. */
#include "models/consumer/consumer_state.h"
#include "sim/resource/host.h"

static const ApplicationSpec *spec_of(const Consumer *self)
{
    return &self->context.spec->application;
}

static HandedRange *range_at(const Application *app, guint i)
{
    return &g_array_index(app->handed, HandedRange, i);
}

void application_hand(Consumer *self, int32_t partition, int64_t first, int64_t last)
{
    GArray *handed = self->application.handed;
    sink_task_handed(self, partition);
    if (handed->len > 0) {
        HandedRange *end = range_at(&self->application, handed->len - 1);
        if (end->partition == partition && end->last + 1 == first) {
            end->last = last;
            return;
        }
    }
    const HandedRange fresh = {.partition = partition, .first = first, .next = first, .last = last};
    g_array_append_val(handed, fresh);
}

/* ---- Which records are special. */
static bool is_picked_partition(const Consumer *self, const RecordPick *pick, int32_t partition)
{
    const TopicInfo *topic = metadata_topic_of(self->context.topics, partition);
    return pick->partition < 0 || pick->partition == partition - topic->first_partition;
}

/* The first picked offset at or above `from`; INT64_MAX none. */
static int64_t
next_pick(const Consumer *self, const RecordPick *pick, int32_t partition, int64_t from)
{
    const bool single = pick->every == 0 && pick->offset >= from;
    if ((pick->every == 0 && !single) || !is_picked_partition(self, pick, partition)) {
        return INT64_MAX;
    }
    return single ? pick->offset : from + (pick->every - 1 - from % pick->every);
}

static int64_t count_picks(
    const Consumer *self, const RecordPick *pick, int32_t partition, int64_t from, int64_t last)
{
    const int64_t first = next_pick(self, pick, partition, from);
    if (first > last) {
        return 0;
    }
    return pick->every == 0 ? 1 : 1 + (last - first) / pick->every;
}

/* ---- The next piece of work. */
static bool commits_by_number(const ApplicationSpec *spec)
{
    return spec->commit != COMMIT_BY_CLIENT && spec->commit_records > 0;
}

/* How many records may be processed before something else happens. */
static int64_t chunk_limit(const Consumer *self)
{
    const ApplicationSpec *spec = spec_of(self);
    if (self->options.record_by_record || self->sink != NULL || self->application.stall > 0) {
        return 1;
    }
    if (!commits_by_number(spec)) {
        return INT64_MAX;
    }
    return spec->commit_before ? self->application.ahead
                               : spec->commit_records - self->application.uncommitted;
}

static void choose_chunk(Consumer *self)
{
    Application *app = &self->application;
    int64_t room = chunk_limit(self);
    app->chunk = 0;
    app->chunk_slow = 0;
    app->is_poison = false;
    for (guint i = app->at; i < app->handed->len && room > 0; i++) {
        const HandedRange *range = range_at(app, i);
        const int64_t bad = next_pick(self, &spec_of(self)->poison, range->partition, range->next);
        int64_t last = MIN(range->last, range->next + MIN(room, INT64_MAX - range->next) - 1);
        if (bad <= last) {
            app->is_poison = app->chunk == 0 && bad == range->next;
            last = app->is_poison ? bad : bad - 1;
            room = last - range->next + 1; /* and no further */
        }
        app->chunk += last - range->next + 1;
        app->chunk_slow +=
            count_picks(self, &spec_of(self)->slow, range->partition, range->next, last);
        room -= last - range->next + 1;
    }
}

static SimDuration draw_time(Consumer *self)
{
    const GroupSpec *spec = self->context.spec;
    const MemberSpec *own = consumer_member_spec(&self->context);
    const Distribution *record =
        own->process_record != NULL ? own->process_record : &spec->process_record;
    const Distribution *poll = own->process_poll != NULL ? own->process_poll : &spec->process_poll;
    Application *app = &self->application;
    SimDuration time = distribution_draw_sum(record, &self->processing, (uint64_t)app->chunk);
    if (app->is_first) {
        time += distribution_draw(poll, &self->processing);
        app->is_first = false;
    }
    time += app->stall;
    app->stall = 0;
    if (app->chunk_slow > 0) {
        time += distribution_draw_sum(
            &spec_of(self)->slow_time, &self->processing, (uint64_t)app->chunk_slow);
    }
    return time;
}

static void wait_for(Consumer *self, ApplicationStage stage, SimDuration duration)
{
    self->application.stage = stage;
    self->application.chunk_since = consumer_now(self);
    self->application.chunk_time = duration;
    actor_arm(&self->actor, &self->processing_timer, duration);
    consumer_watch_poll(self, consumer_now(self) + duration);
}

/* ---- Commits. */

/* What has been processed up to here, or will have been when the chunk is done. */
static void mark(Consumer *self, int64_t records)
{
    Application *app = &self->application;
    for (guint i = app->at; i < app->handed->len && records > 0; i++) {
        const HandedRange *range = range_at(app, i);
        const int64_t taken = MIN(records, range->last - range->next + 1);
        AssignedPartition *entry = subscription_find(self, range->partition);
        if (entry != NULL) {
            commits_mark(self, entry, range->next + taken);
        }
        records -= taken;
    }
}

static bool commits_by_poll(const Consumer *self)
{
    const ApplicationSpec *spec = spec_of(self);
    const SimTime due = self->application.committed_at + spec->commit_interval;
    return spec->commit != COMMIT_BY_CLIENT && spec->commit_records == 0 &&
           (spec->commit_interval == 0 || consumer_now(self) >= due);
}

/* True when the application may go on at once. */
static bool commit(Consumer *self)
{
    Application *app = &self->application;
    app->uncommitted = 0;
    app->committed_at = consumer_now(self);
    if (spec_of(self)->commit == COMMIT_ASYNC) {
        (void)commits_async(self);
        return true;
    }
    app->stage = APPLICATION_COMMITTING;
    app->commit_until = consumer_now(self) + self->options.default_api_timeout_ns;
    return false;
}

/* True when commitSync() has returned. */
static bool is_committed(Consumer *self)
{
    Application *app = &self->application;
    const CommitOutcome outcome = commits_sync(self);
    const SimTime now = consumer_now(self);
    bool is_over = now >= app->commit_until;
    if (outcome == COMMIT_DONE || outcome == COMMIT_FAILED || is_over) {
        if (is_over) {
            actor_log(&self->actor, "commit failed", "commitSync: default.api.timeout.ms is over");
        }
        commits_forget(self);
        app->stage = APPLICATION_NEXT;
        return true;
    }
    SimTime next = app->commit_until;
    if (outcome == COMMIT_RETRIABLE) {
        next = MIN(next, MAX(self->waited_retry_at, now + 1));
    }
    actor_arm_at(&self->actor, &self->wake, next);
    return false;
}

/* ---- The work is done. */
static void advance(Consumer *self, int64_t records)
{
    Application *app = &self->application;
    app->uncommitted += records;
    app->ahead = MAX(0, app->ahead - records);
    while (records > 0) {
        HandedRange *range = range_at(app, app->at);
        const int64_t taken = MIN(records, range->last - range->next + 1);
        range->next += taken;
        records -= taken;
        app->at += range->next > range->last ? 1 : 0;
    }
}

/* Of a chunk, as far as it has come, in equal parts. */
static int64_t processed_so_far(const Consumer *self)
{
    const Application *app = &self->application;
    if (app->stage != APPLICATION_WORKING || app->is_poison || app->chunk_time <= 0) {
        return 0;
    }
    const SimDuration spent = consumer_now(self) - app->chunk_since;
    return MIN(app->chunk, spent / MAX(1, app->chunk_time / app->chunk));
}

void application_interrupt(Consumer *self)
{
    Application *app = &self->application;
    if (app->stage == APPLICATION_IDLE) {
        return;
    }
    advance(self, processed_so_far(self));
    int64_t rest = 0;
    for (guint i = app->at; i < app->handed->len; i++) {
        const HandedRange *range = range_at(app, i);
        ledger_interrupted(self->context.ledger,
                           self->context.group_index,
                           range->partition,
                           range->next,
                           range->last);
        rest += range->last - range->next + 1;
    }
    if (rest > 0) {
        actor_log(&self->actor,
                  "unprocessed",
                  "%ld record%s in hand, not processed",
                  (long)rest,
                  rest == 1 ? "" : "s");
    }
    app->stage = APPLICATION_IDLE;
}

static void log_failure(Consumer *self, const char *what, const char *detail)
{
    char name[128];
    const HandedRange *range = range_at(&self->application, self->application.at);
    actor_log(&self->actor,
              what,
              "%s@%ld%s",
              consumer_partition_name(self, range->partition, name, sizeof name),
              (long)range->next,
              detail);
}

static void end_of_retries(Consumer *self)
{
    Application *app = &self->application;
    const ApplicationSpec *spec = spec_of(self);
    if (spec->poison_end == POISON_STOP) {
        log_failure(self, "exception", ": the application ends");
        application_interrupt(self);
        sink_task_undo(self);
        share_abandon(self);
        self->phase = CONSUMER_POLLING;
        consumer_fail(self, "a record cannot be processed");
        return;
    }
    if (spec->poison_end == POISON_DEAD_LETTER) {
        log_failure(self, "dead letter", "");
        dead_letter_begin(self, range_at(app, app->at)->partition);
        app->stage = APPLICATION_SENDING;
        return;
    }
    if (self->share.is_on && self->context.spec->share_explicit) {
        const bool rejects = spec->poison_end == POISON_REJECT;
        const HandedRange *range = range_at(app, app->at);
        log_failure(self, rejects ? "rejected" : "released", "");
        share_settle(
            self, range->partition, range->next, rejects ? SHARE_ITEM_REJECT : SHARE_ITEM_RELEASE);
        advance(self, 1);
        app->stage = APPLICATION_NEXT;
        return;
    }
    log_failure(self, "given up", "");
    ledger_given_up(self->context.ledger, self->context.group_index, false);
    advance(self, 1);
    app->stage = APPLICATION_NEXT;
}

static void fail_record(Consumer *self)
{
    Application *app = &self->application;
    char attempts[64];
    app->attempts++;
    g_snprintf(attempts,
               sizeof attempts,
               ", attempt %ld of %ld",
               (long)app->attempts,
               (long)spec_of(self)->retries + 1);
    log_failure(self, "processing failed", attempts);
    if (app->attempts <= spec_of(self)->retries) {
        consumer_changed(self, "retrying");
        wait_for(self, APPLICATION_BACKING_OFF, spec_of(self)->retry_backoff);
    } else {
        consumer_changed(self, "retried");
        app->attempts = 0;
        end_of_retries(self);
    }
}

static void finish_chunk(Consumer *self)
{
    Application *app = &self->application;
    if (app->is_poison) {
        fail_record(self);
        return;
    }
    if (!spec_of(self)->commit_before) {
        mark(self, app->chunk);
    }
    if (self->sink != NULL) {
        const HandedRange *range = range_at(app, app->at);
        worker_send(self, range->partition, range->next);
    }
    advance(self, app->chunk);
    app->stage = APPLICATION_NEXT;
}

static void begin_chunk(Consumer *self)
{
    const SimDuration duration = draw_time(self);
    if (duration > 0) {
        wait_for(self, APPLICATION_WORKING, duration);
    } else {
        finish_chunk(self);
    }
}

/* ---- One step after the other, as long as nothing has to be waited for. */
static void finish(Consumer *self)
{
    self->application.stage = APPLICATION_IDLE;
    if (self->phase == CONSUMER_PROCESSING) {
        self->phase = CONSUMER_POLLING;
    }
    actor_disarm(&self->actor, &self->poll_expiry);
}

/* A commit by number is due when enough were processed, or before so many will be. */
static bool step_commit(Consumer *self)
{
    Application *app = &self->application;
    const ApplicationSpec *spec = spec_of(self);
    const bool is_at_end = app->at == app->handed->len;
    if (commits_by_number(spec) && spec->commit_before && app->ahead == 0 && !is_at_end) {
        app->ahead = spec->commit_records;
        mark(self, app->ahead);
        return true;
    }
    if (commits_by_number(spec)) {
        return !spec->commit_before && app->uncommitted >= spec->commit_records;
    }
    const bool is_point = spec->commit_before ? app->is_first : is_at_end;
    if (!is_point || app->is_poll_committed || !commits_by_poll(self)) {
        return false;
    }
    app->is_poll_committed = true;
    commits_mark_positions(self);
    return true;
}

static void step_next(Consumer *self)
{
    Application *app = &self->application;
    if (app->is_unflushed && app->at == app->handed->len) {
        worker_end(self);
        return;
    }
    if (step_commit(self)) {
        (void)commit(self);
        return;
    }
    if (app->at == app->handed->len) {
        finish(self);
        return;
    }
    choose_chunk(self);
    begin_chunk(self);
}

/* True when everything is done. */
bool application_run(Consumer *self)
{
    Application *app = &self->application;
    for (;;) {
        switch (app->stage) {
        case APPLICATION_NEXT:
            step_next(self);
            break;
        case APPLICATION_COMMITTING:
            if (!is_committed(self)) {
                consumer_watch_poll(self, app->commit_until);
                return false;
            }
            break;
        case APPLICATION_SENDING:
            if (!dead_letter_is_sent(self)) {
                consumer_watch_poll(self, SIM_TIME_MAX);
                return false;
            }
            advance(self, 1);
            app->stage = APPLICATION_NEXT;
            break;
        case APPLICATION_ENDING:
            if (!worker_is_ended(self)) {
                consumer_watch_poll(self, SIM_TIME_MAX);
                return false;
            }
            break;
        case APPLICATION_UNPACKING:
        case APPLICATION_WORKING:
        case APPLICATION_BACKING_OFF:
            return false;
        case APPLICATION_IDLE:
            return true;
        }
    }
}

bool application_begin(Consumer *self)
{
    Application *app = &self->application;
    app->at = 0;
    app->stage = APPLICATION_NEXT;
    app->is_first = true;
    app->is_poll_committed = false;
    app->ahead = 0;
    app->polled_at = consumer_now(self);
    app->poll_expired = false;
    worker_begin(self);
    self->phase = CONSUMER_PROCESSING;
    if (app->unpack_ns > 0) {
        app->stage = APPLICATION_UNPACKING;
        host_run(&self->actor, app->unpack_ns, CONSUMER_DONE_UNPACK, NULL);
        app->unpack_ns = 0;
    }
    return application_run(self);
}

void consumer_stall(Consumer *self, SimDuration duration)
{
    self->application.stall += duration;
}

void application_on_unpacked(Consumer *self)
{
    if (self->application.stage == APPLICATION_UNPACKING) {
        self->application.stage = APPLICATION_NEXT;
    }
}

void application_on_timer(Consumer *self)
{
    if (self->application.stage == APPLICATION_WORKING) {
        finish_chunk(self);
    } else if (self->application.stage == APPLICATION_BACKING_OFF) {
        begin_chunk(self); /* the same record again */
    }
    (void)application_run(self);
}
