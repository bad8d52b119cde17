/* partition_control.c - what the controller decides is told: to the log of events, to the world's
 * records, and to the quorum, which begins to commit it. */
#include "models/controller/controller_state.h"
#include <string.h>

const PartitionRegistration *controller_partition(const Controller *self, int32_t partition)
{
    return control_partition(self->control, partition);
}

/* "[1], ELR [2]": the ELR where there is one. */
static char *isr_text(const PartitionRegistration *partition, char *text, size_t bytes)
{
    char isr[128];
    char elr[128];
    replica_list_text(&partition->isr, ',', isr, sizeof(isr));
    replica_list_text(&partition->elr, ',', elr, sizeof(elr));
    if (partition->elr.count > 0) {
        g_snprintf(text, bytes, "[%s], ELR [%s]", isr, elr);
    } else {
        g_snprintf(text, bytes, "[%s]", isr);
    }
    return text;
}

static void log_leader(Controller *self, const char *name, const ControlNews *news)
{
    char isr[280];
    actor_log(&self->actor,
              "leader",
              "%s: %d -> %d, epoch %d, ISR %s, %s",
              name,
              news->partition_was->leader,
              news->partition->leader,
              news->partition->leader_epoch,
              isr_text(news->partition, isr, sizeof(isr)),
              news->why);
}

static void log_assignment(Controller *self, const char *name, const ControlNews *news)
{
    char replicas[128];
    char adding[128];
    char removing[128];
    actor_log(&self->actor,
              "reassignment",
              "%s: replicas [%s], adding [%s], removing [%s], %s",
              name,
              replica_list_text(&news->partition->replicas, ',', replicas, sizeof(replicas)),
              replica_list_text(&news->partition->adding, ',', adding, sizeof(adding)),
              replica_list_text(&news->partition->removing, ',', removing, sizeof(removing)),
              news->why);
}

static void log_isr(Controller *self, const char *name, const ControlNews *news)
{
    char isr[280];
    actor_log(&self->actor,
              "isr",
              "%s: %s, %s",
              name,
              isr_text(news->partition, isr, sizeof(isr)),
              news->why);
}

/* The last replica has joined the ISR and the old ones are gone; or the way back was taken. */
static void log_end_of_move(Controller *self, const char *name, const ControlNews *news)
{
    char replicas[128];
    bool done = strcmp(news->why, "reassignment cancelled") != 0;
    actor_log(&self->actor,
              done ? "reassignment complete" : "reassignment cancelled",
              "%s: replicas [%s]",
              name,
              replica_list_text(&news->partition->replicas, ',', replicas, sizeof(replicas)));
}

static bool moves_replicas(const PartitionChangeRecord *change)
{
    return change != NULL && (change->has_replicas || change->has_adding || change->has_removing);
}

static void log_partition(Controller *self, const ControlNews *news)
{
    char name[128];
    const PartitionRegistration *was = news->partition_was;
    if (was == NULL) {
        return;
    }
    bool moves = moves_replicas(news->change);
    bool was_moving = was->adding.count > 0 || was->removing.count > 0;
    bool is_moving = news->partition->adding.count > 0 || news->partition->removing.count > 0;
    metadata_partition_name(self->context.metadata, news->subject, name, sizeof(name));
    if (moves) {
        log_assignment(self, name, news);
    }
    if (moves && was_moving && !is_moving) {
        log_end_of_move(self, name, news);
    }
    if (was->leader != news->partition->leader) {
        log_leader(self, name, news);
    } else if (!moves || !replica_list_equal(&was->isr, &news->partition->isr)) {
        log_isr(self, name, news);
    }
}

/* Brothers share a cause, they do not cause each other. */
static void before_record(void *owner, const ControlNews *news)
{
    Controller *self = owner;
    Kernel *kernel = self->context.sim->kernel;
    self->cause = kernel_cause(kernel);
    if (news->kind == METADATA_PARTITION) {
        log_partition(self, news);
    }
    metadata_set_cause(self->context.metadata, kernel_cause(kernel));
}

static void tell_removed(const Controller *self, const ControlNews *news)
{
    const TopicInfo *topic = metadata_topic(self->context.metadata, news->subject);
    for (int32_t i = 0; i < topic->partitions; i++) {
        self->context.on_partition(
            self->context.owner, topic->first_partition + i, NULL, news->why);
    }
}

static void after_record(void *owner, const ControlNews *news)
{
    Controller *self = owner;
    const ControllerContext *context = &self->context;
    if (self->actor.life == ACTOR_ALIVE) {
        controller_records_appended(self);
    }
    kernel_set_cause(context->sim->kernel, self->cause);
    if (context->on_partition == NULL) {
        return;
    }
    if (news->kind == METADATA_PARTITION) {
        context->on_partition(context->owner, news->subject, news->partition, news->why);
    } else if (news->kind == METADATA_REMOVE_TOPIC) {
        tell_removed(self, news);
    }
}

static void on_step(void *owner, const char *what, const char *detail)
{
    Controller *self = owner;
    actor_log(&self->actor, what, "%s", detail);
}

Control *controller_make_control(Controller *self)
{
    const ControlContext context = {
        .metadata = self->context.metadata,
        .config = self->context.config,
        .era = self->context.era,
        .controller_id = self->id,
        .placement = &self->stream,
        .on_step = on_step,
        .before = before_record,
        .after = after_record,
        .owner = self,
    };
    return control_new(&context);
}

/* ---- before the run */

void controller_bootstrap_broker(Controller *self, int32_t broker, const char *rack, bool alive)
{
    const BrokerRegistration registration = {
        .id = broker,
        .rack = rack,
        .fenced = !alive,
        .incarnation_id = 1,
    };
    control_bootstrap_broker(self->control, &registration);
}

bool controller_bootstrap_topic(Controller *self,
                                int32_t topic,
                                int32_t partitions,
                                int32_t replication_factor,
                                const GPtrArray *assignment)
{
    return control_create_topic(self->control, topic, partitions, replication_factor, assignment) ==
           KAFKA_NONE;
}
