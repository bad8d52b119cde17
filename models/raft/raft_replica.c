/* raft_replica.c - the replica's thread: its mail, its disk, what it does next. See the header. */
#include "models/raft/raft_state.h"
#include "sim/resource/host.h"
#include <string.h>

bool raft_has_pre_vote(const RaftReplica *self)
{
    return self->quorum.config.pre_vote;
}

static int64_t draw(void *owner, int64_t bound)
{
    RaftReplica *self = owner;
    return stream_between(&self->stream, 0, bound - 1);
}

static int64_t directory_of(int32_t id)
{
    return id; /* a node whose disk is replaced is kept from voting: raft_disk.c */
}

static void init_quorum(RaftReplica *self)
{
    const RaftContext *context = &self->context;
    QuorumConfig config = {
        .voter_count = context->voter_count,
        .local = {context->id, directory_of(context->id)},
        .election_timeout_ns =
            kafka_config_ms(context->config, "controller.quorum.election.timeout.ms"),
        .fetch_timeout_ns = kafka_config_ms(context->config, "controller.quorum.fetch.timeout.ms"),
        .pre_vote = context->era == NULL || context->era->on[ERA_KIP_996],
        .draw = draw,
        .owner = self,
    };
    for (int32_t i = 0; i < context->voter_count; i++) {
        config.voters[i] = (ReplicaKey){context->voters[i], directory_of(context->voters[i])};
    }
    quorum_state_init(&self->quorum, &config);
}

static void init_channel(RaftReplica *self)
{
    const KafkaConfig *config = self->context.config;
    self->channel = (RaftChannel){
        .actor = self->context.actor,
        .retry_backoff_ns = kafka_config_ms(config, "controller.quorum.retry.backoff.ms"),
        .request_timeout_ns = kafka_config_ms(config, "controller.quorum.request.timeout.ms"),
    };
}

RaftReplica *raft_replica_new(const RaftContext *context)
{
    RaftReplica *self = g_new0(RaftReplica, 1);
    self->context = *context;
    self->inbox = g_array_new(FALSE, FALSE, sizeof(RaftMail));
    self->held = g_array_new(FALSE, FALSE, sizeof(RaftMail));
    self->parked = g_array_new(FALSE, FALSE, sizeof(RaftParkedFetch));
    self->readers = g_array_new(FALSE, FALSE, sizeof(RaftReader));
    self->linger_ns = kafka_config_ms(context->config, "controller.quorum.append.linger.ms");
    self->backoff_max_ns =
        kafka_config_ms(context->config, "controller.quorum.election.backoff.max.ms");
    raft_log_init(&self->log);
    init_quorum(self);
    init_channel(self);
    timer_init(&self->poll, context->timer_kind, self);
    timer_init(&self->linger, context->timer_kind, self);
    timer_init(&self->fetch_expiry, context->timer_kind, self);
    actor_stream(context->actor, "raft", &self->stream);
    return self;
}

static void free_mail(RaftReplica *self, GArray *mail)
{
    for (guint i = 0; i < mail->len; i++) {
        message_free(self->context.actor->sim, g_array_index(mail, RaftMail, i).message);
    }
    g_array_set_size(mail, 0);
}

void raft_replica_free(RaftReplica *self)
{
    if (self == NULL) {
        return;
    }
    raft_replica_kill(self);
    g_array_free(self->inbox, TRUE);
    g_array_free(self->held, TRUE);
    g_array_free(self->parked, TRUE);
    g_array_free(self->readers, TRUE);
    raft_log_clear(&self->log);
    g_free(self);
}

void raft_replica_bootstrap(RaftReplica *self, int32_t leader)
{
    RaftContent *content = self->context.content;
    content->writer_epoch = 1;
    self->bootstrapped = true;
    self->bootstrap_leader = leader;
    self->quorum.stored = (ElectionState){1, leader, {QUORUM_NOBODY, 0}};
}

static void add_peers(RaftReplica *self)
{
    if (self->channel.count > 0) {
        return;
    }
    for (int32_t i = 0; i < self->context.voter_count; i++) {
        int32_t id = self->context.voters[i];
        if (id != self->context.id) {
            Actor *voter = self->context.find_voter(self->context.owner, id);
            raft_channel_add(&self->channel, id, voter);
        }
    }
}

