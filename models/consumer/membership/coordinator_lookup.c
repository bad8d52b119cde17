/* coordinator_lookup.c - finding the group's coordinator, and losing it.
 *
 *     unknown --FindCoordinator at the least loaded node--> known
 *     known --disconnect, NOT_COORDINATOR, session without an answer--> unknown
 *
 * Mirrors: AbstractCoordinator.ensureCoordinatorReady, lookupCoordinator, markCoordinatorUnknown.
 */
#include "models/consumer/consumer_state.h"

static void look_up_later(Consumer *self)
{
    uint32_t *attempts = self->modern.is_on ? &self->lookup_attempts : NULL;
    self->lookup_retry_at = consumer_now(self) + consumer_backoff(self, attempts);
    client_metadata_request_update(self->metadata);
}

void membership_lookup(Consumer *self)
{
    if (self->is_looking_up || consumer_now(self) < self->lookup_retry_at) {
        return;
    }
    const int32_t node = network_client_least_loaded(self->network);
    if (node == NO_NODE) {
        look_up_later(self);
        return;
    }
    if (!network_client_ready(self->network, node) ||
        !network_client_can_send(self->network, node)) {
        return; /* becoming ready wakes poll() */
    }
    FindCoordinatorRequest *request =
        message_new(self->actor.sim, sizeof(FindCoordinatorRequest), KAFKA_FIND_COORDINATOR);
    request->header.client_id = self->client_id;
    request->group_id = self->context.spec->name;
    kafka_message_set_wire_bytes(&request->header.base);
    self->is_looking_up = true;
    network_client_send(self->network, node, &request->header, NULL, true, 0);
}

void coordinator_found(Consumer *self, const FindCoordinatorResponse *response)
{
    self->is_looking_up = false;
    if (response == NULL || response->error != KAFKA_NONE) {
        look_up_later(self);
        commits_lookup_failed(self);
        return;
    }
    const int32_t node = COORDINATOR_NODE(response->broker);
    if (network_client_next_attempt(self->network, node) > consumer_now(self)) {
        look_up_later(self); /* found, but its connection has just failed */
        return;
    }
    self->coordinator = response->broker;
    self->lookup_attempts = 0;
    heartbeat_session_seen(self);
    (void)network_client_ready(self->network, node);
}

/* Whatever was asked of the old coordinator counts as failed. */
void membership_coordinator_unknown(Consumer *self, bool is_disconnected)
{
    if (self->coordinator < 0) {
        return;
    }
    const int32_t node = COORDINATOR_NODE(self->coordinator);
    self->coordinator = -1;
    if (self->is_join_in_flight && self->deferred == NULL) {
        membership_join_failed(self, false, "coordinator unavailable");
    }
    self->is_offset_fetch_in_flight = false;
    if (self->waited_commit == COMMIT_IN_FLIGHT) {
        self->waited_commit = COMMIT_RETRIABLE;
        commits_retry_later(self);
    }
    if (!is_disconnected) {
        network_client_close(self->network, node);
    }
}

bool membership_can_send(Consumer *self)
{
    if (self->coordinator < 0) {
        return false;
    }
    const int32_t node = COORDINATOR_NODE(self->coordinator);
    return network_client_ready(self->network, node) &&
           network_client_can_send(self->network, node);
}
