/* compression.h - the codecs of record batches by name, and how small they make records.
 *
 * How small depends on the data: a scenario says it ("compression.ratio"), and where it does not,
 * a published one stands in. Mirrors: CompressionType, Compression. Left out: levels. */
#ifndef KAFKASIM_MODELS_SPEC_COMPRESSION_H
#define KAFKASIM_MODELS_SPEC_COMPRESSION_H
#include "models/protocol/record_batch.h"

/* Of compression.type: "none" and "uncompressed", "producer", or a codec. */
CompressionCodec compression_codec(const char *type);
/* What is usually left of 256 bytes. */
uint8_t compression_usually_left(CompressionCodec codec);
/* As batches keep a ratio of compressed to plain bytes; 0: the usual one. */
uint8_t compression_left(CompressionCodec codec, double ratio);
/* The batch's records, compressed anew by another codec, or not any more. */
void compression_change(RecordBatch *batch, CompressionCodec codec);

#endif
