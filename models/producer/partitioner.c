/* partitioner.c - see partitioner.h. */
#include "models/producer/partitioner.h"
#include "models/producer/murmur2.h"
#include <stdio.h>
#include <string.h>

#define ROUND_ROBIN_CLASS "RoundRobinPartitioner"
/* Above so many keys the shares of the partitions are taken from the first ones only. */
#define KEYS_WEIGHED_MAX 1000000

static PartitionerKind kind_of(const ProducerSpec *spec)
{
    if (spec->choice == PARTITION_FIXED) {
        return PARTITIONER_FIXED;
    }
    if (spec->choice == PARTITION_CYCLE) {
        return PARTITIONER_CYCLE;
    }
    const char *class = kafka_config_text(spec->config, "partitioner.class");
    if (class != NULL && strstr(class, ROUND_ROBIN_CLASS) != NULL) {
        return PARTITIONER_ROUND_ROBIN;
    }
    bool ignore_keys = kafka_config_boolean(spec->config, "partitioner.ignore.keys");
    return spec->keys != KEY_NONE && !ignore_keys ? PARTITIONER_KEYED : PARTITIONER_STICKY;
}

static void init_keys(KeyChooser *keys, const Actor *actor, const ProducerSpec *spec)
{
    keys->kind = spec->keys;
    keys->count = spec->key_count > 0 ? spec->key_count : 1;
    keys->text = spec->key_text != NULL ? spec->key_text : "";
    if (keys->kind == KEY_ZIPF) {
        zipf_init(&keys->zipf, (uint64_t)keys->count, spec->key_skew);
    }
    actor_stream(actor, "keys", &keys->chance);
}

void partitioner_init(Partitioner *self,
                      const Actor *actor,
                      const ProducerSpec *spec,
                      int32_t partitions)
{
    *self = (Partitioner){.kind = kind_of(spec), .fixed = spec->partition};
    init_keys(&self->keys, actor, spec);
    self->batch_size = kafka_config_integer(spec->config, "batch.size");
    self->batch_size = self->batch_size > 1 ? self->batch_size : 1;
    self->adaptive = kafka_config_boolean(spec->config, "partitioner.adaptive.partitioning.enable");
    self->availability_timeout_ns =
        kafka_config_ms(spec->config, "partitioner.availability.timeout.ms");
    actor_stream(actor, "sticky partition", &self->chance);
    self->load_ids = g_new0(int32_t, (gsize)partitions);
    self->load_cumulative = g_new0(int64_t, (gsize)partitions);
    partitioner_reset(self);
}

void partitioner_clear(Partitioner *self)
{
    g_free(self->load_ids);
    g_free(self->load_cumulative);
}

void partitioner_reset(Partitioner *self)
{
    self->current = NO_STICKY_PARTITION;
    self->produced_bytes = 0;
    self->load_count = 0;
    self->counter = 0;
}

void partitioner_reset_choice(Partitioner *self)
{
    self->current = NO_STICKY_PARTITION;
    self->produced_bytes = 0;
    self->load_count = 0;
}

/* ---- keys */

static int32_t key_partition(const KeyChooser *keys, int64_t number, int32_t partitions)
{
    if (keys->kind == KEY_CONSTANT) {
        return murmur2_partition(keys->text, strlen(keys->text), partitions);
    }
    char text[32];
    int bytes = snprintf(text, sizeof(text), "key-%lld", (long long)number);
    return murmur2_partition(text, (size_t)bytes, partitions);
}

static int64_t choose_key(KeyChooser *keys, int64_t number)
{
    switch (keys->kind) {
    case KEY_UNIFORM:
        return (int64_t)stream_below(&keys->chance, (uint64_t)keys->count);
    case KEY_ZIPF:
        return (int64_t)zipf_draw(&keys->zipf, &keys->chance) - 1;
    case KEY_SEQUENCE:
        return number % keys->count;
    case KEY_NONE:
    case KEY_CONSTANT:
        break;
    }
    return 0;
}

static void key_shares(const KeyChooser *keys, double *shares, int32_t partitions)
{
    int64_t count = keys->count < KEYS_WEIGHED_MAX ? keys->count : KEYS_WEIGHED_MAX;
    count = keys->kind == KEY_CONSTANT ? 1 : count;
    double sum = 0;
    for (int64_t key = 0; key < count; key++) {
        double weight = keys->kind == KEY_ZIPF ? sim_pow((double)(key + 1), -keys->zipf.s) : 1.0;
        shares[key_partition(keys, key, partitions)] += weight;
        sum += weight;
    }
    for (int32_t i = 0; i < partitions; i++) {
        shares[i] /= sum;
    }
}

/* ---- without a sticky partition */

static int32_t count_available(const Accumulator *accumulator)
{
    int32_t available = 0;
    for (int32_t i = 0; i < accumulator->count; i++) {
        available += accumulator->partitions[i].leader != NO_LEADER ? 1 : 0;
    }
    return available;
}

