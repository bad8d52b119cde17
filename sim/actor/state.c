/* state.c - moves between named states.
 *
 * A state's timers are kept as a short list through Timer.sibling. One that fired stays on it
 * until the state is left; it is then disarmed already, and nothing happens. */
#include "sim/actor/state.h"

void state_init(StateMachine *machine, const StateRule *rules, const char *name, int initial)
{
    *machine = (StateMachine){.rules = rules, .name = name, .now = initial};
}

_Noreturn static void
state_refuse(const StateMachine *machine, const Actor *actor, const char *from, const char *to)
{
    char *what = g_strdup_printf("%s, %s: %s -> %s is not in the table of states",
                                 actor->name,
                                 machine->name == NULL ? "state" : machine->name,
                                 from,
                                 to);
    sim_bug(actor->sim, __FILE__, __LINE__, what);
}

static void state_disarm(StateMachine *machine, Actor *actor)
{
    Timer *timer = machine->timers;
    machine->timers = NULL;
    while (timer != NULL) {
        Timer *next = timer->sibling;
        timer->sibling = NULL;
        actor_disarm(actor, timer);
        timer = next;
    }
}

void state_move(StateMachine *machine, Actor *actor, int to)
{
    const StateRule *from = &machine->rules[machine->now];
    if ((from->allowed & STATE_ALLOW(to)) == 0) {
        state_refuse(machine, actor, from->name, machine->rules[to].name);
    }
    state_disarm(machine, actor);
    machine->now = to;
    machine->since = actor_now(actor);
    machine->moves++;
    if (machine->name != NULL) {
        (void)actor_log(actor, machine->name, "%s -> %s", from->name, machine->rules[to].name);
    }
}

static bool state_owns(const StateMachine *machine, const Timer *timer)
{
    for (const Timer *each = machine->timers; each != NULL; each = each->sibling) {
        if (each == timer) {
            return true;
        }
    }
    return false;
}

void state_arm(StateMachine *machine, Actor *actor, Timer *timer, SimDuration delay)
{
    actor_arm(actor, timer, delay);
    if (!state_owns(machine, timer)) {
        timer->sibling = machine->timers;
        machine->timers = timer;
    }
}

const char *state_name(const StateMachine *machine)
{
    return machine->rules[machine->now].name;
}
