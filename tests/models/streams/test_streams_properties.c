/* test_streams_properties.c - whatever happens to instances and brokers: at_least_once nothing is
 * lost, exactly_once_v2 nothing comes out twice, and no task is left alone.
 *
 * KAFKASIM_STREAMS_SEEDS=200 tries more seeds than every build does. */
#include "models/streams/streams_app.h"
#include "sim/chance/stream.h"
#include "tests/models/streams/streams_story.h"
#include "tests/run_suite.h"
#include <stdlib.h>

enum { APP, AUDIT };
#define INSTANCES 3

typedef struct Random {
    StreamsStory story;
    Stream chance;
    int32_t threads;
} Random;

static int32_t draw(Random *self, int32_t below)
{
    return (int32_t)(stream_u32(&self->chance) % (uint32_t)below);
}

static SimTime draw_time(Random *self, SimTime from, SimTime to)
{
    return from + SIM_MS(draw(self, (int32_t)((to - from) / SIM_MS(1))));
}

static void set_number(Random *self, const char *option, int32_t value)
{
    g_autofree char *text = g_strdup_printf("%d", value);
    story_streams_config(&self->story, option, text);
}

/* One thing happens to an instance, and is over some seconds later. */
static void hurt_instance(Random *self, SimTime at, SimTime until)
{
    static const FaultVerb verbs[] = {FAULT_CRASH, FAULT_STOP, FAULT_PAUSE};
    const FaultVerb verb = verbs[draw(self, 3)];
    const int32_t member = draw(self, INSTANCES) * self->threads;
    FaultSpec *fault = story_fault(&self->story, verb, member, at);
    FaultSpec *end =
        story_fault(&self->story, verb == FAULT_PAUSE ? FAULT_RESUME : FAULT_START, member, until);
    end->undoes = fault;
}

static void hurt_broker(Random *self, SimTime at, SimTime until)
{
    const int32_t broker = draw(self, 3);
    FaultSpec *fault = whole_fault(self->story.spec, FAULT_CRASH, at, TARGET_BROKER, broker);
    whole_fault(self->story.spec, FAULT_START, until, TARGET_BROKER, broker)->undoes = fault;
}

/* Another process takes the transactional.id of a thread's producer for a while, and writes. */
static void steal_id(Random *self, SimTime at, SimTime until)
{
    ClusterSpec *spec = self->story.spec;
    const MemberSpec *member =
        self->story.app->members->pdata[draw(self, INSTANCES) * self->threads];
    whole_topic(spec, "elsewhere", 1, 3);
    ProducerSpec *thief = producer_spec_new("thief", (int32_t)spec->topics->len - 1);
    g_autofree char *id = g_strdup_printf("%s-producer", member->name);
    thief->rate_milli = 500 + draw(self, 20000);
    thief->start = at;
    thief->stop = until;
    ck_assert(kafka_config_set(thief->config, "transactional.id", id));
    g_ptr_array_add(spec->producers, thief);
}

/* Up to five faults, one after the other, from 20 s to 110 s; then three minutes of peace. In every
 * other story of transactions a producer is fenced besides. */
static Random random_story(uint64_t seed, bool exactly_once)
{
    Random self = {.story = story_new(seed, SIM_SEC(300))};
    stream_init(&self.chance, seed, exactly_once ? "exactly once" : "at least once");
    self.threads = 1 + draw(&self, 2);
    set_number(&self, "num.stream.threads", self.threads);
    set_number(&self, "num.standby.replicas", draw(&self, 2));
    set_number(&self, "acceptable.recovery.lag", draw(&self, 2) * 1000);
    set_number(&self, "max.warmup.replicas", 1 + draw(&self, 3));
    set_number(&self, "probing.rebalance.interval.ms", 60000);
    set_number(&self, "commit.interval.ms", exactly_once ? 100 : 500 + draw(&self, 3000));
    story_streams_config(
        &self.story, "processing.guarantee", exactly_once ? "exactly_once_v2" : "at_least_once");
    story_instances(&self.story, INSTANCES, 0);
    SimTime from = SIM_SEC(20);
    for (int32_t left = 1 + draw(&self, 5); left > 0; left--) {
        const SimTime at = draw_time(&self, from, from + SIM_SEC(8));
        const SimTime until = draw_time(&self, at + SIM_MS(500), at + SIM_SEC(20));
        if (draw(&self, 4) == 0) {
            hurt_broker(&self, at, until);
        } else {
            hurt_instance(&self, at, until);
        }
        from = until;
    }
    if (exactly_once && draw(&self, 2) == 0) {
        const SimTime at = draw_time(&self, SIM_SEC(20), SIM_SEC(90));
        steal_id(&self, at, at + draw_time(&self, SIM_SEC(1), SIM_SEC(20)));
    }
    story_run(&self.story);
    return self;
}

static void expect_all_out(const Random *self, uint64_t seed)
{
    const ClusterReport *report = self->story.whole.report;
    const GroupReport *app = &report->groups[APP];
    ck_assert_msg(report->groups[AUDIT].sources == report->producers[0].fates.acked,
                  "seed %d: %" G_GINT64_FORMAT " orders of %" G_GINT64_FORMAT " came out",
                  (int)seed,
                  report->groups[AUDIT].sources,
                  report->producers[0].fates.acked);
    for (int32_t p = 0; p < app->partition_count; p++) {
        ck_assert_msg(app->partitions[p].member != NULL, "seed %d: a task alone", (int)seed);
    }
}

static int seeds(void)
{
    const char *more = getenv("KAFKASIM_STREAMS_SEEDS");
    return more == NULL ? 4 : atoi(more);
}

START_TEST(at_least_once_nothing_is_lost)
{
    Random self = random_story((uint64_t)_i, false);
    expect_all_out(&self, (uint64_t)_i);
    story_end(&self.story);
}
END_TEST

START_TEST(exactly_once_nothing_is_lost_or_comes_out_twice)
{
    Random self = random_story((uint64_t)_i, true);
    expect_all_out(&self, (uint64_t)_i);
    const int64_t again = self.story.whole.report->groups[AUDIT].sources_again;
    ck_assert_msg(again == 0, "seed %d: %" G_GINT64_FORMAT " came out again", _i, again);
    story_end(&self.story);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("streams properties");
    TCase *tests = tcase_create("faults");
    tcase_set_timeout(tests, 600);
    tcase_add_loop_test(tests, at_least_once_nothing_is_lost, 0, seeds());
    tcase_add_loop_test(tests, exactly_once_nothing_is_lost_or_comes_out_twice, 0, seeds());
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
