/* probe.h - an actor that writes down all that happens to it, for tests that compare stories.
 *
 * Several probes share one story. A line is "12us broker mail 7": when, to whom, what. */
#ifndef KAFKASIM_TESTS_SIM_PROBE_H
#define KAFKASIM_TESTS_SIM_PROBE_H
#include "sim/resource/host.h"
#include "sim/resource/network.h"
#include <check.h>
#include <stdlib.h>

typedef struct Probe {
    Actor actor;
    GString *story;          /* borrowed; NULL writes nothing */
    ConnectionId connection; /* the last one that came about */
    Timer first;
    Timer second;
    bool first_disarms_second;
    bool hangs_up; /* closes the connection at the first message */
    bool echoes;   /* answers each message with the same number */
} Probe;

typedef struct Note {
    Message message;
    uint32_t number;
} Note;

static inline void probe_write(Probe *self, const char *what, uint64_t number)
{
    if (self->story != NULL) {
        g_string_append_printf(self->story,
                               "%" G_GINT64_FORMAT "us %s %s %" G_GUINT64_FORMAT "\n",
                               actor_now(&self->actor) / 1000,
                               self->actor.name,
                               what,
                               number);
    }
}

static inline void probe_send(Probe *self, ConnectionId connection, uint32_t number, uint32_t bytes)
{
    Note *note = message_new(self->actor.sim, sizeof *note, 1);
    note->message.wire_bytes = bytes;
    note->number = number;
    network_send(&self->actor, connection, &note->message);
}

static void probe_on_start(Actor *actor)
{
    Probe *self = (Probe *)actor;
    self->connection = 0;
    probe_write(self, "starts", actor->incarnation);
}

static void probe_on_kill(Actor *actor)
{
    probe_write((Probe *)actor, "dies", actor->incarnation);
}

static void probe_on_mail(Actor *actor, ConnectionId connection, Message *message)
{
    Probe *self = (Probe *)actor;
    const uint32_t number = ((Note *)message)->number;
    const uint32_t bytes = message->wire_bytes;
    probe_write(self, "mail", number);
    message_free(actor->sim, message);
    if (self->hangs_up) {
        network_close(actor, connection);
    }
    if (self->echoes) {
        probe_send(self, connection, number, bytes);
    }
}

static void probe_on_timer(Actor *actor, Timer *timer)
{
    Probe *self = (Probe *)actor;
    probe_write(self, "timer", timer->kind);
    if (self->first_disarms_second && timer == &self->first) {
        actor_disarm(actor, &self->second);
    }
}

static void probe_on_done(Actor *actor, uint16_t kind, void *data)
{
    (void)data;
    probe_write((Probe *)actor, "done", kind);
}

static void probe_on_connected(Actor *actor, ConnectionId connection)
{
    Probe *self = (Probe *)actor;
    self->connection = connection;
    probe_write(self, "connected", connection & 1);
}

static void probe_on_disconnected(Actor *actor, ConnectionId connection)
{
    probe_write((Probe *)actor, "disconnected", connection & 1);
}

static void probe_on_writable(Actor *actor, ConnectionId connection)
{
    probe_write((Probe *)actor, "writable", connection & 1);
}

static const ActorClass probe_class = {
    .name = "probe",
    .on_start = probe_on_start,
    .on_kill = probe_on_kill,
    .on_mail = probe_on_mail,
    .on_timer = probe_on_timer,
    .on_done = probe_on_done,
    .on_connected = probe_on_connected,
    .on_disconnected = probe_on_disconnected,
    .on_writable = probe_on_writable,
};

static inline void
probe_init(Probe *self, Sim *sim, const char *name, uint32_t host, GString *story)
{
    *self = (Probe){.story = story};
    actor_init(&self->actor, &probe_class, sim, name, host);
    timer_init(&self->first, 1, NULL);
    timer_init(&self->second, 2, NULL);
}

/* The story so far is exactly this; then it begins anew. */
static inline void story_is(GString *story, const char *expected)
{
    ck_assert_str_eq(story->str, expected);
    g_string_truncate(story, 0);
}

/* A host of `cores` cores with a disk whose times are round numbers. */
static inline uint32_t
plain_host(Sim *sim, const char *name, const char *rack, uint32_t cores, HostDiscipline discipline)
{
    const HostProfile profile = {.name = name,
                                 .rack = rack,
                                 .cores = cores,
                                 .discipline = discipline,
                                 .disk = {.write_bytes_per_sec = 100000000,
                                          .read_bytes_per_sec = 200000000,
                                          .fsync = distribution_constant(SIM_MS(2)),
                                          .seek = distribution_constant(SIM_US(100))}};
    return host_new(sim, &profile);
}

static inline void pin_on_event(Kernel *kernel, void *self, SimTime now, KernelEvent event)
{
    (void)now;
    (void)kernel;
    (void)self;
    (void)event;
}

/* Runs to this instant, behind all that happens in it, and leaves the clock there even when
 * nothing else is pending. */
static inline void run_to(Sim *sim, SimTime until)
{
    const uint32_t pin = kernel_add_target(sim->kernel, pin_on_event, NULL);
    ck_assert_uint_ne(kernel_schedule(sim->kernel, until, pin, 1, 0, NULL), 0);
    const KernelStop stop = kernel_run(sim->kernel, until);
    ck_assert(stop == KERNEL_UNTIL || stop == KERNEL_DRAINED);
}

static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
