/* compression.c - see compression.h. */
#include "models/spec/compression.h"
#include <string.h>

/* Of 256 bytes: 1 / 3.58, 1 / 2.35, 1 / 1.81 and 1 / 4.5 (Cloudflare, "Squeezing the firehose",
 * 2018: log lines; zstd at level 6). */
static const struct {
    const char *type;
    CompressionCodec codec;
    uint8_t left;
} codecs[] = {
    {"none", CODEC_NONE, 0},
    {"uncompressed", CODEC_NONE, 0},
    {"gzip", CODEC_GZIP, 72},
    {"snappy", CODEC_SNAPPY, 109},
    {"lz4", CODEC_LZ4, 141},
    {"zstd", CODEC_ZSTD, 57},
    {"producer", CODEC_OF_PRODUCER, 0},
};
#define NAMES (sizeof codecs / sizeof codecs[0])

CompressionCodec compression_codec(const char *type)
{
    for (size_t i = 0; type != NULL && i < NAMES; i++) {
        if (strcmp(codecs[i].type, type) == 0) {
            return codecs[i].codec;
        }
    }
    return CODEC_NONE;
}

uint8_t compression_usually_left(CompressionCodec codec)
{
    for (size_t i = 0; i < NAMES; i++) {
        if (codecs[i].codec == codec) {
            return codecs[i].left;
        }
    }
    return 0;
}

uint8_t compression_left(CompressionCodec codec, double ratio)
{
    if (codec == CODEC_NONE || ratio <= 0) {
        return compression_usually_left(codec);
    }
    const int32_t left = (int32_t)(ratio * COMPRESSION_PARTS + 0.5);
    return (uint8_t)(left < 1 ? 1 : left > 255 ? 255 : left);
}

void compression_change(RecordBatch *batch, CompressionCodec codec)
{
    const int64_t plain = record_batch_plain_bytes(batch);
    const uint8_t left = compression_usually_left(codec);
    const int64_t bytes = codec == CODEC_NONE ? plain : plain * left / COMPRESSION_PARTS;
    batch->codec = codec & 7;
    batch->left_of_256 = left;
    batch->bytes = (int32_t)(RECORD_BATCH_OVERHEAD_BYTES + bytes);
}
