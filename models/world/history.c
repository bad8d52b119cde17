/* history.c - what happened to leaders and members, as rows for timelines.
 *
 * A partition counts as offline while nobody leads it: the metadata name no leader, or the one
 * they name is dead or frozen. The second is the longer part of a crash: nobody knows yet.
 *
 * What the active controller decides counts from that moment, but only once it is committed; what
 * never is has never been. */
#include "models/world/cluster_state.h"
#include <string.h>

static void add_leader_row(Cluster *self,
                           SimTime at,
                           int32_t partition,
                           int32_t leader,
                           const PartitionRegistration *registration,
                           bool elected,
                           const char *why)
{
    const TopicInfo *topic = metadata_topic_of(self->metadata, partition);
    char isr[128];
    replica_list_text(&registration->isr, ',', isr, sizeof(isr));
    const LeaderChange row = {
        .at = at,
        .topic = topic->name,
        .partition = partition - topic->first_partition,
        .leader = leader,
        .leader_epoch = registration->leader_epoch,
        .isr = g_string_chunk_insert_const(self->strings, isr),
        .why = g_string_chunk_insert_const(self->strings, why),
        .elected = elected,
    };
    g_array_append_val(self->leader_changes, row);
    self->histories[partition].shown_leader = leader;
    self->histories[partition].leader_epoch = registration->leader_epoch;
}

static void add_deleted_row(Cluster *self, SimTime at, int32_t partition)
{
    const PartitionRegistration gone = {.leader = NO_LEADER,
                                        .leader_epoch = self->histories[partition].leader_epoch};
    add_leader_row(self, at, partition, NO_LEADER, &gone, false, LEADERS_TOPIC_DELETED);
}

static bool is_up(const Cluster *self, int32_t broker)
{
    Broker *found = broker == NO_LEADER ? NULL : cluster_broker(self, broker);
    if (found == NULL) {
        return false;
    }
    /* Before the run starts nobody lives yet; what is declared as started counts. */
    return broker_is_serving(found) || self->actor.sim == NULL;
}

Broker *history_living_leader(const Cluster *self, int32_t partition)
{
    const PartitionRegistration *registration = cluster_newest(self, partition);
    return registration != NULL && is_up(self, registration->leader)
               ? cluster_broker(self, registration->leader)
               : NULL;
}

static void account(Cluster *self, SimTime at, int32_t partition, bool online)
{
    PartitionHistory *history = &self->histories[partition];
    if (online && history->offline_since >= 0) {
        history->offline += MAX(0, at - history->offline_since);
        history->offline_since = -1;
    } else if (!online && history->offline_since < 0) {
        history->offline_since = at;
    }
}

static void on_partition(Cluster *self,
                         SimTime at,
                         TopicIdPartition identity,
                         const PartitionRegistration *registration,
                         const char *why)
{
    const int32_t partition = identity.index;
    self->totals.valid = false;
    if (registration == NULL) { /* its topic is deleted: nobody misses it */
        housekeeping_on_deletion(self, partition, self->histories[partition].shown_leader);
        add_deleted_row(self, at, partition);
        self->histories[partition].deleted = true;
        account(self, at, partition, true);
        return;
    }
    bool created = registration->partition_epoch == 0;
    if (created) {
        housekeeping_on_creation(self, identity);
    }
    PartitionHistory *history = &self->histories[partition];
    history->created = true;
    bool elected =
        !created && registration->leader != history->leader && registration->leader != NO_LEADER;
    if (elected && !metadata_topic_of(self->metadata, partition)->internal) {
        self->elections++;
    }
    history->leader = registration->leader;
    bool up = is_up(self, registration->leader); /* else the controller does not miss it yet */
    int32_t shown = up ? registration->leader : NO_LEADER;
    add_leader_row(self, at, partition, shown, registration, elected, why);
    account(self, at, partition, up);
}

/* After the record at `offset`. */
static TopicIdPartition identity_at(const Cluster *self, int32_t partition, int64_t offset)
{
    return (TopicIdPartition){metadata_topic_id(self->metadata, partition, offset + 1), partition};
}

