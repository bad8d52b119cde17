/* histogram.c - pages of 128 counts: page 0 counts 0..127, page p >= 1 the values from 2^(p+6) to
 * 2^(p+7) - 1 in steps of 2^(p-1). A page is allocated when first met.
 *
 * The idea is HdrHistogram's (Tene). Left out: negative values (counted as 0). */
#include "sim/watch/histogram.h"
#include <glib.h>

enum {
    PAGE_BITS = 7,
    PAGE_COUNTS = 1 << PAGE_BITS,
    PAGES = 64 - PAGE_BITS, /* 0, and one for each top bit 7..62 */
};

__extension__ typedef unsigned __int128 Wide;

struct Histogram {
    uint64_t count;
    int64_t minimum;
    int64_t maximum;
    Wide sum;
    uint64_t *pages[PAGES];
};

/* Where a value is counted. */
typedef struct Bucket {
    uint32_t page;
    uint32_t slot;
} Bucket;

static inline uint32_t page_shift(uint32_t page)
{
    return page > 0 ? page - 1 : 0;
}

static inline Bucket bucket_of(int64_t value)
{
    const uint64_t bits = (uint64_t)value;
    const uint32_t top = 63 - (uint32_t)__builtin_clzll(bits | (PAGE_COUNTS - 1));
    const uint32_t page = top - (PAGE_BITS - 1);
    return (Bucket){page, (uint32_t)(bits >> page_shift(page)) & (PAGE_COUNTS - 1)};
}

static int64_t bucket_low(Bucket bucket)
{
    if (bucket.page == 0) {
        return bucket.slot;
    }
    return (int64_t)(PAGE_COUNTS + bucket.slot) << (bucket.page - 1);
}

static int64_t bucket_high(Bucket bucket)
{
    return bucket_low(bucket) + (((int64_t)1 << page_shift(bucket.page)) - 1);
}

static uint64_t *page_at(Histogram *self, uint32_t page)
{
    if (G_UNLIKELY(self->pages[page] == NULL)) {
        self->pages[page] = g_new0(uint64_t, PAGE_COUNTS);
    }
    return self->pages[page];
}

Histogram *histogram_new(void)
{
    Histogram *self = g_new0(Histogram, 1);
    self->minimum = INT64_MAX;
    return self;
}

void histogram_free(Histogram *self)
{
    if (self == NULL) {
        return;
    }
    for (uint32_t page = 0; page < PAGES; page++) {
        g_free(self->pages[page]);
    }
    g_free(self);
}

static inline void widen(Histogram *self, int64_t lo, int64_t hi)
{
    self->minimum = lo < self->minimum ? lo : self->minimum;
    self->maximum = hi > self->maximum ? hi : self->maximum;
}

void histogram_add(Histogram *self, int64_t value)
{
    value = value > 0 ? value : 0;
    const Bucket bucket = bucket_of(value);
    page_at(self, bucket.page)[bucket.slot]++;
    self->count++;
    self->sum += (uint64_t)value;
    widen(self, value, value);
}

void histogram_add_many(Histogram *self, int64_t value, uint64_t count)
{
    if (count == 0) {
        return;
    }
    value = value > 0 ? value : 0;
    const Bucket bucket = bucket_of(value);
    page_at(self, bucket.page)[bucket.slot] += count;
    self->count += count;
    self->sum += (Wide)value * (Wide)count;
    widen(self, value, value);
}

static uint64_t greatest_common_divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The sum of floor(i width / gaps) for i = 0..gaps: lattice points under a diagonal. */
static Wide sum_of_steps(uint64_t width, uint64_t gaps)
{
    const uint64_t common = greatest_common_divisor(width, gaps);
    const Wide inside = (Wide)(gaps - 1) * ((Wide)width - 1) + (Wide)common - 1;
    return inside / 2 + (Wide)width;
}

/* gaps + 1 values of which value i is lo + floor(i width / gaps); those before `next` are counted.
 */
typedef struct Span {
    int64_t lo;
    uint64_t width;
    uint64_t gaps;
    uint64_t next;
} Span;

/* The rest of a page whose buckets hold at least one value on average, bucket by bucket: up to the
 * top of a bucket lie the ceil(room gaps / width) first values, room = high - lo + 1. Both division
 * and remainder are carried along, so that a page costs two divisions in all. */
static void add_by_bucket(Histogram *self, Span *span, Bucket bucket)
{
    const Wide step = ((Wide)1 << page_shift(bucket.page)) * span->gaps;
    const Wide room = (Wide)(bucket_high(bucket) - span->lo) + 1;
    const Wide scaled = room * span->gaps + (span->width - 1);
    const Wide quotient_step = step / span->width;
    const uint64_t rest_step = (uint64_t)(step % span->width);
    Wide quotient = scaled / span->width;
    uint64_t rest = (uint64_t)(scaled % span->width);
    uint64_t *counts = page_at(self, bucket.page);

    for (uint32_t slot = bucket.slot; slot < PAGE_COUNTS && span->next <= span->gaps; slot++) {
        const uint64_t next = quotient <= span->gaps ? (uint64_t)quotient : span->gaps + 1;
        counts[slot] += next - span->next;
        span->next = next;
        quotient += quotient_step;
        rest += rest_step;
        if (rest >= span->width) {
            rest -= span->width;
            quotient++;
        }
    }
}