/* The quorum stands since before the run: everybody has what there is. */
static void start_bootstrapped(RaftReplica *self)
{
    QuorumState *quorum = &self->quorum;
    RaftContent *content = self->context.content;
    self->bootstrapped = false;
    raft_content_note(content);
    raft_log_append(&self->log, 1, content->log.end_offset);
    self->flushed_end = self->log.end_offset;
    if (self->bootstrap_leader == self->context.id) {
        quorum->stored.epoch = 0;
        quorum->stored.leader = QUORUM_NOBODY;
        quorum_state_start(quorum, raft_now(self), 0);
        quorum->now = QUORUM_CANDIDATE;
        quorum->election = (ElectionState){1, QUORUM_NOBODY, quorum->config.local};
        for (int32_t i = 0; i < quorum->config.voter_count; i++) {
            quorum->votes[i] = VOTE_GRANTED;
        }
        (void)quorum_state_to_leader(quorum, raft_now(self), 0);
        for (int32_t i = 0; i < quorum->config.voter_count; i++) {
            quorum->end_offsets[i] = self->log.end_offset;
        }
        self->begin_epoch_at = raft_now(self) + quorum->config.fetch_timeout_ns / 2;
        self->announced = true;
    } else {
        quorum_state_start(quorum, raft_now(self), 1);
        quorum_state_fetched(quorum, raft_now(self));
    }
    quorum->high_watermark = self->log.end_offset;
    self->stored_writes = quorum->writes;
    self->paths_taken |= 1U << quorum->now;
    if (self->announced) {
        self->context.on_leader(self->context.owner, 1);
    }
}

static void poll_now(RaftReplica *self);

void raft_replica_start(RaftReplica *self)
{
    add_peers(self);
    self->writing = RAFT_IDLE;
    self->paths_taken = 1U << QUORUM_FOLLOWER; /* known from its start */
    self->announced = false;
    self->stopping = false;
    self->probe_at = 0;
    self->successor_count = 0;
    memset(self->acknowledged, 0, sizeof(self->acknowledged));
    self->backing_off = QUORUM_NEVER;
    raft_use_new_disk(self);
    if (self->disk == RAFT_DISK_BROKEN && raft_disk_fails(self)) {
        return; /* it cannot even read */
    }
    if (self->bootstrapped) {
        start_bootstrapped(self);
        poll_now(self);
        return;
    }
    quorum_state_start(&self->quorum, raft_now(self), raft_log_last_epoch(&self->log));
    raft_log_move(self, "the process starts");
    if (self->context.voter_count == 1 && self->quorum.now != QUORUM_CANDIDATE) {
        raft_to_nominee(self, "the only voter");
    }
    poll_now(self);
}

void raft_replica_kill(RaftReplica *self)
{
    free_mail(self, self->inbox);
    free_mail(self, self->held);
    for (guint i = 0; i < self->parked->len; i++) {
        message_free(self->context.actor->sim,
                     &g_array_index(self->parked, RaftParkedFetch, i).request->header.base);
    }
    g_array_set_size(self->parked, 0);
    raft_channel_reset(&self->channel);
    raft_log_truncate(&self->log, self->flushed_end); /* what was being written is lost */
    self->writing = RAFT_IDLE;
    self->needs_flush = false;
    self->quorum.now = QUORUM_UNATTACHED;
}

void raft_replica_stop(RaftReplica *self)
{
    self->stopping = true;
    self->stop_at = raft_now(self) + self->channel.request_timeout_ns;
    poll_now(self);
}

void raft_log_move(RaftReplica *self, const char *why)
{
    const QuorumState *quorum = &self->quorum;
    int32_t epoch = quorum->election.epoch;
    if (quorum->now == QUORUM_FOLLOWER) {
        actor_log(self->context.actor,
                  "quorum",
                  "follows controller %d in epoch %d",
                  quorum->election.leader,
                  epoch);
        return;
    }
    g_autofree char *name = g_ascii_strdown(quorum_state_name(quorum->now), -1);
    actor_log(self->context.actor,
              "quorum",
              "%s in epoch %d%s%s",
              quorum->now == QUORUM_LEADER ? "leader of the quorum" : name,
              epoch,
              why != NULL ? ": " : "",
              why != NULL ? why : "");
}