void history_on_partition(void *owner,
                          int32_t partition,
                          const PartitionRegistration *registration,
                          const char *why)
{
    Cluster *self = owner;
    const SimTime now = sim_now(self->sim);
    const int64_t offset = metadata_end_offset(self->metadata) - 1;
    if (registration == NULL && metadata_partition(self->metadata, partition, offset) == NULL) {
        return; /* declared for later, and not there yet */
    }
    if (offset < self->committed_end) {
        on_partition(self, now, identity_at(self, partition, offset), registration, why);
        return;
    }
    const Decision decision = {
        offset, now, partition, g_string_chunk_insert_const(self->strings, why)};
    g_array_append_val(self->decisions, decision);
}

static int64_t committed_offset(const Cluster *self)
{
    return MIN(metadata_end_offset(self->metadata), self->committed_end);
}

const PartitionRegistration *cluster_newest(const Cluster *self, int32_t partition)
{
    return metadata_partition(self->metadata, partition, committed_offset(self));
}

TopicIdPartition cluster_present(const Cluster *self, int32_t partition)
{
    const int64_t id = metadata_topic_id(self->metadata, partition, committed_offset(self));
    return (TopicIdPartition){id, partition};
}

/* What stands before the run is committed; in ZooKeeper all is at once. */
void history_begin(Cluster *self)
{
    if (!cluster_has_zookeeper(self)) {
        self->committed_end = metadata_end_offset(self->metadata);
    }
}

/* Rows stay in the order of their times, be it that a broker died since the decision. */
static SimTime not_before_last_row(const Cluster *self, SimTime at)
{
    const guint rows = self->leader_changes->len;
    return rows == 0 ? at : MAX(at, g_array_index(self->leader_changes, LeaderChange, rows - 1).at);
}

void history_on_committed(void *owner, int64_t high_watermark)
{
    Cluster *self = owner;
    if (high_watermark <= self->committed_end) {
        return; /* another controller knew before */
    }
    self->committed_end = high_watermark;
    guint done = 0;
    for (; done < self->decisions->len; done++) {
        const Decision *decision = &g_array_index(self->decisions, Decision, done);
        if (decision->offset >= high_watermark) {
            break;
        }
        on_partition(self,
                     not_before_last_row(self, decision->at),
                     identity_at(self, decision->partition, decision->offset),
                     metadata_partition(self->metadata, decision->partition, decision->offset + 1),
                     decision->why);
    }
    g_array_remove_range(self->decisions, 0, done);
}

void history_on_truncated(void *owner, int64_t offset)
{
    const Cluster *self = owner;
    guint kept = self->decisions->len;
    while (kept > 0 && g_array_index(self->decisions, Decision, kept - 1).offset >= offset) {
        kept--;
    }
    g_array_set_size(self->decisions, kept);
}

bool cluster_is_frozen(const Cluster *self, const Actor *process)
{
    bool dies = false;
    for (guint i = 0; i < self->dying->len; i++) {
        dies = dies || ((const DyingProcess *)self->dying->pdata[i])->actor == process;
    }
    return process->life == ACTOR_FROZEN && !dies;
}

static bool is_frozen(const Cluster *self, int32_t broker)
{
    Broker *found = cluster_broker(self, broker);
    return found != NULL && cluster_is_frozen(self, broker_actor(found));
}

static void
show_life(Cluster *self, int32_t partition, const PartitionRegistration *registration, bool online)
{
    int32_t shown = online ? registration->leader : NO_LEADER;
    if (shown != self->histories[partition].shown_leader) {
        add_leader_row(self,
                       sim_now(self->sim),
                       partition,
                       shown,
                       registration,
                       false,
                       online                                  ? "leader is back"
                       : is_frozen(self, registration->leader) ? LEADERS_FROZEN
                                                               : "leader is down");
    }
    account(self, sim_now(self->sim), partition, online);
}

/* Nothing is decided of a leader that is back before it was missed, or under another controller
 * than it was missed by: with ZooKeeper it leads on in its old epoch, once it is told so. */
