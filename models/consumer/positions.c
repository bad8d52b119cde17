/* positions.c - where to begin: the group's committed offset, else auto.offset.reset.
 *
 * A newly assigned partition asks the coordinator for its committed offset; without one, or when
 * its position fell out of the log, ListOffsets at its leader says where latest or earliest is.
 *
 * A position with an epoch is validated whenever the leader epoch is another (KIP-320): the leader
 * says where that epoch ends in its log; a position beyond goes back there (or, without
 * auto.offset.reset, fails). Without KIP-320 only a position beyond the log's end is noticed.
 *
 *     unknown --committed offset--> validating --the leader agrees--> valid --new leader epoch-->
 *     validating;  unknown, valid --none, out of range--> resetting --ListOffsets--> valid
 *
 * Mirrors: ConsumerCoordinator.refreshCommittedOffsetsIfNeeded, OffsetFetcher,
 * SubscriptionState.maybeValidatePosition, .maybeCompleteValidation (clients.md §2.3). Left out:
 * the epoch of an offset that ListOffsets gives: such a position is not validated at once. */
#include "models/consumer/consumer_state.h"

/* Brokers before KIP-279 do not say of which epoch an end offset is: nobody asks them. Mirrors:
 * OffsetFetcherUtils.hasUsableOffsetForLeaderEpochVersion. */
static bool is_validated(const Consumer *self, int32_t epoch)
{
    const Era *era = self->context.era;
    return epoch >= 0 && (era == NULL || era->on[ERA_KIP_279]);
}

static void set_position(Consumer *self, AssignedPartition *entry, int64_t offset, int32_t epoch)
{
    entry->asked = false;
    entry->seeks = false;
    entry->position = offset;
    entry->leader_epoch = epoch;
    entry->valid_under = consumer_leader_epoch(self, entry->partition);
    entry->state =
        entry->valid_under >= 0 && is_validated(self, epoch) ? POSITION_VALIDATING : POSITION_VALID;
}

void positions_request_reset(Consumer *self, AssignedPartition *entry)
{
    if (self->options.reset == RESET_NONE) {
        consumer_fail(self, "no offset and auto.offset.reset=none");
        return;
    }
    entry->state = POSITION_RESETTING;
    entry->asked = false;
    entry->seeks = false;
}

static void ask_committed(Consumer *self, int32_t count)
{
    OffsetFetchRequest *request = membership_request(
        self, KAFKA_MESSAGE_BYTES(OffsetFetchRequest, partitions, count), KAFKA_OFFSET_FETCH);
    request->group_id = self->context.spec->name;
    request->generation_id = self->generation;
    request->require_stable = self->options.read_committed;
    g_strlcpy(request->member_id, self->member_id, sizeof request->member_id);
    for (guint i = 0; i < self->assigned->len; i++) {
        const AssignedPartition *entry = &g_array_index(self->assigned, AssignedPartition, i);
        if (entry->state == POSITION_UNKNOWN) {
            request->partitions[request->count++] = entry->partition;
        }
    }
    self->is_offset_fetch_in_flight = true;
    membership_send(self, request, 0);
}

void positions_on_committed(Consumer *self, const OffsetFetchResponse *response)
{
    if (!self->is_offset_fetch_in_flight) {
        return;
    }
    self->is_offset_fetch_in_flight = false;
    if (response == NULL || response->error != KAFKA_NONE) {
        if (response != NULL && (response->error == KAFKA_NOT_COORDINATOR ||
                                 response->error == KAFKA_COORDINATOR_NOT_AVAILABLE)) {
            membership_coordinator_unknown(self, false);
        }
        self->positions_retry_at = consumer_now(self) + consumer_backoff(self, NULL);
        return;
    }
    for (int32_t i = 0; i < response->count; i++) {
        const OffsetEntry *committed = &response->offsets[i];
        AssignedPartition *entry = subscription_find(self, committed->partition);
        if (entry == NULL || entry->state != POSITION_UNKNOWN) {
            continue;
        }
        if (committed->error != KAFKA_NONE) { /* of an open transaction: asked for again */
            self->positions_retry_at = consumer_now(self) + consumer_backoff(self, NULL);
            continue;
        }
        if (committed->offset >= 0) {
            client_metadata_see_epoch(self->metadata, entry->partition, committed->leader_epoch);
            set_position(self, entry, committed->offset, committed->leader_epoch);
            CONSUMER_WATCH(self, on_begin, entry->partition, committed->offset);
        } else {
            positions_request_reset(self, entry);
        }
    }
}

static int64_t reset_timestamp(const Consumer *self, const AssignedPartition *entry)
{
    if (entry->seeks) {
        return entry->reset_to;
    }
    switch (self->options.reset) {
    case RESET_EARLIEST:
        return LIST_OFFSETS_EARLIEST;
    case RESET_BY_DURATION:
        return MAX(consumer_now(self) - self->options.reset_duration_ns, 0);
    case RESET_LATEST:
    case RESET_NONE:
        break;
    }
    return LIST_OFFSETS_LATEST;
}

