/* histogram.h - a mergeable log-linear histogram of int64 >= 0 (HdrHistogram's idea). Negative
 * values count as 0.
 *
 * Buckets: exact below 128; above, 128 per power of two, so a reported value differs from the
 * true one by at most 1/256 (0.4 %). Integer only; fixed memory (grows lazily by octave). */
#ifndef KAFKASIM_SIM_WATCH_HISTOGRAM_H
#define KAFKASIM_SIM_WATCH_HISTOGRAM_H
#include <stdint.h>

typedef struct Histogram Histogram;

Histogram *histogram_new(void);
void histogram_free(Histogram *self);
void histogram_add(Histogram *self, int64_t value);
void histogram_add_many(Histogram *self, int64_t value, uint64_t count);
/* `count` values spread evenly from lo to hi (both included; one value: lo): the latencies of the
 * records of one batch. Value i is lo + floor(i (hi - lo) / (count - 1)). Cost follows the buckets
 * crossed, not the count. hi < lo counts as lo. */
void histogram_add_span(Histogram *self, int64_t lo, int64_t hi, uint64_t count);
void histogram_merge(Histogram *self, const Histogram *other);
void histogram_reset(Histogram *self);
uint64_t histogram_count(const Histogram *self);
int64_t histogram_minimum(const Histogram *self); /* exact; 0 when empty */
int64_t histogram_maximum(const Histogram *self); /* exact; 0 when empty */
double histogram_mean(const Histogram *self);     /* from exact sums; 0 when empty */
/* Smallest value v such that at least `ppm` millionths of the values are <= v (within the stated
 * error, never above the maximum); 500000 = median, 999900 = p99.99. 0 when empty. */
int64_t histogram_quantile(const Histogram *self, uint32_t ppm);
/* Calls visit(lo, hi, count) for each non-empty bucket in ascending order. */
void histogram_each(const Histogram *self,
                    void (*visit)(void *user, int64_t lo, int64_t hi, uint64_t count),
                    void *user);

#endif
