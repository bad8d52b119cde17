/* sender_loop.c - the loop of the producer's I/O thread, and the time that it takes.
 *
 *     asleep --arrival, answer ..., client.late after a linger: something can be sent--> waking up
 *     waking up --client.wake--> looks, drains, sends --client.request for each--> looks again
 *     looks, and nothing can be sent --> asleep
 *
 * Records that come while it wakes up or works join the batches that it drains next: with linger
 * 0 this makes batches of more than one record. Kafka's thread loops; here a pass runs after every
 * event of the process, and a timer wakes it when a linger, a back-off, an arrival or a delivery
 * time-out asks for the next one. Answers are handled as they come; their CPU is charged with that
 * of the next request. The first refusal in a process's life costs cpu.first.run, at once: the
 * exception, its log line and the retry are code that it has never run, and no partition's records
 * are sent in that time.
 * Mirrors: Sender.runOnce, NetworkClient.poll. The application's thread:
 * application/caller.h. Leaves out: pauses of the JVM. */
#include "models/producer/producer_internal.h"
#include "models/producer/transactions/transaction_manager.h"
#include "models/spec/first_run.h"
#include "sim/resource/host.h"

/* Processes of one host read one clock; where in a ms it stands when a run begins is chance. */
SenderClock sender_clock_make(const ProducerContext *context, const Actor *actor)
{
    g_autofree char *name =
        g_strconcat(host_name(host_at(context->sim, actor->host)), "/clock", NULL);
    Stream chance;
    stream_init(&chance, context->sim->seed, name);
    return (SenderClock){
        .behind_ns = (SimDuration)stream_below(&chance, (uint64_t)SIM_MS(1)),
        .wake_ns = context->profile == NULL ? 0 : context->profile->cpu_client_wake,
    };
}

void sender_reset(Producer *self)
{
    self->sleeps_on = false;
    self->busy = false;
    self->is_awake = false;
    self->owed_cpu = 0;
    self->owed_first_run = 0;
    self->paths_taken = 0;
    self->look_again = SIM_TIME_MAX;
    self->due_ms = SENDER_SLEEPS_FOREVER;
    self->sleep_ends = SIM_TIME_MAX;
    self->wakes_at = SIM_TIME_MAX;
    self->sleeps_until = SIM_TIME_MAX;
    self->id_in_flight = false;
    self->id_retry_at = 0;
    ledger_producer_starts(self->context.ledger, self->context.spec_index, actor_now(&self->actor));
}

/* The application's thread hands the records over, unless it stands in a send() that blocks. */
static bool sends_itself(const Producer *self)
{
    const Workload *workload = &self->workload;
    return caller_is_modelled(&self->caller) && workload->has_metadata && !workload->blocked;
}

static SimTime next_expiry(const Producer *self)
{
    return producer_id_holds_sender(self) ? SIM_TIME_MAX : self->accumulator.next_expiry;
}

/* Kafka's thread looks after what wakes it up: a time-out, a socket, a batch that was opened or
 * filled. Records that join an open batch do not. */
void sender_on_wake(Producer *self)
{
    const SimTime now = actor_now(&self->actor);
    self->sleeps_on =
        now < self->sleeps_until && now < self->look_again && self->transactions == NULL;
    if (self->sleeps_on && now >= next_expiry(self)) {
        sender_expire_batches(self); /* that time was of a batch which is done, mostly */
        self->sleeps_on = self->expired->len == 0;
    }
}

/* It does, once the records that are due have been handed over. */
static bool sleeps_on(Producer *self)
{
    const bool sleeps =
        self->sleeps_on && !self->accumulator.woken && !self->workload.blocked && !self->is_awake;
    self->sleeps_on = false;
    return sleeps;
}

void sender_looks(Producer *self)
{
    const SenderClock *clock = &self->accumulator.options.clock;
    const SimTime now = actor_now(&self->actor);
    self->looked_at = self->is_awake ? now : now + clock->wake_ns;
    accumulator_ready(&self->accumulator, self->looked_at, &self->check);
    const int64_t delay_ms = self->check.delay_ms;
    self->due_ms = delay_ms == SENDER_SLEEPS_FOREVER
                       ? delay_ms
                       : sender_clock_ms(clock, self->looked_at) + delay_ms;
}

