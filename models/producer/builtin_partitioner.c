/* builtin_partitioner.c - see builtin_partitioner.h. */
#include "models/producer/builtin_partitioner.h"
#include <glib.h>

void builtin_partitioner_init(BuiltInPartitioner *self,
                              int64_t sticky_batch_size,
                              int32_t capacity,
                              PartitionerRandom random,
                              void *owner)
{
    *self = (BuiltInPartitioner){
        .sticky_batch_size = sticky_batch_size, .random = random, .owner = owner};
    self->load.partition_ids = g_new0(int32_t, (gsize)capacity);
    self->load.cumulative = g_new0(int64_t, (gsize)capacity);
    builtin_partitioner_reset(self);
}

void builtin_partitioner_clear(BuiltInPartitioner *self)
{
    g_free(self->load.partition_ids);
    g_free(self->load.cumulative);
}

void builtin_partitioner_reset(BuiltInPartitioner *self)
{
    self->current = UNKNOWN_PARTITION;
    self->produced_bytes = 0;
    self->load.length = 0;
}

/* The first partition whose cumulative weight is above the drawn place. */
static int32_t weighted(const PartitionLoadStats *load, uint32_t random)
{
    int64_t place = (int64_t)random % load->cumulative[load->length - 1];
    int32_t low = 0;
    int32_t high = load->length - 1;
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if (load->cumulative[middle] > place) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return load->partition_ids[low];
}

static void choose_next(BuiltInPartitioner *self, const TopicPartitions *topic)
{
    uint32_t random = self->random(self->owner);
    if (self->load.length > 0) {
        self->current = weighted(&self->load, random);
    } else if (topic->available_count > 0) {
        self->current = topic->available[random % (uint32_t)topic->available_count];
    } else {
        self->current = (int32_t)(random % (uint32_t)topic->count); /* by number, not by place */
    }
    self->produced_bytes = 0;
}

int32_t builtin_partitioner_peek(BuiltInPartitioner *self, const TopicPartitions *topic)
{
    if (self->current == UNKNOWN_PARTITION) {
        choose_next(self, topic);
    }
    return self->current;
}

bool builtin_partitioner_update(BuiltInPartitioner *self,
                                const TopicPartitions *topic,
                                int64_t appended_bytes,
                                bool enable_switch)
{
    if (self->by_batch) {
        return false;
    }
    self->produced_bytes += appended_bytes;
    bool enough = self->produced_bytes >= self->sticky_batch_size;
    bool too_much = self->produced_bytes >= self->sticky_batch_size * 2;
    if ((enough && enable_switch) || too_much) {
        choose_next(self, topic);
        return true;
    }
    return false;
}

void builtin_partitioner_on_new_batch(BuiltInPartitioner *self, const TopicPartitions *topic)
{
    int32_t old = self->current;
    do {
        choose_next(self, topic);
    } while (self->current == old && topic->available_count > 1);
}

int64_t builtin_partitioner_bytes_left(const BuiltInPartitioner *self)
{
    if (self->by_batch) {
        return INT64_MAX / 2;
    }
    int64_t left = self->sticky_batch_size * 2 - self->produced_bytes;
    return left > 1 ? left : 1;
}

static bool are_all_equal(const int32_t *sizes, int32_t length)
{
    for (int32_t i = 1; i < length; i++) {
        if (sizes[i] != sizes[0]) {
            return false;
        }
    }
    return true;
}

static int64_t longest(const int32_t *sizes, int32_t length)
{
    int32_t most = sizes[0];
    for (int32_t i = 1; i < length; i++) {
        most = sizes[i] > most ? sizes[i] : most;
    }
    return most;
}

void builtin_partitioner_update_load(BuiltInPartitioner *self,
                                     const int32_t *sizes,
                                     const int32_t *partition_ids,
                                     int32_t length,
                                     int32_t of)
{
    self->load.length = 0;
    bool too_few = sizes == NULL || length < 1 || of < 2;
    if (too_few || (length == of && are_all_equal(sizes, length))) {
        return;
    }
    int64_t most = longest(sizes, length);
    int64_t sum = 0;
    for (int32_t i = 0; i < length; i++) {
        sum += most + 1 - sizes[i];
        self->load.cumulative[i] = sum;
        self->load.partition_ids[i] = partition_ids[i];
    }
    self->load.length = length;
}
