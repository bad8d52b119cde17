/* case.c - drawing a case. */
#include "tests/properties/case.h"

#define SETTLING_TIME SIM_SEC(75)

/* splitmix64 */
static uint64_t next(Case *self)
{
    uint64_t z = self->draws += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static int32_t below(Case *self, int32_t limit)
{
    return (int32_t)(next(self) % (uint64_t)limit);
}

static int32_t between(Case *self, int32_t low, int32_t high)
{
    return low + below(self, high - low + 1);
}

static bool chance(Case *self, int32_t percent)
{
    return below(self, 100) < percent;
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

static void draw_details(Case *self, Trouble *trouble)
{
    switch ((int)trouble->verb) {
    case FAULT_PARTITION:
        trouble->others = 1u + (uint32_t)below(self, (1 << self->brokers) - 1);
        trouble->one_way = chance(self, 40);
        break;
    case FAULT_ISOLATE:
        trouble->one_way = chance(self, 25);
        break;
    case FAULT_DROP:
        trouble->ppm = 1000 * (int64_t)between(self, 5, 300);
        break;
    case FAULT_SLOW_NETWORK:
        trouble->delay = SIM_MS(1) * between(self, 5, 3000);
        break;
    case FAULT_SLOW_DISK:
    case FAULT_SLOW_HOST:
        trouble->ppm = 1000000 * (int64_t)between(self, 2, 200);
        break;
    default:
        break;
    }
}

static void draw_trouble(Case *self, Trouble *trouble)
{
    static const FaultVerb verbs[] = {
        FAULT_CRASH,
        FAULT_CRASH,
        FAULT_CRASH,
        FAULT_STOP,
        FAULT_PAUSE,
        FAULT_PAUSE,
        FAULT_ISOLATE,
        FAULT_POWER_CUT,
        FAULT_SLOW_NETWORK,
        FAULT_DROP,
        FAULT_CRASH,
        FAULT_ISOLATE,
        FAULT_SLOW_DISK,
        FAULT_SLOW_HOST,
        FAULT_PARTITION,
    };
    trouble->verb = verbs[below(self, G_N_ELEMENTS(verbs))];
    trouble->at = SIM_MS(between(self, 3000, (int32_t)(self->heal / SIM_MS(1)) - 3000));
    SimDuration length =
        chance(self, 50) ? SIM_MS(between(self, 100, 4000)) : SIM_MS(between(self, 4000, 25000));
    trouble->until = MIN(trouble->at + length, self->heal);
    trouble->broker = below(self, self->brokers);
    draw_details(self, trouble);
    bool process = trouble->verb == FAULT_CRASH || trouble->verb == FAULT_PAUSE ||
                   trouble->verb == FAULT_ISOLATE;
    if (process && chance(self, 10)) {
        trouble->broker = -1 - below(self, self->controllers);
    }
}

static ReplicaList draw_replicas(Case *self, int32_t count)
{
    ReplicaList replicas = {0};
    while (replicas.count < count) {
        replica_list_add(&replicas, 1 + below(self, self->brokers));
    }
    return replicas;
}

static void draw_wish(Case *self, Trouble *wish)
{
    static const FaultVerb verbs[] = {FAULT_REASSIGN,
                                      FAULT_REASSIGN,
                                      FAULT_ELECT_PREFERRED,
                                      FAULT_SET_CONFIG,
                                      FAULT_ADD_PARTITIONS};
    wish->is_wish = true;
    wish->verb = verbs[below(self, G_N_ELEMENTS(verbs))];
    if (wish->verb == FAULT_SET_CONFIG && self->elr) {
        wish->verb = FAULT_ELECT_PREFERRED; /* a new min ISR clears the ELR: nobody may be left */
    }
    wish->at = SIM_MS(between(self, 3000, (int32_t)(self->heal / SIM_MS(1)) - 1));
    wish->until = wish->at;
    wish->topic = below(self, self->topic_count);
    const CaseTopic *topic = &self->topics[wish->topic];
    wish->partition = below(self, topic->partitions);
    wish->replicas = draw_replicas(self, topic->replication_factor);
    wish->number = wish->verb == FAULT_ADD_PARTITIONS ? topic->partitions + 1
                                                      : between(self, 1, topic->replication_factor);
}

void case_draw(Case *self, uint64_t seed, int32_t number)
{
    *self = (Case){.seed = seed, .number = number};
    self->draws = seed * UINT64_C(0xd1342543de82ef95) + (uint64_t)number;
    self->brokers = chance(self, 60) ? 3 : between(self, 1, 5);
    self->controllers = chance(self, 30) ? 3 : 1;
    self->elr = chance(self, 70);
    self->quick = chance(self, 50);
    draw_topics(self);
    draw_clients(self);
    self->heal = SIM_SEC(between(self, 25, 60));
    self->end = self->heal + SETTLING_TIME;
    self->trouble_count = between(self, 1, CASE_FAULTS_MAX);
    for (int32_t i = 0; i < self->trouble_count; i++) {
        draw_trouble(self, &self->troubles[i]);
    }
    int32_t wishes = chance(self, 40) ? between(self, 1, CASE_TROUBLES_MAX - CASE_FAULTS_MAX) : 0;
    for (int32_t i = 0; i < wishes; i++) {
        draw_wish(self, &self->troubles[self->trouble_count++]);
    }
}
