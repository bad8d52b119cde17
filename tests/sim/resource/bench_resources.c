/* bench_resources - ns of wall time for one message, one piece of work, one timer.
 *
 *     bench_resources [EVENTS]
 *
 * One JSON line each: what, how many, kernel events per piece, ns per piece, the run's
 * fingerprint (the same from every compiler). `mail`: two
 * processes on two hosts with NICs send a message to and fro, 16 at a time. `work`: a process
 * asks its idle core for work as soon as the last piece is done. `shared`: the same with 8 pieces
 * on 2 cores. `timer`: constant and varying timers that fire and are armed again. */
#include "tests/sim/probe.h"
#include <stdio.h>
#include <time.h>

typedef struct Bench {
    Actor actor;
    uint64_t left;
    Timer constant;
    Timer varying;
    Stream stream;
} Bench;

static void bench_count(Bench *self)
{
    self->left--;
    if (self->left == 0) {
        kernel_stop(self->actor.sim->kernel);
    }
}

static void bench_on_mail(Actor *actor, ConnectionId connection, Message *message)
{
    const uint32_t bytes = message->wire_bytes;
    Sim *sim = actor->sim;
    message_free(sim, message);
    Note *note = message_new(sim, sizeof *note, 1);
    note->message.wire_bytes = bytes;
    network_send(actor, connection, &note->message);
    bench_count((Bench *)actor);
}

static void bench_on_connected(Actor *actor, ConnectionId connection)
{
    for (int i = 0; i < 8; i++) {
        Note *note = message_new(actor->sim, sizeof *note, 1);
        note->message.wire_bytes = 100;
        network_send(actor, connection, &note->message);
    }
}

static void bench_on_done(Actor *actor, uint16_t kind, void *data)
{
    host_run(actor, SIM_US(10), kind, data);
    bench_count((Bench *)actor);
}

static void bench_on_timer(Actor *actor, Timer *timer)
{
    Bench *self = (Bench *)actor;
    if (timer == &self->constant) {
        actor_arm_constant(actor, timer, SIM_MS(5));
    } else {
        actor_arm(actor, timer, 1 + (int64_t)(stream_u32(&self->stream) >> 10));
    }
    bench_count(self);
}

static const ActorClass bench_class = {.name = "bench",
                                       .on_mail = bench_on_mail,
                                       .on_connected = bench_on_connected,
                                       .on_done = bench_on_done,
                                       .on_timer = bench_on_timer};

static Bench one;
static Bench two;

static Sim *bench_new(uint32_t cores, uint64_t count)
{
    const NetworkProfile profile = {.latency = distribution_constant(SIM_US(100)),
                                    .loopback_latency = distribution_constant(SIM_US(10)),
                                    .bandwidth_bytes_per_sec = 1250000000};
    Sim *sim = sim_new(1, NULL);
    network_new(sim, &profile);
    one = (Bench){.left = count};
    two = (Bench){.left = count};
    actor_init(&one.actor,
               &bench_class,
               sim,
               "one",
               plain_host(sim, "a", "", cores, HOST_PROCESSOR_SHARING));
    actor_init(&two.actor,
               &bench_class,
               sim,
               "two",
               plain_host(sim, "b", "", cores, HOST_PROCESSOR_SHARING));
    actor_start(&one.actor);
    actor_start(&two.actor);
    return sim;
}

static double seconds_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void bench_run(Sim *sim, const char *name, uint64_t count, uint64_t pieces_per_count)
{
    const double begin = seconds_now();
    (void)kernel_run(sim->kernel, SIM_TIME_MAX);
    const double seconds = seconds_now() - begin;
    const double pieces = (double)(count * pieces_per_count);
    printf("{\"bench\":\"%s\",\"pieces\":%.0f,\"events_per_piece\":%.2f,\"ns_per_piece\":%.1f,"
           "\"fingerprint\":\"%016" G_GINT64_MODIFIER "x\"}\n",
           name,
           pieces,
           (double)kernel_fired(sim->kernel) / pieces,
           seconds * 1e9 / pieces,
           kernel_fingerprint(sim->kernel));
    sim_free(sim);
}

static void bench_mail(uint64_t count)
{
    Sim *sim = bench_new(1, count);
    (void)network_connect(&one.actor, &two.actor);
    bench_run(sim, "mail", count, 2);
}

static void bench_work(uint64_t count, uint32_t cores, uint32_t jobs, const char *name)
{
    Sim *sim = bench_new(cores, count);
    for (uint32_t i = 0; i < jobs; i++) {
        host_run(&one.actor, SIM_US(10) + i, 1, NULL);
    }
    bench_run(sim, name, count, 1);
}

static void bench_timer(uint64_t count)
{
    Sim *sim = bench_new(1, count);
    timer_init(&one.constant, 1, NULL);
    timer_init(&one.varying, 2, NULL);
    stream_init(&one.stream, 1, "bench");
    actor_arm(&one.actor, &one.varying, 1);
    actor_arm_constant(&one.actor, &one.constant, 1);
    bench_run(sim, "timer", count, 1);
}

int main(int argc, char **argv)
{
    const uint64_t count = argc > 1 ? g_ascii_strtoull(argv[1], NULL, 10) : 2000000;
    if (count == 0) {
        fprintf(stderr, "usage: bench_resources [EVENTS]\n");
        return EXIT_FAILURE;
    }
    bench_mail(count);
    bench_work(count, 1, 1, "work");
    bench_work(count, 2, 8, "shared");
    bench_timer(count);
    return EXIT_SUCCESS;
}
