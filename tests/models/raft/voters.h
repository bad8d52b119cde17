/* voters.h - a quorum for tests: each voter a bare process on a host of its own.
 *
 * A leader appends a no-op record every 100 ms. Who led which epoch and what was committed is
 * written down, and checked as it happens: one leader an epoch, nothing committed ever lost. */
#ifndef KAFKASIM_TESTS_MODELS_RAFT_VOTERS_H
#define KAFKASIM_TESTS_MODELS_RAFT_VOTERS_H
#include "models/raft/raft_replica.h"
#include "sim/resource/host.h"
#include <check.h>
#include <string.h>

#define EPOCHS_MAX 4096

struct Quorum;
typedef struct Voter {
    Actor actor;
    RaftReplica *raft;
    struct Quorum *quorum;
    int32_t id;
    Timer append;
    bool active;
    SimTime active_since;
    bool stopped;
} Voter;

typedef struct Quorum {
    Sim *sim;
    KafkaConfig *config;
    Era era;
    MetadataLog *metadata;
    RaftContent *content;
    int32_t count;
    int32_t ids[QUORUM_VOTERS_MAX];
    Voter voters[QUORUM_VOTERS_MAX];
    int32_t leader_of[EPOCHS_MAX]; /* 0 = nobody led that epoch */
    int32_t elections;
    int64_t committed; /* the most that anybody was told */
    bool appends;
} Quorum;

enum { VOTER_RAFT = 1, VOTER_APPEND };

static inline void voter_on_start(Actor *actor)
{
    Voter *self = (Voter *)actor;
    self->active = false;
    raft_replica_start(self->raft);
    actor_arm_constant(actor, &self->append, SIM_MS(100));
}

static inline void voter_on_kill(Actor *actor)
{
    raft_replica_kill(((Voter *)actor)->raft);
}

static inline void voter_on_mail(Actor *actor, ConnectionId connection, Message *message)
{
    Voter *self = (Voter *)actor;
    if ((message->type & KAFKA_RESPONSE) != 0) {
        raft_replica_on_response(self->raft, connection, (ResponseHeader *)message);
    } else {
        ck_assert(raft_replica_on_request(self->raft, connection, (RequestHeader *)message));
    }
}

static inline void voter_on_timer(Actor *actor, Timer *timer)
{
    Voter *self = (Voter *)actor;
    if (timer->kind == VOTER_RAFT) {
        raft_replica_on_timer(self->raft, timer);
        return;
    }
    if (self->active && self->quorum->appends && raft_replica_holds_pen(self->raft)) {
        metadata_append_no_op(self->quorum->metadata);
        raft_replica_records_appended(self->raft);
    }
    actor_arm_constant(actor, &self->append, SIM_MS(100));
}

static inline void voter_on_done(Actor *actor, uint16_t kind, void *data)
{
    (void)kind;
    (void)data;
    raft_replica_on_written(((Voter *)actor)->raft);
}

static inline void voter_on_connected(Actor *actor, ConnectionId connection)
{
    (void)raft_replica_on_connected(((Voter *)actor)->raft, connection);
}

static inline void voter_on_disconnected(Actor *actor, ConnectionId connection)
{
    (void)raft_replica_on_disconnected(((Voter *)actor)->raft, connection);
}

static inline Actor *voter_find(void *owner, int32_t id)
{
    Quorum *quorum = ((Voter *)owner)->quorum;
    for (int32_t i = 0; i < quorum->count; i++) {
        if (quorum->ids[i] == id) {
            return &quorum->voters[i].actor;
        }
    }
    return NULL;
}

static inline void voter_on_leader(void *owner, int32_t epoch)
{
    Voter *self = owner;
    Quorum *quorum = self->quorum;
    ck_assert_int_lt(epoch, EPOCHS_MAX);
    ck_assert_msg(quorum->leader_of[epoch] == 0, "two leaders in epoch %d", epoch);
    quorum->leader_of[epoch] = self->id;
    quorum->elections++;
    self->active = true;
    self->active_since = actor_now(&self->actor);
}

static inline void voter_on_resigned(void *owner)
{
    ((Voter *)owner)->active = false;
}

static inline void voter_on_committed(void *owner, int64_t high_watermark)
{
    Quorum *quorum = ((Voter *)owner)->quorum;
    quorum->committed = MAX(quorum->committed, high_watermark);
    ck_assert_int_le(high_watermark, metadata_end_offset(quorum->metadata));
}

static inline void voter_on_truncate(void *owner, int64_t offset)
{
    Quorum *quorum = ((Voter *)owner)->quorum;
    ck_assert_msg(offset >= quorum->committed,
                  "truncates to %d, committed up to %d",
                  (int)offset,
                  (int)quorum->committed);
}

static inline void voter_on_stopped(void *owner)
{
    Voter *self = owner;
    self->stopped = true;
    actor_kill(&self->actor);
}

static const ActorClass voter_class = {
    .name = "voter",
    .on_start = voter_on_start,
    .on_kill = voter_on_kill,
    .on_mail = voter_on_mail,
    .on_timer = voter_on_timer,
    .on_done = voter_on_done,
    .on_connected = voter_on_connected,
    .on_disconnected = voter_on_disconnected,
};

