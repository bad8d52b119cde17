/* quorum_view.c - who votes in the metadata quorum and who observes it. See the header.
 *
 * The quorum is a dynamic one: a voter is an id and the directory id of its metadata.log.dir. A
 * controller with a new disk is an observer, next to the voter that it was (raft_disk.c). Left out:
 * that a broker's directory id changes with its disk.
 *
 * Mirrors: LeaderState.voterStates, observerStates. */
#include "models/world/view/quorum_view.h"
#include "models/world/cluster_state.h"
#include "sim/resource/host.h"

static bool has_new_disk(const Controller *controller)
{
    const RaftReplica *raft = controller_raft(controller);
    return raft_replica_disk(raft) != raft_replica_voting_disk(raft);
}

/* As the leader has it: a follower that has not fetched from it yet is at -1. */
static QuorumMemberView
view_member(const RaftReplica *leader, int32_t id, int32_t disk, bool voter, SimTime now)
{
    const RaftReader *reader = raft_replica_reader(leader, id, disk);
    QuorumMemberView member = {.id = id, .voter = voter, .log_end_offset = -1};
    member.last_fetch = -1;
    member.last_caught_up = -1;
    if (raft_replica_leader(leader) == id) {
        member.log_end_offset = raft_replica_end_offset(leader);
        member.last_fetch = now;
        member.last_caught_up = now;
    } else if (reader != NULL) {
        member.log_end_offset = reader->end_offset;
        member.last_fetch = reader->last_fetch;
        member.last_caught_up = reader->last_caught_up;
    }
    return member;
}

/* Only a leader knows who fetches from it: without one each controller that lives knows its own
 * log, and the log of a voter whose disk was replaced is nowhere. */
static QuorumMemberView view_alone(Controller *controller, bool voter)
{
    const RaftReplica *raft = controller_raft(controller);
    const bool gone = voter && has_new_disk(controller);
    QuorumMemberView member = {
        .id = controller_id(controller), .voter = voter, .state = gone ? "disk gone" : "dead"};
    member.log_end_offset = -1;
    member.last_fetch = -1;
    member.last_caught_up = -1;
    if (!gone && controller_actor(controller)->life != ACTOR_DEAD) {
        member.log_end_offset = raft_replica_end_offset(raft);
        member.state = quorum_state_name(raft_replica_quorum(raft)->now);
    }
    return member;
}

static void add_member(
    const Cluster *self, QuorumMemberView member, const Actor *actor, int32_t disk, GArray *rows)
{
    g_autofree char *directory = g_strdup_printf("metadata.log.dir %d of %d", disk, member.id);
    view_uuid(self, "directory", directory, member.directory);
    member.host = host_name(host_at(self->sim, actor->host));
    g_array_append_val(rows, member);
}

/* A controller as the voter that the quorum knows, or as the observer that it is with a new disk.
 */
static void add_controller(const Cluster *self,
                           const RaftReplica *leader,
                           Controller *controller,
                           bool voter,
                           GArray *rows)
{
    const RaftReplica *raft = controller_raft(controller);
    const int32_t id = controller_id(controller);
    const int32_t disk = voter ? raft_replica_voting_disk(raft) : raft_replica_disk(raft);
    const QuorumMemberView member = leader != NULL
                                        ? view_member(leader, id, disk, voter, sim_now(self->sim))
                                        : view_alone(controller, voter);
    add_member(self, member, controller_actor(controller), disk, rows);
}

static void add_voters(const Cluster *self, const RaftReplica *leader, bool leads, GArray *rows)
{
    for (guint i = 0; i < self->controllers->len; i++) {
        Controller *controller = self->controllers->pdata[i];
        bool is_leader = leader != NULL && raft_replica_leader(leader) == controller_id(controller);
        if (is_leader == leads) {
            add_controller(self, leader, controller, true, rows);
        }
    }
}

/* Brokers, and controllers with a new disk, that have fetched the metadata from this leader. */
static void add_observers(const Cluster *self, const RaftReplica *leader, GArray *rows)
{
    for (guint i = 0; leader != NULL && i < self->brokers->len; i++) {
        Broker *broker = self->brokers->pdata[i];
        const int32_t id = broker_id(broker);
        if (raft_replica_reader(leader, id, 0) != NULL) {
            const QuorumMemberView member = view_member(leader, id, 0, false, sim_now(self->sim));
            add_member(self, member, broker_actor(broker), 0, rows);
        }
    }
    for (guint i = 0; i < self->controllers->len; i++) {
        Controller *controller = self->controllers->pdata[i];
        const int32_t disk = raft_replica_disk(controller_raft(controller));
        if (has_new_disk(controller) &&
            (leader == NULL ||
             raft_replica_reader(leader, controller_id(controller), disk) != NULL)) {
            add_controller(self, leader, controller, false, rows);
        }
    }
}

void view_quorum(const Cluster *self, ClusterView *view)
{
    g_autoptr(GArray) rows = g_array_new(FALSE, TRUE, sizeof(QuorumMemberView));
    const Controller *active = cluster_active_controller(self);
    const RaftReplica *leader = active != NULL ? controller_raft(active) : NULL;
    view->leader = active != NULL ? controller_id(active) : -1;
    view->leader_epoch = leader != NULL ? raft_replica_epoch(leader) : -1;
    if (!cluster_has_zookeeper(self)) {
        add_voters(self, leader, true, rows);
        add_voters(self, leader, false, rows);
        add_observers(self, leader, rows);
    }
    view->member_count = (int32_t)rows->len;
    view->members = (const QuorumMemberView *)(void *)g_array_free(g_steal_pointer(&rows), FALSE);
}
