/* partitioner.c - see partitioner.h. */
#include "models/producer/partitioner.h"
#include "models/producer/murmur2.h"
#include <stdio.h>
#include <string.h>

#define ROUND_ROBIN_CLASS "RoundRobinPartitioner"
/* Above so many keys the shares of the partitions are taken from the first ones only. */
#define KEYS_WEIGHED_MAX 1000000

static PartitionerKind kind_of(const ProducerSpec *spec, const Era *era)
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
    bool has_keys = spec->keys != KEY_NONE || spec->trace.records != NULL;
    PartitionerKind unkeyed = era->on[ERA_KIP_480] ? PARTITIONER_STICKY : PARTITIONER_ROUND_ROBIN;
    return has_keys && !ignore_keys ? PARTITIONER_KEYED : unkeyed;
}

static void init_keys(KeyChooser *keys, const Actor *actor, const ProducerSpec *spec)
{
    keys->kind = spec->keys;
    keys->count = spec->key_count > 0 ? spec->key_count : 1;
    keys->text = spec->key_text != NULL ? spec->key_text : "";
    keys->share = spec->key_skew;
    if (keys->kind == KEY_ZIPF) {
        zipf_init(&keys->zipf, (uint64_t)keys->count, spec->key_skew);
    }
    actor_stream(actor, "keys", &keys->chance);
}

void partitioner_init(Partitioner *self,
                      const Actor *actor,
                      const ProducerSpec *spec,
                      const Era *era)
{
    *self = (Partitioner){.kind = kind_of(spec, era), .fixed = spec->partition};
    self->asks_again =
        self->kind == PARTITIONER_ROUND_ROBIN && era->on[ERA_KIP_480] && !era->on[ERA_KAFKA_9965];
    init_keys(&self->keys, actor, spec);
    partitioner_reset(self);
}

void partitioner_reset(Partitioner *self)
{
    self->counter = 0;
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

static int64_t choose_hot(KeyChooser *keys)
{
    if (keys->count == 1 || stream_unit(&keys->chance) < keys->share) {
        return 0;
    }
    return 1 + (int64_t)stream_below(&keys->chance, (uint64_t)(keys->count - 1));
}

static int64_t choose_key(KeyChooser *keys, int64_t number)
{
    switch (keys->kind) {
    case KEY_UNIFORM:
        return (int64_t)stream_below(&keys->chance, (uint64_t)keys->count);
    case KEY_ZIPF:
        return (int64_t)zipf_draw(&keys->zipf, &keys->chance) - 1;
    case KEY_HOT:
        return choose_hot(keys);
    case KEY_SEQUENCE:
        return number % keys->count;
    case KEY_NONE:
    case KEY_CONSTANT:
        break;
    }
    return 0;
}

static double key_weight(const KeyChooser *keys, int64_t key)
{
    if (keys->kind == KEY_ZIPF) {
        return sim_pow((double)(key + 1), -keys->zipf.s);
    }
    if (keys->kind == KEY_HOT && keys->count > 1) {
        return key == 0 ? keys->share : (1 - keys->share) / (double)(keys->count - 1);
    }
    return 1.0;
}

static void key_shares(const KeyChooser *keys, double *shares, int32_t partitions)
{
    int64_t count = keys->count < KEYS_WEIGHED_MAX ? keys->count : KEYS_WEIGHED_MAX;
    count = keys->kind == KEY_CONSTANT ? 1 : count;
    double sum = 0;
    for (int64_t key = 0; key < count; key++) {
        double weight = key_weight(keys, key);
        shares[key_partition(keys, key, partitions)] += weight;
        sum += weight;
    }
    for (int32_t i = 0; i < partitions; i++) {
        shares[i] /= sum;
    }
}

/* ---- without a sticky partition */

/* The partitions that have a leader one after the other; all of them, when none has. */
static int32_t round_robin(Partitioner *self, Accumulator *accumulator)
{
    TopicPartitions topic = accumulator_topic(accumulator);
    uint64_t turn = (uint64_t)self->counter++;
    if (topic.available_count == 0) {
        return (int32_t)(turn % (uint64_t)topic.count);
    }
    return topic.available[turn % (uint64_t)topic.available_count];
}

int32_t partitioner_choose(Partitioner *self, Accumulator *accumulator, int64_t number)
{
    switch (self->kind) {
    case PARTITIONER_FIXED:
        return self->fixed;
    case PARTITIONER_CYCLE:
        return (int32_t)(number % accumulator->chosen);
    case PARTITIONER_ROUND_ROBIN:
        return round_robin(self, accumulator);
    case PARTITIONER_KEYED:
        if (self->given_key != NULL) {
            return murmur2_partition(self->given_key, strlen(self->given_key), accumulator->chosen);
        }
        if (self->keys.kind == KEY_NONE) {
            break;
        }
        return key_partition(&self->keys, choose_key(&self->keys, number), accumulator->chosen);
    case PARTITIONER_STICKY:
        break;
    }
    return UNKNOWN_PARTITION;
}

void partitioner_shares(Partitioner *self, double *shares, int32_t partitions)
{
    for (int32_t i = 0; i < partitions; i++) {
        shares[i] = 0;
    }
    if (self->kind == PARTITIONER_KEYED) {
        key_shares(&self->keys, shares, partitions);
    } else if (self->kind == PARTITIONER_FIXED) {
        shares[self->fixed] = 1; /* send() waits until the partition is there */
    } else {
        for (int32_t i = 0; i < partitions; i++) {
            shares[i] = 1.0 / (double)partitions;
        }
    }
}
