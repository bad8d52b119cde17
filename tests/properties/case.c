/* case.c - drawing a case: its era, its brokers, its topics, its clients. */
#include "tests/properties/case.h"
#include "tests/properties/case_chance.h"
#include "tests/properties/case_troubles.h"

#define SETTLING_TIME SIM_SEC(75)

static int32_t below(Case *self, int32_t limit)
{
    return dice_below(&self->draws, limit);
}

static int32_t between(Case *self, int32_t low, int32_t high)
{
    return dice_between(&self->draws, low, high);
}

static bool chance(Case *self, int32_t percent)
{
    return dice_chance(&self->draws, percent);
}

/* Mostly Kafka 4.1; else one of its improvements is off, and ZooKeeper's time needs two. */
static void draw_era(Case *self, EraSwitch without)
{
    EraSwitch off = chance(self, 25) ? (EraSwitch)below(self, ERA_SWITCH_COUNT) : ERA_SWITCH_COUNT;
    bool elr = chance(self, 75);
    off = without < ERA_SWITCH_COUNT ? without : off;
    self->era = era_default();
    self->era.on[ERA_KIP_966] = elr;
    if (off < ERA_SWITCH_COUNT) {
        self->era.on[off] = false;
    }
    if (off == ERA_KIP_497) {
        self->era.on[ERA_KRAFT] = false;
    }
}

static CaseCleanup draw_cleanup(Case *self)
{
    int32_t roll = below(self, 100);
    return roll < 12 ? CLEANUP_RETENTION : roll < 24 ? CLEANUP_COMPACT : CLEANUP_NEVER;
}

static void draw_topics(Case *self)
{
    self->topic_count = chance(self, 60) ? 1 : between(self, 2, CASE_TOPICS_MAX);
    for (int32_t i = 0; i < self->topic_count; i++) {
        CaseTopic *topic = &self->topics[i];
        topic->partitions = between(self, 1, 3);
        int32_t wanted = chance(self, 60) ? 3 : between(self, 1, 4);
        topic->replication_factor = MIN(self->brokers, wanted);
        topic->min_isr = chance(self, 60) ? MIN(2, topic->replication_factor)
                                          : between(self, 1, topic->replication_factor);
        topic->unclean = chance(self, 15);
        topic->cleanup = draw_cleanup(self);
        topic->later = i > 0 && chance(self, 30);
    }
}

static void draw_clients(Case *self)
{
    static const char *const acks[] = {"all", "all", "all", "all", "1", "0"};
    self->producer_count = between(self, 1, CASE_PRODUCERS_MAX);
    for (int32_t i = 0; i < self->producer_count; i++) {
        CaseProducer *producer = &self->producers[i];
        producer->topic = below(self, self->topic_count);
        producer->acks = acks[below(self, 6)];
        producer->idempotence = producer->acks[0] == 'a' && chance(self, 70);
        producer->rate_milli = 1000 * (int64_t)between(self, 2, 12);
    }
    self->members = chance(self, 50) ? 0 : between(self, 1, CASE_MEMBERS_MAX);
}

const char *case_option(const Case *self)
{
    return self->is_pipeline ? " --pipelines" : self->is_group ? " --groups" : "";
}

bool case_has_zookeeper(const Case *self)
{
    return !self->era.on[ERA_KRAFT];
}

const Trouble *case_next(const Case *self, FaultVerb verb, const Trouble *after)
{
    int32_t from = after == NULL ? 0 : (int32_t)(after - self->troubles) + 1;
    for (int32_t i = from; i < self->trouble_count; i++) {
        const Trouble *trouble = &self->troubles[i];
        if (trouble->verb == verb && !trouble->dropped && trouble->at < self->heal) {
            return trouble;
        }
    }
    return NULL;
}

bool case_changes(const Case *self, int32_t topic, CaseSetting setting)
{
    const Trouble *wish = case_next(self, FAULT_SET_CONFIG, NULL);
    while (wish != NULL && (wish->topic != topic || wish->setting != setting)) {
        wish = case_next(self, FAULT_SET_CONFIG, wish);
    }
    return wish != NULL;
}

void case_draw(Case *self, uint64_t seed, int32_t number, EraSwitch without)
{
    *self = (Case){.seed = seed, .number = number};
    self->draws = seed * UINT64_C(0xd1342543de82ef95) + (uint64_t)number;
    self->brokers = chance(self, 60) ? 3 : between(self, 1, 5);
    self->controllers = chance(self, 30) ? 3 : 1;
    self->racks = chance(self, 25) ? between(self, 2, 3) : 0;
    self->log_dirs = chance(self, 30) ? 2 : 1;
    self->quick = chance(self, 50);
    draw_era(self, without);
    draw_topics(self);
    draw_clients(self);
    self->upgrade.to = PROTOCOL_COUNT;
    self->lost_member = -1;
    self->heal = SIM_SEC(between(self, 25, 60));
    self->end = self->heal + SETTLING_TIME;
    self->trouble_count = between(self, 1, CASE_FAULTS_MAX);
    for (int32_t i = 0; i < self->trouble_count; i++) {
        case_draw_trouble(self, &self->troubles[i]);
    }
    int32_t wishes = chance(self, 40) ? between(self, 1, CASE_TROUBLES_MAX - CASE_FAULTS_MAX) : 0;
    for (int32_t i = 0; i < wishes; i++) {
        case_draw_wish(self, &self->troubles[self->trouble_count++]);
    }
    if (case_next(self, FAULT_ROLLING_RESTART, NULL) != NULL) {
        self->end += SIM_SEC(30) * self->brokers; /* it takes its time, and waits for trouble */
    }
    if (case_next(self, FAULT_REASSIGN, NULL) != NULL) {
        self->end += SIM_SEC(60); /* so throttled that each batch takes a window of the quota */
    }
}
