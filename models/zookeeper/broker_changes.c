/* broker_changes.c - brokers come, go, stop: what the controller of the ZooKeeper era makes of it.
 *
 *   in ZooKeeper --onBrokerStartup--> live --ControlledShutdown--> shutting down
 *        live, shutting down --not in ZooKeeper any more: onBrokerFailure--> gone
 *
 * Registered without being fenced is what is live here: in Kafka it is in the controller's memory
 * only, so that who takes the office asks ZooKeeper, and knows of no controlled shutdown.
 *
 * Mirrors: KafkaController.processBrokerChange, .onBrokerStartup, .onBrokerFailure,
 * .doControlledShutdown, .initializeControllerContext; ReplicaStateMachine.startup,
 * PartitionStateMachine.startup. */
#include "models/zookeeper/zookeeper_state.h"

static Control *control_of(const ZooKeeperEra *self)
{
    return self->controller->control;
}

static int32_t place_of(const ZooKeeperEra *self, int32_t broker)
{
    int32_t at = 0;
    while (at + 1 < self->context->voter_count && self->context->voters[at] != broker) {
        at++;
    }
    return at;
}

uint64_t zookeeper_node(const ZooKeeperEra *self, int32_t broker)
{
    return self->nodes[place_of(self, broker)];
}

/* Its session, 0 when it is not there. */
static uint64_t session_in(const GArray *nodes, int32_t broker)
{
    for (guint i = 0; i < nodes->len; i++) {
        const ZooKeeperNode *node = &g_array_index(nodes, ZooKeeperNode, i);
        if (node->broker == broker) {
            return node->session;
        }
    }
    return 0;
}

/* A leader's own writes are known to the controller late: it reads again what it is to change
 * (ReplicaStateMachine.getTopicPartitionStatesFromZk). */
static void read_again(ZooKeeperEra *self)
{
    if (!self->context->era->on[ERA_KIP_497]) {
        control_activate(control_of(self), actor_now(&self->controller->actor));
    }
}

static bool leads(const ZooKeeperEra *self, int32_t broker, int32_t partition)
{
    return controller_partition(self->controller, partition)->leader == broker;
}

static SimDuration write_cost(const ZooKeeperEra *self, int32_t states)
{
    return self->context->profile->zookeeper_write * states;
}

/* ---- who is there */

static void change_broker(ZooKeeperEra *self, const BrokerRegistration *next, const char *why)
{
    control_append_broker(control_of(self), next, false, why);
    control_replay_brokers(control_of(self));
}

/* Each session of a broker has an epoch of its own (KIP-380: the czxid of its node). */
static void register_broker(ZooKeeperEra *self, int32_t broker, uint64_t session, const char *why)
{
    Control *control = control_of(self);
    const BrokerRegistration *old = control_broker(control, broker);
    const BrokerRegistration next = {
        .id = broker,
        .epoch = control_end_offset(control),
        .incarnation_id = (uint32_t)session,
        .rack = old != NULL && old->rack != NULL ? old->rack : "",
    };
    control_step(control,
                 "registered",
                 "broker %d, %s",
                 broker,
                 old == NULL ? "for the first time" : "not for the first time");
    partition_index_keep_offline(control->index, broker, next.incarnation_id);
    control_append_broker(control, &next, true, why);
    control_replay_brokers(control);
}

static void set_node(ZooKeeperEra *self, int32_t broker, uint64_t session)
{
    self->nodes[place_of(self, broker)] = session;
    controller_channels_set(self->channels, broker, false);
    controller_channels_set(self->channels, broker, session != 0);
}

static void forget_broker(ZooKeeperEra *self, int32_t broker, const char *why)
{
    BrokerRegistration next = *control_broker(control_of(self), broker);
    if (!next.fenced) {
        next.fenced = true;
        next.in_controlled_shutdown = false;
        change_broker(self, &next, why);
    }
}

/* ---- another controller takes over */

