/* case_spec.c - a case as the models take it. */
#include "tests/properties/case.h"

static void set(KafkaConfig *config, const char *name, const char *value)
{
    if (!kafka_config_set(config, name, value)) {
        g_error("the option %s does not take %s", name, value);
    }
}

static void set_number(KafkaConfig *config, const char *name, int64_t value)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, value);
    set(config, name, text);
}

static void set_options(const Case *self, ClusterSpec *spec)
{
    set_number(spec->config, "offsets.topic.num.partitions", 2);
    set_number(spec->config, "offsets.topic.replication.factor", MIN(3, self->brokers));
    if (self->quick) {
        set_number(spec->config, "broker.session.timeout.ms", 3000);
        set_number(spec->config, "broker.heartbeat.interval.ms", 700);
        set_number(spec->config, "replica.lag.time.max.ms", 5000);
    }
    spec->era.on[ERA_KIP_966] = self->elr;
}

static void add_brokers(const Case *self, ClusterSpec *spec)
{
    for (int32_t i = 0; i < self->controllers; i++) {
        g_ptr_array_add(spec->controllers, controller_spec_new(101 + i, SPEC_NONE, spec));
    }
    for (int32_t i = 0; i < self->brokers; i++) {
        g_ptr_array_add(spec->brokers, broker_spec_new(i + 1, SPEC_NONE, spec));
    }
}

static void add_topics(const Case *self, ClusterSpec *spec)
{
    for (int32_t i = 0; i < self->topic_count; i++) {
        const CaseTopic *topic = &self->topics[i];
        g_autofree char *name = g_strdup_printf("topic-%d", i);
        TopicSpec *entry = topic_spec_new(name, topic->partitions, topic->replication_factor);
        entry->partitions_max = topic->partitions + 1;
        set_number(entry->config, "min.insync.replicas", topic->min_isr);
        set(entry->config, "unclean.leader.election.enable", topic->unclean ? "true" : "false");
        g_ptr_array_add(spec->topics, entry);
    }
}

static void add_producers(const Case *self, ClusterSpec *spec)
{
    for (int32_t i = 0; i < self->producer_count; i++) {
        const CaseProducer *producer = &self->producers[i];
        g_autofree char *name = g_strdup_printf("producer-%d", i);
        ProducerSpec *entry = producer_spec_new(name, producer->topic);
        entry->rate_milli = producer->rate_milli;
        entry->arrival = i % 2 == 0 ? ARRIVAL_CONSTANT : ARRIVAL_POISSON;
        entry->choice = PARTITION_CYCLE;
        entry->stop = self->heal + SIM_SEC(10);
        set(entry->config, "acks", producer->acks);
        set(entry->config, "enable.idempotence", producer->idempotence ? "true" : "false");
        set_number(entry->config, "delivery.timeout.ms", 30000);
        set_number(entry->config, "request.timeout.ms", 10000);
        set_number(entry->config, "metadata.max.age.ms", 10000);
        g_ptr_array_add(spec->producers, entry);
    }
}

static void add_group(const Case *self, ClusterSpec *spec)
{
    if (self->members == 0) {
        return;
    }
    GroupSpec *group = group_spec_new("readers");
    for (int32_t i = 0; i < self->topic_count; i++) {
        g_array_append_val(group->topics, i);
    }
    set(group->config, "auto.offset.reset", "earliest");
    set_number(group->config, "session.timeout.ms", 10000);
    set_number(group->config, "metadata.max.age.ms", 10000);
    set_number(group->config, "auto.commit.interval.ms", 1000);
    /* Who waits for a JoinGroup whose broker lost its power notices only after this and 5 s. */
    set_number(group->config, "max.poll.interval.ms", 15000);
    for (int32_t i = 0; i < self->members; i++) {
        g_autofree char *name = g_strdup_printf("reader-%d", i);
        MemberSpec *member = member_spec_new(name, group);
        member->start = SIM_MS(500) * i;
        g_ptr_array_add(group->members, member);
    }
    g_ptr_array_add(spec->groups, group);
}

static FaultSpec *add_fault(ClusterSpec *spec, FaultVerb verb, SimTime at, int32_t broker)
{
    FaultSpec *fault = fault_spec_new(verb, at);
    fault->target = broker < 0 ? TARGET_CONTROLLER : TARGET_BROKER;
    fault->index = broker < 0 ? -1 - broker : broker;
    fault->topic = SPEC_NONE;
    g_ptr_array_add(spec->faults, fault);
    return fault;
}

