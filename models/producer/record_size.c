/* record_size.c - see record_size.h. */
#include "models/producer/record_size.h"

/* DefaultRecord.MAX_RECORD_OVERHEAD */
#define RECORD_OVERHEAD_BYTES 21
#define NS_PER_MS             1000000
/* ... of CompressionRatioEstimator: the estimate is taken with a margin */
#define COMPRESSION_RATE_ESTIMATION_FACTOR 1.05F

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

static int64_t bytes_with_length(int64_t bytes)
{
    return bytes < 0 ? varint_bytes(-1) : varint_bytes(bytes) + bytes;
}

int64_t record_header_bytes(int64_t key_bytes, int64_t value_bytes)
{
    return bytes_with_length(key_bytes) + bytes_with_length(value_bytes);
}

int64_t record_headers_bytes(int64_t count, int64_t all_of_them)
{
    return varint_bytes(count) + all_of_them;
}

int64_t record_body_bytes(const RecordShape *shape, int64_t offset_delta, int64_t timestamp_delta)
{
    return 1 + varint_bytes(timestamp_delta) + varint_bytes(offset_delta) +
           bytes_with_length(shape->key_bytes) + bytes_with_length(shape->value_bytes) +
           shape->headers_bytes;
}

int64_t record_bytes(const RecordShape *shape, int64_t offset_delta, int64_t timestamp_delta)
{
    int64_t body = record_body_bytes(shape, offset_delta, timestamp_delta);
    return varint_bytes(body) + body;
}

int64_t record_upper_bound(const RecordShape *shape)
{
    return RECORD_BATCH_OVERHEAD_BYTES + RECORD_OVERHEAD_BYTES +
           bytes_with_length(shape->key_bytes) + bytes_with_length(shape->value_bytes) +
           shape->headers_bytes;
}

/* ---- how full a batch is */

BatchFill batch_fill_new(int64_t limit, float ratio)
{
    return (BatchFill){.bytes = RECORD_BATCH_OVERHEAD_BYTES, .limit = limit, .ratio = ratio};
}

/* estimatedBytesWritten() with so many uncompressed bytes of records in it. */
static int64_t estimate(const BatchFill *fill, int64_t records_bytes)
{
    if (fill->ratio <= 0) {
        return RECORD_BATCH_OVERHEAD_BYTES + records_bytes;
    }
    float compressed = (float)records_bytes * fill->ratio * COMPRESSION_RATE_ESTIMATION_FACTOR;
    return RECORD_BATCH_OVERHEAD_BYTES + (int64_t)compressed;
}

static void add_records(BatchFill *fill, int64_t records, int64_t bytes_of_each)
{
    fill->count += records;
    fill->records_bytes += records * bytes_of_each;
    fill->bytes = estimate(fill, fill->records_bytes);
}

/* The least number of records of `size` that make the batch `target` bytes long. */
static int64_t records_until(const BatchFill *fill, int64_t size, int64_t target)
{
    if (fill->bytes >= target) {
        return 0;
    }
    int64_t left = target - fill->bytes;
    if (fill->ratio <= 0) {
        return left > INT64_MAX - size ? left / size : (left + size - 1) / size;
    }
    double each = (double)size * (double)fill->ratio * 1.05;
    double guess = (double)left / each;
    int64_t n = guess < 1e15 ? (int64_t)guess : INT64_C(1000000000000000);
    while (n > 0 && n < INT64_C(1000000000000) &&
           estimate(fill, fill->records_bytes + (n - 1) * size) >= target) {
        n--;
    }
    while (n < INT64_C(1000000000000) && estimate(fill, fill->records_bytes + n * size) < target) {
        n++;
    }
    return n;
}

void record_sizes_init(RecordSizes *self,
                       int64_t key_bytes,
                       const Distribution *value_bytes,
                       const Stream *chance)
{
    *self = (RecordSizes){
        .key_bytes = key_bytes,
        .headers_bytes = NO_HEADERS_BYTES,
        .value_bytes = *value_bytes,
        .constant = distribution_is_constant(value_bytes),
        .chance = *chance,
    };
    if (!self->constant) {
        self->drawn = g_array_new(FALSE, FALSE, sizeof(int64_t));
    }
}

void record_sizes_take_given(RecordSizes *self)
{
    if (self->drawn == NULL) {
        self->constant = false;
        self->drawn = g_array_new(FALSE, FALSE, sizeof(int64_t));
    }
}

void record_sizes_give(RecordSizes *self, int64_t value_bytes)
{
    int64_t bytes =
        value_bytes < 0 ? distribution_draw(&self->value_bytes, &self->chance) : value_bytes;
    g_array_append_val(self->drawn, bytes);
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

/* How many of `records` records of one size still go in, and not beyond `enough_bytes`? */
static int64_t how_many(const BatchFill *fill, int64_t size, int64_t records, int64_t enough_bytes)
{
    int64_t fitting = records_until(fill, size, fill->limit - size + 1);
    if (fitting <= 0 && fill->count > 0) {
        return 0;
    }
    int64_t take = fitting > 0 ? fitting : 1;
    int64_t enough = records_until(fill, size, enough_bytes);
    enough = enough > 1 ? enough : 1;
    take = take < enough ? take : enough;
    return take < records ? take : records;
}

/* Walks records from the next one on into `fill`; see record_sizes_fill. */
static int64_t walk(RecordSizes *self,
                    BatchFill *fill,
                    int64_t records,
                    SimDuration since_first,
                    int64_t enough_bytes)
{
    int64_t done = 0;
    while (done < records && (done == 0 || fill->bytes < enough_bytes)) {
        const RecordShape shape = {self->key_bytes, value_at(self, done), self->headers_bytes};
        int64_t size =
            record_bytes(&shape, fill->count, timestamp_delta(self, fill->count, since_first));
        int64_t run = self->constant ? same_size_run(self, fill->count, since_first) : 1;
        run = run < records - done ? run : records - done;
        int64_t take = how_many(fill, size, run, enough_bytes);
        if (take == 0) {
            break;
        }
        add_records(fill, take, size);
        done += take;
        if (fill->bytes >= fill->limit) {
            break;
        }
    }
    return done;
}

int64_t record_sizes_fill(RecordSizes *self,
                          BatchFill *fill,
                          int64_t records,
                          SimDuration since_first,
                          int64_t enough_bytes)
{
    int64_t done = walk(self, fill, records, since_first, enough_bytes);
    consume(self, done);
    return done;
}

int64_t record_sizes_until_full(RecordSizes *self, const BatchFill *fill)
{
    BatchFill probe = *fill;
    if (probe.count > 0 && probe.bytes >= probe.limit) {
        return 1;
    }
    int64_t done = walk(self, &probe, INT64_MAX / 2, 0, INT64_MAX);
    return probe.bytes >= probe.limit ? done : done + 1;
}

RecordShape record_sizes_shape(RecordSizes *self, bool *ret_same)
{
    *ret_same = self->constant;
    return (RecordShape){self->key_bytes, value_at(self, 0), self->headers_bytes};
}

int64_t record_sizes_next_upper_bound(RecordSizes *self)
{
    const RecordShape shape = {self->key_bytes, value_at(self, 0), self->headers_bytes};
    return record_upper_bound(&shape);
}

void record_sizes_skip(RecordSizes *self)
{
    (void)value_at(self, 0);
    consume(self, 1);
}