/* As the last one left it, but for who is there: whoever was away meanwhile was not missed. */
void zookeeper_init_brokers(ZooKeeperEra *self, const GArray *nodes)
{
    for (int32_t i = 0; i < self->context->voter_count; i++) {
        int32_t broker = self->context->voters[i];
        uint64_t session = session_in(nodes, broker);
        const BrokerRegistration *known = control_broker(control_of(self), broker);
        set_node(self, broker, session);
        if (session == 0) {
            continue;
        }
        if (known == NULL || known->fenced || known->incarnation_id != (uint32_t)session) {
            register_broker(self, broker, session, "fail-over");
        } else if (known->in_controlled_shutdown) {
            BrokerRegistration next = *known;
            next.in_controlled_shutdown = false;
            change_broker(self, &next, "fail-over");
        }
    }
}

SimDuration zookeeper_replicas_startup_cost(const ZooKeeperEra *self)
{
    int32_t states = 0;
    for (int32_t i = 0; i < self->context->voter_count; i++) {
        int32_t broker = self->context->voters[i];
        int32_t p = self->nodes[i] == 0 ? zookeeper_next_member(self, broker, 0) : -1;
        for (; p >= 0; p = zookeeper_next_member(self, broker, p + 1)) {
            states++;
        }
    }
    return write_cost(self, states);
}

/* Of all that are not there, however long ago they went. */
void zookeeper_start_replicas(ZooKeeperEra *self)
{
    for (int32_t i = 0; i < self->context->voter_count; i++) {
        int32_t broker = self->context->voters[i];
        const BrokerRegistration *known = control_broker(control_of(self), broker);
        if (self->nodes[i] != 0 || known == NULL) {
            continue;
        }
        g_autofree char *why = g_strdup_printf("fail-over without %d", broker);
        if (!known->fenced) {
            actor_log(&self->controller->actor,
                      "broker failure",
                      "broker %d is not in ZooKeeper",
                      broker);
        }
        forget_broker(self, broker, why);
        for (int32_t p = zookeeper_next_member(self, broker, 0); p >= 0;
             p = zookeeper_next_member(self, broker, p + 1)) {
            zookeeper_take_replica_offline(self, p, broker, why);
        }
    }
}

/* ---- brokers come and go */

static void on_broker_startup(ZooKeeperEra *self, const GArray *brokers, const GArray *nodes)
{
    g_autoptr(GString) why = g_string_new("broker startup ");
    for (guint i = 0; i < brokers->len; i++) {
        int32_t broker = g_array_index(brokers, int32_t, i);
        g_string_append_printf(why, i > 0 ? ",%d" : "%d", broker);
        register_broker(self, broker, session_in(nodes, broker), why->str);
        control_step(control_of(self), "broker startup", "broker %d is in ZooKeeper", broker);
    }
    zookeeper_trigger_online(self, why->str);
    zookeeper_resume_reassignments(self, brokers);
    topic_deletion_allow(self, brokers);
}

/* Elections first, told of at once; then the others leave their ISRs, one by one. */
static void on_broker_failure(ZooKeeperEra *self, const GArray *brokers)
{
    int32_t others = 0;
    for (guint i = 0; i < brokers->len; i++) {
        int32_t broker = g_array_index(brokers, int32_t, i);
        actor_log(
            &self->controller->actor, "broker failure", "broker %d has left ZooKeeper", broker);
        forget_broker(self, broker, "broker failure");
    }
    for (guint i = 0; i < brokers->len; i++) {
        int32_t broker = g_array_index(brokers, int32_t, i);
        g_autofree char *why = g_strdup_printf("broker failure %d", broker);
        for (int32_t p = zookeeper_next_member(self, broker, 0); p >= 0;
             p = zookeeper_next_member(self, broker, p + 1)) {
            if (leads(self, broker, p)) {
                (void)zookeeper_elect(self, p, true, why);
            }
        }
    }
    for (guint i = 0; i < brokers->len; i++) {
        int32_t broker = g_array_index(brokers, int32_t, i);
        g_autofree char *why = g_strdup_printf("broker failure %d", broker);
        for (int32_t p = zookeeper_next_member(self, broker, 0); p >= 0;
             p = zookeeper_next_member(self, broker, p + 1)) {
            zookeeper_take_replica_offline(self, p, broker, why);
            others++;
        }
    }
    for (guint i = 0; i < brokers->len; i++) {
        topic_deletion_on_offline(self, g_array_index(brokers, int32_t, i), false);
    }
    self->busy_until = actor_now(&self->controller->actor) + write_cost(self, others);
}

