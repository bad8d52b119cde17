/* test_connect_properties.c - whatever happens to workers and brokers, and whichever protocols the
 * workers speak: in the end every task runs, a sink has put every record, and a source has left
 * none out.
 *
 * KAFKASIM_CONNECT_SEEDS=200 tries more seeds than every build does. */
#include "models/world/cluster_state.h"
#include "sim/chance/stream.h"
#include "tests/models/support/group_run.h"
#include "tests/run_suite.h"
#include <stdlib.h>

#define WORKERS      3
#define SOURCE_TASKS 3

typedef struct Random {
    GroupRun run;
    Stream chance;
    bool is_exactly_once; /* the source, and the sink reads what is committed */
} Random;

static int32_t draw(Random *self, int32_t below)
{
    return (int32_t)(stream_u32(&self->chance) % (uint32_t)below);
}

static SimTime draw_time(Random *self, SimTime from, SimTime to)
{
    return from + SIM_MS(draw(self, (int32_t)((to - from) / SIM_MS(1))));
}

/* A source of three tasks writes what a sink of four reads. */
static void make_connectors(Random *self)
{
    ClusterSpec *spec = self->run.spec;
    ProducerSpec *source = spec->producers->pdata[0];
    g_free(source->name);
    source->name = g_strdup("shop");
    source->count = SOURCE_TASKS;
    GroupSpec *sink = self->run.group;
    if (self->is_exactly_once) {
        ck_assert(kafka_config_set(sink->config, "isolation.level", "read_committed"));
    }
    sink->process_poll = distribution_constant(SIM_SEC(draw(self, 2) * 4));
    for (int t = 0; t < 4; t++) {
        g_autofree char *name = g_strdup_printf("search-%d", t);
        g_ptr_array_add(sink->members, member_spec_new(name, sink));
    }
}

static void make_workers(Random *self)
{
    static const ConnectProtocol protocols[] = {
        CONNECT_EAGER, CONNECT_COMPATIBLE, CONNECT_SESSIONED, CONNECT_SESSIONED};
    static const int32_t delays[] = {0, 5, 30};
    static const int32_t flushes[] = {2, 10, 60};
    GroupSpec *connect = connect_spec_new("connect");
    self->run.group = connect;
    connect->scheduled_rebalance_max_delay = SIM_SEC(delays[draw(self, 3)]);
    connect->offset_flush_interval = SIM_SEC(flushes[draw(self, 3)]);
    connect->task_shutdown_timeout = SIM_SEC(1 + 4 * draw(self, 2));
    connect->exactly_once_sources = self->is_exactly_once;
    ck_assert(kafka_config_set(connect->config, "group.id", "connect"));
    connect_spec_add(connect, self->run.spec, "search", 0, SPEC_NONE);
    connect_spec_add(connect, self->run.spec, "shop", SPEC_NONE, 0);
    for (int w = 0; w < WORKERS; w++) {
        g_autofree char *name = g_strdup_printf("w%d", w + 1);
        MemberSpec *worker = run_member(&self->run, name, SIM_SEC(draw(self, 10)));
        worker->connect_protocol = protocols[draw(self, (int32_t)G_N_ELEMENTS(protocols))];
    }
    g_ptr_array_add(self->run.spec->groups, connect);
}

/* One thing happens to a worker or a broker, and is over some seconds later. */
static void hurt(Random *self, SimTime at, SimTime until)
{
    static const FaultVerb verbs[] = {FAULT_CRASH, FAULT_STOP, FAULT_PAUSE};
    const bool is_broker = draw(self, 4) == 0;
    const FaultVerb verb = verbs[draw(self, 3)];
    const FaultVerb undo = verb == FAULT_PAUSE ? FAULT_RESUME : FAULT_START;
    const TargetKind target = is_broker ? TARGET_BROKER : TARGET_MEMBER;
    const int32_t index = draw(self, WORKERS);
    const GPtrArray *faults = self->run.spec->faults;
    run_fault(&self->run, verb, target, index, at);
    const FaultSpec *begun = faults->pdata[faults->len - 1];
    run_fault(&self->run, undo, target, index, until);
    ((FaultSpec *)faults->pdata[faults->len - 1])->undoes = begun;
}

/* Up to six faults, one after the other or overlapping, from 20 s to 150 s or so; the sources end
 * at 200 s. */
