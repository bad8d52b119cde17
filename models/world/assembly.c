/* assembly.c - every process of a cluster from its spec: the only place that knows them all. */
#include "models/world/cluster_state.h"
#include "sim/resource/host.h"

#define OFFSETS_TOPIC "__consumer_offsets"

static uint32_t make_host(Sim *sim, const char *name, const char *rack, const HardwareProfile *from)
{
    const HostProfile profile = {
        .name = name,
        .rack = rack,
        .cores = (uint32_t)from->host_cores,
        .discipline = HOST_PROCESSOR_SHARING,
        .page_cache_bytes = from->host_page_cache,
        .others = {.threads = (uint32_t)from->host_other_threads,
                   .slice = from->host_slice,
                   .burst = from->host_other_burst,
                   .pause = from->host_other_pause},
        .disk = {.write_bytes_per_sec = from->disk_write,
                 .read_bytes_per_sec = from->disk_read,
                 .fsync = from->disk_fsync,
                 .seek = from->disk_seek},
    };
    return host_new(sim, &profile);
}

static void make_hosts(Cluster *self)
{
    const HardwareProfile *profile = &self->spec->profile;
    const NetworkProfile network = {
        .latency = profile->network_latency,
        .loopback_latency = profile->network_loopback_latency,
        .cross_rack_extra = profile->network_cross_rack_extra,
        .bandwidth_bytes_per_sec = profile->network_bandwidth,
    };
    network_new(self->sim, &network);
    self->hosts = g_new0(uint32_t, MAX(1, self->spec->hosts->len));
    for (guint i = 0; i < self->spec->hosts->len; i++) {
        const HostSpec *host = self->spec->hosts->pdata[i];
        HardwareProfile own = host->profile;
        own.host_cores = host->cores;
        self->hosts[i] = make_host(self->sim, host->name, host->rack, &own);
    }
}

uint32_t cluster_host_for(Cluster *self, int32_t host, const char *process)
{
    if (host >= 0) {
        return self->hosts[host];
    }
    g_autofree char *name = g_strdup_printf("host-%s", process);
    return make_host(self->sim, name, "", &self->spec->profile);
}

static void declare_topics(Cluster *self)
{
    self->metadata = metadata_log_new();
    for (guint i = 0; i < self->spec->topics->len; i++) {
        const TopicSpec *topic = self->spec->topics->pdata[i];
        metadata_add_topic(self->metadata,
                           topic->name,
                           cluster_spec_most_partitions(self->spec, (int32_t)i),
                           false,
                           topic->config);
    }
    if (self->spec->groups->len > 0) {
        int64_t count = kafka_config_integer(self->spec->config, "offsets.topic.num.partitions");
        metadata_add_topic(self->metadata, OFFSETS_TOPIC, (int32_t)count, true, NULL);
    }
    cluster_declare_transactions(self);
    self->histories =
        g_new0(PartitionHistory, (gsize)MAX(1, metadata_partition_count(self->metadata)));
    housekeeping_begin(self);
    for (int32_t p = 0; p < metadata_partition_count(self->metadata); p++) {
        self->histories[p] = (PartitionHistory){.offline_since = -1, .shown_leader = NO_LEADER};
    }
}

static Actor *find_voter(void *owner, int32_t id)
{
    const Cluster *self = owner;
    for (guint i = 0; i < self->controllers->len; i++) {
        if (controller_id(self->controllers->pdata[i]) == id) {
            return controller_actor(self->controllers->pdata[i]);
        }
    }
    return NULL;
}

static Actor *find_peer(void *owner, int32_t broker)
{
    Broker *found = cluster_broker(owner, broker);
    return found != NULL ? broker_actor(found) : NULL;
}

bool cluster_has_zookeeper(const Cluster *self)
{
    return !self->spec->era.on[ERA_KRAFT];
}

/* Who has a controller: in ZooKeeper mode every broker. */
static guint controller_count(const Cluster *self)
{
    return cluster_has_zookeeper(self) ? self->spec->brokers->len : self->spec->controllers->len;
}

static int32_t controller_id_at(const Cluster *self, guint i)
{
    if (cluster_has_zookeeper(self)) {
        return ((const BrokerSpec *)self->spec->brokers->pdata[i])->id;
    }
    return ((const ControllerSpec *)self->spec->controllers->pdata[i])->id;
}

