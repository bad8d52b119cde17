/* publication.c - a broker makes true what new metadata say of its partitions.
 *
 *   idle --records touch partitions--> deciding --> leading, one partition after the other
 *                                                  --> following, all at once --> idle
 *
 * All of it is one thread's work, and whose turn comes when differs from broker to broker: one may
 * act on a change before another does. Clients are told of a change before (KRaftMetadataCache is
 * first). Of each partition that is newly led the leader-epoch checkpoint is written and synced
 * before the next one's turn comes. The first change of its kind in a process's life takes longer
 * (cpu.first.run). Leaves out: while its checkpoint is written a partition takes no request.
 *
 * Mirrors: BrokerMetadataPublisher, ReplicaManager.applyDelta, Partition.makeLeader,
 * LeaderEpochFileCache.assign, CheckpointFile.write. */
#include "models/broker/metadata/publication.h"
#include "models/broker/broker_state.h"
#include "models/spec/first_run.h"

/* With what a process of a while ago has done before. */
#define PATHS_OF_A_STANDING_BROKER (1U << BROKER_PATH_LEADS)

void publication_reset(Broker *self, bool stands_for_long)
{
    self->publishing = PUBLICATION_IDLE;
    self->paths_taken = stands_for_long ? PATHS_OF_A_STANDING_BROKER : 0;
}

/* Is any of them that kind of change? */
static bool any(const Broker *self, bool (*is_such)(const Broker *self, int32_t index))
{
    for (guint i = 0; i < self->touched->len; i++) {
        if (is_such(self, g_array_index(self->touched, int32_t, i))) {
            return true;
        }
    }
    return false;
}

static void work(Broker *self, PublicationStage stage, const Distribution *usual, SimDuration more)
{
    self->publishing = stage;
    host_run(
        &self->actor, distribution_draw(usual, &self->stream) + more, BROKER_DONE_PUBLISH, NULL);
}

static SimDuration first_run(Broker *self, BrokerPath path)
{
    return first_run_draw(&self->paths_taken, path, self->context.profile, &self->stream);
}

void publication_begin(Broker *self)
{
    SimDuration first =
        any(self, replica_manager_takes_over) ? first_run(self, BROKER_PATH_LEADS) : 0;
    self->publish_cause = kernel_cause(self->context.sim->kernel);
    work(self, PUBLICATION_DECIDING, &self->context.profile->broker_publish, first);
}

static void end(Broker *self)
{
    self->publishing = PUBLICATION_IDLE;
    if (self->touched->len > 0) {
        replica_fetcher_shut_down_idle(self);
    }
    metadata_cache_on_published(self);
}

static void follow(Broker *self)
{
    if (!any(self, replica_manager_follows)) {
        end(self);
        return;
    }
    SimDuration first = 0;
    if (any(self, replica_manager_gives_up)) {
        first = first_run(self, BROKER_PATH_RESIGNS);
    } else if (any(self, replica_manager_changes_leader)) {
        self->paths_taken |= 1U << BROKER_PATH_RESIGNS; /* most of it is the same code */
    }
    work(self, PUBLICATION_FOLLOWING, &self->context.profile->broker_publish_followers, first);
}

static void lead(Broker *self)
{
    self->publishing = PUBLICATION_LEADING;
    while (self->publish_at < self->touched->len) {
        int32_t index = g_array_index(self->touched, int32_t, self->publish_at++);
        bool takes_over = replica_manager_takes_over(self, index);
        kernel_set_cause(self->context.sim->kernel, self->publish_cause);
        replica_manager_apply_leader(self, index);
        if (takes_over) {
            storage_write_checkpoints(self, 1, BROKER_DONE_PUBLISH, NULL);
            return;
        }
    }
    follow(self);
}

void publication_on_done(Broker *self)
{
    kernel_set_cause(self->context.sim->kernel, self->publish_cause);
    switch (self->publishing) {
    case PUBLICATION_DECIDING:
        replica_manager_keep_own(self, self->touched);
        self->publish_at = 0;
        lead(self);
        break;
    case PUBLICATION_LEADING:
        lead(self);
        break;
    case PUBLICATION_FOLLOWING:
        replica_manager_apply_followers(self, self->touched);
        end(self);
        break;
    case PUBLICATION_IDLE:
        SIM_BUG(self->context.sim, "nothing is being published");
    }
}
