/* case_groups.c - a case about one group: every protocol and assignor, or one protocol after the
 * other (an upgrade, or the way back), static members or not, members that come, go, crash and
 * freeze, partitions added, brokers (coordinators) in trouble. Its members read, or they are
 * workers (consume, process, produce), at least once or exactly once, and another group reads what
 * they wrote.
 *
 * Every write is acks=all of an idempotent producer to topics of three replicas, none of which is
 * elected uncleanly: whatever is acknowledged must be read. */
#include "tests/properties/case.h"
#include "tests/properties/case_chance.h"

/* The stated bound of convergence: the session of a consumer group (45 s), the JoinGroup of one
 * that froze (max.poll.interval.ms 15 s), and what the cluster itself needs. */
#define SETTLING_TIME SIM_SEC(120)
/* In the calm, when its group is whole again: nothing but the end of its session tells of it. */
#define MEMBER_LOST_AFTER SIM_SEC(30)

typedef struct ProtocolWords {
    const char *name;
    const char *strategy; /* partition.assignment.strategy; NULL its default */
    const char *remote;   /* group.remote.assignor: group.protocol=consumer */
} ProtocolWords;

static const ProtocolWords protocols[PROTOCOL_COUNT] = {
    [PROTOCOL_DEFAULT] = {"range, cooperative-sticky", NULL, NULL},
    [PROTOCOL_RANGE] = {"range", "org.apache.kafka.clients.consumer.RangeAssignor", NULL},
    [PROTOCOL_ROUND_ROBIN] = {"roundrobin",
                              "org.apache.kafka.clients.consumer.RoundRobinAssignor",
                              NULL},
    [PROTOCOL_STICKY] = {"sticky", "org.apache.kafka.clients.consumer.StickyAssignor", NULL},
    [PROTOCOL_COOPERATIVE] = {"cooperative-sticky",
                              "org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
                              NULL},
    [PROTOCOL_CONSUMER_UNIFORM] = {"consumer, uniform", NULL, "uniform"},
    [PROTOCOL_CONSUMER_RANGE] = {"consumer, range", NULL, "range"},
};

static int32_t between(Case *self, int32_t low, int32_t high)
{
    return dice_between(&self->draws, low, high);
}

static bool chance(Case *self, int32_t percent)
{
    return dice_chance(&self->draws, percent);
}

int32_t case_member_count(const Case *self)
{
    return self->members * (self->upgrade.to < PROTOCOL_COUNT ? 2 : 1);
}

int32_t case_first_final_member(const Case *self)
{
    return case_member_count(self) - self->members;
}

SimTime case_load_end(const Case *self)
{
    return self->heal + (self->lost_member >= 0 ? MEMBER_LOST_AFTER + SIM_SEC(10) : SIM_SEC(10));
}

static bool is_modern(CaseProtocol protocol)
{
    return protocols[protocol].remote != NULL;
}

/* ---- drawing */

static void draw_topics(Case *self)
{
    self->topic_count = chance(self, 70) ? 1 : 2;
    for (int32_t i = 0; i < self->topic_count; i++) {
        self->topics[i] = (CaseTopic){
            .partitions = between(self, 1, 6),
            .replication_factor = 3,
            .min_isr = 2,
        };
        self->producers[i] = (CaseProducer){
            .topic = i,
            .acks = "all",
            .idempotence = true,
            .rate_milli = 1000 * (int64_t)between(self, 2, 20),
        };
    }
    self->producer_count = self->topic_count;
}

/* Two thirds of the troubles are the members' own. */
static void draw_trouble(Case *self, Trouble *trouble)
{
    static const FaultVerb verbs[] = {
        FAULT_CRASH, FAULT_CRASH, FAULT_STOP, FAULT_STOP, FAULT_PAUSE, FAULT_PAUSE};
    int32_t end = (int32_t)(self->heal / SIM_MS(1));
    trouble->verb = verbs[between(self, 0, G_N_ELEMENTS(verbs) - 1)];
    trouble->target = chance(self, 67) ? TARGET_MEMBER : TARGET_BROKER;
    trouble->index = trouble->target == TARGET_MEMBER
                         ? between(self, 0, case_member_count(self) - 1)
                         : between(self, 0, self->brokers - 1);
    trouble->at = SIM_MS(between(self, 500, end - 1000));
    int32_t length = chance(self, 50) ? between(self, 1, 4000) : between(self, 4000, 60000);
    trouble->until = MIN(trouble->at + SIM_MS(length), self->heal);
}

