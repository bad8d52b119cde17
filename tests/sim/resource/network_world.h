/* network_world.h - three probes on three hosts and a network, for the tests of connections.
 *
 * Latency is 100 us each way unless a test says otherwise. Client and broker stand in rack a, the
 * third in rack b. */
#ifndef KAFKASIM_TESTS_SIM_RESOURCE_NETWORK_WORLD_H
#define KAFKASIM_TESTS_SIM_RESOURCE_NETWORK_WORLD_H
#include "tests/sim/probe.h"
#include <string.h>

enum { CLIENT, BROKER, THIRD, PROBES };

static Sim *sim;
static GString *story;
static Probe probes[PROBES];
static Probe *client = &probes[CLIENT];
static Probe *broker = &probes[BROKER];
static Probe *const third G_GNUC_UNUSED = &probes[THIRD];

static const char *const names[PROBES] = {"client", "broker", "third"};
static const char *const racks[PROBES] = {"a", "a", "b"};

static inline void world_new(uint64_t seed, NetworkProfile profile)
{
    sim = sim_new(seed, NULL);
    story = g_string_new("");
    for (uint32_t i = 0; i < PROBES; i++) {
        const uint32_t host = plain_host(sim, names[i], racks[i], 1, HOST_PROCESSOR_SHARING);
        probe_init(&probes[i], sim, names[i], host, NULL);
    }
    network_new(sim, &profile);
    for (uint32_t i = 0; i < PROBES; i++) {
        actor_start(&probes[i].actor);
        probes[i].story = story;
    }
}

static inline NetworkProfile plain_profile(void)
{
    return (NetworkProfile){.latency = distribution_constant(SIM_US(100)),
                            .loopback_latency = distribution_constant(SIM_US(10))};
}

static inline void setup(void)
{
    world_new(3, plain_profile());
}

static inline void teardown(void)
{
    sim_free(sim);
    g_string_free(story, TRUE);
}

/* The client and the broker are connected; the clock stands at 1 ms. */
static inline void connect_both(void)
{
    (void)network_connect(&client->actor, &broker->actor);
    run_to(sim, SIM_MS(1));
    while (!network_is_open(sim->network, client->connection)) {
        run_to(sim, sim_now(sim) + SIM_MS(1)); /* latency is random in some tests */
    }
    g_string_truncate(story, 0);
}

#endif
