/* fake_epochs.h - a part of fake_broker.h: every epoch goes to the end of the log. */
#ifndef KAFKASIM_TESTS_MODELS_CONSUMER_FAKE_EPOCHS_H
#define KAFKASIM_TESTS_MODELS_CONSUMER_FAKE_EPOCHS_H

static inline void fake_epoch_ends(FakeBroker *self, OffsetsForLeaderEpochRequest *request)
{
    size_t bytes = KAFKA_MESSAGE_BYTES(OffsetsForLeaderEpochResponse, partitions, request->count);
    OffsetsForLeaderEpochResponse *response =
        message_new(self->actor.sim, bytes, KAFKA_OFFSETS_FOR_LEADER_EPOCH | KAFKA_RESPONSE);
    response->count = request->count;
    for (int32_t i = 0; i < request->count; i++) {
        response->partitions[i] = request->partitions[i];
        response->partitions[i].end_offset =
            fake_end(self->cluster, request->partitions[i].partition);
    }
    fake_answer(self, &request->header, response);
}

#endif