static inline void voter_init(Quorum *quorum, int32_t index)
{
    Voter *self = &quorum->voters[index];
    g_autofree char *name = g_strdup_printf("voter-%d", quorum->ids[index]);
    const HostProfile host = {
        .name = name,
        .rack = "",
        .cores = 1,
        .disk = {.write_bytes_per_sec = 100000000,
                 .read_bytes_per_sec = 100000000,
                 .fsync = distribution_lognormal(SIM_MS(1), SIM_MS(8))},
    };
    self->quorum = quorum;
    self->id = quorum->ids[index];
    timer_init(&self->append, VOTER_APPEND, NULL);
    actor_init(&self->actor, &voter_class, quorum->sim, name, host_new(quorum->sim, &host));
    const RaftContext context = {
        .actor = &self->actor,
        .content = quorum->content,
        .config = quorum->config,
        .era = &quorum->era,
        .id = self->id,
        .voter_count = quorum->count,
        .voters = quorum->ids,
        .find_voter = voter_find,
        .timer_kind = VOTER_RAFT,
        .done_kind = 1,
        .on_leader = voter_on_leader,
        .on_resigned = voter_on_resigned,
        .on_committed = voter_on_committed,
        .on_truncate = voter_on_truncate,
        .on_stopped = voter_on_stopped,
        .owner = self,
    };
    self->raft = raft_replica_new(&context);
}

/* `count` voters with ids 1.., all up; 1 leads epoch 1. */
static inline Quorum *quorum_new(uint64_t seed, int32_t count, bool pre_vote)
{
    Quorum *self = g_new0(Quorum, 1);
    const NetworkProfile network = {
        .latency = distribution_lognormal(SIM_US(200), SIM_MS(1)),
        .loopback_latency = distribution_constant(SIM_US(20)),
    };
    self->sim = sim_new(seed, NULL);
    network_new(self->sim, &network);
    self->config = kafka_config_new(KAFKA_SCOPES_NODE, NULL);
    self->era = era_default();
    self->era.on[ERA_KIP_996] = pre_vote;
    self->metadata = metadata_log_new();
    self->content = raft_content_new(self->metadata);
    self->count = count;
    self->appends = true;
    for (int32_t i = 0; i < count; i++) {
        self->ids[i] = i + 1;
    }
    for (int32_t i = 0; i < count; i++) {
        voter_init(self, i);
        raft_replica_bootstrap(self->voters[i].raft, 1);
    }
    for (int32_t i = 0; i < 10; i++) {
        metadata_append_no_op(self->metadata);
    }
    for (int32_t i = 0; i < count; i++) {
        actor_start(&self->voters[i].actor);
    }
    return self;
}

static inline void quorum_free(Quorum *self)
{
    for (int32_t i = 0; i < self->count; i++) {
        raft_replica_free(self->voters[i].raft);
        actor_clear(&self->voters[i].actor);
    }
    raft_content_free(self->content);
    sim_free(self->sim);
    metadata_log_free(self->metadata);
    kafka_config_free(self->config);
    g_free(self);
}

static inline void quorum_run(Quorum *self, SimDuration time)
{
    KernelStop stop = kernel_run(self->sim->kernel, sim_now(self->sim) + time);
    ck_assert(stop == KERNEL_UNTIL || stop == KERNEL_DRAINED); /* drained: all are dead */
}

/* Ids are 1.. */
static inline Voter *quorum_voter(Quorum *self, int32_t id)
{
    return &self->voters[id - 1];
}

/* The voter that is active and not deposed; NULL. */
static inline Voter *quorum_leader(Quorum *self)
{
    for (int32_t i = 0; i < self->count; i++) {
        Voter *voter = &self->voters[i];
        if (voter->actor.life == ACTOR_ALIVE && voter->active &&
            raft_replica_holds_pen(voter->raft)) {
            return voter;
        }
    }
    return NULL;
}

static inline int32_t quorum_epoch(Quorum *self, int32_t id)
{
    return raft_replica_epoch(quorum_voter(self, id)->raft);
}

static inline void quorum_cut(Quorum *self, int32_t a, int32_t b, bool cut)
{
    uint32_t from = quorum_voter(self, a)->actor.host;
    uint32_t to = quorum_voter(self, b)->actor.host;
    if (cut) {
        network_set_fault(self->sim->network, from, to, (LinkFault){.cut = true});
        network_set_fault(self->sim->network, to, from, (LinkFault){.cut = true});
    } else {
        network_clear_fault(self->sim->network, from, to);
        network_clear_fault(self->sim->network, to, from);
    }
}

static inline void quorum_isolate(Quorum *self, int32_t id, bool cut)
{
    for (int32_t i = 0; i < self->count; i++) {
        if (self->ids[i] != id) {
            quorum_cut(self, id, self->ids[i], cut);
        }
    }
}

/* What voter `id` has logged as `what` since `from`: how often the text occurs in it. */
static inline int32_t
quorum_said(const Quorum *self, int32_t id, const char *what, const char *text, SimTime from)
{
    g_autofree char *name = g_strdup_printf("voter-%d", id);
    int32_t found = 0;
    for (uint32_t i = 1; i <= event_log_count(self->sim->log); i++) {
        LoggedEvent event;
        ck_assert(event_log_get(self->sim->log, i, &event));
        if (event.time >= from && strcmp(event.actor, name) == 0 && strcmp(event.what, what) == 0 &&
            strstr(event.detail, text) != NULL) {
            found++;
        }
    }
    return found;
}

#endif