bool raft_replica_holds_pen(const RaftReplica *self)
{
    return self->quorum.now == QUORUM_LEADER &&
           self->context.content->writer_epoch == self->quorum.election.epoch;
}

int32_t raft_replica_epoch(const RaftReplica *self)
{
    return self->quorum.election.epoch;
}

int32_t raft_replica_leader(const RaftReplica *self)
{
    return self->quorum.election.leader;
}

int64_t raft_replica_high_watermark(const RaftReplica *self)
{
    return self->quorum.high_watermark;
}

const QuorumState *raft_replica_quorum(const RaftReplica *self)
{
    return &self->quorum;
}

void raft_respond(RaftReplica *self, ConnectionId connection, ResponseHeader *response)
{
    const RaftMail mail = {connection, &response->base};
    g_array_append_val(self->held, mail);
}

static void send_held(RaftReplica *self)
{
    for (guint i = 0; i < self->held->len; i++) {
        const RaftMail *mail = &g_array_index(self->held, RaftMail, i);
        network_send(self->context.actor, mail->connection, mail->message);
    }
    g_array_set_size(self->held, 0);
}

static void write_now(RaftReplica *self, RaftWriting what)
{
    Actor *actor = self->context.actor;
    if (raft_disk_fails(self)) {
        return;
    }
    self->writing = what;
    disk_fsync(actor, host_disk(host_at(actor->sim, actor->host)), self->context.done_kind, NULL);
}

static void store_election(RaftReplica *self)
{
    const HardwareProfile *profile = self->context.profile;
    SimDuration first =
        profile == NULL
            ? 0
            : first_run_draw(&self->paths_taken, self->quorum.now, profile, &self->stream);
    if (first > 0) {
        self->writing = RAFT_FIRST_RUN;
        host_run(self->context.actor, first, self->context.done_kind, NULL);
    } else {
        write_now(self, RAFT_STORING_ELECTION);
    }
}

/* After anything that may have changed the state: first the disk, then the answers. True when the
 * thread is free. */
static bool settle(RaftReplica *self)
{
    if (self->writing != RAFT_IDLE) {
        return false;
    }
    if (self->quorum.writes != self->stored_writes) {
        store_election(self);
        return false;
    }
    if (self->needs_flush) {
        write_now(self, RAFT_FLUSHING_LOG);
        return false;
    }
    send_held(self);
    return true;
}

/* When the state asks to be looked at again. */
static SimTime poll_state(RaftReplica *self)
{
    switch (self->quorum.now) {
    case QUORUM_LEADER:
        return raft_poll_leader(self);
    case QUORUM_PROSPECTIVE:
    case QUORUM_CANDIDATE:
        return raft_poll_nominee(self);
    case QUORUM_FOLLOWER:
        return raft_poll_follower(self);
    case QUORUM_UNATTACHED:
        return raft_poll_unattached(self);
    case QUORUM_RESIGNED:
        return raft_poll_resigned(self);
    }
    return QUORUM_NEVER;
}

/* Mirrors: maybeCompleteShutdown. */
static bool has_stopped(RaftReplica *self)
{
    const QuorumState *quorum = &self->quorum;
    int32_t leader = quorum->election.leader;
    bool elsewhere = leader != QUORUM_NOBODY && leader != self->context.id;
    return self->stopping &&
           (self->context.voter_count == 1 || elsewhere || raft_now(self) >= self->stop_at);
}

static void poll_now(RaftReplica *self)
{
    SimTime next = QUORUM_NEVER;
    do {
        self->again = false;
        if (!settle(self)) {
            actor_disarm(self->context.actor, &self->poll);
            return;
        }
        if (has_stopped(self)) {
            self->context.on_stopped(self->context.owner);
            return;
        }
        next = poll_state(self);
    } while (self->again || self->quorum.writes != self->stored_writes || self->needs_flush);
    next = self->stopping ? MIN(next, self->stop_at) : next;
    if (next == QUORUM_NEVER) {
        actor_disarm(self->context.actor, &self->poll);
    } else {
        actor_arm_at(self->context.actor, &self->poll, MAX(next, raft_now(self)));
    }
}

