/* record_size.c - see record_size.h. */
#include "models/producer/record_size.h"

#define BATCH_HEADER_BYTES 61
/* DefaultRecord.MAX_RECORD_OVERHEAD */
#define RECORD_OVERHEAD_BYTES 21
#define NS_PER_MS             1000000

static int64_t varint_bytes(int64_t value)
{
    uint64_t zigzag = (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
    int64_t bytes = 1;
    while (zigzag >= 0x80) {
        zigzag >>= 7;
        bytes++;
    }
    return bytes;
}

int64_t
record_size(int64_t key_bytes, int64_t value_bytes, int64_t offset_delta, int64_t timestamp_delta)
{
    int64_t key = key_bytes < 0 ? varint_bytes(-1) : varint_bytes(key_bytes) + key_bytes;
    int64_t body = 1 + varint_bytes(timestamp_delta) + varint_bytes(offset_delta) + key +
                   varint_bytes(value_bytes) + value_bytes + varint_bytes(0);
    return varint_bytes(body) + body;
}

int64_t record_size_upper_bound(int64_t key_bytes, int64_t value_bytes)
{
    int64_t key = key_bytes < 0 ? varint_bytes(-1) : varint_bytes(key_bytes) + key_bytes;
    return BATCH_HEADER_BYTES + RECORD_OVERHEAD_BYTES + key + varint_bytes(value_bytes) +
           value_bytes + varint_bytes(0);
}

void record_sizes_init(RecordSizes *self,
                       int64_t key_bytes,
                       const Distribution *value_bytes,
                       const Stream *chance)
{
    *self = (RecordSizes){
        .key_bytes = key_bytes,
        .value_bytes = *value_bytes,
        .constant = distribution_is_constant(value_bytes),
        .chance = *chance,
    };
    if (!self->constant) {
        self->drawn = g_array_new(FALSE, FALSE, sizeof(int64_t));
    }
}

void record_sizes_clear(RecordSizes *self)
{
    if (self->drawn != NULL) {
        g_array_free(self->drawn, TRUE);
        self->drawn = NULL;
    }
}

/* Value size of the record `ahead` places after the next one. */
static int64_t value_at(RecordSizes *self, int64_t ahead)
{
    if (self->constant) {
        return distribution_draw(&self->value_bytes, &self->chance);
    }
    while (self->drawn->len <= self->head + (guint)ahead) {
        int64_t value = distribution_draw(&self->value_bytes, &self->chance);
        g_array_append_val(self->drawn, value);
    }
    return g_array_index(self->drawn, int64_t, self->head + (guint)ahead);
}

static void consume(RecordSizes *self, int64_t records)
{
    if (self->constant) {
        return;
    }
    self->head += (guint)records;
    if (self->head > 4096 && self->head * 2 > self->drawn->len) {
        g_array_remove_range(self->drawn, 0, self->head);
        self->head = 0;
    }
}

/* The first index at or above which a varint of `value` grows: 64, 8192, 1048576, ... */
static int64_t next_varint_step(int64_t value)
{
    int64_t step = 64;
    while (step <= value) {
        step *= 128;
    }
    return step;
}

static int64_t timestamp_delta(const RecordSizes *self, int64_t index, SimDuration since_first)
{
    return (self->gap_ns > 0 ? index * self->gap_ns : since_first) / NS_PER_MS;
}

/* From record `index` on, how many have the same size as it (constant values)? */
static int64_t same_size_run(const RecordSizes *self, int64_t index, SimDuration since_first)
{
    int64_t run = next_varint_step(index) - index;
    if (self->gap_ns > 0) {
        int64_t delta = timestamp_delta(self, index, since_first);
        SimDuration step = next_varint_step(delta) * NS_PER_MS;
        int64_t by_time = (step + self->gap_ns - 1) / self->gap_ns - index;
        run = by_time < run ? by_time : run;
    }
    return run > 1 ? run : 1;
}

/* Walks records from the `ahead`th on into `fill`; see record_sizes_fill. */
static int64_t walk(RecordSizes *self, BatchFill *fill, int64_t records, SimDuration since_first)
{
    int64_t done = 0;
    while (done < records) {
        int64_t size = record_size(self->key_bytes,
                                   value_at(self, done),
                                   fill->count,
                                   timestamp_delta(self, fill->count, since_first));
        int64_t run = self->constant ? same_size_run(self, fill->count, since_first) : 1;
        int64_t fitting = (fill->limit - fill->bytes) / size;
        if (fitting <= 0 && fill->count > 0) {
            break;
        }
        fitting = fitting > 0 ? fitting : 1;
        int64_t take = run < records - done ? run : records - done;
        take = take < fitting ? take : fitting;
        fill->count += take;
        fill->bytes += take * size;
        done += take;
        if (fill->bytes >= fill->limit) {
            break;
        }
    }
    return done;
}

int64_t
record_sizes_fill(RecordSizes *self, BatchFill *fill, int64_t records, SimDuration since_first)
{
    int64_t done = walk(self, fill, records, since_first);
    consume(self, done);
    return done;
}

int64_t record_sizes_until_full(RecordSizes *self, const BatchFill *fill)
{
    BatchFill probe = *fill;
    if (probe.count > 0 && probe.bytes >= probe.limit) {
        return 1;
    }
    int64_t done = walk(self, &probe, INT64_MAX / 2, 0);
    return probe.bytes >= probe.limit ? done : done + 1;
}

int64_t record_sizes_next_upper_bound(RecordSizes *self)
{
    return record_size_upper_bound(self->key_bytes, value_at(self, 0));
}

void record_sizes_skip(RecordSizes *self)
{
    (void)value_at(self, 0);
    consume(self, 1);
}
