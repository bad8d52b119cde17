/* distribution.c - one draw, and sums of many.
 *
 * Continuous laws are inverted (gamma.c and normal.c have the exceptions and the quantile), then
 * rounded and clamped. Left out: clamping inside long sums, as the header says. */
#include "sim/chance/distribution.h"
#include <glib.h>
#include <math.h>

enum { ONE_BY_ONE = 32 };

static const int64_t WHOLE_MAX = INT64_MAX / 4;
static const double NORMAL_P99 = 2.3263478740408411; /* quantile of 0.99 */

static Distribution distribution_of(DistributionKind kind, double a, double b)
{
    return (Distribution){.kind = kind, .maximum = WHOLE_MAX, .a = a, .b = b};
}

Distribution distribution_constant(int64_t value)
{
    return distribution_of(DISTRIBUTION_CONSTANT, (double)value, 0);
}

Distribution distribution_uniform(int64_t lo, int64_t hi)
{
    return distribution_of(
        DISTRIBUTION_UNIFORM, (double)(lo < hi ? lo : hi), (double)(lo < hi ? hi : lo));
}

Distribution distribution_exponential(int64_t mean)
{
    return distribution_of(DISTRIBUTION_EXPONENTIAL, (double)mean, 0);
}

Distribution distribution_normal(int64_t mean, int64_t sd)
{
    return distribution_of(DISTRIBUTION_NORMAL, (double)mean, (double)sd);
}

/* A median of 0 leaves only 0: a lognormal amount is never 0. */
Distribution distribution_lognormal(int64_t median, int64_t p99)
{
    if (median <= 0) {
        return distribution_constant(0);
    }
    const double mu = sim_log((double)median);
    const double sigma = p99 > median ? (sim_log((double)p99) - mu) / NORMAL_P99 : 0;
    return distribution_of(DISTRIBUTION_LOGNORMAL, mu, sigma);
}

Distribution distribution_pareto(int64_t scale, double shape)
{
    return distribution_of(DISTRIBUTION_PARETO, (double)scale, shape);
}

Distribution distribution_erlang(uint32_t stages, int64_t mean)
{
    const uint32_t at_least_one = stages > 0 ? stages : 1;
    Distribution self = distribution_of(DISTRIBUTION_ERLANG, (double)mean / at_least_one, 0);
    self.stages = at_least_one;
    return self;
}

/* Keeps the mean in a. */
Distribution distribution_empirical(const int64_t *values, const double *cumulative, uint32_t n)
{
    double mean = 0;
    for (uint32_t i = 0; i < n; i++) {
        mean += (cumulative[i] - (i > 0 ? cumulative[i - 1] : 0)) * (double)values[i];
    }
    Distribution self = distribution_of(DISTRIBUTION_EMPIRICAL, mean, 0);
    self.values = values;
    self.cumulative = cumulative;
    self.count = n;
    return self;
}

bool distribution_is_constant(const Distribution *self)
{
    return self->kind == DISTRIBUTION_CONSTANT || self->minimum >= self->maximum;
}

static double pareto_mean(const Distribution *self)
{
    return self->b > 1 ? self->a * self->b / (self->b - 1) : (double)INFINITY;
}

double distribution_mean(const Distribution *self)
{
    switch (self->kind) {
    case DISTRIBUTION_UNIFORM:
        return self->a + (self->b - self->a) / 2;
    case DISTRIBUTION_LOGNORMAL:
        return sim_exp(self->a + self->b * self->b / 2);
    case DISTRIBUTION_PARETO:
        return pareto_mean(self);
    case DISTRIBUTION_ERLANG:
        return self->a * self->stages;
    case DISTRIBUTION_CONSTANT:
    case DISTRIBUTION_EXPONENTIAL:
    case DISTRIBUTION_NORMAL:
    case DISTRIBUTION_EMPIRICAL:
        break;
    }
    return self->a;
}

/* The nearest whole number, halves away from 0, within lo..hi; what is no number is hi. */
static int64_t to_whole(double amount, int64_t lo, int64_t hi)
{
    if (amount <= (double)lo) {
        return lo;
    }
    if (!(amount < (double)hi)) {
        return hi;
    }
    const int64_t whole = (int64_t)(amount < 0 ? amount - 0.5 : amount + 0.5);
    return whole < lo ? lo : whole > hi ? hi : whole;
}