static bool pass(Producer *self)
{
    if (self->transactions != NULL) {
        transaction_manager_before_records(self->transactions);
    }
    const SimTime now = actor_now(&self->actor);
    if (!sends_itself(self) && (!self->sleeps_on || self->arrivals_at <= now)) {
        workload_advance(&self->workload, now);
    }
    if (sleeps_on(self)) {
        return false;
    }
    self->look_again = SIM_TIME_MAX;
    self->due_ms = SENDER_SLEEPS_FOREVER;
    bool asked = false;
    const int64_t incomplete = self->accumulator.incomplete;
    bool may_send = producer_id_run(self, &asked);
    bool sent = may_send && sender_send_data(self);
    if (!may_send && !producer_id_holds_sender(self)) {
        sender_expire_batches(self);
    }
    /* EndTxn waited for those that have expired. */
    bool ends = self->transactions != NULL && incomplete > 0 && self->accumulator.incomplete == 0;
    return client_metadata_maybe_send(self->metadata) || sent || asked || ends;
}

/* As every sleeping thread it is woken up somewhat late. By how much hangs on the instant alone, so
 * that it does not depend on how often an arrival made this thread look. */
static SimDuration lateness(Producer *self, SimTime ends)
{
    if (self->accumulator.options.clock.wake_ns == 0) {
        return 0;
    }
    stream_seek(&self->lateness, (uint64_t)ends);
    return distribution_draw(&self->context.profile->client_late, &self->lateness);
}

/* It sleeps on until a batch is opened, be it late. */
static void sleep_until(Producer *self, SimTime ends, SimTime opens)
{
    if (ends != self->sleep_ends) {
        const SimDuration late = ends == SIM_TIME_MAX ? 0 : lateness(self, ends);
        self->sleep_ends = ends;
        self->wakes_at = late < SIM_TIME_MAX - ends ? ends + late : SIM_TIME_MAX;
    }
    self->sleeps_until = MIN(self->wakes_at, opens);
}

static void arm_wake(Producer *self)
{
    SimTime now = actor_now(&self->actor);
    const bool itself = sends_itself(self);
    self->arrivals_at = itself ? SIM_TIME_MAX : workload_next_wake(&self->workload, now);
    const SenderClock *clock = &self->accumulator.options.clock;
    SimTime opens = SIM_TIME_MAX;
    const SimTime ends =
        itself ? sender_clock_sleep_until(clock, self->looked_at, self->due_ms)
               : workload_sleep_ends(&self->workload, self->looked_at, self->due_ms, &opens);
    sleep_until(self, ends, opens);
    SimTime at = MIN(self->look_again, self->sleeps_until);
    at = self->arrivals_at < at ? self->arrivals_at : at;
    at = MIN(at, next_expiry(self));
    if (at == SIM_TIME_MAX) {
        actor_disarm(&self->actor, &self->wake);
    } else if (!timer_is_armed(&self->wake) || self->wake.deadline != at) {
        actor_arm_at(&self->actor, &self->wake, at > now ? at : now);
    }
}

static void work(Producer *self, SimDuration cpu)
{
    self->busy = true;
    host_run(&self->actor, cpu, PRODUCER_DONE_SENDER, NULL);
}

bool sender_wakes_up(Producer *self)
{
    const SimDuration wake_ns = self->accumulator.options.clock.wake_ns;
    if (self->is_awake || wake_ns == 0) {
        return false;
    }
    if (!self->busy) {
        work(self, wake_ns);
    }
    return true;
}

void sender_on_done(Producer *self)
{
    self->busy = false;
    self->is_awake = true;
}

void sender_owe(Producer *self, SenderStep step)
{
    const HardwareProfile *profile = self->context.profile;
    if (profile != NULL) {
        const SimTime now = actor_now(&self->actor);
        self->owed_cpu +=
            profile_warm_ns(profile, profile->cpu_client_request, now - self->step_began[step]);
        self->step_began[step] = now;
    }
}

void sender_takes_path(Producer *self, ProducerPath path)
{
    const HardwareProfile *profile = self->context.profile;
    if (profile != NULL) {
        self->owed_first_run +=
            first_run_draw(&self->paths_taken, path, profile, &self->first_runs);
    }
}

static void charge_cpu(Producer *self)
{
    if (self->owed_cpu > 0) {
        work(self, self->owed_cpu);
        self->owed_cpu = 0;
    }
}

void sender_run(Producer *self)
{
    if (self->busy ||
        (self->state.now != PRODUCER_RUNNING && self->state.now != PRODUCER_CLOSING)) {
        return;
    }
    if (self->owed_first_run > 0) {
        work(self, self->owed_first_run);
        self->owed_first_run = 0;
        actor_disarm(&self->actor, &self->wake);
        return;
    }
    bool sent = false;
    while (pass(self)) {
        sent = true;
    }
    if (sent) {
        charge_cpu(self);
    }
    self->is_awake = false;
    if (self->busy) {
        actor_disarm(&self->actor, &self->wake);
    } else {
        arm_wake(self);
    }
}
