/* case_spec.c - a case as the models take it. */
#include "tests/properties/case_pipelines.h"

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
    set(spec->config, "auto.create.topics.enable", "false"); /* what is deleted stays deleted */
    set_number(spec->config, "offsets.topic.replication.factor", MIN(3, self->brokers));
    set_number(spec->config, "log.retention.check.interval.ms", 5000);
    set_number(spec->config, "log.initial.task.delay.ms", 1000);
    set_number(spec->config, "log.cleaner.backoff.ms", 2000);
    if (self->quick) {
        set_number(spec->config, "broker.session.timeout.ms", 3000);
        set_number(spec->config, "broker.heartbeat.interval.ms", 700);
        set_number(spec->config, "replica.lag.time.max.ms", 5000);
        set_number(spec->config, "zookeeper.session.timeout.ms", 6000);
    }
    spec->era = self->era;
}

static char *rack_name(int32_t rack)
{
    return g_strdup_printf("rack-%d", rack);
}

static void add_brokers(const Case *self, ClusterSpec *spec)
{
    for (int32_t i = 0; i < self->controllers; i++) {
        g_ptr_array_add(spec->controllers, controller_spec_new(101 + i, SPEC_NONE, spec));
    }
    for (int32_t i = 0; i < self->brokers; i++) {
        BrokerSpec *broker = broker_spec_new(i + 1, SPEC_NONE, spec);
        broker->log_dirs = self->log_dirs;
        if (self->racks > 0) {
            g_free(broker->rack);
            broker->rack = rack_name(i % self->racks);
        }
        g_ptr_array_add(spec->brokers, broker);
    }
}

static void set_retention(KafkaConfig *config)
{
    set_number(config, "segment.ms", 3000);
    set_number(config, "retention.ms", 8000);
    set_number(config, "file.delete.delay.ms", 2000);
}

static void set_cleanup(const CaseTopic *topic, KafkaConfig *config)
{
    if (topic->cleanup == CLEANUP_COMPACT) {
        set_number(config, "segment.ms", 3000);
    }
    if (topic->cleanup == CLEANUP_RETENTION) {
        set_retention(config);
    } else if (topic->cleanup == CLEANUP_COMPACT) {
        set(config, "cleanup.policy", "compact");
        set(config, "min.cleanable.dirty.ratio", "0.1");
    }
}

