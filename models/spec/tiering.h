/* tiering.h - options of a tiered topic that a controller refuses (INVALID_CONFIG).
 *
 * Mirrors: LogConfig.validateRemoteStorageOnlyIfSystemEnabled,
 * .validateNoRemoteStorageForCompactedTopic, .validateRemoteStorageRetentionSize, -Time,
 * .validateRetentionConfigsWhenRemoteCopyDisabled, .validateTurningOffRemoteStorageWithDelete. */
#ifndef KAFKASIM_MODELS_SPEC_TIERING_H
#define KAFKASIM_MODELS_SPEC_TIERING_H
#include "models/protocol/kafka_config.h"

/* Why a topic cannot have these options; NULL when it can. `changes` (or NULL) go over what it has
 * (or NULL), both over the broker's. */
const char *
tiering_refusal(const KafkaConfig *changes, const KafkaConfig *topic, const KafkaConfig *broker);

#endif