/* The rest of a page with more buckets than values, value by value. */
static void add_by_value(Histogram *self, Span *span, Bucket bucket)
{
    const uint32_t shift = page_shift(bucket.page);
    const uint64_t page_high = (uint64_t)bucket_high((Bucket){bucket.page, PAGE_COUNTS - 1});
    const uint64_t value_step = span->width / span->gaps;
    const uint64_t rest_step = span->width % span->gaps;
    const Wide scaled = (Wide)span->next * span->width;
    uint64_t value = (uint64_t)span->lo + (uint64_t)(scaled / span->gaps);
    uint64_t rest = (uint64_t)(scaled % span->gaps);
    uint64_t *counts = page_at(self, bucket.page);

    while (value <= page_high && span->next <= span->gaps) {
        counts[(value >> shift) & (PAGE_COUNTS - 1)]++;
        span->next++;
        value += value_step;
        if (rest >= span->gaps - rest_step) {
            rest -= span->gaps - rest_step;
            value++;
        } else {
            rest += rest_step;
        }
    }
}

static void add_page_by_page(Histogram *self, Span span)
{
    while (span.next <= span.gaps) {
        const uint64_t step = (uint64_t)((Wide)span.next * span.width / span.gaps);
        const Bucket bucket = bucket_of(span.lo + (int64_t)step);
        if (((Wide)span.gaps << page_shift(bucket.page)) >= span.width) {
            add_by_bucket(self, &span, bucket);
        } else {
            add_by_value(self, &span, bucket);
        }
    }
}

void histogram_add_span(Histogram *self, int64_t lo, int64_t hi, uint64_t count)
{
    lo = lo > 0 ? lo : 0;
    if (count < 2 || hi <= lo) {
        histogram_add_many(self, lo, count);
        return;
    }
    const uint64_t width = (uint64_t)(hi - lo);
    add_page_by_page(self, (Span){.lo = lo, .width = width, .gaps = count - 1});
    self->count += count;
    self->sum += (Wide)lo * (Wide)count + sum_of_steps(width, count - 1);
    widen(self, lo, hi);
}

void histogram_merge(Histogram *self, const Histogram *other)
{
    if (other->count == 0) {
        return;
    }
    for (uint32_t page = 0; page < PAGES; page++) {
        if (other->pages[page] == NULL) {
            continue;
        }
        uint64_t *counts = page_at(self, page);
        for (uint32_t slot = 0; slot < PAGE_COUNTS; slot++) {
            counts[slot] += other->pages[page][slot];
        }
    }
    self->count += other->count;
    self->sum += other->sum;
    widen(self, other->minimum, other->maximum);
}

/* Keeps the pages: what was met once will be met again. */
void histogram_reset(Histogram *self)
{
    for (uint32_t page = 0; page < PAGES; page++) {
        for (uint32_t slot = 0; self->pages[page] != NULL && slot < PAGE_COUNTS; slot++) {
            self->pages[page][slot] = 0;
        }
    }
    self->count = 0;
    self->sum = 0;
    self->minimum = INT64_MAX;
    self->maximum = 0;
}

uint64_t histogram_count(const Histogram *self)
{
    return self->count;
}

int64_t histogram_minimum(const Histogram *self)
{
    return self->count > 0 ? self->minimum : 0;
}

int64_t histogram_maximum(const Histogram *self)
{
    return self->maximum;
}

double histogram_mean(const Histogram *self)
{
    return self->count > 0 ? (double)self->sum / (double)self->count : 0;
}

/* The bucket of the value with this rank, 1..count. */
static Bucket bucket_of_rank(const Histogram *self, uint64_t rank)
{
    uint64_t seen = 0;
    for (uint32_t page = 0; page < PAGES; page++) {
        for (uint32_t slot = 0; self->pages[page] != NULL && slot < PAGE_COUNTS; slot++) {
            seen += self->pages[page][slot];
            if (seen >= rank) {
                return (Bucket){page, slot};
            }
        }
    }
    return bucket_of(self->maximum);
}

int64_t histogram_quantile(const Histogram *self, uint32_t ppm)
{
    if (self->count == 0) {
        return 0;
    }
    const Wide millionths = (Wide)self->count * (ppm < 1000000 ? ppm : 1000000);
    const uint64_t rank = (uint64_t)((millionths + 999999) / 1000000);
    if (rank <= 1) {
        return self->minimum;
    }
    if (rank >= self->count) {
        return self->maximum;
    }
    const Bucket bucket = bucket_of_rank(self, rank);
    const int64_t low = bucket_low(bucket);
    const int64_t middle = low + (bucket_high(bucket) - low) / 2;
    return CLAMP(middle, self->minimum, self->maximum);
}

void histogram_each(const Histogram *self,
                    void (*visit)(void *user, int64_t lo, int64_t hi, uint64_t count),
                    void *user)
{
    for (uint32_t page = 0; page < PAGES; page++) {
        for (uint32_t slot = 0; self->pages[page] != NULL && slot < PAGE_COUNTS; slot++) {
            if (self->pages[page][slot] > 0) {
                const Bucket bucket = {page, slot};
                visit(user, bucket_low(bucket), bucket_high(bucket), self->pages[page][slot]);
            }
        }
    }
}
