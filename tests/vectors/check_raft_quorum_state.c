/* check_raft_quorum_state.c - QuorumState, step by step: states, votes, time-outs, high watermark.
 *
 * The draws that Kafka made are given to ours: it must ask for the same, no more and no fewer. */
#include "models/raft/quorum_state.h"
#include "tests/vectors/vectors.h"
#include <stdlib.h>
#include <string.h>

#define START_MS        INT64_C(1000000)
#define OTHER_DIRECTORY 51

typedef struct Trial {
    QuorumState state;
    SimTime now;
    const cJSON *draws; /* the next one */
    bool drew_badly;
} Trial;

static int64_t give_draw(void *owner, int64_t bound)
{
    Trial *self = owner;
    const cJSON *draw = self->draws;
    if (draw == NULL || (int64_t)cJSON_GetArrayItem(draw, 0)->valuedouble != bound) {
        self->drew_badly = true;
        return 0;
    }
    self->draws = draw->next;
    return (int64_t)cJSON_GetArrayItem(draw, 1)->valuedouble;
}

static ReplicaKey key_of(int32_t id)
{
    return (ReplicaKey){id, id + 1};
}

/* "leader 1 epoch 3", "voted 0 dir 0 epoch 1", "none epoch 2" */
static void store(QuorumState *state, const char *text)
{
    state->stored = (ElectionState){0, QUORUM_NOBODY, {QUORUM_NOBODY, 0}};
    if (text == NULL) {
        return;
    }
    state->stored.epoch = atoi(strstr(text, "epoch ") + 6);
    if (g_str_has_prefix(text, "leader ")) {
        state->stored.leader = atoi(text + 7);
    } else if (g_str_has_prefix(text, "voted ")) {
        bool own = strstr(text, " dir 0 ") != NULL;
        state->stored.voted = (ReplicaKey){atoi(text + 6), own ? 1 : OTHER_DIRECTORY};
    }
}

static void begin(Trial *self, const cJSON *vector)
{
    QuorumConfig config = {
        .voter_count = (int32_t)vector_integer(vector, "voters", 0),
        .local = key_of((int32_t)vector_integer(vector, "localId", 0)),
        .election_timeout_ns = SIM_MS(vector_integer(vector, "electionTimeoutMs", 0)),
        .fetch_timeout_ns = SIM_MS(vector_integer(vector, "fetchTimeoutMs", 0)),
        .pre_vote = true,
        .draw = give_draw,
        .owner = self,
    };
    for (int32_t i = 0; i < config.voter_count; i++) {
        config.voters[i] = key_of(i);
    }
    quorum_state_init(&self->state, &config);
    store(&self->state, vector_text(vector, "stored"));
    self->now = SIM_MS(START_MS);
}

static QuorumAnswer transition(Trial *self, const cJSON *op, const char *name)
{
    QuorumState *state = &self->state;
    int32_t epoch = (int32_t)vector_integer(op, "epoch", 0);
    int32_t leader = (int32_t)vector_integer(op, "leaderId", QUORUM_NOBODY);
    ReplicaKey candidate = key_of((int32_t)vector_integer(op, "candidate", 0));
    if (strcmp(name, "transitionToUnattached") == 0) {
        return quorum_state_to_unattached(state, self->now, epoch, leader);
    }
    if (strcmp(name, "transitionToFollower") == 0) {
        return quorum_state_to_follower(state, self->now, epoch, leader);
    }
    if (strcmp(name, "transitionToProspective") == 0) {
        return quorum_state_to_prospective(state, self->now);
    }
    if (strcmp(name, "transitionToCandidate") == 0) {
        return quorum_state_to_candidate(state, self->now);
    }
    if (strcmp(name, "transitionToResigned") == 0) {
        return quorum_state_to_resigned(state, self->now);
    }
    if (strcmp(name, "transitionToLeader") == 0) {
        return quorum_state_to_leader(state, self->now, vector_integer(op, "epochStartOffset", 0));
    }
    if (strcmp(name, "unattachedAddVotedState") == 0) {
        return quorum_state_add_vote_unattached(state, self->now, epoch, candidate);
    }
    return quorum_state_add_vote_prospective(state, self->now, epoch, candidate);
}

static QuorumAnswer vote(Trial *self, const cJSON *op, bool granted, GString *why, bool *same)
{
    bool is_new = false;
    int32_t from = (int32_t)vector_integer(op, "from", 0);
    QuorumAnswer answer = quorum_state_record_vote(&self->state, from, granted, &is_new);
    *same =
        answer != QUORUM_OK || vector_same_integer(why, "new", vector_boolean(op, "new"), is_new);
    return answer;
}

static QuorumAnswer count(Trial *self, const cJSON *op, const char *name, GString *why, bool *same)
{
    bool moved = false;
    QuorumAnswer answer;
    if (strcmp(name, "leaderUpdateLocal") == 0) {
        answer = quorum_state_update_local(&self->state, vector_integer(op, "leo", 0), &moved);
    } else {
        int32_t replica = (int32_t)vector_integer(op, "replica", 0);
        int64_t offset = vector_integer(op, "fetchOffset", 0);
        answer = quorum_state_update_replica(&self->state, self->now, replica, offset, &moved);
        if (answer == QUORUM_OK) {
            quorum_state_count_fetch(&self->state, self->now, replica); /* as the harness does */
        }
    }
    *same = answer != QUORUM_OK ||
            vector_same_integer(why, "hwChanged", vector_boolean(op, "hwChanged"), moved);
    return answer;
}

