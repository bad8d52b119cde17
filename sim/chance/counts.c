/* counts.c - Poisson, binomial and multinomial counts.
 *
 * Small means: inversion, one word a draw, the cumulative probability summed upwards from 0. Means
 * of 10 and more: the transformed rejection methods PTRS (Hormann, "The transformed rejection
 * method for generating Poisson random variables", 1993) and BTRS (Hormann, "The generation of
 * binomial random variates", 1993), constant expected time, exact.
 *
 * Their acceptance tests need log probabilities. Differences of log factorials lose all digits for
 * large counts, so both are written as Loader does ("Fast and accurate computation of binomial
 * probabilities", 2000): through deviance(k, m) = k log(k/m) + m - k, which is computed without
 * cancellation, and the small rest of Stirling's formula. */
#include "sim/chance/distribution.h"
#include <math.h>
#include <string.h>

enum { REJECTION_FROM = 10 };

static const double COUNT_MAX = 0x1p62;
static const double TWO_PI = 6.283185307179586477;

/* log(n!) - ((n + 1/2) log n - n + log sqrt(2 pi)), n a whole number of at least 1. */
static double stirling_rest(double n)
{
    static const double small[] = {
        0.08106146679532725822,
        0.041340695955409294094,
        0.027677925684998339149,
        0.020790672103765093112,
        0.016644691189821192163,
        0.013876128823070747999,
        0.011896709945891770095,
        0.010411265261972096497,
        0.0092554621827127329177,
        0.0083305634333628712565,
        0.007573675487951840795,
        0.0069428401072095298657,
        0.0064089941880042070684,
        0.0059513701127588477356,
        0.005554733551962801371,
    };
    if (n <= 15) {
        return small[(int)n - 1];
    }
    const double square = 1 / (n * n);
    const double high = 1.0 / 1260 - square * (1.0 / 1680 - square * (1.0 / 1188));
    return (1.0 / 12 - square * (1.0 / 360 - square * high)) / n;
}

/* k log(k/m) + m - k >= 0, accurate also where k is close to m. Both above 0. */
static double deviance(double k, double m)
{
    const double difference = k - m;
    const double v = difference / (k + m);
    if (v < -0.1 || v > 0.1) {
        return k * sim_log(k / m) - difference;
    }
    /* log(k/m) = 2 (v + v^3/3 + ...), and the first terms cancel on paper. */
    double sum = difference * v;
    double power = 2 * k * v;
    for (int odd = 3; odd < 40; odd += 2) {
        power *= v * v;
        const double next = sum + power / odd;
        if (next == sum) {
            break;
        }
        sum = next;
    }
    return sum;
}

static double poisson_log_probability(double k, double mean)
{
    if (k == 0) {
        return -mean;
    }
    return -stirling_rest(k) - deviance(k, mean) - 0.5 * sim_log(TWO_PI * k);
}

static double binomial_log_probability(double k, double n, double p)
{
    if (k == 0) {
        return n * sim_log1p(-p);
    }
    if (k == n) {
        return n * sim_log(p);
    }
    const double rests = stirling_rest(n) - stirling_rest(k) - stirling_rest(n - k);
    const double deviances = deviance(k, n * p) + deviance(n - k, n * (1 - p));
    return rests - deviances - 0.5 * sim_log(TWO_PI * k * ((n - k) / n));
}

static uint64_t poisson_by_inversion(Stream *stream, double mean)
{
    double left = stream_unit(stream);
    double probability = sim_exp(-mean);
    uint64_t k = 0;
    while (left >= probability && (probability > 0x1p-60 || (double)k < mean)) {
        left -= probability;
        k++;
        probability *= mean / (double)k;
    }
    return k;
}

/* The hat of both rejection methods: a uniform u, moved outwards by its distance from the ends. */
typedef struct Hat {
    double a;
    double b;
    double centre;
    double squeeze; /* below this second uniform, a middling u is accepted at once */
} Hat;

typedef struct Candidate {
    double k;
    double edge; /* distance of u from the nearer end, 0..1/2 */
    double v;
} Candidate;

static Candidate hat_draw(const Hat *hat, Stream *stream)
{
    const double u = stream_unit(stream) - 0.5;
    const double edge = 0.5 - (u < 0 ? -u : u);
    const double v = stream_open_unit(stream);
    if (edge <= 0) {
        return (Candidate){-1, 1, v}; /* outside every range: drawn again */
    }
    return (Candidate){floor((2 * hat->a / edge + hat->b) * u + hat->centre), edge, v};
}

static bool hat_accepts_at_once(const Hat *hat, Candidate candidate)
{
    return candidate.edge >= 0.07 && candidate.v <= hat->squeeze && candidate.k >= 0;
}