static void add_topics(const Case *self, ClusterSpec *spec)
{
    for (int32_t i = 0; i < self->topic_count; i++) {
        const CaseTopic *topic = &self->topics[i];
        g_autofree char *name = g_strdup_printf("topic-%d", i);
        TopicSpec *entry = topic_spec_new(name, topic->partitions, topic->replication_factor);
        entry->partitions_max = topic->partitions + 1;
        entry->created_later = topic->later;
        set_cleanup(topic, entry->config);
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
        if (self->topics[producer->topic].cleanup == CLEANUP_COMPACT) {
            entry->keys = KEY_UNIFORM;
            entry->key_count = 20;
            entry->key_bytes = 8;
        }
        entry->stop = case_load_end(self);
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
    group->pattern =
        self->by_pattern ? g_strdup_printf("topic-[0-%d]", self->topic_count - 1) : NULL;
    group->is_pattern_clients = self->matches_itself;
    set(group->config, "auto.offset.reset", "earliest");
    set_number(group->config, "metadata.max.age.ms", 10000);
    set_number(group->config, "auto.commit.interval.ms", 1000);
    /* Who waits for a JoinGroup whose broker lost its power notices only after this and 5 s. */
    set_number(group->config, "max.poll.interval.ms", 15000);
    for (int32_t i = 0; i < case_member_count(self); i++) {
        g_autofree char *name = g_strdup_printf("reader-%d", i);
        MemberSpec *member = member_spec_new(name, group);
        member->start =
            i < self->members ? SIM_MS(500) * i : self->upgrade.joins[i - self->members];
        g_ptr_array_add(group->members, member);
    }
    case_set_group(self, group);
    g_ptr_array_add(spec->groups, group);
}

static FaultSpec *
add_fault(ClusterSpec *spec, FaultVerb verb, SimTime at, TargetKind target, int32_t index)
{
    FaultSpec *fault = fault_spec_new(verb, at);
    fault->target = target;
    fault->index = index;
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
    FaultSpec *fault = add_fault(spec, trouble->verb, at, trouble->target, trouble->index);
    fault->ends = ends;
    fault->one_way = trouble->one_way;
    fault->ppm = trouble->ppm;
    fault->delay = trouble->delay;
    fault->log_dir = trouble->log_dir;
    if (trouble->verb == FAULT_PARTITION) {
        fault->target = TARGET_NONE;
        fault->left = brokers_of(self, trouble->others);
        fault->right = brokers_of(self, ~trouble->others);
    } else if (trouble->target == TARGET_LEADER) {
        fault->topic = trouble->topic;
        fault->partition = trouble->partition;
    } else if (trouble->target == TARGET_MEMBER) {
        fault->index = 0;
        fault->member = trouble->index;
    } else if (trouble->target == TARGET_RACK) {
        fault->rack = rack_name(trouble->index);
    }
    return fault;
}

static GArray *moves_of(const Trouble *wish)
{
    const MoveSpec move = {wish->topic, wish->partition, wish->replicas};
    GArray *moves = g_array_new(FALSE, FALSE, sizeof(MoveSpec));
    g_array_append_val(moves, move);
    return moves;
}

static KafkaConfig *setting_of(const Trouble *wish)
{
    KafkaConfig *config = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
    if (wish->setting == SETTING_MIN_ISR) {
        set_number(config, "min.insync.replicas", wish->number);
    } else if (wish->setting == SETTING_UNCLEAN) {
        set(config, "unclean.leader.election.enable", wish->number > 0 ? "true" : "false");
    } else if (wish->setting == SETTING_RETENTION) {
        set_retention(config);
    } else {
        set(config, "leader.replication.throttled.replicas", "*");
        set(config, "follower.replication.throttled.replicas", "*");
    }
    return config;
}

/* Of all brokers: what kafka-configs --entity-default sets. */
static void add_throttle(ClusterSpec *spec, SimTime at, int64_t bytes_per_sec)
{
    FaultSpec *fault = add_fault(spec, FAULT_SET_CONFIG, at, TARGET_NONE, SPEC_NONE);
    fault->config = kafka_config_new(1u << KAFKA_SCOPE_BROKER, NULL);
    set_number(fault->config, "leader.replication.throttled.rate", bytes_per_sec);
    set_number(fault->config, "follower.replication.throttled.rate", bytes_per_sec);
}

static void add_wish(const Case *self, const Trouble *wish, ClusterSpec *spec)
{
    FaultSpec *fault = add_fault(spec, wish->verb, wish->at, TARGET_NONE, SPEC_NONE);
    fault->topic = wish->topic;
    fault->partition = wish->partition;
    fault->number = wish->number;
    if (wish->verb == FAULT_REASSIGN) {
        fault->moves = moves_of(wish);
    } else if (wish->verb == FAULT_SET_CONFIG) {
        fault->config = setting_of(wish);
        if (wish->setting == SETTING_THROTTLE) {
            add_throttle(spec, wish->at, wish->number);
            add_throttle(spec, self->heal, INT64_MAX);
        }
    } else if (wish->verb == FAULT_ELECT) {
        fault->unclean = true;
    } else if (wish->verb == FAULT_CREATE_TOPIC) {
        fault->replication_factor = self->topics[wish->topic].replication_factor;
    }
}

/* Every broker once, from the one that was drawn. */
static void add_roll(const Case *self, const Trouble *trouble, ClusterSpec *spec)
{
    FaultSpec *fault = add_fault(spec, FAULT_ROLLING_RESTART, trouble->at, TARGET_NONE, SPEC_NONE);
    RollSpec *roll = g_new0(RollSpec, 1);
    roll->order = g_array_new(FALSE, FALSE, sizeof(int32_t));
    for (int32_t i = 0; i < self->brokers; i++) {
        int32_t index = (trouble->index + i) % self->brokers;
        g_array_append_val(roll->order, index);
    }
    roll->down = trouble->delay;
    roll->pace = trouble->delay;
    roll->gate = trouble->gate;
    roll->crash = trouble->one_way;
    fault->roll = roll;
}

static void start_all(const Case *self, ClusterSpec *spec, SimTime at)
{
    for (int32_t i = 0; i < self->brokers; i++) {
        add_fault(spec, FAULT_START, at, TARGET_BROKER, i);
    }
    for (int32_t i = 0; i < self->controllers && !case_has_zookeeper(self); i++) {
        add_fault(spec, FAULT_START, at, TARGET_CONTROLLER, i);
    }
}

/* A broker reads its log directories when it starts. */
static void add_disk(const Case *self, const Trouble *trouble, ClusterSpec *spec, SimTime until)
{
    (void)add_half(self, trouble, spec, false, trouble->at);
    (void)add_half(self, trouble, spec, true, until);
    add_fault(spec, FAULT_CRASH, until, TARGET_BROKER, trouble->index);
    add_fault(spec, FAULT_START, until + SIM_MS(1), TARGET_BROKER, trouble->index);
}

static void add_trouble(const Case *self, const Trouble *trouble, ClusterSpec *spec)
{
    SimTime until = MIN(trouble->until, self->heal);
    if (trouble->verb == FAULT_ROLLING_RESTART) {
        add_roll(self, trouble, spec);
        return;
    }
    if (trouble->verb == FAULT_DISK_FULL || trouble->verb == FAULT_FAIL_DISK) {
        add_disk(self, trouble, spec, until);
        return;
    }
    if (trouble->verb == FAULT_UNREGISTER) {
        add_fault(spec, FAULT_STOP, trouble->at, TARGET_BROKER, trouble->index);
        add_fault(spec, FAULT_UNREGISTER, (trouble->at + until) / 2, TARGET_BROKER, trouble->index);
        add_fault(spec, FAULT_CRASH, until, TARGET_BROKER, trouble->index);
        add_fault(spec, FAULT_START, until + SIM_MS(1), TARGET_BROKER, trouble->index);
        return;
    }
    const FaultSpec *begun = add_half(self, trouble, spec, false, trouble->at);
    FaultVerb ends = trouble->verb == FAULT_CRASH || trouble->verb == FAULT_STOP ? FAULT_START
                     : trouble->verb == FAULT_PAUSE                              ? FAULT_RESUME
                                                                                 : trouble->verb;
    FaultSpec *end = add_half(self, trouble, spec, ends == trouble->verb, until);
    end->verb = ends;
    end->undoes = begun;
    if (trouble->verb == FAULT_POWER_CUT) {
        start_all(self, spec, until + SIM_MS(1));
    }
}

static void mend_members(const Case *self, ClusterSpec *spec)
{
    int32_t first = case_first_final_member(self);
    for (int32_t i = 0; i < first; i++) { /* it may have been started again */
        add_fault(spec, FAULT_RESUME, self->heal, TARGET_MEMBER, 0)->member = i;
        add_fault(spec, FAULT_STOP, self->heal + SIM_SEC(41), TARGET_MEMBER, 0)->member = i;
    }
    for (int32_t i = first; i < case_member_count(self) && self->is_group; i++) {
        add_fault(spec, FAULT_RESUME, self->heal, TARGET_MEMBER, 0)->member = i;
        add_fault(spec, FAULT_START, self->heal + SIM_MS(1), TARGET_MEMBER, 0)->member = i;
        if (i == self->lost_member) {
            continue;
        }
        /* close() may take 30 s: it ran still, and ends only now. */
        add_fault(spec, FAULT_START, self->heal + SIM_SEC(40), TARGET_MEMBER, 0)->member = i;
        /* KIP-848: a static member that comes back before the session of its dead process is over
         * is told UNRELEASED_INSTANCE_ID, and that ends it
         * (AbstractHeartbeatRequestManager.onErrorResponse). So does one that left by -2, when the
         * coordinator died with that heartbeat: it is sent once, and its answer is not looked at
         * (ConsumerMembershipManager: LEAVING to UNSUBSCRIBED when the request is made, or when
         * there is no coordinator). Whoever looks after it starts it again. A coordinator that was
         * elected when the cluster had healed grants the session of 45 s anew. */
        add_fault(spec, FAULT_START, self->heal + SIM_SEC(75), TARGET_MEMBER, 0)->member = i;
    }
}

/* Whatever two troubles at once have left behind: every process runs, as in Jepsen's final
 * phase. */
static void mend(const Case *self, ClusterSpec *spec)
{
    int32_t servers = self->brokers + (case_has_zookeeper(self) ? 0 : self->controllers);
    for (int32_t i = 0; i < servers; i++) {
        TargetKind kind = i < self->brokers ? TARGET_BROKER : TARGET_CONTROLLER;
        int32_t index = i < self->brokers ? i : i - self->brokers;
        add_fault(spec, FAULT_ISOLATE, self->heal, kind, index)->ends = true;
        add_fault(spec, FAULT_POWER_CUT, self->heal, kind, index)->ends = true;
        add_fault(spec, FAULT_RESUME, self->heal, kind, index);
    }
    start_all(self, spec, self->heal + SIM_MS(1));
    if (case_has_zookeeper(self)) { /* who met the node of its former session has died of it */
        start_all(self, spec, self->heal + SIM_SEC(21));
    }
    const Trouble *struck_off = case_next(self, FAULT_UNREGISTER, NULL);
    for (; struck_off != NULL; struck_off = case_next(self, FAULT_UNREGISTER, struck_off)) {
        /* While it ran, for want of a controller: it never registers again by itself. */
        SimTime at = self->heal + SIM_SEC(15);
        add_fault(spec, FAULT_CRASH, at, TARGET_BROKER, struck_off->index);
        add_fault(spec, FAULT_START, at + SIM_MS(1), TARGET_BROKER, struck_off->index);
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
    case_add_work(self, spec);
    case_add_lost_member(self, spec);
    case_add_upgrade(self, spec);
    for (int32_t i = 0; i < self->trouble_count; i++) {
        const Trouble *trouble = &self->troubles[i];
        if (!trouble->dropped && trouble->is_wish && trouble->at < self->heal) {
            add_wish(self, trouble, spec);
        } else if (!trouble->dropped && trouble->at < self->heal) {
            add_trouble(self, trouble, spec);
        }
    }
    mend(self, spec);
    mend_members(self, spec);
    g_ptr_array_sort(spec->faults, by_time); /* stable for equal times */
    return spec;
}