void history_on_leading(void *owner, const LeadingReplica *replica)
{
    Cluster *self = owner;
    const int32_t partition = replica->partition.index;
    if (replica->partition.topic_id < cluster_present(self, partition).topic_id) {
        return; /* it has not heard yet that its topic is deleted */
    }
    housekeeping_on_leading(self, replica);
    const PartitionRegistration *registration = cluster_newest(self, partition);
    if (self->actor.sim != NULL && registration != NULL &&
        registration->leader_epoch == replica->leader_epoch && registration->leader != NO_LEADER) {
        show_life(self, partition, registration, true);
    }
}

/* A process that has taken the place of the one that led knows of nothing yet. */
static bool is_led(const Cluster *self, int32_t partition, int32_t leader)
{
    return is_up(self, leader) &&
           (self->histories[partition].offline_since < 0 ||
            broker_leads(cluster_broker(self, leader), cluster_present(self, partition)));
}

static void look_at_brokers(Cluster *self)
{
    bool changed = false;
    for (guint i = 0; i < self->brokers->len; i++) {
        ActorLife life = broker_actor(self->brokers->pdata[i])->life;
        changed = changed || life != self->broker_lives[i];
        self->broker_lives[i] = life;
    }
    for (int32_t p = 0; changed && p < metadata_partition_count(self->metadata); p++) {
        const PartitionRegistration *registration = cluster_newest(self, p);
        if (registration == NULL || registration->leader == NO_LEADER) {
            continue;
        }
        show_life(self, p, registration, is_led(self, p, registration->leader));
    }
}

/* Of Kafka Streams and Connect. */
static char *tasks_text(const ConsumerProcess *process)
{
    const ConsumerContext *context = consumer_context(process->consumer);
    if (process->thread != NULL) {
        return stream_thread_tasks_text(process->thread);
    }
    return context->spec->connectors != NULL && context->work != NULL
               ? connect_herder_text(context->work_owner)
               : g_strdup("");
}

static void add_member_row(Cluster *self, const ConsumerProcess *process, const char *state)
{
    const GroupSpec *group = self->spec->groups->pdata[process->group];
    const MemberSpec *member = group->members->pdata[process->member];
    g_autoptr(GString) owned = g_string_new(NULL);
    const int32_t *partitions;
    int32_t count = consumer_owned(process->consumer, &partitions);
    for (int32_t i = 0; i < count; i++) {
        char name[256];
        metadata_partition_name(self->metadata, partitions[i], name, sizeof(name));
        g_string_append_printf(owned, "%s%s", i > 0 ? " " : "", name);
    }
    g_autofree char *tasks = tasks_text(process);
    const bool is_worker = group->connectors != NULL;
    const char *consuming = is_worker && tasks[0] != '\0' ? "running"
                            : count == 0                  ? "idle"
                                                          : "consuming";
    const AssignmentChange row = {
        .at = sim_now(self->sim),
        .group = group->name,
        .member = member->name,
        .state = strcmp(state, "consuming") == 0 ? consuming : state,
        .generation = consumer_generation(process->consumer),
        .partitions = g_string_chunk_insert_const(self->strings, owned->str),
        .tasks = g_string_chunk_insert_const(self->strings, tasks),
    };
    g_array_append_val(self->assignment_changes, row);
    if (strcmp(state, "consuming") == 0 || row.generation <= 0) { /* owns, or joins anew */
        watching_member(self, process);
    }
}

/* A group's account begins where its partitions end as its first member starts. */
static void begin_group(Cluster *self, int32_t group)
{
    const GArray *topics = self->group_topics->pdata[group];
    for (guint t = 0; t < topics->len && !self->groups_begun[group]; t++) {
        const TopicInfo *topic = metadata_topic(self->metadata, g_array_index(topics, int32_t, t));
        for (int32_t p = topic->first_partition; p < topic->first_partition + topic->partitions;
             p++) {
            ledger_group_begins(self->ledger, group, p, cluster_high_watermark(self, p));
        }
    }
    self->groups_begun[group] = true;
}

/* NULL: it has no row. */
static const char *last_state(const Cluster *self, const char *member)
{
    for (guint i = self->assignment_changes->len; i-- > 0;) {
        const AssignmentChange *row = &g_array_index(self->assignment_changes, AssignmentChange, i);
        if (strcmp(row->member, member) == 0) {
            return row->state;
        }
    }
    return NULL;
}