/* Old and new members overlap, or leave a gap. */
static void draw_upgrade(Case *self)
{
    bool back = is_modern(self->protocol);
    self->upgrade.to =
        (CaseProtocol)(back ? between(self, PROTOCOL_DEFAULT, PROTOCOL_COOPERATIVE)
                            : between(self, PROTOCOL_CONSUMER_UNIFORM, PROTOCOL_CONSUMER_RANGE));
    int32_t end = (int32_t)(self->heal / SIM_MS(1));
    for (int32_t i = 0; i < self->members; i++) {
        int32_t at = between(self, 4000, end - 4000);
        self->upgrade.leaves[i] = SIM_MS(at);
        self->upgrade.joins[i] = SIM_MS(at + between(self, -3000, 3000));
    }
}

static CaseWork draw_work(Case *self)
{
    int32_t roll = between(self, 0, 99);
    return roll < 50 ? WORK_READ : roll < 65 ? WORK_AT_LEAST_ONCE : WORK_EXACTLY_ONCE;
}

static void draw_more_partitions(Case *self)
{
    const CaseTopic *topic = &self->topics[0];
    self->troubles[self->trouble_count++] = (Trouble){
        .is_wish = true,
        .verb = FAULT_ADD_PARTITIONS,
        .at = SIM_MS(between(self, 3000, (int32_t)(self->heal / SIM_MS(1)) - 1)),
        .number = topic->partitions + 1,
    };
}

/* A quarter of the groups; of those with two topics, half find the second when it is created. From
 * dice of its own, so that everything else stays as it is. */
static void draw_pattern(Case *self)
{
    uint64_t dice = self->draws ^ UINT64_C(0x7061747465726e73);
    self->by_pattern = dice_chance(&dice, 25);
    self->matches_itself = dice_chance(&dice, 50);
    if (!self->by_pattern || self->topic_count < 2 || self->is_static || !dice_chance(&dice, 50)) {
        return;
    }
    self->topics[1].later = true;
    self->troubles[self->trouble_count++] = (Trouble){
        .is_wish = true,
        .verb = FAULT_CREATE_TOPIC,
        .at = SIM_MS(dice_between(&dice, 3000, (int32_t)(self->heal / SIM_MS(1)) - 1)),
        .topic = 1,
        .number = self->topics[1].partitions,
    };
}

/* Two polls of 500 records must fit into max.poll.interval.ms: the first may begin just before a
 * heartbeat tells of a rebalance. Who is slower is put out again and again, and so are the others
 * for its sake. (Case 7858 of seed 2.) */
void case_bound_polls(Case *self)
{
    if (self->poll > 0) {
        self->process = MIN(self->process, SIM_MS(1));
    }
}

/* From dice of its own, as well. A member that nobody starts again: its group goes on without it.
 * An application that is busy for seconds after each poll(), while its heartbeats go on: it has not
 * given up yet what it is told to give up. */
static void draw_members(Case *self)
{
    uint64_t dice = self->draws ^ UINT64_C(0x6d656d6265727321);
    self->lost_member = -1;
    if (self->members > 1 && self->upgrade.to == PROTOCOL_COUNT && dice_chance(&dice, 20)) {
        self->lost_member = dice_below(&dice, self->members);
    }
    self->poll = dice_chance(&dice, 25) ? SIM_MS(dice_between(&dice, 1000, 5000)) : 0;
    case_bound_polls(self);
}

void case_draw_group(Case *self, uint64_t seed, int32_t number, EraSwitch without)
{
    *self = (Case){.seed = seed, .number = number, .is_group = true};
    self->draws = seed * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)number;
    self->brokers = 3;
    self->controllers = 1;
    self->log_dirs = 1;
    self->quick = chance(self, 50);
    self->era = era_default();
    if (without < ERA_SWITCH_COUNT) {
        self->era.on[without] = false;
    }
    draw_topics(self);
    self->protocol = (CaseProtocol)between(self, 0, PROTOCOL_COUNT - 1);
    self->members = between(self, 1, CASE_GROUP_MEMBERS_MAX);
    self->is_static = chance(self, 30);
    self->process = chance(self, 50) ? 0 : SIM_MS(between(self, 1, 20));
    self->heal = SIM_SEC(between(self, 25, 90));
    self->end = self->heal + SETTLING_TIME;
    self->work = draw_work(self);
    self->upgrade.to = PROTOCOL_COUNT;
    if (!self->is_static && chance(self, 30)) {
        draw_upgrade(self);
    }
    self->trouble_count = between(self, 1, CASE_FAULTS_MAX);
    for (int32_t i = 0; i < self->trouble_count; i++) {
        draw_trouble(self, &self->troubles[i]);
    }
    /* A static leader that was away when they came takes over its old assignment and does not look
     * at it again (KIP-814, ConsumerCoordinator.onLeaderElected): they wait for another rebalance.
     */
    if (chance(self, 30) && !self->is_static) {
        draw_more_partitions(self);
    }
    draw_pattern(self);
    draw_members(self);
}

