/* kmix.c - the mix of timers a Kafka client lives by.
 *
 *     SEND --200 us + Exp(100 us)--> REPLY --Exp(2 ms)--> SEND
 *
 * A SEND arms the request's time-out (30 s), which the REPLY cancels. A REPLY moves the session
 * time-out (10 s), and by a coin arms the linger timer (5 ms) or cancels it.
 *
 * Whether a SEND or a REPLY is next nobody can guess, nor how a coin falls: what both have in
 * common comes first, so that a processor that guessed wrong has work at hand meanwhile. */
#include "tests/bench/bench.h"
#include <stdlib.h>

enum { KMIX_SEND, KMIX_REPLY, KMIX_TIMEOUT, KMIX_SESSION, KMIX_LINGER };

typedef struct KmixClient {
    EventHandle timeout;
    EventHandle session;
    EventHandle linger;
} KmixClient;

typedef struct Kmix {
    Bench *bench;
    KmixClient *clients;
    BenchCoins coins;
    LaneId timeout;
    LaneId session;
    LaneId linger;
    bool is_large; /* beyond what a processor keeps near */
} Kmix;

static void kmix_send(Kernel *kernel, const Kmix *kmix, KernelEvent event)
{
    KmixClient *client = event.data;
    client->timeout = kernel_schedule_lane(
        kernel, kmix->timeout, SIM_SEC(30), event.target, KMIX_TIMEOUT, 0, client);
}

/* Arms the linger timer or cancels it. */
static void kmix_turn_linger(Kernel *kernel, const Kmix *kmix, KernelEvent event)
{
    KmixClient *client = event.data;
    if (client->linger == 0) {
        client->linger = kernel_schedule_lane(
            kernel, kmix->linger, SIM_MS(5), event.target, KMIX_LINGER, 0, client);
    } else {
        kernel_cancel(kernel, client->linger);
        client->linger = 0;
    }
}

static void kmix_reply(Kernel *kernel, Kmix *kmix, SimTime now, KernelEvent event)
{
    KmixClient *client = event.data;
    kernel_cancel(kernel, client->timeout);
    client->timeout = 0;
    if (!kernel_postpone(kernel, client->session, now + SIM_SEC(10))) {
        client->session = kernel_schedule_lane(
            kernel, kmix->session, SIM_SEC(10), event.target, KMIX_SESSION, 0, client);
    }
    bool arm = bench_toss(&kmix->coins);
    if (arm != (client->linger != 0)) {
        kmix_turn_linger(kernel, kmix, event);
    }
}

/* A SEND schedules its REPLY, a REPLY the next SEND: both delays are worked out. */
static inline void kmix_schedule_next(Kernel *kernel, Kmix *kmix, SimTime now, KernelEvent event)
{
    double unit = bench_unit_ahead(kmix->bench);
    SimDuration reply = SIM_US(200) + (SimDuration)(unit * 1e5);
    SimDuration send = (SimDuration)(unit * 2e6);
    SimDuration delay = reply ^ ((reply ^ send) & -(SimDuration)event.kind);
    kernel_schedule(kernel, now + delay, event.target, !event.kind, 0, event.data);
}

/* Timers that a reply will cancel soon, and before that, their records. */
static void kmix_fetch(const Kernel *kernel)
{
    const KmixClient *client = kernel_soon(kernel, 10u);
    if (client && client->timeout != 0) {
        kernel_fetch(kernel, client->timeout);
        kernel_fetch(kernel, client->session);
        kernel_fetch(kernel, client->linger);
    }
    client = kernel_soon(kernel, 5u);
    if (client && client->timeout != 0) {
        kernel_fetch_around(kernel, client->timeout);
        kernel_fetch_around(kernel, client->linger);
    }
}

static void kmix_on_event(Kernel *kernel, void *self, SimTime now, KernelEvent event)
{
    Kmix *kmix = self;
    KmixClient *client = event.data;
    bench_digest(kmix->bench, now, (uint64_t)(client - kmix->clients));
    if (kmix->is_large) {
        kmix_fetch(kernel);
    }
    if (__builtin_expect(event.kind <= KMIX_REPLY, 1)) {
        kmix_schedule_next(kernel, kmix, now, event);
        if (event.kind == KMIX_REPLY) {
            kmix_reply(kernel, kmix, now, event);
        } else {
            kmix_send(kernel, kmix, event);
        }
    } else if (event.kind == KMIX_LINGER) {
        client->linger = 0;
    } else if (event.kind == KMIX_SESSION) {
        client->session = 0;
    }
}

void bench_kmix(Bench *bench)
{
    Kmix kmix = {.bench = bench, .clients = malloc(bench->result.n * sizeof(KmixClient))};
    for (uint64_t i = 0; i < bench->result.n; i++) {
        kmix.clients[i] = (KmixClient){0};
    }
    bench_coins_init(&kmix.coins, bench_random(&bench->random));
    kmix.is_large = bench->result.n > 16384;
    bench_make_kernel(bench);
    kmix.timeout = kernel_lane(bench->kernel, SIM_SEC(30));
    kmix.session = kernel_lane(bench->kernel, SIM_SEC(10));
    kmix.linger = kernel_lane(bench->kernel, SIM_MS(5));
    uint32_t target = kernel_add_target(bench->kernel, kmix_on_event, &kmix);
    for (uint64_t i = 0; i < bench->result.n; i++) {
        SimTime at = (SimTime)(bench_unit_ahead(bench) * 2e6);
        kernel_schedule(bench->kernel, at, target, KMIX_SEND, 0, &kmix.clients[i]);
    }
    bench_fire(bench, bench->result.events);
    bench_report(bench, kernel_pending(bench->kernel));
    free(kmix.clients);
}
