/* admin.c - what an administrator asks of the active controller: topics, replicas, elections,
 * options, brokers that go for good.
 *
 * A request goes to the controller that is active then. Where there is none, or where it loses its
 * office or its life before it answers, the request is made again, as Kafka's Admin client does;
 * each answer is logged with its error code. Requests of one instant keep their order.
 *
 * Brokers ask likewise for topics that clients miss (auto.create.topics.enable).
 *
 * Leaves out: the way of the request (a broker that forwards it, the tool's own start) and its
 * time-out (default.api.timeout.ms): it is repeated until somebody answers.
 * Mirrors: org.apache.kafka.clients.admin.KafkaAdminClient as the kafka-*.sh tools use it. */
#include "models/world/cluster_state.h"

#define RETRY_NS SIM_MS(100) /* retry.backoff.ms of the Admin client */

typedef struct Asked {
    AdminRequest request;
    char *what;
    uint32_t cause;         /* the timeline's entry */
    Controller *controller; /* that has it; NULL: it is yet to be sent */
    uint16_t incarnation;
    bool again; /* it was refused for a reason that passes */
} Asked;

void admin_free(void *data)
{
    Asked *asked = data;
    g_free(asked->what);
    g_free(asked);
}

static bool is_waiting(const Asked *asked, const Controller *active)
{
    const Actor *actor = controller_actor(asked->controller);
    return asked->controller == active && actor->life != ACTOR_DEAD &&
           actor->incarnation == asked->incarnation && !asked->again;
}

/* Sends what nobody is working on, and looks again while anything is open. */
void admin_pursue(Cluster *self)
{
    Controller *active = cluster_active_controller(self);
    bool lives = active != NULL && controller_actor(active)->life == ACTOR_ALIVE;
    for (GList *at = self->asked.head; at != NULL && lives; at = at->next) {
        Asked *asked = at->data;
        if (asked->controller != NULL && is_waiting(asked, active)) {
            continue;
        }
        asked->controller = active;
        asked->incarnation = controller_actor(active)->incarnation;
        asked->again = false;
        kernel_set_cause(self->sim->kernel, asked->cause);
        controller_admin(active, &asked->request);
    }
    if (self->asked.length > 0 && !timer_is_armed(&self->admin_timer)) {
        actor_arm(&self->actor, &self->admin_timer, RETRY_NS);
    }
}

static bool passes(KafkaError error)
{
    return error == KAFKA_NOT_CONTROLLER;
}

/* The controller answers. */
void admin_on_answer(void *owner, uint32_t id, KafkaError error)
{
    Cluster *self = owner;
    for (GList *at = self->asked.head; at != NULL; at = at->next) { /* mostly it is the first */
        Asked *asked = at->data;
        if (asked->request.id != id) {
            continue;
        }
        if (passes(error)) {
            asked->again = true;
            return;
        }
        actor_log(&self->actor, "admin", "%s: %s", asked->what, kafka_error_name(error));
        g_queue_delete_link(&self->asked, at);
        admin_free(asked);
        return;
    }
}

static void ask(Cluster *self, AdminRequest request, char *what)
{
    Asked *asked = g_new0(Asked, 1);
    request.id = ++self->admin_ids;
    asked->request = request;
    asked->what = what;
    asked->cause = kernel_cause(self->sim->kernel);
    g_queue_push_tail(&self->asked, asked);
}

/* --- one fault, one or many requests --- */

static const char *topic_name(const Cluster *self, int32_t topic)
{
    return metadata_topic(self->metadata, topic)->name;
}

static void ask_topic(Cluster *self, const FaultSpec *fault)
{
    static const AdminVerb verbs[FAULT_VERB_COUNT] = {
        [FAULT_CREATE_TOPIC] = ADMIN_CREATE_TOPIC,
        [FAULT_DELETE_TOPIC] = ADMIN_DELETE_TOPIC,
        [FAULT_ADD_PARTITIONS] = ADMIN_CREATE_PARTITIONS,
    };
    const AdminRequest request = {
        .verb = verbs[fault->verb],
        .topic = fault->topic,
        .partition = -1,
        .broker = -1,
        .number = (int32_t)fault->number,
        .replication_factor = fault->replication_factor,
        .assignment = fault->assignment,
        .options = fault->config,
    };
    ask(self,
        request,
        g_strdup_printf("%s %s", fault_verb_name(fault->verb), topic_name(self, fault->topic)));
}

static void ask_move(Cluster *self, const MoveSpec *move, int32_t partition)
{
    char ids[128];
    const AdminRequest request = {
        .verb = ADMIN_REASSIGN,
        .topic = move->topic,
        .partition = partition,
        .broker = -1,
        .replicas = move->replicas,
    };
    ask(self,
        request,
        g_strdup_printf("reassign %s-%d to %s",
                        topic_name(self, move->topic),
                        partition,
                        move->replicas.count > 0
                            ? replica_list_text(&move->replicas, ',', ids, sizeof(ids))
                            : "what it was"));
}

