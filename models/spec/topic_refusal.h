/* topic_refusal.h - options of a topic that do not go together, so that a controller refuses them
 * (INVALID_CONFIG).
 *
 * Mirrors: LogConfig.validate: .validateValues, .validateNoInvalidRemoteStorageConfigsInZK,
 * .validateRemoteStorageOnlyIfSystemEnabled, .validateNoRemoteStorageForCompactedTopic,
 * .validateRemoteStorageRetentionSize, -Time, .validateRetentionConfigsWhenRemoteCopyDisabled,
 * .validateTurningOffRemoteStorageWithDelete. */
#ifndef KAFKASIM_MODELS_SPEC_TOPIC_REFUSAL_H
#define KAFKASIM_MODELS_SPEC_TOPIC_REFUSAL_H
#include "models/protocol/era.h"
#include "models/protocol/kafka_config.h"

/* Why a topic cannot have these options; NULL when it can. `changes` (or NULL) go over what it has
 * (or NULL), both over the broker's. */
const char *topic_refusal(const KafkaConfig *changes,
                          const KafkaConfig *topic,
                          const KafkaConfig *broker,
                          const Era *era);

#endif