static double hat_log_height(const Hat *hat, Candidate candidate)
{
    return sim_log(candidate.v / (hat->a / (candidate.edge * candidate.edge) + hat->b));
}

static uint64_t poisson_by_rejection(Stream *stream, double mean)
{
    const double b = 0.931 + 2.53 * sqrt(mean);
    const Hat hat = {
        .a = -0.059 + 0.02483 * b,
        .b = b,
        .centre = mean + 0.43,
        .squeeze = 0.9277 - 3.6224 / (b - 2),
    };
    const double log_scale = sim_log(1.1239 + 1.1328 / (b - 3.4));
    for (;;) {
        const Candidate candidate = hat_draw(&hat, stream);
        if (hat_accepts_at_once(&hat, candidate)) {
            return (uint64_t)candidate.k;
        }
        if (candidate.k < 0 || candidate.k > 2 * COUNT_MAX) {
            continue;
        }
        if (hat_log_height(&hat, candidate) + log_scale <=
            poisson_log_probability(candidate.k, mean)) {
            return (uint64_t)candidate.k;
        }
    }
}

uint64_t draw_poisson(Stream *stream, double mean)
{
    if (!(mean > 0)) {
        return 0;
    }
    if (mean < REJECTION_FROM) {
        return poisson_by_inversion(stream, mean);
    }
    return poisson_by_rejection(stream, mean < COUNT_MAX ? mean : COUNT_MAX);
}

/* p <= 1/2 and n p < 10 */
static uint64_t binomial_by_inversion(Stream *stream, uint64_t n, double p)
{
    const double odds = p / (1 - p);
    double left = stream_unit(stream);
    double probability = sim_exp((double)n * sim_log1p(-p));
    uint64_t k = 0;
    while (k < n && left >= probability && (probability > 0x1p-60 || k < REJECTION_FROM)) {
        left -= probability;
        probability *= (double)(n - k) / (double)(k + 1) * odds;
        k++;
    }
    return k;
}

/* p <= 1/2 and n p >= 10 */
static uint64_t binomial_by_rejection(Stream *stream, uint64_t count, double p)
{
    const double n = (double)count;
    const double deviation = sqrt(n * p * (1 - p));
    const double b = 1.15 + 2.53 * deviation;
    const Hat hat = {
        .a = -0.0873 + 0.0248 * b + 0.01 * p,
        .b = b,
        .centre = n * p + 0.5,
        .squeeze = 0.92 - 4.2 / b,
    };
    const double mode = floor((n + 1) * p);
    const double log_scale =
        sim_log((2.83 + 5.1 / b) * deviation) + binomial_log_probability(mode, n, p);
    for (;;) {
        const Candidate candidate = hat_draw(&hat, stream);
        if (candidate.k < 0 || candidate.k > n) {
            continue;
        }
        if (hat_accepts_at_once(&hat, candidate) ||
            hat_log_height(&hat, candidate) + log_scale <=
                binomial_log_probability(candidate.k, n, p)) {
            const uint64_t k = (uint64_t)candidate.k;
            return k < count ? k : count; /* n as a double may be above n itself */
        }
    }
}

uint64_t draw_binomial(Stream *stream, uint64_t n, double p)
{
    if (n == 0 || !(p > 0)) {
        return 0;
    }
    if (p >= 1) {
        return n;
    }
    if (p > 0.5) {
        return n - draw_binomial(stream, n, 1 - p);
    }
    if ((double)n * p < REJECTION_FROM) {
        return binomial_by_inversion(stream, n, p);
    }
    return binomial_by_rejection(stream, n, p);
}

/* What a class of this weight gets of n items that it shares with the classes after it. The smaller
 * side is drawn: its chance has all its digits, the other's may be 1 to the last of them. */
static uint64_t draw_share(Stream *stream, uint64_t n, double weight, double after)
{
    if (weight > after) {
        return n - draw_binomial(stream, n, after / (weight + after));
    }
    return weight > 0 ? draw_binomial(stream, n, weight / (weight + after)) : 0;
}

/* One binomial a class, of what the classes before it left over. The weights after each class are
 * summed from the end, so that small ones keep their digits, and wait in `counts` for their turn.
 */
void draw_multinomial(
    Stream *stream, uint64_t n, const double *weights, uint32_t classes, uint64_t *counts)
{
    double after = 0;
    for (uint32_t i = classes; i-- > 0;) {
        memcpy(&counts[i], &after, sizeof after);
        after += weights[i] > 0 ? weights[i] : 0;
    }
    uint64_t left = after > 0 ? n : 0;
    for (uint32_t i = 0; i < classes; i++) {
        memcpy(&after, &counts[i], sizeof after);
        counts[i] = draw_share(stream, left, weights[i], after);
        left -= counts[i];
    }
}