/* The voters' ids, ascending; their actors beside them once they exist. */
static void list_voters(Cluster *self)
{
    guint count = controller_count(self);
    self->voter_ids = g_new0(int32_t, MAX(1, count));
    self->voters = g_new0(Actor *, MAX(1, count));
    for (guint i = 0; i < count; i++) {
        int32_t id = controller_id_at(self, i);
        guint at = i;
        for (; at > 0 && self->voter_ids[at - 1] > id; at--) {
            self->voter_ids[at] = self->voter_ids[at - 1];
        }
        self->voter_ids[at] = id;
    }
}

/* The first of the spec leads the quorum of a cluster that is up; in ZooKeeper mode the first
 * broker that runs has /controller. */
static int32_t first_leader(const Cluster *self)
{
    guint first = 0;
    if (cluster_has_zookeeper(self)) {
        while (first + 1 < self->spec->brokers->len &&
               !((const BrokerSpec *)self->spec->brokers->pdata[first])->started) {
            first++;
        }
    }
    return controller_id_at(self, first);
}

static void make_zookeeper(Cluster *self)
{
    const BrokerSpec *first = self->spec->brokers->pdata[0];
    self->zookeeper_era = self->spec->era;
    self->zookeeper_era.on[ERA_KIP_966] = false; /* both are KRaft's only */
    self->zookeeper_era.on[ERA_KIP_903] = false;
    self->zookeeper = zookeeper_new(self->sim,
                                    &self->spec->profile,
                                    cluster_host_for(self, -1, "zookeeper"),
                                    kafka_config_ms(first->config, "zookeeper.session.timeout.ms"),
                                    (int32_t)controller_count(self),
                                    self->voter_ids);
}

/* ZooKeeper mode: a part of the broker's process, on its host. */
static void make_controller(Cluster *self, guint i)
{
    bool zookeeper = cluster_has_zookeeper(self);
    int32_t id = controller_id_at(self, i);
    g_autofree char *name = g_strdup_printf("%s-%d", zookeeper ? "broker" : "controller", id);
    ControllerContext context = {
        .sim = self->sim,
        .metadata = self->metadata,
        .profile = &self->spec->profile,
        .era = zookeeper ? &self->zookeeper_era : &self->spec->era,
        .content = self->content,
        .voter_count = (int32_t)controller_count(self),
        .voters = self->voter_ids,
        .find_voter = find_voter,
        .first_leader = first_leader(self),
        .mode = zookeeper ? &zookeeper_era : NULL,
        .zookeeper = self->zookeeper,
        .find_broker = find_peer,
        .on_partition = history_on_partition,
        .on_committed = history_on_committed,
        .on_truncated = history_on_truncated,
        .on_office = history_on_controllers,
        .on_admin = admin_on_answer,
        .on_exit = history_on_broker_exit,
        .owner = self,
    };
    int32_t host;
    if (zookeeper) {
        const BrokerSpec *spec = self->spec->brokers->pdata[i];
        context.config = spec->config;
        host = spec->host;
    } else {
        const ControllerSpec *spec = self->spec->controllers->pdata[i];
        context.config = spec->config != NULL ? spec->config : self->spec->config;
        host = spec->host;
    }
    g_ptr_array_add(self->controllers,
                    controller_new(&context, id, cluster_host_for(self, host, name)));
}

static void make_controllers(Cluster *self)
{
    guint count = controller_count(self);
    self->controllers = g_ptr_array_new();
    self->content = raft_content_new(self->metadata);
    list_voters(self);
    if (cluster_has_zookeeper(self)) {
        make_zookeeper(self);
    }
    for (guint i = 0; i < count; i++) {
        make_controller(self, i);
    }
    for (guint i = 0; i < count; i++) {
        self->voters[i] = find_voter(self, self->voter_ids[i]);
    }
}

Controller *cluster_active_controller(const Cluster *self)
{
    for (guint i = 0; i < self->controllers->len; i++) {
        if (controller_is_leading(self->controllers->pdata[i])) {
            return self->controllers->pdata[i];
        }
    }
    return NULL;
}

Controller *cluster_named_controller(const Cluster *self, const FaultSpec *fault)
{
    if (fault->target == TARGET_ACTIVE_CONTROLLER) {
        return cluster_active_controller(self);
    }
    guint index = (guint)fault->index;
    return index < self->controllers->len && !cluster_has_zookeeper(self)
               ? self->controllers->pdata[index]
               : NULL;
}