typedef enum BrokerNews { BROKER_AS_BEFORE, BROKER_NEW, BROKER_BOUNCED, BROKER_DEAD } BrokerNews;

static BrokerNews news_of(const ZooKeeperEra *self, int32_t place, const GArray *nodes)
{
    uint64_t known = self->nodes[place];
    uint64_t session = session_in(nodes, self->context->voters[place]);
    if (known == session) {
        return BROKER_AS_BEFORE;
    }
    return known == 0 ? BROKER_NEW : session != 0 ? BROKER_BOUNCED : BROKER_DEAD;
}

static GArray *brokers_with(const ZooKeeperEra *self, BrokerNews news, const GArray *nodes)
{
    GArray *brokers = g_array_new(FALSE, FALSE, sizeof(int32_t));
    for (int32_t i = 0; i < self->context->voter_count; i++) {
        if (news_of(self, i, nodes) == news) {
            g_array_append_val(brokers, self->context->voters[i]);
        }
    }
    return brokers;
}

SimDuration zookeeper_broker_change_cost(const ZooKeeperEra *self, const GArray *nodes)
{
    SimDuration cost = 0;
    bool any_up = false;
    for (int32_t i = 0; i < self->context->voter_count; i++) {
        BrokerNews news = news_of(self, i, nodes);
        any_up = any_up || news == BROKER_NEW || news == BROKER_BOUNCED;
        if (news == BROKER_BOUNCED || news == BROKER_DEAD) {
            cost += write_cost(
                self,
                partition_index_leaderships(control_of(self)->index, self->context->voters[i]));
        }
    }
    return cost + (any_up ? zookeeper_online_cost(self, nodes) : 0);
}

/* processBrokerChange: who is new; who bounced, which was gone and is back since the last look;
 * who is gone. Those that go together are gone together: none of them is elected. */
void zookeeper_broker_change(ZooKeeperEra *self, const GArray *nodes)
{
    g_autoptr(GArray) fresh = brokers_with(self, BROKER_NEW, nodes);
    g_autoptr(GArray) bounced = brokers_with(self, BROKER_BOUNCED, nodes);
    g_autoptr(GArray) dead = brokers_with(self, BROKER_DEAD, nodes);
    read_again(self);
    for (int32_t i = 0; i < self->context->voter_count; i++) {
        if (news_of(self, i, nodes) != BROKER_AS_BEFORE) {
            int32_t broker = self->context->voters[i];
            set_node(self, broker, session_in(nodes, broker));
        }
    }
    if (fresh->len > 0) {
        on_broker_startup(self, fresh, nodes);
    }
    if (bounced->len > 0) {
        for (guint i = 0; i < bounced->len; i++) {
            actor_log(&self->controller->actor,
                      "broker bounced",
                      "broker %d has another node",
                      g_array_index(bounced, int32_t, i));
        }
        on_broker_failure(self, bounced);
        on_broker_startup(self, bounced, nodes);
    }
    if (dead->len > 0) {
        on_broker_failure(self, dead);
    }
}

/* ---- ControlledShutdown: first what it leads, then what it follows */

/* One replica cannot be moved. */
static int32_t next_to_act_on(const ZooKeeperEra *self, int32_t broker, bool led, int32_t from)
{
    int32_t p = zookeeper_next_member(self, broker, from);
    while (p >= 0 && (leads(self, broker, p) != led ||
                      controller_partition(self->controller, p)->replicas.count == 1)) {
        p = zookeeper_next_member(self, broker, p + 1);
    }
    return p;
}

