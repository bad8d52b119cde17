/* controller_admin.c - an administrator's requests in the controller's event queue.
 *
 * They wait for the one thread like a broker's requests, and are answered when what they decided
 * is committed. Mirrors: ControllerApis and QuorumController for CreateTopics, DeleteTopics,
 * CreatePartitions, AlterPartitionReassignments, ElectLeaders, IncrementalAlterConfigs,
 * UnregisterBroker. Leaves out: the broker that forwards them, and their way. */
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
    controller_enter(self, &message->header);
}

void controller_on_admin(Controller *self, const RequestHeader *request)
{
    const AdminRequest *asked = &((const AdminMessage *)request)->request;
    DeferredAdmin deferred = {.id = asked->id};
    deferred.error = control_admin(self->control, asked);
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
