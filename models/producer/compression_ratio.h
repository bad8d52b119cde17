/* compression_ratio.h - what a producer expects of the next batch's compression.
 *
 * The estimate follows worse batches at once (or by 0.05) and better ones by 0.005, so that it is
 * rather too high: a batch that turns out too large must be split.
 * Mirrors: CompressionRatioEstimator (KIP-126), for one topic and one codec; 32-bit floats as
 * there. */
#ifndef KAFKASIM_MODELS_PRODUCER_COMPRESSION_RATIO_H
#define KAFKASIM_MODELS_PRODUCER_COMPRESSION_RATIO_H

#define COMPRESSION_RATIO_INITIAL 1.0F

/* A batch came out with `observed`; the new estimate. */
float compression_ratio_update(float estimate, float observed);
/* After a split: the batch's own ratio, or 1. */
float compression_ratio_after_split(float observed);

#endif