/* Who lost its membership while its application tried a record again has left, and stays so. NULL:
 * nothing changed. */
static const char *
state_to_show(const Cluster *self, const ConsumerProcess *process, const char *state)
{
    const GroupSpec *group = self->spec->groups->pdata[process->group];
    const MemberSpec *member = group->members->pdata[process->member];
    if (strcmp(state, "retrying") == 0) {
        return g_strcmp0(last_state(self, member->name), "consuming") == 0 ? state : NULL;
    }
    if (strcmp(state, "retried") == 0) {
        return g_strcmp0(last_state(self, member->name), "retrying") == 0 ? "consuming" : NULL;
    }
    return state;
}

void history_on_member(void *owner, const Consumer *member, const char *state)
{
    Cluster *self = owner;
    const ConsumerContext *context = consumer_context(member);
    const guint row =
        self->group_rows[context->group_index].consumers + (guint)context->member_index;
    ConsumerProcess *process = &g_array_index(self->consumers, ConsumerProcess, row);
    state = state_to_show(self, process, state);
    if (state == NULL) {
        return;
    }
    add_member_row(self, process, g_string_chunk_insert_const(self->strings, state));
    if (process->back_after > 0 && consumer_has_closed(member)) {
        actor_arm(&self->actor, &process->start, process->back_after);
        process->back_after = 0;
    }
    begin_group(self, process->group);
}

static bool has_ended(const Cluster *self, const char *member)
{
    static const char *const ends[] = {"left", "stopped", "dead", NULL};
    const char *state = last_state(self, member);
    return state == NULL || g_strv_contains(ends, state);
}

static void look_at_members(Cluster *self)
{
    for (guint i = 0; i < self->consumers->len; i++) {
        ConsumerProcess *process = &g_array_index(self->consumers, ConsumerProcess, i);
        ActorLife life = consumer_actor(process->consumer)->life;
        if (life == process->seen) {
            continue;
        }
        if (life == ACTOR_DEAD) {
            process->back_after = 0; /* it died in its close() */
        }
        const GroupSpec *group = self->spec->groups->pdata[process->group];
        const MemberSpec *member = group->members->pdata[process->member];
        if (life == ACTOR_FROZEN) {
            add_member_row(self, process, "frozen");
        } else if (life == ACTOR_DEAD && !has_ended(self, member->name)) {
            add_member_row(self, process, "dead");
        } else if (life == ACTOR_ALIVE && process->seen == ACTOR_FROZEN) {
            add_member_row(self, process, "consuming");
        }
        process->seen = life;
    }
}

/* The living one of the newest epoch: a deposed one may not know it yet. */
static void look_at_controllers(Cluster *self)
{
    ControllerChange now = {.at = sim_now(self->sim), .controller = -1, .epoch = -1};
    for (guint i = 0; i < self->controllers->len; i++) {
        Controller *controller = self->controllers->pdata[i];
        int32_t epoch = controller_epoch(controller);
        if (controller_is_leading(controller) &&
            controller_actor(controller)->life == ACTOR_ALIVE && epoch > now.epoch) {
            now.controller = controller_id(controller);
            now.epoch = epoch;
        }
    }
    guint rows = self->controller_changes->len;
    const ControllerChange *last =
        rows > 0 ? &g_array_index(self->controller_changes, ControllerChange, rows - 1) : NULL;
    if (last == NULL ? now.controller >= 0
                     : last->controller != now.controller ||
                           (now.controller >= 0 && last->epoch != now.epoch)) {
        now.epoch = now.epoch < 0 && last != NULL ? last->epoch : now.epoch;
        g_array_append_val(self->controller_changes, now);
    }
}

void history_on_controllers(void *owner)
{
    look_at_controllers(owner);
}

void history_look(Cluster *self)
{
    look_at_brokers(self);
    look_at_controllers(self);
    look_at_members(self);
}

/* The process ends within its own handler: it is looked at when that is over. */
void history_on_broker_exit(void *owner, int32_t broker)
{
    Cluster *self = owner;
    (void)broker;
    actor_arm(&self->actor, &self->look_timer, 0);
}