/* The first value whose cumulative probability exceeds a uniform. */
static int64_t draw_empirical(const Distribution *self, Stream *stream)
{
    const double u = stream_unit(stream);
    uint32_t lo = 0;
    uint32_t hi = self->count - 1;
    while (lo < hi) {
        const uint32_t middle = lo + (hi - lo) / 2;
        if (u < self->cumulative[middle]) {
            hi = middle;
        } else {
            lo = middle + 1;
        }
    }
    return self->values[lo];
}

/* The amount that is exceeded with probability u. */
static double pareto_exceeded(const Distribution *self, double u)
{
    return self->a * sim_exp(-sim_log(u) / self->b);
}

static double draw_amount(const Distribution *self, Stream *stream)
{
    switch (self->kind) {
    case DISTRIBUTION_CONSTANT:
        return self->a;
    case DISTRIBUTION_UNIFORM:
        return (double)stream_between(stream, (int64_t)self->a, (int64_t)self->b);
    case DISTRIBUTION_EXPONENTIAL:
        return self->a * draw_exponential(stream);
    case DISTRIBUTION_NORMAL:
        return self->a + self->b * draw_normal(stream);
    case DISTRIBUTION_LOGNORMAL:
        return sim_exp(self->a + self->b * draw_normal(stream));
    case DISTRIBUTION_PARETO:
        return pareto_exceeded(self, 1 - stream_open_unit(stream));
    case DISTRIBUTION_ERLANG:
        return self->a * draw_gamma(stream, self->stages);
    case DISTRIBUTION_EMPIRICAL:
        break;
    }
    return self->count > 0 ? (double)draw_empirical(self, stream) : 0;
}

int64_t distribution_draw(const Distribution *self, Stream *stream)
{
    return to_whole(draw_amount(self, stream), self->minimum, self->maximum);
}

/* The sum of n draws, n large, by their mean and standard deviation. */
static double sum_as_normal(Stream *stream, double n, double mean, double sd)
{
    return n * mean + sqrt(n) * sd * draw_normal(stream);
}

/* Where a law with a heavy tail is cut for a sum. The draws beyond the cut make the sum: their
 * number is binomial, and they are drawn one by one. The others are bounded by the cut, and their
 * sum is all but normal. About 32 draws lie beyond the cut; unless so many exceed the maximum that
 * it is the cut itself, and then those beyond it are equal to it. */
typedef struct Cut {
    double beyond; /* probability of a draw beyond it */
    bool is_maximum;
    double mean; /* of a draw that is not beyond it */
    double sd;
} Cut;

static double root_of_variance(double square, double mean)
{
    return square > mean * mean ? sqrt(square - mean * mean) : 0;
}

static Cut cut_pareto(const Distribution *self, double few, double clamped)
{
    const double beyond = few > clamped ? few : clamped;
    const double length = -sim_log(beyond) / self->b; /* log(cut / scale) */
    const double factor = self->b * length / (1 - beyond);
    const double mean = factor * sim_expm1_ratio((1 - self->b) * length);
    const double square = factor * sim_expm1_ratio((2 - self->b) * length);
    return (Cut){beyond, clamped >= few, self->a * mean, self->a * root_of_variance(square, mean)};
}

static Cut cut_lognormal(const Distribution *self, double few, double clamped)
{
    const double beyond = few > clamped ? few : clamped;
    const double z = -sim_normal_quantile(beyond);
    const double mu = self->a;
    const double sigma = self->b;
    const double below = 1 - beyond;
    const double mean =
        sim_exp(mu + sigma * sigma / 2) * (sim_normal_probability(z - sigma) / below);
    const double square =
        sim_exp(2 * (mu + sigma * sigma)) * (sim_normal_probability(z - 2 * sigma) / below);
    return (Cut){beyond, clamped >= few, mean, root_of_variance(square, mean)};
}

/* The amount that is exceeded with probability u, for the two laws that are cut. */
static double amount_exceeded(const Distribution *self, double u)
{
    if (self->kind == DISTRIBUTION_PARETO) {
        return pareto_exceeded(self, u);
    }
    return sim_exp(self->a - self->b * sim_normal_quantile(u));
}

static double sum_by_cut(const Distribution *self, Stream *stream, uint64_t n, const Cut *cut)
{
    const double maximum = (double)self->maximum;
    const uint64_t great = draw_binomial(stream, n, cut->beyond);
    const double rest = sum_as_normal(stream, (double)(n - great), cut->mean, cut->sd);
    double sum = rest > 0 ? rest : 0;
    if (cut->is_maximum) {
        return sum + (double)great * maximum;
    }
    for (uint64_t i = 0; i < great; i++) {
        const double amount = amount_exceeded(self, cut->beyond * stream_open_unit(stream));
        sum += amount < maximum ? amount : maximum;
    }
    return sum;
}