static bool is_to_be_asked(const Consumer *self,
                           const AssignedPartition *entry,
                           PositionState state,
                           int32_t leader)
{
    return entry->state == state && !entry->asked &&
           client_metadata_leader(self->metadata, entry->partition) == leader;
}

/* All partitions of this leader that are to be reset, in one request. */
static void ask_leader(Consumer *self, int32_t leader)
{
    ListOffsetsRequest *request =
        message_new(self->actor.sim,
                    KAFKA_MESSAGE_BYTES(ListOffsetsRequest, partitions, self->assigned->len),
                    KAFKA_LIST_OFFSETS);
    request->header.client_id = self->client_id;
    request->read_committed = self->options.read_committed;
    for (guint i = 0; i < self->assigned->len; i++) {
        AssignedPartition *entry = &g_array_index(self->assigned, AssignedPartition, i);
        if (is_to_be_asked(self, entry, POSITION_RESETTING, leader)) {
            entry->asked = true;
            request->partitions[request->count++] = (ListOffsetsPartition){
                .partition = entry->partition,
                .current_leader_epoch = consumer_leader_epoch(self, entry->partition),
                .timestamp = reset_timestamp(self, entry),
            };
        }
    }
    kafka_message_set_wire_bytes(&request->header.base);
    network_client_send(self->network, leader, &request->header, NULL, true, 0);
}

/* Each leader that partitions in this state wait for, as soon as it can be asked. */
static void
ask_leaders(Consumer *self, PositionState state, void (*ask)(Consumer *self, int32_t leader))
{
    for (guint i = 0; i < self->assigned->len; i++) {
        const AssignedPartition *entry = &g_array_index(self->assigned, AssignedPartition, i);
        if (entry->state != state || entry->asked) {
            continue;
        }
        const int32_t leader = client_metadata_leader(self->metadata, entry->partition);
        if (leader == NO_LEADER) {
            client_metadata_request_update(self->metadata);
        } else if (network_client_ready(self->network, leader) &&
                   network_client_can_send(self->network, leader)) {
            ask(self, leader);
        }
    }
}

void positions_tell_move(const Consumer *self, AssignedPartition *entry, int64_t offset)
{
    entry->sought = false;
    if (self->context.group_index >= 0) {
        ledger_position_moved(
            self->context.ledger, self->context.group_index, entry->partition, offset);
    }
}

static void log_reset(Consumer *self, AssignedPartition *entry, int64_t offset)
{
    char name[128];
    actor_log(&self->actor,
              "reset",
              "%s from %ld to %ld",
              consumer_partition_name(self, entry->partition, name, sizeof name),
              (long)entry->position,
              (long)offset);
    positions_tell_move(self, entry, offset);
}

/* The whole request failed: ask again, after a back-off and with newer metadata. */
static void forget_asked(Consumer *self)
{
    for (guint i = 0; i < self->assigned->len; i++) {
        g_array_index(self->assigned, AssignedPartition, i).asked = false;
    }
    client_metadata_request_update(self->metadata);
    self->positions_retry_at = consumer_now(self) + consumer_backoff(self, NULL);
}

void positions_on_listed(Consumer *self, const ListOffsetsResponse *response)
{
    if (response == NULL) {
        forget_asked(self);
        return;
    }
    for (int32_t i = 0; i < response->count; i++) {
        const ListOffsetsPartition *listed = &response->partitions[i];
        AssignedPartition *entry = subscription_find(self, listed->partition);
        if (entry == NULL || entry->state != POSITION_RESETTING) {
            continue;
        }
        entry->asked = false;
        if (listed->error == KAFKA_NONE && listed->offset < 0) {
            entry->seeks = true; /* nothing so young: the end */
            entry->reset_to = LIST_OFFSETS_LATEST;
            self->poll_again = true;
        } else if (listed->error == KAFKA_NONE) {
            log_reset(self, entry, listed->offset);
            CONSUMER_WATCH(self, on_reset, entry->partition, listed->offset);
            set_position(self, entry, listed->offset, -1);
        } else {
            client_metadata_request_update(self->metadata);
            self->positions_retry_at = consumer_now(self) + consumer_backoff(self, NULL);
        }
    }
}

/* Another leader epoch: is what was read still in the leader's log? */
static void maybe_validate(const Consumer *self, AssignedPartition *entry)
{
    int32_t epoch = consumer_leader_epoch(self, entry->partition);
    if (entry->state != POSITION_VALID || epoch < 0 || epoch == entry->valid_under) {
        return;
    }
    entry->valid_under = epoch;
    entry->prefers = false;
    if (is_validated(self, entry->leader_epoch)) {
        entry->state = POSITION_VALIDATING;
        entry->asked = false;
    }
}