static Random random_run(uint64_t seed)
{
    Random self = {.run = run_new(seed, SIM_SEC(400), 4, 90, 0, SIM_SEC(200))};
    stream_init(&self.chance, seed, "connect");
    self.is_exactly_once = seed % 2 == 1;
    self.run.spec->trace_batches = self.is_exactly_once; /* commits of transactions are events */
    make_connectors(&self);
    make_workers(&self);
    SimTime from = SIM_SEC(20);
    for (int32_t left = 1 + draw(&self, 6); left > 0; left--) {
        const SimTime at = draw_time(&self, from, from + SIM_SEC(8));
        const SimTime until = draw_time(&self, at + SIM_MS(500), at + SIM_SEC(25));
        hurt(&self, at, until);
        from = draw(&self, 3) == 0 ? at : until;
    }
    run_go(&self.run);
    return self;
}

/* Of what source. Small batches a late sink finds merged, and of these origins are not known: those
 * of transactions, of which each record that is committed is another then, and those of tasks that
 * wrote beside a zombie. */
static int64_t records_through(const Random *self, const GroupReport *sink)
{
    return self->is_exactly_once ? sink->once + sink->twice : sink->sources;
}

static int64_t records_unknown(const Random *self, const GroupReport *sink)
{
    return self->is_exactly_once ? 0 : sink->consumed - sink->sources - sink->sources_again;
}

/* How many processes of the source's tasks live; every one of the tasks has one at least. */
static int source_tasks_running(const GroupRun *run)
{
    const Cluster *cluster = run->whole.cluster;
    int running = 0;
    bool runs[SOURCE_TASKS] = {false};
    for (guint i = 0; i < cluster->producers->len; i++) {
        const ProducerProcess *process = cluster->producers->pdata[i];
        const bool lives = producer_actor(process->producer)->life == ACTOR_ALIVE;
        running += lives ? 1 : 0;
        runs[process->instance] = runs[process->instance] || lives;
    }
    for (int t = 0; t < SOURCE_TASKS; t++) {
        ck_assert_msg(runs[t], "task %d does not run", t);
    }
    return running;
}

/* A group that becomes eager leaves tasks behind that nobody stops. */
static bool may_become_eager(const GroupRun *run)
{
    for (guint w = 0; w < run->group->members->len; w++) {
        const MemberSpec *worker = run->group->members->pdata[w];
        if (worker->connect_protocol == CONNECT_EAGER) {
            return true;
        }
    }
    return false;
}

START_TEST(every_task_runs_and_no_record_is_left_out)
{
    Random self = random_run((uint64_t)_i);
    const GroupReport *sink = run_report(&self.run);
    const int running = source_tasks_running(&self.run);
    /* What the source's tasks have committed: it is flushed when nothing comes any more. */
    const int64_t outside = run_sum(&self.run, "shop-", "offsets committed") -
                            run_sum(&self.run, "shop-", "offsets set back");
    const bool is_right =
        running == SOURCE_TASKS || (running > SOURCE_TASKS && may_become_eager(&self.run));
    ck_assert_msg(is_right, "seed %d: %d source tasks run", _i, running);
    const int64_t came = records_through(&self, sink);
    ck_assert_msg(came <= outside && came + records_unknown(&self, sink) >= outside,
                  "seed %d: %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " came through",
                  _i,
                  came,
                  outside);
    ck_assert_int_gt(outside, 90 * 100);
    ck_assert_msg(!self.is_exactly_once || sink->sources_again <= sink->twice,
                  "seed %d: the source sent some again",
                  _i);
    ck_assert_msg(sink->never_processed == 0, "seed %d: some were never put", _i);
    for (int32_t p = 0; p < sink->partition_count; p++) {
        ck_assert_msg(sink->partitions[p].member != NULL, "seed %d: nobody reads", _i);
    }
    run_end(&self.run);
}
END_TEST

static int seeds(void)
{
    const char *more = getenv("KAFKASIM_CONNECT_SEEDS");
    return more == NULL ? 6 : atoi(more);
}

int main(void)
{
    Suite *suite = suite_create("connect properties");
    TCase *tests = tcase_create("faults");
    tcase_set_timeout(tests, 600);
    tcase_add_loop_test(tests, every_task_runs_and_no_record_is_left_out, 0, seeds());
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