/* A cancellation of a whole topic takes back what is under way now. */
static void ask_cancel(Cluster *self, const MoveSpec *move)
{
    const TopicInfo *topic = metadata_topic(self->metadata, move->topic);
    for (int32_t p = 0; p < topic->partitions; p++) {
        const PartitionRegistration *now = cluster_newest(self, topic->first_partition + p);
        if (now != NULL && (now->adding.count > 0 || now->removing.count > 0)) {
            ask_move(self, move, p);
        }
    }
}

static void ask_moves(Cluster *self, const FaultSpec *fault)
{
    for (guint i = 0; i < fault->moves->len; i++) {
        const MoveSpec *move = &g_array_index(fault->moves, MoveSpec, i);
        if (move->partition == SPEC_NONE) {
            ask_cancel(self, move);
        } else {
            ask_move(self, move, move->partition);
        }
    }
}

static void ask_election(Cluster *self, const FaultSpec *fault)
{
    const AdminRequest request = {
        .verb = ADMIN_ELECT_LEADERS,
        .topic = fault->topic,
        .partition = fault->partition,
        .broker = -1,
        .unclean = fault->unclean,
    };
    g_autofree char *of =
        fault->topic < 0 ? g_strdup("all")
        : fault->partition < 0
            ? g_strdup(topic_name(self, fault->topic))
            : g_strdup_printf("%s-%d", topic_name(self, fault->topic), fault->partition);
    ask(self,
        request,
        g_strdup_printf("%s election of %s", fault->unclean ? "unclean" : "preferred", of));
}

void admin_alter_config(Cluster *self, int32_t topic, int32_t broker, const KafkaConfig *options)
{
    const AdminRequest request = {
        .verb = topic >= 0 ? ADMIN_ALTER_TOPIC_CONFIG : ADMIN_ALTER_BROKER_CONFIG,
        .topic = topic >= 0 ? topic : SPEC_NONE,
        .partition = -1,
        .broker = broker,
        .options = options,
    };
    ask(self,
        request,
        topic >= 0    ? g_strdup_printf("set.config of %s", topic_name(self, topic))
        : broker >= 0 ? g_strdup_printf("set.config of broker %d", request.broker)
                      : g_strdup("set.config of all brokers"));
}

static void ask_config(Cluster *self, const FaultSpec *fault)
{
    bool broker = fault->target == TARGET_BROKER;
    admin_alter_config(self,
                       fault->topic,
                       broker ? broker_id(cluster_broker_at(self, fault->index)) : -1,
                       fault->config);
}

bool admin_has_open_requests(const Cluster *self)
{
    return self->asked.length > 0;
}

void admin_create_topic(Cluster *self, int32_t topic)
{
    const TopicSpec *spec = self->spec->topics->pdata[topic];
    const AdminRequest request = {
        .verb = ADMIN_CREATE_TOPIC,
        .topic = topic,
        .partition = -1,
        .broker = -1,
        .number = spec->partitions,
        .replication_factor = spec->replication_factor,
        .options = spec->config,
    };
    ask(self, request, g_strdup_printf("create.topic %s", spec->name));
    admin_pursue(self);
}

bool admin_is_creating(const Cluster *self, int32_t topic)
{
    for (const GList *at = self->asked.head; at != NULL; at = at->next) {
        const Asked *asked = at->data;
        if (asked->request.verb == ADMIN_CREATE_TOPIC && asked->request.topic == topic) {
            return true;
        }
    }
    return false;
}

/* One request at a time for each topic (AutoTopicCreationManager.inflightTopics, here of all
 * brokers together); who is refused is asked for again by the next client. */
void admin_auto_create(void *cluster, int32_t topic, int32_t partitions, int32_t factor)
{
    Cluster *self = cluster;
    if (admin_is_creating(self, topic)) {
        return;
    }
    const AdminRequest request = {
        .verb = ADMIN_CREATE_TOPIC,
        .topic = topic,
        .partition = -1,
        .broker = -1,
        .number = partitions,
        .replication_factor = factor,
    };
    ask(self, request, g_strdup_printf("auto-create %s", topic_name(self, topic)));
    actor_arm(&self->actor, &self->admin_timer, 0);
}

void admin_unregister(Cluster *self, int32_t broker)
{
    const AdminRequest request = {
        .verb = ADMIN_UNREGISTER_BROKER, .topic = -1, .partition = -1, .broker = broker};
    ask(self, request, g_strdup_printf("unregister broker %d", broker));
    admin_pursue(self);
}

void faults_admin(Cluster *self, const FaultSpec *fault)
{
    if (fault->verb == FAULT_REASSIGN) {
        if (fault->number > 0) {
            throttled_moves_begin(self, fault);
        }
        ask_moves(self, fault);
    } else if (fault->verb == FAULT_ELECT || fault->verb == FAULT_ELECT_PREFERRED) {
        ask_election(self, fault);
    } else if (fault->verb == FAULT_SET_CONFIG) {
        ask_config(self, fault);
    } else if (fault->verb == FAULT_UNREGISTER) {
        admin_unregister(self, broker_id(cluster_broker_at(self, fault->index)));
    } else {
        ask_topic(self, fault);
    }
    admin_pursue(self);
}