static void handle_request(RaftReplica *self, ConnectionId connection, RequestHeader *request)
{
    switch (request->base.type) {
    case KAFKA_METADATA_FETCH:
        raft_on_fetch(self, connection, (MetadataFetchRequest *)request);
        return; /* it keeps the request */
    case KAFKA_VOTE:
        raft_on_vote_request(self, connection, (const VoteRequest *)request);
        break;
    default:
        raft_on_epoch_request(self, connection, (const QuorumEpochRequest *)request);
        break;
    }
    message_free(self->context.actor->sim, &request->base);
}

static void handle_response(RaftReplica *self, ConnectionId connection, ResponseHeader *response)
{
    RaftPeer *peer = raft_channel_accept(&self->channel, connection, response);
    if (peer == NULL) {
        /* nobody waits for it any more */
    } else if ((response->base.type & ~KAFKA_RESPONSE) == KAFKA_METADATA_FETCH) {
        raft_on_fetch_response(self, (const MetadataFetchResponse *)response);
    } else {
        raft_on_quorum_response(self, peer, (const QuorumResponse *)response);
    }
    message_free(self->context.actor->sim, &response->base);
}

/* Mail in order of arrival, as long as the thread is free. */
static void work(RaftReplica *self)
{
    guint done = 0;
    while (self->writing == RAFT_IDLE && done < self->inbox->len) {
        RaftMail mail = g_array_index(self->inbox, RaftMail, done++);
        if ((mail.message->type & KAFKA_RESPONSE) != 0) {
            handle_response(self, mail.connection, (ResponseHeader *)mail.message);
        } else {
            handle_request(self, mail.connection, (RequestHeader *)mail.message);
        }
        (void)settle(self);
    }
    g_array_remove_range(self->inbox, 0, done);
    poll_now(self);
}

static void receive(RaftReplica *self, ConnectionId connection, Message *message)
{
    const RaftMail mail = {connection, message};
    g_array_append_val(self->inbox, mail);
    if (self->writing == RAFT_IDLE) {
        work(self);
    }
}

bool raft_replica_on_request(RaftReplica *self, ConnectionId connection, RequestHeader *request)
{
    uint16_t type = request->base.type;
    if (type != KAFKA_METADATA_FETCH && type != KAFKA_VOTE && type != KAFKA_BEGIN_QUORUM_EPOCH &&
        type != KAFKA_END_QUORUM_EPOCH) {
        return false;
    }
    receive(self, connection, &request->base);
    return true;
}

void raft_replica_on_response(RaftReplica *self, ConnectionId connection, ResponseHeader *response)
{
    receive(self, connection, &response->base);
}

bool raft_replica_on_connected(RaftReplica *self, ConnectionId connection)
{
    return raft_channel_on_connected(&self->channel, connection);
}

bool raft_replica_on_disconnected(RaftReplica *self, ConnectionId connection)
{
    raft_drop_parked(self, connection);
    if (!raft_channel_on_disconnected(&self->channel, connection)) {
        return false;
    }
    if (self->writing == RAFT_IDLE) {
        poll_now(self);
    }
    return true;
}

void raft_replica_on_timer(RaftReplica *self, Timer *timer)
{
    if (timer == &self->fetch_expiry) {
        raft_complete_fetches(self);
    } else if (self->writing == RAFT_IDLE) {
        poll_now(self); /* the linger's end too: the leader looks whether it is armed */
    }
}

void raft_replica_on_written(RaftReplica *self)
{
    RaftWriting what = self->writing;
    if (what == RAFT_FIRST_RUN) {
        write_now(self, RAFT_STORING_ELECTION);
        return;
    }
    self->writing = RAFT_IDLE;
    if (what == RAFT_STORING_ELECTION) {
        self->stored_writes = self->quorum.writes;
    } else {
        self->needs_flush = false;
        self->flushed_end = self->log.end_offset;
        raft_on_log_flushed(self);
    }
    work(self);
}
