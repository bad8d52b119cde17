/* statistics.h - goodness-of-fit tests and oracle laws, in libm's long double. Tests only.
 *
 * There are some hundred comparisons, so each stands at a significance of 0.00001: all of them
 * together would fail a right sampler once in a thousand choices of seeds. Sharpness comes from
 * many draws; the tests of the tests show that slightly wrong laws are noticed. */
#ifndef KAFKASIM_TESTS_SIM_CHANCE_STATISTICS_H
#define KAFKASIM_TESTS_SIM_CHANCE_STATISTICS_H
#include <glib.h>
#include <math.h>
#include <stdint.h>

/* A law with at most three parameters: its distribution function, or its probabilities. */
typedef struct Law {
    long double (*of)(const struct Law *law, long double x);
    long double a, b, c;
} Law;

#define KS_LIMIT 2.47 /* of D sqrt(n): sqrt(-log(0.00001 / 2) / 2) */

static inline int compare_doubles(const void *left, const void *right)
{
    const double a = *(const double *)left;
    const double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Kolmogorov-Smirnov D sqrt(n) against a continuous law. Sorts the sample. */
static inline double ks_statistic(GArray *sample, const Law *law)
{
    g_array_sort(sample, compare_doubles);
    long double worst = 0;
    for (guint i = 0; i < sample->len; i++) {
        const long double f = law->of(law, (long double)g_array_index(sample, double, i));
        worst = fmaxl(
            worst, fmaxl(f - i / (long double)sample->len, (i + 1) / (long double)sample->len - f));
    }
    return (double)(worst * sqrtl(sample->len));
}

/* The same of two samples against each other, scaled so that KS_LIMIT holds. Sorts both. */
static inline double ks_two_samples(GArray *left, GArray *right)
{
    g_array_sort(left, compare_doubles);
    g_array_sort(right, compare_doubles);
    guint i = 0;
    guint j = 0;
    double worst = 0;
    while (i < left->len && j < right->len) {
        const double x = g_array_index(left, double, i);
        const double y = g_array_index(right, double, j);
        const double at = MIN(x, y);
        while (i < left->len && g_array_index(left, double, i) <= at) {
            i++;
        }
        while (j < right->len && g_array_index(right, double, j) <= at) {
            j++;
        }
        worst = MAX(worst, fabs((double)i / left->len - (double)j / right->len));
    }
    return worst * sqrt((double)left->len * right->len / (left->len + right->len));
}

/* The chi-square value exceeded with probability 0.00001 (Wilson and Hilferty). */
static inline double chi_square_limit(unsigned freedom)
{
    const double part = 2.0 / (9.0 * freedom);
    const double root = 1 - part + 4.2649 * sqrt(part);
    return freedom * root * root * root;
}

/* Chi-square of whole numbers lo..hi against a law's probabilities, over its limit: below 1 passes.
 * Neighbours share a bin until 20 are expected; what lies outside lo..hi shares the last bin, with
 * the probability that is left. */
static inline double chi_square_ratio(const GArray *sample, const Law *law, int64_t lo, int64_t hi)
{
    const double n = sample->len;
    GArray *seen = g_array_new(FALSE, TRUE, sizeof(double));
    g_array_set_size(seen, (guint)(hi - lo + 1));
    double outside = 0;
    for (guint i = 0; i < sample->len; i++) {
        const double value = g_array_index(sample, double, i);
        if (value < (double)lo || value > (double)hi) {
            outside++;
        } else {
            g_array_index(seen, double, (guint)((int64_t)value - lo))++;
        }
    }
    double chi_square = 0;
    double expected = 0;
    double met = 0;
    double expected_in_all = 0;
    unsigned bins = 0;
    for (int64_t k = lo; k <= hi; k++) {
        const double here = n * (double)law->of(law, (long double)k);
        expected += here;
        expected_in_all += here;
        met += g_array_index(seen, double, (guint)(k - lo));
        if (expected >= 20 && n - expected_in_all >= 20) {
            chi_square += (met - expected) * (met - expected) / expected;
            expected = met = 0;
            bins++;
        }
    }
    expected += n - expected_in_all;
    met += outside;
    chi_square += (met - expected) * (met - expected) / expected;
    g_array_unref(seen);
    return chi_square / chi_square_limit(bins > 0 ? bins : 1);
}

static inline long double law_uniform(const Law *law, long double x)
{
    return x < law->a ? 0 : x > law->b ? 1 : (x - law->a) / (law->b - law->a);
}

static inline long double law_normal(const Law *law, long double x)
{
    return erfcl(-(x - law->a) / law->b / sqrtl(2)) / 2;
}

static inline long double law_exponential(const Law *law, long double x)
{
    return -expm1l(-x / law->a);
}

/* Sum of x^n / ((a+1) ... (a+n)), the slow factor of the incomplete gamma function. */
static inline long double gamma_series(long double a, long double x)
{
    long double sum = 1;
    long double term = 1;
    for (long double n = 1; term > sum * 1e-17L; n++) {
        term *= x / (a + n);
        sum += term;
    }
    return sum;
}

/* Gamma with shape a and scale b. */
static inline long double law_gamma(const Law *law, long double x)
{
    const long double y = x / law->b;
    return y <= 0 ? 0 : expl(law->a * logl(y) - y - lgammal(law->a + 1)) * gamma_series(law->a, y);
}

/* The same given that it is at most c; a ratio, so that it holds where both parts underflow. */
static inline long double law_gamma_truncated(const Law *law, long double x)
{
    const long double limit = law->c / law->b;
    const long double y = x / law->b;
    if (y <= 0) {
        return 0;
    }
    const long double scale = expl(law->a * logl(y / limit) + limit - y);
    return scale * gamma_series(law->a, y) / gamma_series(law->a, limit);
}

static inline long double law_poisson(const Law *law, long double k)
{
    return expl(k * logl(law->a) - law->a - lgammal(k + 1));
}

/* n = a, p = b */
static inline long double law_binomial(const Law *law, long double k)
{
    const long double ways = lgammal(law->a + 1) - lgammal(k + 1) - lgammal(law->a - k + 1);
    return expl(ways + k * logl(law->b) + (law->a - k) * log1pl(-law->b));
}

/* Exponent a, b = 1 / the sum of all weights. */
static inline long double law_zipf(const Law *law, long double k)
{
    return powl(k, -law->a) * law->b;
}

static inline double sample_mean(const GArray *sample)
{
    long double sum = 0;
    for (guint i = 0; i < sample->len; i++) {
        sum += (long double)g_array_index(sample, double, i);
    }
    return (double)(sum / sample->len);
}

static inline double sample_variance(const GArray *sample)
{
    const long double mean = (long double)sample_mean(sample);
    long double sum = 0;
    for (guint i = 0; i < sample->len; i++) {
        const long double distance = (long double)g_array_index(sample, double, i) - mean;
        sum += distance * distance;
    }
    return (double)(sum / (sample->len - 1));
}

#endif
