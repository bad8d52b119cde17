/* case_troubles.c - see the header. */
#include "tests/properties/case_troubles.h"
#include "tests/properties/case_chance.h"

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

static const FaultVerb verbs[] = {
    FAULT_CRASH,      FAULT_CRASH,           FAULT_CRASH,
    FAULT_CRASH,      FAULT_CRASH,           FAULT_STOP,
    FAULT_STOP,       FAULT_PAUSE,           FAULT_PAUSE,
    FAULT_PAUSE,      FAULT_ISOLATE,         FAULT_ISOLATE,
    FAULT_ISOLATE,    FAULT_POWER_CUT,       FAULT_POWER_CUT,
    FAULT_SLOW_DISK,  FAULT_SLOW_NETWORK,    FAULT_DROP,
    FAULT_SLOW_HOST,  FAULT_PARTITION,       FAULT_DISK_FULL,
    FAULT_FAIL_DISK,  FAULT_ROLLING_RESTART, FAULT_CLOCK_SKEW,
    FAULT_UNREGISTER,
};

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
    case FAULT_CLOCK_SKEW:
        trouble->delay = (chance(self, 50) ? SIM_MS(1) : SIM_SEC(10)) * between(self, -3000, 3000);
        break;
    case FAULT_DISK_FULL:
    case FAULT_FAIL_DISK:
        trouble->log_dir = below(self, self->log_dirs);
        break;
    case FAULT_ROLLING_RESTART:
        trouble->one_way = chance(self, 25); /* kill -9 */
        trouble->gate = chance(self, 70);
        trouble->delay = SIM_MS(between(self, 0, 4000));
        if (trouble->one_way && case_has_zookeeper(self)) {
            trouble->delay += SIM_SEC(18); /* else the old session's node kills the new process */
        }
        break;
    default:
        break;
    }
}

/* Processes die in every way: brokers mostly, controllers, whoever leads, whole racks. */
static void draw_target(Case *self, Trouble *trouble)
{
    bool process = trouble->verb == FAULT_CRASH || trouble->verb == FAULT_PAUSE ||
                   trouble->verb == FAULT_ISOLATE || trouble->verb == FAULT_STOP ||
                   trouble->verb == FAULT_POWER_CUT;
    int32_t roll = below(self, 100);
    trouble->target = TARGET_BROKER;
    trouble->index = below(self, self->brokers);
    if (process && roll < 10 && !case_has_zookeeper(self)) {
        trouble->target = TARGET_CONTROLLER;
        trouble->index = below(self, self->controllers);
    } else if (process && roll < 14) {
        trouble->target = TARGET_ACTIVE_CONTROLLER;
    } else if (process && roll < 22) {
        trouble->target = TARGET_LEADER;
        trouble->topic = below(self, self->topic_count);
        trouble->partition = below(self, self->topics[trouble->topic].partitions);
    } else if (process && roll < 30 && self->racks > 0) {
        trouble->target = TARGET_RACK;
        trouble->index = below(self, self->racks);
    }
}

void case_draw_trouble(Case *self, Trouble *trouble)
{
    int32_t end = (int32_t)(self->heal / SIM_MS(1));
    trouble->verb = verbs[below(self, G_N_ELEMENTS(verbs))];
    if (trouble->verb == FAULT_UNREGISTER && case_has_zookeeper(self)) {
        trouble->verb = FAULT_STOP; /* there is no such request then */
    }
    trouble->at = SIM_MS(between(self, 3000, end - 3000));
    SimDuration length =
        chance(self, 50) ? SIM_MS(between(self, 100, 4000)) : SIM_MS(between(self, 4000, 25000));
    trouble->until = MIN(trouble->at + length, self->heal);
    draw_target(self, trouble);
    draw_details(self, trouble);
}

static ReplicaList draw_replicas(Case *self, int32_t count)
{
    ReplicaList replicas = {0};
    while (replicas.count < count) {
        replica_list_add(&replicas, 1 + below(self, self->brokers));
    }
    return replicas;
}

/* From dice of its own, so that everything else stays as it is. */
static void draw_setting(const Case *self, Trouble *wish)
{
    uint64_t dice = self->draws ^ UINT64_C(0x73657474696e6773);
    wish->setting = (CaseSetting)dice_below(&dice, SETTING_COUNT);
    if (wish->setting == SETTING_UNCLEAN) {
        wish->number = dice_chance(&dice, 60) ? 1 : 0;
    } else if (wish->setting == SETTING_THROTTLE) {
        wish->number = dice_between(&dice, 100, 5000);
    }
}

void case_draw_wish(Case *self, Trouble *wish)
{
    static const FaultVerb wishes[] = {
        FAULT_REASSIGN,
        FAULT_REASSIGN,
        FAULT_REASSIGN,
        FAULT_ELECT_PREFERRED,
        FAULT_SET_CONFIG,
        FAULT_SET_CONFIG,
        FAULT_ADD_PARTITIONS,
        FAULT_ELECT,
        FAULT_DELETE_TOPIC,
    };
    wish->is_wish = true;
    wish->verb = wishes[below(self, G_N_ELEMENTS(wishes))];
    wish->at = SIM_MS(between(self, 3000, (int32_t)(self->heal / SIM_MS(1)) - 1));
    wish->topic = below(self, self->topic_count);
    const CaseTopic *topic = &self->topics[wish->topic];
    if (topic->later && chance(self, 70)) {
        wish->verb = FAULT_CREATE_TOPIC;
    }
    wish->until = wish->at;
    wish->partition = below(self, topic->partitions);
    bool taken_back = wish->verb == FAULT_REASSIGN && chance(self, 25);
    wish->replicas = draw_replicas(self, taken_back ? 0 : topic->replication_factor);
    wish->number = wish->verb == FAULT_CREATE_TOPIC ? topic->partitions
                   : wish->verb == FAULT_ADD_PARTITIONS
                       ? topic->partitions + 1
                       : between(self, 1, topic->replication_factor);
    if (wish->verb == FAULT_SET_CONFIG) {
        draw_setting(self, wish);
    }
}
