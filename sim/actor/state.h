/* state.h - tables of states: names to print, moves to assert, timers that belong to a state.
 *
 * A StateMachine is embedded in its owner. state_move asserts that the table allows the move,
 * disarms every timer that belongs to the state it leaves, logs "from -> to", and counts. */
#ifndef KAFKASIM_SIM_ACTOR_STATE_H
#define KAFKASIM_SIM_ACTOR_STATE_H
#include "sim/actor/actor.h"

#define STATE_ALLOW(state) (UINT32_C(1) << (state))

typedef struct StateRule {
    const char *name;
    uint32_t allowed; /* STATE_ALLOW of each state that may follow */
} StateRule;

typedef struct StateMachine {
    const StateRule *rules;
    const char *name; /* of the machine, for the log; NULL: moves are not logged */
    int now;
    SimTime since;  /* of the present state; 0 until the first move */
    uint64_t moves; /* since state_init */
    Timer *timers;  /* that belong to the present state: armed in it, fired or not */
} StateMachine;

void state_init(StateMachine *machine, const StateRule *rules, const char *name, int initial);
/* Moving to the same state is a move if the table allows it. */
void state_move(StateMachine *machine, Actor *actor, int to);
/* Arms a timer that is disarmed when the present state is left. */
void state_arm(StateMachine *machine, Actor *actor, Timer *timer, SimDuration delay);
const char *state_name(const StateMachine *machine);

#endif
