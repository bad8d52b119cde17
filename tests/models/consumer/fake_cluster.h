/* fake_cluster.h - makes, starts and runs the scripted brokers of fake_broker.h and the consumers
 * under test. */
#ifndef KAFKASIM_TESTS_MODELS_CONSUMER_FAKE_CLUSTER_H
#define KAFKASIM_TESTS_MODELS_CONSUMER_FAKE_CLUSTER_H
#include "tests/models/consumer/fake_broker.h"

static inline void fake_make_brokers(FakeCluster *self)
{
    for (int32_t b = 0; b < 2; b++) {
        FakeBroker *broker = &self->brokers[b];
        const HostProfile host = {.name = "host", .rack = "", .cores = 1};
        broker->cluster = self;
        broker->id = b;
        broker->sessions = g_ptr_array_new_with_free_func(fake_session_free);
        broker->busy = g_array_new(FALSE, FALSE, sizeof(ConnectionId));
        broker->waiting = g_ptr_array_new();
        actor_init(&broker->actor,
                   &fake_broker_class,
                   self->sim,
                   b == 0 ? "broker-0" : "broker-1",
                   host_new(self->sim, &host));
        ck_assert(actor_start(&broker->actor));
        self->actors[b] = &broker->actor;
        self->ids[b] = b;
    }
    self->book = (AddressBook){2, self->ids, self->actors};
}

static inline void fake_make_coordinator(FakeCluster *self)
{
    const CoordinatorHost host = {
        .owner = self,
        .actor = &self->brokers[0].actor,
        .append = fake_append,
        .respond = fake_respond,
        .offsets_partition = fake_offsets_partition,
        .offsets_partition_count = fake_offsets_count,
        .topic = fake_topic,
        .metadata_offset = fake_metadata_offset,
    };
    const CoordinatorOptions options = {
        .initial_rebalance_delay_ns = SIM_SEC(3),
        .session_timeout_ns_min = SIM_SEC(6),
        .session_timeout_ns_max = SIM_SEC(1800),
        .group_max_size = INT32_MAX,
        .append_linger_ns = SIM_MS(5),
        .offset_commit_timeout_ns = SIM_SEC(5),
        .consumer = fake_modern_options(),
        .timer_kind = 1,
    };
    self->records = coordinator_records_new();
    self->coordinator = group_coordinator_new(&host, &options, self->records);
    group_coordinator_on_elected(self->coordinator, FAKE_OFFSETS);
    group_coordinator_on_loaded(self->coordinator, FAKE_OFFSETS);
}

/* One topic "t" with so many partitions; options of the group are set in spec->config after. */
static inline FakeCluster *fake_new(int32_t partitions)
{
    FakeCluster *self = g_new0(FakeCluster, 1);
    self->sim = sim_new(11, NULL);
    const NetworkProfile network = {
        .latency = distribution_constant(SIM_MS(1)),
        .loopback_latency = distribution_constant(SIM_MS(1)),
    };
    (void)network_new(self->sim, &network);
    self->topics = metadata_log_new();
    self->partitions = partitions;
    self->topic = metadata_add_topic(self->topics, "t", partitions, false, NULL);
    for (int32_t p = 0; p < partitions; p++) {
        self->logs[p] = g_array_new(FALSE, FALSE, sizeof(RecordBatch));
    }
    self->ledger = ledger_new(1, 1, 0);
    self->cluster_spec = cluster_spec_new();
    self->spec = group_spec_new("g");
    g_ptr_array_add(self->cluster_spec->groups, self->spec);
    hardware_profile_init(&self->profile);
    self->profile.client_start = 0;
    self->lines = g_string_new("");
    fake_make_brokers(self);
    fake_make_coordinator(self);
    return self;
}

/* Appends a batch now. */
static inline void fake_produce(FakeCluster *self, int32_t partition, int32_t count)
{
    RecordBatch batch = {
        .base_offset = fake_end(self, partition),
        .producer_id = NO_PRODUCER_ID,
        .first_created = sim_now(self->sim),
        .last_created = sim_now(self->sim),
        .partition = partition,
        .count = count,
        .bytes = RECORD_BATCH_OVERHEAD_BYTES + 100 * count,
    };
    g_array_append_val(self->logs[partition], batch);
    FakeBroker *leader = &self->brokers[partition % 2];
    for (guint i = 0; i < leader->sessions->len; i++) {
        fake_release(leader, g_ptr_array_index(leader->sessions, i), true);
    }
}

/* Starts a member now. */
static inline Consumer *fake_start(FakeCluster *self, const char *name)
{
    const HostProfile host = {.name = "client", .rack = "", .cores = 1};
    g_ptr_array_add(self->spec->members, member_spec_new(name, self->spec));
    const ConsumerContext context = {
        .sim = self->sim,
        .brokers = &self->book,
        .topics = self->topics,
        .ledger = self->ledger,
        .spec = self->spec,
        .member_index = self->member_count,
        .topic_indices = &self->topic,
        .topic_count = 1,
        .profile = &self->profile,
        .record_by_record = self->record_by_record,
    };
    Consumer *member = consumer_new(&context, name, host_new(self->sim, &host));
    self->members[self->member_count++] = member;
    ck_assert(actor_start(consumer_actor(member)));
    return member;
}

static inline void fake_run(FakeCluster *self, SimTime until)
{
    kernel_run(self->sim->kernel, until);
}

static inline void fake_free(FakeCluster *self)
{
    for (int32_t m = 0; m < self->member_count; m++) {
        consumer_free(self->members[m]);
    }
    group_coordinator_free(self->coordinator);
    coordinator_records_free(self->records);
    for (int32_t b = 0; b < 2; b++) {
        g_ptr_array_free(self->brokers[b].sessions, TRUE);
        g_array_free(self->brokers[b].busy, TRUE);
        g_ptr_array_free(self->brokers[b].waiting, TRUE);
        actor_clear(&self->brokers[b].actor);
    }
    for (int32_t p = 0; p < self->partitions; p++) {
        g_array_free(self->logs[p], TRUE);
    }
    ledger_free(self->ledger);
    metadata_log_free(self->topics);
    g_string_free(self->lines, TRUE);
    sim_free(self->sim);
    cluster_spec_free(self->cluster_spec);
    g_free(self);
}

#endif