/* ---- its spec */

static void set(KafkaConfig *config, const char *name, const char *value)
{
    if (!kafka_config_set(config, name, value)) {
        g_error("the option %s does not take %s", name, value);
    }
}

static void set_protocol(CaseProtocol protocol, KafkaConfig *config)
{
    const ProtocolWords *words = &protocols[protocol];
    if (words->strategy != NULL) {
        set(config, "partition.assignment.strategy", words->strategy);
    }
    if (words->remote != NULL) {
        set(config, "group.protocol", "consumer");
        set(config, "group.remote.assignor", words->remote);
    } else {
        set(config, "group.protocol", "classic");
        set(config, "session.timeout.ms", "10000");
    }
}

void case_set_group(const Case *self, GroupSpec *group)
{
    if (self->process > 0) {
        group->process_record = distribution_constant(self->process);
    }
    group->process_poll = distribution_constant(self->poll);
    for (guint i = 0; i < group->members->len; i++) {
        MemberSpec *member = g_ptr_array_index(group->members, i);
        set_protocol(i < (guint)self->members ? self->protocol : self->upgrade.to, member->config);
        if (self->is_static) {
            set(member->config, "group.instance.id", member->name);
        }
    }
}

/* ---- members that go for good */

void case_add_lost_member(const Case *self, ClusterSpec *spec)
{
    if (self->lost_member >= 0) {
        FaultSpec *fault = fault_spec_new(FAULT_CRASH, self->heal + MEMBER_LOST_AFTER);
        fault->target = TARGET_MEMBER;
        fault->index = 0;
        fault->member = self->lost_member;
        g_ptr_array_add(spec->faults, fault);
    }
}

void case_add_upgrade(const Case *self, ClusterSpec *spec)
{
    for (int32_t i = 0; i < case_first_final_member(self); i++) {
        FaultSpec *fault = fault_spec_new(FAULT_STOP, self->upgrade.leaves[i]);
        fault->target = TARGET_MEMBER;
        fault->index = 0;
        fault->member = i;
        g_ptr_array_add(spec->faults, fault);
    }
}

void case_tell_group(const Case *self, GString *out)
{
    static const char *const works[WORK_COUNT] = {
        "read all topics", "work at least once", "work exactly once"};
    g_string_append_printf(out,
                           "  %d %smembers %s%s (%s), %d ms a record, %d ms a poll\n",
                           self->members,
                           self->is_static ? "static " : "",
                           works[self->work],
                           !self->by_pattern      ? ""
                           : self->matches_itself ? " by a pattern of their own"
                                                  : " by a pattern",
                           protocols[self->protocol].name,
                           (int)(self->process / SIM_MS(1)),
                           (int)(self->poll / SIM_MS(1)));
    if (self->is_tiered) {
        g_string_append(out, "  what they make is in remote storage after some seconds\n");
    }
    if (self->lost_member >= 0) {
        g_string_append_printf(out,
                               "  %7.3f s  reader-%d dies for good\n",
                               (double)(self->heal + MEMBER_LOST_AFTER) / (double)SIM_SEC(1),
                               self->lost_member);
    }
    for (int32_t i = 0; i < case_first_final_member(self); i++) {
        g_string_append_printf(out,
                               "  %7.3f s  reader-%d leaves; %7.3f s  reader-%d joins (%s)\n",
                               (double)self->upgrade.leaves[i] / (double)SIM_SEC(1),
                               i,
                               (double)self->upgrade.joins[i] / (double)SIM_SEC(1),
                               i + self->members,
                               protocols[self->upgrade.to].name);
    }
}