static GArray *brokers_of(const Case *self, uint32_t bits)
{
    GArray *indices = g_array_new(FALSE, FALSE, sizeof(int32_t));
    for (int32_t i = 0; i < self->brokers; i++) {
        if ((bits >> i & 1) != 0) {
            g_array_append_val(indices, i);
        }
    }
    return indices;
}

static FaultSpec *
add_half(const Case *self, const Trouble *trouble, ClusterSpec *spec, bool ends, SimTime at)
{
    FaultSpec *fault = add_fault(spec, trouble->verb, at, trouble->broker);
    fault->ends = ends;
    fault->one_way = trouble->one_way;
    fault->ppm = trouble->ppm;
    fault->delay = trouble->delay;
    if (trouble->verb == FAULT_PARTITION) {
        fault->target = TARGET_NONE;
        fault->left = brokers_of(self, trouble->others);
        fault->right = brokers_of(self, ~trouble->others);
    }
    return fault;
}

static void add_wish(const Trouble *wish, ClusterSpec *spec)
{
    FaultSpec *fault = add_fault(spec, wish->verb, wish->at, 0);
    fault->target = TARGET_NONE;
    fault->index = SPEC_NONE;
    fault->topic = wish->topic;
    fault->partition = wish->partition;
    fault->number = wish->number;
    if (wish->verb == FAULT_REASSIGN) {
        const MoveSpec move = {wish->topic, wish->partition, wish->replicas};
        fault->moves = g_array_new(FALSE, FALSE, sizeof(MoveSpec));
        g_array_append_val(fault->moves, move);
    } else if (wish->verb == FAULT_SET_CONFIG) {
        fault->config = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
        set_number(fault->config, "min.insync.replicas", wish->number);
    }
}

static void add_trouble(const Case *self, const Trouble *trouble, ClusterSpec *spec)
{
    SimTime until = MIN(trouble->until, self->heal);
    const FaultSpec *begun = add_half(self, trouble, spec, false, trouble->at);
    FaultSpec *end;
    switch ((int)trouble->verb) {
    case FAULT_CRASH:
    case FAULT_STOP:
        end = add_fault(spec, FAULT_START, until, trouble->broker);
        break;
    case FAULT_PAUSE:
        end = add_fault(spec, FAULT_RESUME, until, trouble->broker);
        break;
    case FAULT_POWER_CUT:
        end = add_half(self, trouble, spec, true, until);
        add_fault(spec, FAULT_START, until + SIM_MS(1), trouble->broker);
        break;
    default:
        end = add_half(self, trouble, spec, true, until);
        break;
    }
    end->undoes = begun;
}

/* Whatever two troubles at once have left behind: every process runs, as in Jepsen's final
 * phase. */
static void mend(const Case *self, ClusterSpec *spec)
{
    for (int32_t i = 0; i < self->brokers; i++) {
        FaultSpec *isolated = add_fault(spec, FAULT_ISOLATE, self->heal, i);
        isolated->ends = true;
        add_fault(spec, FAULT_POWER_CUT, self->heal, i)->ends = true;
        add_fault(spec, FAULT_RESUME, self->heal, i);
        add_fault(spec, FAULT_START, self->heal + SIM_MS(1), i);
    }
    for (int32_t i = 0; i < self->controllers; i++) {
        add_fault(spec, FAULT_ISOLATE, self->heal, -1 - i)->ends = true;
        add_fault(spec, FAULT_RESUME, self->heal, -1 - i);
        add_fault(spec, FAULT_START, self->heal + SIM_MS(1), -1 - i);
    }
}

static gint by_time(gconstpointer a, gconstpointer b)
{
    const FaultSpec *first = *(FaultSpec *const *)a;
    const FaultSpec *second = *(FaultSpec *const *)b;
    return first->at < second->at ? -1 : first->at > second->at;
}

ClusterSpec *case_spec(const Case *self)
{
    ClusterSpec *spec = cluster_spec_new();
    spec->seed = self->seed + (uint64_t)self->number;
    spec->duration = self->end;
    spec->sample_interval = SIM_SEC(10);
    spec->events_max = 20000;
    set_options(self, spec);
    add_brokers(self, spec);
    add_topics(self, spec);
    add_producers(self, spec);
    add_group(self, spec);
    for (int32_t i = 0; i < self->trouble_count; i++) {
        const Trouble *trouble = &self->troubles[i];
        if (!trouble->dropped && trouble->is_wish && trouble->at < self->heal) {
            add_wish(trouble, spec);
        } else if (!trouble->dropped && trouble->at < self->heal) {
            add_trouble(self, trouble, spec);
        }
    }
    mend(self, spec);
    g_ptr_array_sort(spec->faults, by_time); /* stable for equal times */
    return spec;
}