Broker *cluster_broker(const Cluster *self, int32_t id)
{
    int32_t low = 0;
    int32_t high = self->book.count;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (self->book_ids[middle] < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < self->book.count && self->book_ids[low] == id ? self->book_brokers[low] : NULL;
}

Broker *cluster_broker_at(const Cluster *self, int32_t index)
{
    return self->brokers->pdata[index];
}

static void make_brokers(Cluster *self)
{
    guint count = self->spec->brokers->len;
    self->broker_lives = g_new0(ActorLife, MAX(1, count));
    self->client_users = cluster_spec_client_users(self->spec);
    for (guint i = 0; i < count; i++) {
        const BrokerSpec *spec = self->spec->brokers->pdata[i];
        const BrokerContext context = {
            .sim = self->sim,
            .metadata = self->metadata,
            .rack = spec->rack,
            .config = spec->config,
            .profile = cluster_spec_profile(self->spec, spec->host),
            .era = cluster_has_zookeeper(self) ? &self->zookeeper_era : &self->spec->era,
            .controller_count = (int32_t)self->controllers->len,
            .controller_ids = self->voter_ids,
            .controllers = self->voters,
            .first_leader = first_leader(self),
            .find_peer = find_peer,
            .on_exit = faults_on_broker_exit,
            .takes_push = cluster_takes_push,
            .close_session = cluster_close_session,
            .create_topic = admin_auto_create,
            .on_produced = watching_produced,
            .on_leading = history_on_leading,
            .before_forgetting = housekeeping_before_deletion,
            .key_model = housekeeping_key_model,
            .remote = self->remote,
            .log_dirs = spec->log_dirs,
            .owner = self,
            .client_quotas = self->spec->client_quotas,
            .client_users = self->client_users,
            .records = self->records,
            .txn_records = self->txn_records,
            .trace_batches = self->spec->trace_batches,
            .groups = self->spec->groups,
            .share_states = self->share_states,
            .watch = watching_replicas(self),
            .producer_ids = &self->producer_ids,
        };
        g_autofree char *name = g_strdup_printf("broker-%d", spec->id);
        uint32_t host = cluster_has_zookeeper(self)
                            ? controller_actor(self->controllers->pdata[i])->host
                            : cluster_host_for(self, spec->host, name);
        g_ptr_array_add(self->brokers, broker_new(&context, spec->id, host));
        if (spec->started) {
            controller_bootstrap_broker(
                self->controllers->pdata[0], spec->id, spec->rack != NULL ? spec->rack : "", true);
        }
        self->broker_lives[i] = spec->started ? ACTOR_ALIVE : ACTOR_DEAD;
    }
}

/* Ascending ids, as clients search them. */
static void make_address_book(Cluster *self)
{
    guint count = self->brokers->len;
    self->book_ids = g_new0(int32_t, MAX(1, count));
    self->book_actors = g_new0(Actor *, MAX(1, count));
    self->book_brokers = g_new0(Broker *, MAX(1, count));
    for (guint i = 0; i < count; i++) {
        Broker *broker = self->brokers->pdata[i];
        guint at = i;
        while (at > 0 && self->book_ids[at - 1] > broker_id(broker)) {
            self->book_ids[at] = self->book_ids[at - 1];
            self->book_actors[at] = self->book_actors[at - 1];
            self->book_brokers[at] = self->book_brokers[at - 1];
            at--;
        }
        self->book_ids[at] = broker_id(broker);
        self->book_actors[at] = broker_actor(broker);
        self->book_brokers[at] = broker;
    }
    self->book = (AddressBook){(int32_t)count, self->book_ids, self->book_actors};
}

static void place_topics(Cluster *self)
{
    for (guint i = 0; i < self->spec->topics->len; i++) {
        const TopicSpec *topic = self->spec->topics->pdata[i];
        if (topic->created_later) {
            continue;
        }
        bool created = controller_bootstrap_topic(self->controllers->pdata[0],
                                                  (int32_t)i,
                                                  topic->partitions,
                                                  topic->replication_factor,
                                                  topic->assignment);
        if (!created && topic->assignment != NULL) {
            cluster_note(
                self,
                "topic %s: INVALID_REPLICA_ASSIGNMENT, a partition whose brokers all stand still",
                topic->name);
        } else if (!created) {
            cluster_note(self,
                         "topic %s: INVALID_REPLICATION_FACTOR, %d replicas on %u brokers",
                         topic->name,
                         topic->replication_factor,
                         self->brokers->len);
        }
    }
    cluster_place_internal(
        self, OFFSETS_TOPIC, "offsets.topic.replication.factor", "no group can form");
    cluster_place_internal(self,
                           CLUSTER_TRANSACTIONS_TOPIC,
                           "transaction.state.log.replication.factor",
                           "no transaction can begin");
}

static void make_group(Cluster *self, int32_t index)
{
    const GroupSpec *spec = self->spec->groups->pdata[index];
    const GArray *topics = self->group_topics->pdata[index];
    StreamsApp *app = applications_add(self, spec);
    for (guint m = 0; m < spec->members->len; m++) {
        const MemberSpec *member = spec->members->pdata[m];
        const ConsumerContext context = {
            .sim = self->sim,
            .brokers = &self->book,
            .topics = self->metadata,
            .ledger = self->ledger,
            .spec = spec,
            .group_index = index,
            .member_index = (int32_t)m,
            .topic_indices = (const int32_t *)(const void *)topics->data,
            .topic_count = (int32_t)topics->len,
            .profile = cluster_spec_profile(self->spec, member->host),
            .era = &self->spec->era,
            .on_change = history_on_member,
            .owner = self,
            .watch = spec->kind == GROUP_SHARES ? NULL : watching_groups(self),
            .record_by_record = self->spec->record_by_record,
            .trace_deliveries = self->spec->trace_batches,
        };
        ConsumerProcess process = {.group = index, .member = (int32_t)m, .seen = ACTOR_DEAD};
        const uint32_t host = cluster_host_for(self, member->host, member->name);
        process.consumer =
            applications_make_member(self, app, &context, member->name, host, &process.thread);
        g_array_append_val(self->consumers, process);
    }
}

static void make_groups(Cluster *self)
{
    self->consumers = g_array_new(FALSE, TRUE, sizeof(ConsumerProcess));
    applications_init(self);
    self->groups_begun = g_new0(bool, MAX(1, self->spec->groups->len));
    self->group_rows = g_new0(GroupRows, MAX(1, self->spec->groups->len));
    self->group_topics = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    for (guint i = 0; i < self->spec->groups->len; i++) {
        const GroupSpec *spec = self->spec->groups->pdata[i];
        GArray *topics = g_array_new(FALSE, FALSE, sizeof(int32_t));
        g_array_append_vals(topics, spec->topics->data, spec->topics->len);
        g_ptr_array_add(self->group_topics, topics);
        GroupRows *rows = &self->group_rows[i];
        rows->consumers = self->consumers->len;
        rows->positions = self->positions->len;
        if (spec->kind == GROUP_SHARES) {
            ledger_set_shared(self->ledger, (int32_t)i);
        }
        make_group(self, (int32_t)i);
        for (guint t = 0; t < topics->len; t++) {
            const TopicInfo *topic =
                metadata_topic(self->metadata, g_array_index(topics, int32_t, t));
            for (int32_t p = 0; p < topic->partitions; p++) {
                const GroupPosition position = {(int32_t)i, topic->first_partition + p, -1, -1};
                g_array_append_val(self->positions, position);
            }
        }
        rows->consumers_end = self->consumers->len;
        rows->positions_end = self->positions->len;
    }
}

static void note_unsimulated_faults(Cluster *self)
{
    for (guint i = 0; i < self->spec->faults->len; i++) {
        const FaultSpec *fault = self->spec->faults->pdata[i];
        if (!fault_verb_is_simulated(fault->verb)) {
            cluster_note(
                self, "%s at %d ms", fault_verb_name(fault->verb), (int)(fault->at / SIM_MS(1)));
        }
    }
}

void cluster_assemble(Cluster *self)
{
    self->records = coordinator_records_new();
    self->txn_records = cluster_spec_has_transactions(self->spec) ? txn_records_new() : NULL;
    cluster_make_share_states(self);
    self->remote = remote_storage_new();
    self->ledger = ledger_new(
        (int32_t)self->spec->producers->len, (int32_t)self->spec->groups->len, self->spec->warmup);
    self->producer_ids = 1000;
    make_hosts(self);
    declare_topics(self);
    make_controllers(self);
    self->brokers = g_ptr_array_new();
    watching_start(self);
    make_brokers(self);
    make_address_book(self);
    place_topics(self);
    history_begin(self);
    watching_bootstrapped(self);
    producers_make(self);
    make_groups(self);
    workers_join(self);
    note_unsimulated_faults(self);
}
