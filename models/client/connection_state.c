/* connection_state.c - see connection_state.h. */
#include "models/client/connection_state.h"

void connection_state_reset(ConnectionState *self)
{
    self->phase = CONNECTION_DISCONNECTED;
    self->connection = 0;
    self->is_sending = false;
    self->attempted = false;
    self->last_attempt = 0;
    self->failed_attempts = 0;
    self->failed_connects = 0;
    self->throttled_until = 0;
    in_flight_clear(&self->in_flight);
}

bool connection_state_can_connect(const ConnectionState *self, SimTime now)
{
    return self->phase == CONNECTION_DISCONNECTED &&
           (!self->attempted || now - self->last_attempt >= self->reconnect_backoff_ns);
}

void connection_state_connecting(ConnectionState *self, ConnectionPolicy *policy, SimTime now)
{
    if (!self->attempted) {
        self->reconnect_backoff_ns = backoff_draw(&policy->reconnect, 0, &policy->jitter);
        self->setup_timeout_ns = backoff_draw(&policy->setup, 0, &policy->jitter);
    }
    self->attempted = true;
    self->last_attempt = now;
    self->phase = CONNECTION_CONNECTING;
}

static void reset_setup_timeout(ConnectionState *self, ConnectionPolicy *policy)
{
    self->failed_connects = 0;
    self->setup_timeout_ns = backoff_draw(&policy->setup, 0, &policy->jitter);
}

void connection_state_checking(ConnectionState *self, ConnectionPolicy *policy)
{
    self->phase = CONNECTION_CHECKING;
    reset_setup_timeout(self, policy);
}

/* Only a connection that became ready clears the reconnect back-off: a broker that accepts and
 * then drops keeps it growing. */
void connection_state_ready(ConnectionState *self, ConnectionPolicy *policy)
{
    self->phase = CONNECTION_READY;
    self->failed_attempts = 0;
    self->reconnect_backoff_ns = backoff_draw(&policy->reconnect, 0, &policy->jitter);
    reset_setup_timeout(self, policy);
}

void connection_state_disconnected(ConnectionState *self, ConnectionPolicy *policy, SimTime now)
{
    self->last_attempt = now;
    self->reconnect_backoff_ns =
        backoff_draw(&policy->reconnect, self->failed_attempts, &policy->jitter);
    self->failed_attempts++;
    if (self->phase == CONNECTION_CONNECTING) {
        self->failed_connects++;
        self->setup_timeout_ns =
            backoff_draw(&policy->setup, self->failed_connects, &policy->jitter);
    } else {
        reset_setup_timeout(self, policy);
    }
    self->phase = CONNECTION_DISCONNECTED;
    self->connection = 0;
    self->is_sending = false;
}