static void ask_epoch_ends(Consumer *self, int32_t leader)
{
    OffsetsForLeaderEpochRequest *request = message_new(
        self->actor.sim,
        KAFKA_MESSAGE_BYTES(OffsetsForLeaderEpochRequest, partitions, self->assigned->len),
        KAFKA_OFFSETS_FOR_LEADER_EPOCH);
    request->header.client_id = self->client_id;
    for (guint i = 0; i < self->assigned->len; i++) {
        AssignedPartition *entry = &g_array_index(self->assigned, AssignedPartition, i);
        if (is_to_be_asked(self, entry, POSITION_VALIDATING, leader)) {
            entry->asked = true;
            request->partitions[request->count++] = (EpochEndPartition){
                .partition = entry->partition,
                .current_leader_epoch = entry->valid_under,
                .leader_epoch = entry->leader_epoch,
            };
        }
    }
    kafka_message_set_wire_bytes(&request->header.base);
    network_client_send(self->network, leader, &request->header, NULL, true, 0);
}

/* The log was truncated below the position: back to where the histories part. */
static void truncation(Consumer *self, AssignedPartition *entry, const EpochEndPartition *end)
{
    char name[128];
    actor_log(&self->actor,
              "truncation",
              "%s: position %ld of epoch %d, which ends at %ld",
              consumer_partition_name(self, entry->partition, name, sizeof name),
              (long)entry->position,
              entry->leader_epoch,
              (long)end->end_offset);
    if (self->options.reset == RESET_NONE) {
        consumer_fail(self, "truncation detected and auto.offset.reset=none");
    } else if (end->end_offset < 0 || end->leader_epoch < 0) {
        positions_request_reset(self, entry);
    } else {
        CONSUMER_WATCH(self, on_reset, entry->partition, end->end_offset);
        positions_tell_move(self, entry, end->end_offset);
        entry->state = POSITION_VALID;
        entry->position = end->end_offset;
        entry->leader_epoch = end->leader_epoch;
    }
}

void positions_on_epoch_ends(Consumer *self, const OffsetsForLeaderEpochResponse *response)
{
    if (response == NULL) {
        forget_asked(self);
        return;
    }
    for (int32_t i = 0; i < response->count; i++) {
        const EpochEndPartition *end = &response->partitions[i];
        AssignedPartition *entry = subscription_find(self, end->partition);
        if (entry == NULL || entry->state != POSITION_VALIDATING) {
            continue;
        }
        entry->asked = false;
        if (end->error != KAFKA_NONE) {
            client_metadata_request_update(self->metadata);
            self->positions_retry_at = consumer_now(self) + consumer_backoff(self, NULL);
            entry->valid_under = consumer_leader_epoch(self, entry->partition);
        } else if (end->leader_epoch < 0 || end->end_offset < entry->position) {
            truncation(self, entry, end);
        } else {
            entry->state = POSITION_VALID;
        }
    }
}

void positions_update(Consumer *self)
{
    int32_t unknown = 0;
    int32_t resetting = 0;
    int32_t validating = 0;
    for (guint i = 0; i < self->assigned->len; i++) {
        AssignedPartition *entry = &g_array_index(self->assigned, AssignedPartition, i);
        maybe_validate(self, entry);
        if (entry->state == POSITION_UNKNOWN && !self->options.has_group) {
            positions_request_reset(self, entry);
        }
        validating += entry->state == POSITION_VALIDATING ? 1 : 0;
        unknown += entry->state == POSITION_UNKNOWN ? 1 : 0;
        resetting += entry->state == POSITION_RESETTING ? 1 : 0;
    }
    if (unknown + resetting + validating == 0 || consumer_now(self) < self->positions_retry_at) {
        return;
    }
    if (unknown > 0 && self->options.assigns && self->coordinator < 0) {
        membership_lookup(self); /* nobody else does */
    }
    if (unknown > 0 && !self->is_offset_fetch_in_flight && membership_can_send(self)) {
        ask_committed(self, unknown);
    }
    if (resetting > 0) {
        ask_leaders(self, POSITION_RESETTING, ask_leader);
    }
    if (validating > 0) {
        ask_leaders(self, POSITION_VALIDATING, ask_epoch_ends);
    }
}

/* The end of the back-off, or when a leader that is to be asked may be connected to. */
SimTime positions_next_action(const Consumer *self)
{
    const SimTime now = consumer_now(self);
    SimTime next = self->positions_retry_at > now ? self->positions_retry_at : SIM_TIME_MAX;
    for (guint i = 0; i < self->assigned->len; i++) {
        const AssignedPartition *entry = &g_array_index(self->assigned, AssignedPartition, i);
        bool waits = entry->state == POSITION_RESETTING || entry->state == POSITION_VALIDATING;
        if (waits && !entry->asked) {
            const int32_t leader = client_metadata_leader(self->metadata, entry->partition);
            const SimTime at =
                leader == NO_LEADER ? now : network_client_next_attempt(self->network, leader);
            next = at > now ? MIN(next, at) : next;
        }
    }
    return next;
}
