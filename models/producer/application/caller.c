/* caller.c - the application's thread, see caller.h. */
#include "models/producer/application/caller.h"
#include "sim/resource/host.h"

void caller_init(Caller *self,
                 Workload *workload,
                 const HardwareProfile *profile,
                 uint16_t timer_kind,
                 uint16_t done_kind)
{
    *self = (Caller){
        .workload = workload,
        .profile = profile,
        .done_kind = done_kind,
        .has_linger = workload->accumulator->options.linger_ns > 0,
        .sleeps_until = SIM_TIME_MAX,
    };
    timer_init(&self->wake, timer_kind, NULL);
    actor_stream(workload->actor, "caller's lateness", &self->lateness);
}

void caller_reset(Caller *self)
{
    self->is_sending = false;
    self->sleeps_until = SIM_TIME_MAX;
}

bool caller_is_modelled(const Caller *self)
{
    const Workload *workload = self->workload;
    return self->profile != NULL && self->profile->cpu_client_send > 0 && !self->has_linger &&
           workload->spec->arrival != ARRIVAL_CLOSED &&
           workload->rate_milli <= CALLER_RATE_MILLI * workload->spec->count;
}

static bool can_send(const Workload *workload)
{
    return workload->running && workload->has_metadata && !workload->is_away && !workload->blocked;
}

static void work(Caller *self, bool is_warm)
{
    const HardwareProfile *profile = self->profile;
    Actor *actor = self->workload->actor;
    self->is_sending = true;
    if (is_warm) {
        const SimDuration again = profile_warm_ns(profile, profile->cpu_client_send, 0);
        host_go_on(actor, again, self->done_kind, NULL);
    } else {
        host_run(actor, profile->cpu_client_send, self->done_kind, NULL);
    }
}

/* No record is due then, but more or fewer are to come. */
static bool only_the_load_changes(const Workload *workload)
{
    return workload->load.change_at < workload_next_due(workload);
}

void caller_look(Caller *self, SimTime now)
{
    Workload *workload = self->workload;
    if (self->is_sending || !caller_is_modelled(self)) {
        return;
    }
    const bool is_due = !only_the_load_changes(workload);
    const SimTime wanted = is_due ? workload_next_due(workload) : workload->load.change_at;
    const SimTime next = can_send(workload) ? wanted : SIM_TIME_MAX;
    if (next == self->sleeps_until) {
        return;
    }
    self->sleeps_until = next;
    if (next == SIM_TIME_MAX) {
        actor_disarm(workload->actor, &self->wake);
        return;
    }
    const SimTime at = MAX(next, now);
    const SimDuration late =
        is_due ? distribution_draw(&self->profile->client_late, &self->lateness) : 0;
    actor_arm_at(workload->actor, &self->wake, late < SIM_TIME_MAX - at ? at + late : SIM_TIME_MAX);
}

bool caller_on_timer(Caller *self, SimTime now)
{
    self->sleeps_until = SIM_TIME_MAX;
    if (can_send(self->workload) && only_the_load_changes(self->workload)) {
        workload_advance(self->workload, now);
        return false;
    }
    work(self, false);
    return true;
}

void caller_on_done(Caller *self, SimTime now)
{
    Workload *workload = self->workload;
    self->is_sending = false;
    if (!can_send(workload)) {
        return; /* it was closed, or hangs in send(), which hands over what is due */
    }
    workload_send_next(workload, now);
    if (can_send(workload) && workload_next_due(workload) <= now) {
        work(self, true);
    }
}
