/* distribution.h - random amounts as whole numbers (ns, bytes, counts).
 *
 * A Distribution is a value that can be copied (empirical tables are borrowed). Doubles are used
 * inside, through this folder's own exp and log (no libm result reaches state), and every result
 * is rounded to the nearest integer, so that draws are the same bits on every machine.
 *
 * Exactness. "Exact" means: the stated law up to the rounding of doubles (about 2^-50 of a
 * probability) and a tail of 2^-53 that inversion cannot reach. Whole-number parameters are exact
 * to 2^53. Uniform, exponential, normal, lognormal and Pareto are inversions: one 64-bit word
 * a draw, and a greater word gives a greater amount, so that variants of a scenario stay in step.
 */
#ifndef KAFKASIM_SIM_CHANCE_DISTRIBUTION_H
#define KAFKASIM_SIM_CHANCE_DISTRIBUTION_H
#include "sim/chance/elementary.h"
#include "sim/chance/stream.h"

typedef enum DistributionKind {
    DISTRIBUTION_CONSTANT,
    DISTRIBUTION_UNIFORM,
    DISTRIBUTION_EXPONENTIAL,
    DISTRIBUTION_NORMAL,
    DISTRIBUTION_LOGNORMAL,
    DISTRIBUTION_PARETO,
    DISTRIBUTION_ERLANG,
    DISTRIBUTION_EMPIRICAL,
} DistributionKind;

typedef struct Distribution {
    DistributionKind kind;
    int64_t minimum; /* results are clamped to [minimum, maximum] */
    int64_t maximum;
    double a; /* constant; lo; mean; mean; mu; scale; mean of one stage */
    double b; /* -; hi; -; sd; sigma; shape; - */
    uint32_t stages;
    const int64_t *values; /* empirical, borrowed */
    const double *cumulative;
    uint32_t count;
} Distribution;

/* All clamp to [0, INT64_MAX/4] unless changed afterwards in minimum/maximum. */
Distribution distribution_constant(int64_t value);
Distribution distribution_uniform(int64_t lo, int64_t hi); /* both included */
Distribution distribution_exponential(int64_t mean);
Distribution distribution_normal(int64_t mean, int64_t sd);
Distribution distribution_lognormal(int64_t median, int64_t p99);
Distribution distribution_pareto(int64_t scale, double shape);
Distribution distribution_erlang(uint32_t stages, int64_t mean); /* mean of the whole sum */
/* cumulative[i] ascends to 1.0; both arrays are borrowed. */
Distribution distribution_empirical(const int64_t *values, const double *cumulative, uint32_t n);
bool distribution_is_constant(const Distribution *distribution);
/* Of the law itself, before rounding and clamping; infinite for Pareto with shape <= 1. */
double distribution_mean(const Distribution *distribution);
int64_t distribution_draw(const Distribution *distribution, Stream *stream);
/* The sum of n independent draws, at most INT64_MAX/4. Up to 32 draws: drawn one by one. Above, in
 * constant time: exact for constant, exponential, Erlang and normal (clamping only the sum, to n
 * times the limits) and empirical (in the time of the smaller of n and the table; values clamped);
 * approximate for uniform (normal), Pareto and lognormal (the expected 32 greatest are drawn one by
 * one and clamped, the rest is normal; a lognormal with p99 <= 10 medians is one lognormal of the
 * sum's mean and variance). Their distribution functions are off by less than 0.02. */
int64_t distribution_draw_sum(const Distribution *distribution, Stream *stream, uint64_t n);

/* The laws in doubles, for this folder and for tests. gamma: shape > 0, scale 1. */
double draw_exponential(Stream *stream);
double draw_normal(Stream *stream);
double draw_gamma(Stream *stream, double shape);

/* Counts, exact to 2^53 (above that, to the spacing of doubles), in constant expected time. A mean
 * above 2^62 counts as 2^62; p outside 0..1 as the nearer end. */
uint64_t draw_poisson(Stream *stream, double mean);
uint64_t draw_binomial(Stream *stream, uint64_t n, double p);
/* counts[i] of n items in class i with weight[i] (need not sum to 1; at least one above 0, else the
 * counts are all 0). */
void draw_multinomial(
    Stream *stream, uint64_t n, const double *weights, uint32_t classes, uint64_t *counts);
/* Time to the k-th arrival of a Poisson process with this mean gap (ns), k >= 1; and the same
 * given that it is <= limit (0 for a limit <= 0). Both exact, in constant expected time for every k
 * and limit, and at most INT64_MAX/4. */
int64_t draw_erlang(Stream *stream, uint64_t k, double mean_gap_ns);
int64_t draw_erlang_truncated(Stream *stream, uint64_t k, double mean_gap_ns, int64_t limit);

/* Zipf over ranks 1..n with exponent s >= 0: rank r has weight r^-s. Rejection-inversion
 * (Hormann and Derflinger 1996): O(1) memory and time. */
typedef struct Zipf {
    uint64_t n;
    double s;
    double h_x1, h_n, threshold;
} Zipf;
void zipf_init(Zipf *zipf, uint64_t n, double s);
uint64_t zipf_draw(const Zipf *zipf, Stream *stream); /* 1..n */

#endif
