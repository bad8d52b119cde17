/* dead_letter.c - a record that cannot be processed goes to another topic.
 *
 * What an application does with a producer of its own: send(record).get() with acks=all, the same
 * partition number where the other topic has it. Retried until it succeeds. Left out: a connection
 * and a batch of the producer's own (this one shares the consumer's connections and has no
 * sequence numbers), max.block.ms and delivery.timeout.ms.
 *
 * Mirrors: the error handlers that come with client libraries. */
#include "models/consumer/consumer_state.h"

#define LETTER_BYTES 200 /* the record's own size is not known to the group: assumed */

void dead_letter_begin(Consumer *self, int32_t partition)
{
    Application *app = &self->application;
    const TopicInfo *from = metadata_topic_of(self->context.topics, partition);
    const int32_t index = self->context.spec->application.dead_letter_topic;
    const TopicInfo *to = metadata_topic(self->context.topics, index);
    client_metadata_add_topic(self->metadata, index);
    app->letter = to->first_partition + (partition - from->first_partition) % to->partitions;
    app->is_letter_done = false;
    app->is_letter_in_flight = false;
    app->retry_at = 0;
}

static void send(Consumer *self, int32_t leader)
{
    ProduceRequest *request = message_new(
        self->actor.sim, KAFKA_MESSAGE_BYTES(ProduceRequest, batches, 1), KAFKA_PRODUCE);
    request->header.client_id = self->client_id;
    request->acks = -1;
    request->timeout_ns = self->options.request_timeout_ns;
    request->batch_count = 1;
    request->batches[0] = (RecordBatch){
        .topic_id = client_metadata_topic_id(self->metadata, self->application.letter),
        .producer_id = NO_PRODUCER_ID,
        .base_sequence = -1,
        .producer_epoch = -1,
        .first_created = consumer_now(self),
        .last_created = consumer_now(self),
        .partition = self->application.letter,
        .count = 1,
        .bytes = RECORD_BATCH_OVERHEAD_BYTES + LETTER_BYTES,
    };
    kafka_message_set_wire_bytes(&request->header.base);
    self->application.is_letter_in_flight = true;
    network_client_send(self->network, leader, &request->header, NULL, true, 0);
}

bool dead_letter_is_sent(Consumer *self)
{
    Application *app = &self->application;
    const SimTime now = consumer_now(self);
    if (app->is_letter_done || app->is_letter_in_flight) {
        return app->is_letter_done;
    }
    const int32_t leader = client_metadata_leader(self->metadata, app->letter);
    if (now >= app->retry_at && leader != NO_LEADER &&
        network_client_ready(self->network, leader) &&
        network_client_can_send(self->network, leader)) {
        send(self, leader);
        return false;
    }
    if (leader == NO_LEADER) {
        client_metadata_request_update(self->metadata);
    }
    if (now >= app->retry_at) {
        app->retry_at = now + self->options.retry_backoff_ns;
    }
    actor_arm_at(&self->actor, &self->wake, app->retry_at);
    return false;
}

void dead_letter_on_response(Consumer *self, const ProduceResponse *response)
{
    Application *app = &self->application;
    const KafkaError error =
        response == NULL ? KAFKA_NETWORK_EXCEPTION : response->partitions[0].error;
    app->is_letter_in_flight = false;
    if (error == KAFKA_NONE) {
        app->is_letter_done = true;
        ledger_given_up(self->context.ledger, self->context.group_index, true);
    } else {
        client_metadata_request_update(self->metadata);
        app->retry_at = consumer_now(self) + consumer_backoff(self, NULL);
    }
}
