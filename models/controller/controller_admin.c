/* controller_admin.c - an administrator's requests in the controller's event queue.
 *
 * They wait for the one thread like a broker's requests, and are answered when what they decided
 * is committed. Mirrors: ControllerApis and QuorumController for CreateTopics, DeleteTopics,
 * CreatePartitions, AlterPartitionReassignments, ElectLeaders, IncrementalAlterConfigs,
 * UnregisterBroker; StrictControllerMutationQuota, one for all administrators. Leaves out: the
 * broker that forwards them, and their way. */
#include "models/controller/controller_state.h"

typedef struct AdminMessage {
    RequestHeader header;
    AdminRequest request;
} AdminMessage;

static void answer(const Controller *self, uint32_t id, KafkaError error)
{
    if (self->context.on_admin != NULL) {
        self->context.on_admin(self->context.owner, id, error);
    }
}

void controller_admin(Controller *self, const AdminRequest *request)
{
    if (self->actor.life != ACTOR_ALIVE) {
        return;
    }
    AdminMessage *message =
        message_new(self->context.sim, sizeof(AdminMessage), CONTROLLER_ADMIN_REQUEST);
    message->request = *request;
    if (self->mode == NULL || !self->context.mode->on_admin(self->mode, &message->header)) {
        controller_enter(self, &message->header);
    }
}

const AdminRequest *controller_admin_asked(const RequestHeader *request)
{
    return &((const AdminMessage *)request)->request;
}

void controller_admin_init(Controller *self)
{
    const KafkaConfig *config = self->context.config;
    self->limits_mutations = kafka_config_is_set(config, "controller_mutation_rate");
    if (self->limits_mutations) {
        token_bucket_init(&self->mutations,
                          kafka_config_double(config, "controller_mutation_rate"),
                          (int32_t)kafka_config_integer(config, "controller.quota.window.num"),
                          kafka_config_integer(config, "controller.quota.window.size.seconds") *
                              1000);
    }
}

/* Partitions created or deleted; what else is asked costs nothing. */
static int32_t mutations_of(const Controller *self, const AdminRequest *asked)
{
    switch (asked->verb) {
    case ADMIN_CREATE_TOPIC:
        return asked->assignment != NULL ? (int32_t)asked->assignment->len : asked->number;
    case ADMIN_DELETE_TOPIC:
        return metadata_topic_partitions(
            self->context.metadata, asked->topic, controller_end_offset(self));
    case ADMIN_CREATE_PARTITIONS:
        return asked->number - metadata_topic_partitions(self->context.metadata,
                                                         asked->topic,
                                                         controller_end_offset(self));
    case ADMIN_REASSIGN:
    case ADMIN_ELECT_LEADERS:
    case ADMIN_ALTER_TOPIC_CONFIG:
    case ADMIN_ALTER_BROKER_CONFIG:
    case ADMIN_UNREGISTER_BROKER:
        break;
    }
    return 0;
}

/* KIP-599, strict: a request is carried out whole while the bucket is not below empty. */
static bool is_within_quota(Controller *self, const AdminRequest *asked)
{
    int32_t mutations = self->limits_mutations ? mutations_of(self, asked) : 0;
    int64_t now_ms = TOKEN_BUCKET_CLOCK_MS + actor_now(&self->actor) / SIM_MS(1);
    int64_t throttle_ms;
    return mutations <= 0 ||
           mutation_quota_record(&self->mutations, true, mutations, now_ms, &throttle_ms);
}

static KafkaError decide(Controller *self, const AdminRequest *asked)
{
    return self->mode != NULL ? self->context.mode->admin(self->mode, asked)
                              : control_admin(self->control, asked);
}

void controller_on_admin(Controller *self, const RequestHeader *request)
{
    const AdminRequest *asked = &((const AdminMessage *)request)->request;
    DeferredAdmin deferred = {.id = asked->id};
    deferred.error =
        is_within_quota(self, asked) ? decide(self, asked) : KAFKA_THROTTLING_QUOTA_EXCEEDED;
    deferred.offset = controller_end_offset(self);
    if (deferred.offset <= controller_high_watermark(self)) {
        answer(self, deferred.id, deferred.error);
    } else {
        g_array_append_val(self->deferred_admin, deferred);
    }
}

void controller_refuse_admin(Controller *self, const RequestHeader *request)
{
    answer(self, ((const AdminMessage *)request)->request.id, KAFKA_NOT_CONTROLLER);
}

/* Its answers may bring the next request: the array may grow while it is walked. */
void controller_admin_committed(Controller *self, int64_t high_watermark)
{
    while (self->deferred_admin->len > 0) {
        const DeferredAdmin first = g_array_index(self->deferred_admin, DeferredAdmin, 0);
        if (first.offset > high_watermark) {
            return;
        }
        g_array_remove_index(self->deferred_admin, 0);
        answer(self, first.id, first.error);
    }
}

void controller_refuse_waiting_admin(Controller *self)
{
    while (self->deferred_admin->len > 0) {
        const DeferredAdmin first = g_array_index(self->deferred_admin, DeferredAdmin, 0);
        g_array_remove_index(self->deferred_admin, 0);
        answer(self, first.id, KAFKA_NOT_CONTROLLER);
    }
}
