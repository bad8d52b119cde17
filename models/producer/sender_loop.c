/* sender_loop.c - the loop of the producer's I/O thread, and the time that it takes.
 *
 *     asleep --arrival, linger, answer ...: something can be sent--> waking up
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

void sender_reset(Producer *self)
{
    self->busy = false;
    self->is_awake = false;
    self->owed_cpu = 0;
    self->owed_first_run = 0;
    self->paths_taken = 0;
    self->look_again = SIM_TIME_MAX;
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

static bool pass(Producer *self)
{
    self->look_again = SIM_TIME_MAX;
    if (self->transactions != NULL) {
        transaction_manager_before_records(self->transactions);
    }
    if (!sends_itself(self)) {
        workload_advance(&self->workload, actor_now(&self->actor));
    }
    bool asked = false;
    const int64_t incomplete = self->accumulator.incomplete;
    bool may_send = producer_id_run(self, &asked);
    bool sent = may_send && sender_send_data(self);
    if (!may_send) {
        sender_expire_batches(self);
    }
    /* EndTxn waited for those that have expired. */
    bool ends = self->transactions != NULL && incomplete > 0 && self->accumulator.incomplete == 0;
    return client_metadata_maybe_send(self->metadata) || sent || asked || ends;
}

static void arm_wake(Producer *self)
{
    SimTime now = actor_now(&self->actor);
    SimTime at = self->look_again;
    SimTime arrivals = sends_itself(self) ? SIM_TIME_MAX : workload_next_wake(&self->workload, now);
    at = arrivals < at ? arrivals : at;
    at = self->accumulator.next_expiry < at ? self->accumulator.next_expiry : at;
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
    if (self->is_awake || self->wake_cpu_ns == 0) {
        return false;
    }
    if (!self->busy) {
        work(self, self->wake_cpu_ns);
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