/* The place-th partition that has a leader; of all, when none has. */
static int32_t pick_available(const Accumulator *accumulator, uint64_t random)
{
    int32_t available = count_available(accumulator);
    if (available == 0) {
        return (int32_t)(random % (uint64_t)accumulator->count);
    }
    int32_t place = (int32_t)(random % (uint64_t)available);
    int32_t at = 0;
    for (; at < accumulator->count; at++) {
        if (accumulator->partitions[at].leader != NO_LEADER && place-- == 0) {
            break;
        }
    }
    return at;
}

int32_t partitioner_choose(Partitioner *self, const Accumulator *accumulator, int64_t number)
{
    switch (self->kind) {
    case PARTITIONER_FIXED:
        return self->fixed;
    case PARTITIONER_CYCLE:
        return (int32_t)(number % accumulator->count);
    case PARTITIONER_ROUND_ROBIN:
        return pick_available(accumulator, (uint64_t)self->counter++);
    case PARTITIONER_KEYED:
        return key_partition(&self->keys, choose_key(&self->keys, number), accumulator->count);
    case PARTITIONER_STICKY:
        break;
    }
    return NO_STICKY_PARTITION;
}

void partitioner_shares(Partitioner *self, double *shares, int32_t partitions)
{
    for (int32_t i = 0; i < partitions; i++) {
        shares[i] = 0;
    }
    if (self->kind == PARTITIONER_KEYED) {
        key_shares(&self->keys, shares, partitions);
    } else if (self->kind == PARTITIONER_FIXED) {
        if (self->fixed < partitions) {
            shares[self->fixed] = 1; /* else send() waits until the partition is there */
        }
    } else {
        for (int32_t i = 0; i < partitions; i++) {
            shares[i] = 1.0 / (double)partitions;
        }
    }
}

/* ---- sticky */

static int32_t weighted_partition(const Partitioner *self, uint32_t random)
{
    int64_t at = (int64_t)random % self->load_cumulative[self->load_count - 1];
    int32_t i = 0;
    while (self->load_cumulative[i] <= at) {
        i++;
    }
    return self->load_ids[i];
}

static void choose_next(Partitioner *self, const Accumulator *accumulator)
{
    uint32_t random = stream_u32(&self->chance) & UINT32_C(0x7fffffff);
    self->current = self->load_count > 0 ? weighted_partition(self, random)
                                         : pick_available(accumulator, random);
    self->produced_bytes = 0;
}

int32_t partitioner_sticky(Partitioner *self, const Accumulator *accumulator)
{
    if (self->current == NO_STICKY_PARTITION) {
        choose_next(self, accumulator);
    } else if (self->produced_bytes >= self->batch_size &&
               accumulator_tail_is_full(&accumulator->partitions[self->current])) {
        choose_next(self, accumulator);
    }
    return self->current;
}

void partitioner_appended(Partitioner *self, const Accumulator *accumulator, int64_t bytes)
{
    self->produced_bytes += bytes;
    bool has_room = !accumulator_tail_is_full(&accumulator->partitions[self->current]);
    if (self->produced_bytes >= self->batch_size * 2 ||
        (self->produced_bytes >= self->batch_size && !has_room)) {
        choose_next(self, accumulator);
    }
}

int64_t partitioner_until_switch(const Partitioner *self, int64_t record_bytes)
{
    int64_t left = self->batch_size * 2 - self->produced_bytes;
    int64_t records = (left + record_bytes - 1) / record_bytes;
    return records > 1 ? records : 1;
}

static bool is_left_out(const Partitioner *self, Accumulator *accumulator, int32_t leader)
{
    if (self->availability_timeout_ns <= 0) {
        return false;
    }
    const NodeStats *stats = accumulator_node(accumulator, leader);
    return stats->ready_at - stats->drained_at > self->availability_timeout_ns;
}

/* Queue lengths of the partitions that may be chosen, into load_cumulative. */
static bool collect_queues(Partitioner *self, Accumulator *accumulator)
{
    self->load_count = 0;
    for (int32_t i = 0; i < accumulator->count; i++) {
        const ProducerPartition *partition = &accumulator->partitions[i];
        if (!partition->used) {
            return false; /* not before every partition had a batch */
        }
        bool left_out = partition->queue.count > 0 && partition->leader != NO_LEADER &&
                        is_left_out(self, accumulator, partition->leader);
        if (partition->leader != NO_LEADER && !left_out) {
            self->load_ids[self->load_count] = i;
            self->load_cumulative[self->load_count++] = partition->queue.count;
        }
    }
    return self->load_count > 0 && accumulator->count >= 2;
}

void partitioner_update_load(Partitioner *self, Accumulator *accumulator)
{
    if (self->kind != PARTITIONER_STICKY || !self->adaptive || accumulator->active->len == 0 ||
        !collect_queues(self, accumulator)) {
        self->load_count = 0;
        return;
    }
    int64_t longest = 0;
    bool equal = true;
    for (int32_t i = 0; i < self->load_count; i++) {
        int64_t length = self->load_cumulative[i];
        equal = equal && length == self->load_cumulative[0];
        longest = length > longest ? length : longest;
    }
    if (equal && self->load_count == accumulator->count) {
        self->load_count = 0;
        return;
    }
    int64_t sum = 0;
    for (int32_t i = 0; i < self->load_count; i++) {
        sum += longest + 1 - self->load_cumulative[i];
        self->load_cumulative[i] = sum;
    }
}
