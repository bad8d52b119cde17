/* key_model.h - how many different keys stand in a stretch of a log.
 *
 * Batches carry no keys; what is known of them is how their producer draws them. From that follows
 * the expected number of distinct keys among n records in a row, and with it what compaction
 * leaves (compaction.h): exact when keys come in turn or are all the same, the expectation of
 * independent draws when they are uniform or uniform but for one, and for Zipf the same over groups
 * of ranks. */
#ifndef KAFKASIM_MODELS_LOG_KEY_MODEL_H
#define KAFKASIM_MODELS_LOG_KEY_MODEL_H
#include <stdint.h>

typedef enum KeyDraw {
    KEYS_ALL_THE_SAME,
    KEYS_IN_TURN, /* key-0, key-1 ... key-(n-1), key-0 ... */
    KEYS_UNIFORM,
    KEYS_ZIPF, /* rank r with weight r^-skew */
    KEYS_HOT,  /* one of weight skew, the others alike */
} KeyDraw;

typedef struct KeyModel {
    KeyDraw draw;
    int64_t keys; /* of the whole topic */
    double skew;
    int32_t partitions; /* over which keys are spread by hash */
} KeyModel;

/* Expected distinct keys among `records` records in a row of one partition. Grows with records. */
double key_model_distinct(const KeyModel *self, int64_t records);

#endif