static int32_t count_to_act_on(const ZooKeeperEra *self, int32_t broker, bool led)
{
    int32_t count = 0;
    for (int32_t p = next_to_act_on(self, broker, led, 0); p >= 0;
         p = next_to_act_on(self, broker, led, p + 1)) {
        count++;
    }
    return count;
}

SimDuration zookeeper_shutdown_cost(const ZooKeeperEra *self, int32_t broker, bool led)
{
    return write_cost(self, count_to_act_on(self, broker, led));
}

/* Of topics that stay, in sync or not; of one replica there is nobody to fetch from. */
static GArray *followed_by(const ZooKeeperEra *self, int32_t broker)
{
    GArray *followed = g_array_new(FALSE, FALSE, sizeof(int32_t));
    for (int32_t p = 0; p < metadata_partition_count(self->context->metadata); p++) {
        const PartitionRegistration *now = controller_partition(self->controller, p);
        if (now != NULL && now->leader != broker && now->replicas.count > 1 &&
            replica_list_has(&now->replicas, broker) &&
            !zookeeper_is_queued_for_deletion(self, p)) {
            g_array_append_val(followed, p);
        }
    }
    return followed;
}

/* What it leads gets other leaders. What it follows it fetches no more, before it leaves those
 * ISRs, which are written one by one.
 * Of who is not there as far as is known nothing is done (BROKER_NOT_AVAILABLE): it asks again. */
void zookeeper_shut_down(ZooKeeperEra *self, int32_t broker)
{
    if (zookeeper_node(self, broker) == 0) {
        return;
    }
    g_autofree char *why = g_strdup_printf("controlled shutdown %d", broker);
    BrokerRegistration next = *control_broker(control_of(self), broker);
    read_again(self);
    g_autoptr(GArray) followed = followed_by(self, broker);
    if (!next.in_controlled_shutdown) {
        control_step(
            control_of(self), "controlled shutdown", "broker %d: its leaders move", broker);
        next.in_controlled_shutdown = true;
        change_broker(self, &next, why);
    }
    for (int32_t p = next_to_act_on(self, broker, true, 0); p >= 0;
         p = next_to_act_on(self, broker, true, p + 1)) {
        (void)zookeeper_elect(self, p, false, why);
    }
    for (guint i = 0; i < followed->len; i++) {
        zookeeper_stop_replica(self, broker, g_array_index(followed, int32_t, i), false);
    }
}

void zookeeper_answer_heartbeat(
    ZooKeeperEra *self, RequestHeader *request, KafkaError error, bool fenced, bool stop)
{
    Sim *sim = self->controller->context.sim;
    BrokerHeartbeatResponse *response =
        message_new(sim, sizeof(BrokerHeartbeatResponse), KAFKA_BROKER_HEARTBEAT | KAFKA_RESPONSE);
    response->header.correlation_id = request->correlation_id;
    response->error = error;
    response->is_caught_up = true;
    response->is_fenced = fenced;
    response->should_shut_down = stop;
    kafka_message_set_wire_bytes(&response->header.base);
    network_send(&self->controller->actor, request->connection, &response->header.base);
    message_free(sim, &request->base);
}

/* It is done when nothing is left that it leads. */
void zookeeper_finish_shutdown(ZooKeeperEra *self, int32_t broker, RequestHeader *request)
{
    g_autofree char *why = g_strdup_printf("controlled shutdown %d", broker);
    bool there = zookeeper_node(self, broker) != 0;
    for (int32_t p = there ? next_to_act_on(self, broker, false, 0) : -1; p >= 0;
         p = next_to_act_on(self, broker, false, p + 1)) {
        zookeeper_take_replica_offline(self, p, broker, why);
    }
    int32_t remaining = there ? count_to_act_on(self, broker, true) : 0;
    if (remaining > 0) {
        actor_log(&self->controller->actor,
                  "controlled shutdown",
                  "broker %d: nobody else can lead %d of its partitions",
                  broker,
                  remaining);
    }
    zookeeper_answer_heartbeat(self, request, KAFKA_NONE, false, there && remaining == 0);
}
