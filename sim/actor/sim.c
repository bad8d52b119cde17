/* sim.c - one run: who owns what, and what is printed when our own code is wrong. */
#include "sim/actor/actor.h"
#include <stdio.h>
#include <stdlib.h>

/* How many of the last logged events a bug report shows. */
#define BUG_LOG_LINES 20

Sim *sim_new(uint64_t seed, const KernelLimits *limits)
{
    Sim *sim = g_new0(Sim, 1);
    sim->kernel = kernel_new(limits);
    sim->pool = pool_new();
    sim->log = event_log_new(sim->kernel, SIM_LOGGED_EVENTS_MAX);
    sim->actors = g_ptr_array_new();
    sim->hosts = g_ptr_array_new();
    sim->names = g_ptr_array_new_with_free_func(g_free);
    sim->seed = seed;
    return sim;
}

void sim_free(Sim *sim)
{
    if (sim == NULL) {
        return;
    }
    for (guint i = 0; i < sim->actors->len; i++) {
        Actor *actor = g_ptr_array_index(sim->actors, i);
        if (actor != NULL) {
            actor_clear(actor);
        }
    }
    if (sim->network != NULL) {
        sim->network_calls->free(sim->network);
    }
    g_ptr_array_free(sim->hosts, TRUE);
    g_ptr_array_free(sim->actors, TRUE);
    event_log_free(sim->log);
    kernel_free(sim->kernel);
    pool_free(sim->pool);
    g_ptr_array_free(sim->names, TRUE);
    g_free(sim->bug_note);
    g_free(sim);
}

SimTime sim_now(const Sim *sim)
{
    return kernel_now(sim->kernel);
}

void sim_on_bug(Sim *sim, const char *scenario_and_replay_command)
{
    g_free(sim->bug_note);
    sim->bug_note = g_strdup(scenario_and_replay_command);
}

_Noreturn void sim_bug(const Sim *sim, const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: bug in the simulator: %s\n", file, line, what);
    if (sim != NULL) {
        fprintf(stderr,
                "seed %" G_GUINT64_FORMAT ", virtual time %" G_GINT64_FORMAT
                " ns, event number %" G_GUINT64_FORMAT "\n",
                sim->seed,
                sim_now(sim),
                kernel_fired(sim->kernel));
        char *tail = event_log_tail(sim->log, BUG_LOG_LINES);
        fprintf(stderr, "the last logged events:\n%s\n", tail);
        g_free(tail);
        if (sim->bug_note != NULL) {
            fprintf(stderr, "%s\n", sim->bug_note);
        }
    }
    fflush(stderr);
    abort();
}

void *message_new(Sim *sim, size_t bytes, uint16_t type)
{
    SIM_ASSERT(sim, bytes >= sizeof(Message) && bytes <= UINT32_MAX);
    Message *message = pool_take(sim->pool, bytes);
    message->allocated_bytes = (uint32_t)bytes;
    message->type = type;
    return message;
}

void message_free(Sim *sim, Message *message)
{
    if (message != NULL) {
        pool_give(sim->pool, message, message->allocated_bytes);
    }
}
