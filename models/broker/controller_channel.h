/* controller_channel.h - a broker's connection to the active controller, one request at a time.
 *
 * Who that is the metadata quorum says. A controller that stands by answers NOT_CONTROLLER: the
 * channel lets go of it and asks again.
 * Mirrors: NodeToControllerChannelManager, and KafkaRaftClient's fetches for the metadata
 * channel. A request that got no answer (reset, refusal, time-out) is built anew and sent again
 * after a back-off: the newest state is what should be told. */
#ifndef KAFKASIM_MODELS_BROKER_CONTROLLER_CHANNEL_H
#define KAFKASIM_MODELS_BROKER_CONTROLLER_CHANNEL_H
#include "models/broker/broker.h"

typedef RequestHeader *(*ChannelBuild)(Broker *broker);
typedef Actor *(*ChannelTarget)(Broker *broker); /* NULL: nobody is known */

typedef struct ControllerChannel {
    Broker *broker;
    ChannelBuild build; /* of the request to send next; NULL when there is nothing to say */
    ChannelTarget target;
    void (*lost)(Broker *broker); /* failed, refused, or no target: a back-off began; or NULL */
    ConnectionId connection;
    bool connected;
    bool wanted;    /* something is to be sent */
    bool in_flight; /* and unanswered */
    uint32_t correlation_id;
    SimDuration backoff_ns;
    SimDuration timeout_ns;
    Timer timer; /* back-off, or time-out of what is in flight */
} ControllerChannel;

void controller_channel_init(ControllerChannel *self,
                             Broker *broker,
                             uint16_t timer_kind,
                             ChannelBuild build,
                             ChannelTarget target,
                             SimDuration backoff_ns,
                             SimDuration timeout_ns);
void controller_channel_reset(ControllerChannel *self);
/* Sends what `build` gives as soon as the channel is free. */
void controller_channel_send(ControllerChannel *self);
/* True when the connection is this channel's. */
bool controller_channel_on_connected(ControllerChannel *self, ConnectionId connection);
bool controller_channel_on_disconnected(ControllerChannel *self, ConnectionId connection);
/* True when the response answers what is in flight; late answers do not. NOT_CONTROLLER is no
 * answer: the channel looks for the controller and asks again. */
bool controller_channel_accepts(ControllerChannel *self,
                                ConnectionId connection,
                                const ResponseHeader *response);
/* The controller has refused: another one is to be found, after the back-off. */
void controller_channel_refused(ControllerChannel *self);
/* Lets go of the connection; the next request goes to the target of then. */
void controller_channel_let_go(ControllerChannel *self);
/* Nothing more is to be said. */
void controller_channel_end(ControllerChannel *self);
void controller_channel_on_timer(ControllerChannel *self);

#endif