static bool grant(Trial *self, const cJSON *op, GString *why)
{
    ReplicaKey candidate = key_of((int32_t)vector_integer(op, "candidate", 0));
    if (vector_boolean(op, "otherDirectory")) {
        candidate.directory = OTHER_DIRECTORY;
    }
    bool granted = quorum_state_can_grant_vote(
        &self->state, candidate, vector_boolean(op, "logUpToDate"), vector_boolean(op, "preVote"));
    return vector_same_integer(why, "granted", vector_boolean(op, "granted"), granted);
}

static bool same_exception(GString *why, const char *expected, QuorumAnswer answer)
{
    static const char *const names[] = {
        [QUORUM_OK] = NULL,
        [QUORUM_ILLEGAL_STATE] = "IllegalStateException",
        [QUORUM_ILLEGAL_ARGUMENT] = "IllegalArgumentException",
    };
    return vector_same_text(why, "exception", expected, names[answer]);
}

static bool apply(Trial *self, const cJSON *op, GString *why)
{
    const char *name = vector_text(op, "op");
    bool same = true;
    QuorumAnswer answer = QUORUM_OK;
    if (strcmp(name, "initialize") == 0) {
        quorum_state_start(&self->state, self->now, (int32_t)vector_integer(op, "logEpoch", 0));
    } else if (strcmp(name, "canGrantVote") == 0) {
        same = grant(self, op, why);
    } else if (g_str_has_prefix(name, "record")) {
        answer = vote(self, op, strcmp(name, "recordGrantedVote") == 0, why, &same);
    } else if (g_str_has_prefix(name, "leaderUpdate")) {
        answer = count(self, op, name, why, &same);
    } else {
        answer = transition(self, op, name);
    }
    return same && same_exception(why, vector_text(op, "exception"), answer);
}

static bool same_voters(const QuorumState *state, const cJSON *after, GString *why, Vote vote_kind)
{
    const char *name = vote_kind == VOTE_GRANTED ? "granted" : "rejected";
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(after, name)->child;
    for (int32_t i = 0; i < state->config.voter_count; i++) {
        bool expected = item != NULL && item->valueint == state->config.voters[i].id;
        if (!vector_same_integer(why, name, expected, state->votes[i] == vote_kind)) {
            return false;
        }
        item = expected ? item->next : item;
    }
    return true;
}

static bool same_nominee(const QuorumState *state, const cJSON *after, GString *why)
{
    return same_voters(state, after, why, VOTE_GRANTED) &&
           same_voters(state, after, why, VOTE_REJECTED) &&
           vector_same_integer(why,
                               "isVoteGranted",
                               vector_boolean(after, "isVoteGranted"),
                               quorum_state_is_granted(state)) &&
           vector_same_integer(why,
                               "isVoteRejected",
                               vector_boolean(after, "isVoteRejected"),
                               quorum_state_is_rejected(state));
}

/* A time-out beyond all days is Java's largest number, less what has passed. */
static bool same_remaining(const Trial *self, const cJSON *after, GString *why)
{
    SimDuration remaining = quorum_state_remaining(&self->state, self->now);
    if (vector_double(after, "remainingMs", 0) > 1e15) {
        return vector_same_integer(why, "never", QUORUM_NEVER, remaining);
    }
    return vector_same_integer(
        why, "remainingMs", vector_integer(after, "remainingMs", -1), remaining / SIM_MS(1));
}

static bool same_state(const Trial *self, const cJSON *after, GString *why)
{
    const QuorumState *state = &self->state;
    const ElectionState *election = &state->election;
    bool same =
        vector_same_text(
            why, "state", vector_text(after, "state"), quorum_state_name(state->now)) &&
        vector_same_integer(why, "epoch", vector_integer(after, "epoch", 0), election->epoch) &&
        vector_same_integer(why, "leader", vector_integer(after, "leader", 0), election->leader) &&
        vector_same_integer(
            why, "voted", vector_integer(after, "voted", QUORUM_NOBODY), election->voted.id) &&
        same_remaining(self, after, why);
    if (same && (state->now == QUORUM_PROSPECTIVE || state->now == QUORUM_CANDIDATE)) {
        same = same_nominee(state, after, why);
    }
    if (same && state->now == QUORUM_LEADER) {
        same =
            vector_same_integer(why, "hw", vector_integer(after, "hw", -1), state->high_watermark);
    }
    return same;
}

bool check_raft_quorum_state(const cJSON *vector, GString *why)
{
    Trial trial = {.drew_badly = false};
    const cJSON *op;
    int step = 0;
    begin(&trial, vector);
    cJSON_ArrayForEach(op, cJSON_GetObjectItemCaseSensitive(vector, "ops"))
    {
        const cJSON *after = cJSON_GetObjectItemCaseSensitive(op, "after");
        const cJSON *draws = cJSON_GetObjectItemCaseSensitive(after, "draws");
        trial.draws = draws != NULL ? draws->child : NULL;
        trial.now = SIM_MS(vector_integer(op, "t", START_MS));
        bool same = apply(&trial, op, why) && same_state(&trial, after, why);
        if (!same || trial.drew_badly || trial.draws != NULL) {
            g_string_append_printf(
                why, " (%s, step %d, draws unlike Kafka's)", vector_text(op, "op"), step);
            return false;
        }
        step++;
    }
    return true;
}
