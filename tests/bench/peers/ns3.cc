// ns3.cc - the benchmarks of the kernel on ns-3's simulator core, with one of its schedulers.
//
//     bench_ns3 map|heap|calendar|priority_queue hold N EVENTS | phold N EVENTS | mm1 CUSTOMERS |
//               pp MESSAGES | kmix ACTORS FIRED
//
// Same workloads, same draws, same line of JSON as bench_kernel, and so the same digest: both
// engines fire the same events in the same order. List is left out: it is linear.
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <ns3/core-module.h>
#include <vector>

extern "C" {
#include "tests/bench/bench_measure.h"
#include "tests/bench/bench_random.h"
}

using ns3::EventId;
using ns3::NanoSeconds;
using ns3::Simulator;

namespace
{

struct Process {
    BenchRandom random;
    uint64_t events;
    uint64_t last_time;
    uint64_t unused[2];
};

struct Client {
    EventId timeout;
    EventId session;
    EventId linger;
    bool linger_is_armed;
};

struct Peer {
    BenchResult result{};
    BenchRandom random{};
    BenchZiggurat ziggurat{};
    BenchBlock block{};
    BenchCoins coins{};
    uint64_t fired = 0;
    uint64_t pending = 0;
    uint64_t memory_before_bytes = 0;
    std::vector<Process> processes;
    std::vector<int64_t> arrived = std::vector<int64_t>(65536);
    uint32_t first = 0;
    uint32_t last = 0;
    double sojourn_sum = 0;
    double sojourn_squares = 0;
    std::vector<Client> clients;
};

Peer peer;

int64_t now_ns()
{
    return Simulator::Now().GetNanoSeconds();
}

int64_t delay_ns(double mean_ns)
{
    return bench_exponential(&peer.ziggurat, &peer.random, mean_ns);
}

/* The same, drawn ahead as bench_kernel does where it draws nothing else. */
int64_t delay_ahead_ns(double mean_ns)
{
    double unit = bench_block_next(&peer.block, &peer.ziggurat, &peer.random);
    return static_cast<int64_t>(unit * mean_ns);
}

void count(uint64_t actor)
{
    uint64_t time = static_cast<uint64_t>(now_ns());
    peer.result.digest = bench_digest_next(peer.result.digest, time, actor);
    if (++peer.fired == peer.result.events) {
        Simulator::Stop();
    }
}

void on_hold(uint64_t actor)
{
    count(actor);
    Simulator::Schedule(NanoSeconds(delay_ns(1e9)), &on_hold, actor);
}

void set_up_hold()
{
    peer.pending = peer.result.n;
    for (uint64_t i = 0; i < peer.result.n; i++) {
        Simulator::Schedule(NanoSeconds(delay_ns(1e9)), &on_hold, i);
    }
}

void on_phold(uint64_t actor)
{
    count(actor);
    Process &process = peer.processes[actor];
    process.events++;
    process.last_time = static_cast<uint64_t>(now_ns());
    uint64_t word = bench_random(&process.random);
    uint64_t to = actor;
    if (word >> 62 == 0) {
        to = (word << 2 >> 32) * peer.result.n / (UINT64_C(1) << 32);
    }
    int64_t delay = bench_exponential(&peer.ziggurat, &process.random, 1e9);
    Simulator::Schedule(NanoSeconds(delay), &on_phold, to);
}

void set_up_phold()
{
    peer.pending = peer.result.n;
    for (uint64_t i = 0; i < peer.result.n; i++) {
        Simulator::Schedule(NanoSeconds(delay_ns(1e9)), &on_phold, i);
    }
}

void on_departure();

void mm1_count(uint64_t kind)
{
    uint64_t time = static_cast<uint64_t>(now_ns());
    peer.result.digest = bench_digest_next(peer.result.digest, time, kind);
}

void mm1_serve()
{
    Simulator::Schedule(NanoSeconds(delay_ahead_ns(1e9)), &on_departure);
}

void on_arrival()
{
    mm1_count(0);
    peer.arrived[peer.last++ % 65536] = now_ns();
    Simulator::Schedule(NanoSeconds(delay_ahead_ns(1e9 / 0.9)), &on_arrival);
    if (peer.last - peer.first == 1) {
        mm1_serve();
    }
}

void on_departure()
{
    mm1_count(1);
    double sojourn = static_cast<double>(now_ns() - peer.arrived[peer.first++ % 65536]) * 1e-9;
    peer.sojourn_sum += sojourn;
    peer.sojourn_squares += sojourn * sojourn;
    if (peer.last != peer.first) {
        mm1_serve();
    }
    if (++peer.fired == peer.result.events) {
        Simulator::Stop();
    }
}

void set_up_mm1()
{
    peer.pending = 2;
    Simulator::Schedule(NanoSeconds(delay_ahead_ns(1e9 / 0.9)), &on_arrival);
}

void on_ball(uint64_t actor)
{
    count(actor);
    Simulator::Schedule(NanoSeconds(1000000000), &on_ball, actor ^ 1);
}

void set_up_pp()
{
    peer.pending = 500;
    for (uint64_t i = 0; i < 1000; i += 2) {
        Simulator::Schedule(NanoSeconds(1000000000), &on_ball, i);
    }
}

void on_send(uint64_t actor);

void on_timeout(uint64_t actor)
{
    count(actor);
}

void on_linger(uint64_t actor)
{
    count(actor);
    peer.clients[actor].linger_is_armed = false;
}

void on_reply(uint64_t actor)
{
    count(actor);
    Simulator::Schedule(NanoSeconds(delay_ahead_ns(2e6)), &on_send, actor);
    Client &client = peer.clients[actor];
    Simulator::Cancel(client.timeout);
    Simulator::Cancel(client.session);
    client.session = Simulator::Schedule(NanoSeconds(10000000000), &on_timeout, actor);
    bool arm = bench_toss(&peer.coins);
    if (arm && !client.linger_is_armed) {
        client.linger = Simulator::Schedule(NanoSeconds(5000000), &on_linger, actor);
        client.linger_is_armed = true;
    } else if (!arm && client.linger_is_armed) {
        Simulator::Cancel(client.linger);
        client.linger_is_armed = false;
    }
}

void on_send(uint64_t actor)
{
    count(actor);
    Simulator::Schedule(NanoSeconds(200000 + delay_ahead_ns(1e5)), &on_reply, actor);
    peer.clients[actor].timeout =
        Simulator::Schedule(NanoSeconds(30000000000), &on_timeout, actor);
}

void set_up_kmix()
{
    peer.pending = 2 * peer.result.n;
    bench_coins_init(&peer.coins, bench_random(&peer.random));
    for (uint64_t i = 0; i < peer.result.n; i++) {
        Simulator::Schedule(NanoSeconds(delay_ahead_ns(2e6)), &on_send, i);
    }
}

struct Workload {
    const char *name;
    int numbers;
    void (*set_up)();
};

const Workload WORKLOADS[] = {{"hold", 2, set_up_hold},
                              {"phold", 2, set_up_phold},
                              {"mm1", 1, set_up_mm1},
                              {"pp", 1, set_up_pp},
                              {"kmix", 2, set_up_kmix}};

const char *const SCHEDULERS[][2] = {{"map", "ns3::MapScheduler"},
                                     {"heap", "ns3::HeapScheduler"},
                                     {"calendar", "ns3::CalendarScheduler"},
                                     {"priority_queue", "ns3::PriorityQueueScheduler"}};

bool set_scheduler(const char *name)
{
    for (const auto &scheduler : SCHEDULERS) {
        if (std::strcmp(name, scheduler[0]) == 0) {
            ns3::ObjectFactory factory;
            factory.SetTypeId(scheduler[1]);
            Simulator::SetScheduler(factory);
            return true;
        }
    }
    return false;
}

void run(const Workload &workload)
{
    bench_random_seed(&peer.random, BENCH_SEED);
    bench_ziggurat_init(&peer.ziggurat);
    peer.block.used = BENCH_BLOCK;
    peer.result.digest = BENCH_DIGEST_FIRST;
    peer.processes.resize(std::strcmp(workload.name, "phold") == 0 ? peer.result.n : 0);
    peer.clients.resize(std::strcmp(workload.name, "kmix") == 0 ? peer.result.n : 0);
    for (uint64_t i = 0; i < peer.processes.size(); i++) {
        bench_random_seed(&peer.processes[i].random, i + 1);
    }
    peer.memory_before_bytes = bench_resident_bytes();
    workload.set_up();
    double start = bench_clock();
    Simulator::Run();
    peer.result.seconds = bench_clock() - start;
    uint64_t bytes = bench_resident_bytes() - peer.memory_before_bytes;
    peer.result.bytes_per_pending =
        static_cast<double>(bytes) / static_cast<double>(peer.pending);
    if (std::strcmp(workload.name, "mm1") == 0) {
        double mean = peer.sojourn_sum / static_cast<double>(peer.fired) * 1e6;
        peer.result.digest ^= static_cast<uint64_t>(mean);
    }
    bench_print(&peer.result);
    std::fflush(nullptr);
    std::_Exit(0); // the end of the pending events is no part of the measurement
}

} // namespace

int main(int argc, char **argv)
{
    for (const Workload &workload : WORKLOADS) {
        if (argc < 3 || std::strcmp(argv[2], workload.name) != 0 ||
            argc != 3 + workload.numbers || !set_scheduler(argv[1])) {
            continue;
        }
        peer.result.name = workload.name;
        peer.result.n = workload.numbers == 2 ? bench_number(argv[3]) : 0;
        peer.result.events = bench_number(argv[argc - 1]);
        if (peer.result.events > 0) {
            run(workload);
        }
    }
    std::cerr << "usage: bench_ns3 map|heap|calendar|priority_queue BENCH NUMBERS\n";
    return 2;
}