static double sum_of_pareto(const Distribution *self, Stream *stream, uint64_t n)
{
    const double maximum = (double)self->maximum;
    const double clamped = maximum > self->a ? sim_pow(maximum / self->a, -self->b) : 1;
    if (clamped >= 1) {
        return (double)n * maximum;
    }
    const Cut cut = cut_pareto(self, ONE_BY_ONE / (double)n, clamped);
    return sum_by_cut(self, stream, n, &cut);
}

/* One lognormal with the mean and variance of the sum (Fenton 1960): keeps it positive and skewed.
 */
static double sum_as_lognormal(const Distribution *self, Stream *stream, double n)
{
    const double variance_ratio = sim_expm1(self->b * self->b) / n; /* variance / mean^2 */
    const double sigma2 = sim_log1p(variance_ratio);
    const double mu = sim_log(n) + self->a + self->b * self->b / 2 - sigma2 / 2;
    return sim_exp(mu + sqrt(sigma2) * draw_normal(stream));
}

/* Narrow laws that do not meet their maximum are summed as one lognormal, the others by a cut. */
static double sum_of_lognormal(const Distribution *self, Stream *stream, uint64_t n)
{
    const double maximum = (double)self->maximum;
    const double reach = sim_log(maximum > 0 ? maximum : 0) - self->a; /* of sigma times z */
    const double clamped = reach > 9 * self->b ? 0 : sim_normal_probability(-reach / self->b);
    if (self->b <= 1 && clamped * (double)n < 0.01) {
        return sum_as_lognormal(self, stream, (double)n);
    }
    if (clamped >= 1) {
        return (double)n * maximum;
    }
    const Cut cut = cut_lognormal(self, ONE_BY_ONE / (double)n, clamped);
    return sum_by_cut(self, stream, n, &cut);
}

/* How often each value comes is binomial among what the values before it left over. */
static double sum_of_empirical(const Distribution *self, Stream *stream, uint64_t n)
{
    double sum = 0;
    double before = 0;
    for (uint32_t i = 0; i < self->count && n > 0; i++) {
        const double share = (self->cumulative[i] - before) / (1 - before);
        const uint64_t times = i + 1 < self->count ? draw_binomial(stream, n, share) : n;
        sum += (double)times * (double)CLAMP(self->values[i], self->minimum, self->maximum);
        before = self->cumulative[i];
        n -= times;
    }
    return sum;
}

static double draw_long_sum(const Distribution *self, Stream *stream, uint64_t count)
{
    const double n = (double)count;
    switch (self->kind) {
    case DISTRIBUTION_CONSTANT:
        break;
    case DISTRIBUTION_UNIFORM: {
        const double span = self->b - self->a;
        return sum_as_normal(stream, n, self->a + span / 2, sqrt(span * (span + 2) / 12));
    }
    case DISTRIBUTION_EXPONENTIAL:
        return self->a * draw_gamma(stream, n);
    case DISTRIBUTION_NORMAL:
        return sum_as_normal(stream, n, self->a, self->b);
    case DISTRIBUTION_EMPIRICAL:
        return sum_of_empirical(self, stream, count);
    case DISTRIBUTION_LOGNORMAL:
        return sum_of_lognormal(self, stream, count);
    case DISTRIBUTION_PARETO:
        return sum_of_pareto(self, stream, count);
    case DISTRIBUTION_ERLANG:
        return self->a * draw_gamma(stream, n * self->stages);
    }
    return n * self->a;
}

static int64_t times_saturated(double n, int64_t limit)
{
    return to_whole(n * (double)limit, -WHOLE_MAX, WHOLE_MAX);
}

int64_t distribution_draw_sum(const Distribution *self, Stream *stream, uint64_t n)
{
    const uint64_t few = self->kind == DISTRIBUTION_EMPIRICAL ? self->count : 0;
    if (n <= MAX(few, ONE_BY_ONE) && self->kind != DISTRIBUTION_CONSTANT) {
        __extension__ __int128 sum = 0;
        for (uint64_t i = 0; i < n; i++) {
            sum += distribution_draw(self, stream);
        }
        return sum > WHOLE_MAX ? WHOLE_MAX : sum < -WHOLE_MAX ? -WHOLE_MAX : (int64_t)sum;
    }
    return to_whole(draw_long_sum(self, stream, n),
                    times_saturated((double)n, self->minimum),
                    times_saturated((double)n, self->maximum));
}
