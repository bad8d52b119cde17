/* elementary.c - range reduction, one series each, and no tables.
 *
 * log: x = m 2^e with m in [sqrt 1/2, sqrt 2); with s = (m - 1) / (m + 1) the series
 *      log m = 2 (s + s^3/3 + s^5/5 + ...) is cut where the next term is below 2^-60.
 * exp: x = k log 2 + r with |r| <= (log 2) / 2; Taylor's series of exp r, cut below 2^-57.
 * pow: exp(exponent * log base), the logarithm and the product carried as a sum of two doubles,
 *      because exp turns an absolute error of its argument into a relative one of its result.
 * The sums are grouped by pairs (Estrin), which lets the processor overlap them. */
#include "sim/chance/elementary.h"
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

_Static_assert(FLT_EVAL_METHOD == 0, "doubles must not be computed wider than they are stored");
_Static_assert(DBL_MANT_DIG == 53 && DBL_MAX_EXP == 1024, "doubles must be IEEE 754 binary64");

static const double LN2_HIGH = 0x1.62e42feep-1; /* 32 bits: its products with exponents are exact */
static const double LN2_LOW = 0x1.a39ef35793c76p-33;
static const double INVERSE_LN2 = 0x1.71547652b82fep+0;
static const double EXP_OVERFLOW = 709.79;   /* exp is infinite from here on */
static const double EXP_UNDERFLOW = -745.14; /* and 0 from here down */

typedef struct TwoDoubles {
    double high;
    double low;
} TwoDoubles;

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* 2^exponent, -1022..1023. */
static double power_of_two(int exponent)
{
    return from_bits((uint64_t)(exponent + 1023) << 52);
}

/* a + b without error (Knuth). */
static TwoDoubles two_sum(double a, double b)
{
    const double sum = a + b;
    const double part = sum - a;
    return (TwoDoubles){sum, (a - (sum - part)) + (b - part)};
}

/* a * b without error, for factors far from over- and underflow (Dekker, Veltkamp). */
static TwoDoubles two_product(double a, double b)
{
    const double split = 0x1p27 + 1;
    const double product = a * b;
    const double a_high = a * split - (a * split - a);
    const double b_high = b * split - (b * split - b);
    const double a_low = a - a_high;
    const double b_low = b - b_high;
    const double rest = a_high * b_high - product + a_high * b_low + a_low * b_high;
    return (TwoDoubles){product, rest + a_low * b_low};
}

/* x = mantissa 2^exponent, mantissa in [sqrt 1/2, sqrt 2). x is finite and above 0. */
static double split_exponent(double x, int *ret_exponent)
{
    const uint64_t below_sqrt2 = UINT64_C(0x0006A09E667F3BCD); /* mantissa bits of sqrt 2 */
    int exponent = -1023;
    if (x < DBL_MIN) { /* subnormal */
        x *= 0x1p54;
        exponent -= 54;
    }
    const uint64_t bits = bits_of(x);
    const uint64_t fraction = bits & UINT64_C(0x000FFFFFFFFFFFFF);
    exponent += (int)(bits >> 52);
    const bool halve = fraction >= below_sqrt2;
    *ret_exponent = exponent + (halve ? 1 : 0);
    return from_bits(fraction | (halve ? UINT64_C(1022) : UINT64_C(1023)) << 52);
}

/* (atanh(s) / s - 1) / s^2 as a polynomial of z = s^2 <= 0.0295. */
static double atanh_rest(double z)
{
    const double z2 = z * z;
    const double z4 = z2 * z2;
    const double low = (1.0 / 3 + z * (1.0 / 5)) + z2 * (1.0 / 7 + z * (1.0 / 9));
    const double mid = (1.0 / 11 + z * (1.0 / 13)) + z2 * (1.0 / 15 + z * (1.0 / 17));
    const double high = 1.0 / 19 + z * (1.0 / 21);
    return low + z4 * (mid + z4 * high);
}

/* (exp(r) - 1 - r) / r^2 for |r| <= 0.35. */
static double exp_rest(double r)
{
    const double r2 = r * r;
    const double r4 = r2 * r2;
    const double low = (1.0 / 2 + r * (1.0 / 6)) + r2 * (1.0 / 24 + r * (1.0 / 120));
    const double mid = (1.0 / 720 + r * (1.0 / 5040)) + r2 * (1.0 / 40320 + r * (1.0 / 362880));
    const double high =
        (1.0 / 3628800 + r * (1.0 / 39916800)) + r2 * (1.0 / 479001600 + r * (1.0 / 6227020800.0));
    return low + r4 * (mid + r4 * high);
}

double sim_log(double x)
{
    if (!(x > 0)) {
        return x == 0 ? -(double)INFINITY : (double)NAN;
    }
    if (x > DBL_MAX) {
        return x;
    }
    int exponent;
    const double mantissa = split_exponent(x, &exponent);
    const double s = (mantissa - 1) / (mantissa + 1);
    const double z = s * s;
    const double rest = 2 * s * (z * atanh_rest(z));
    return exponent * LN2_HIGH + (2 * s + (rest + exponent * LN2_LOW));
}

double sim_log1p(double x)
{
    if (x > -0.25 && x < 0.25) {
        const double s = x / (2 + x);
        const double z = s * s;
        return 2 * s + 2 * s * (z * atanh_rest(z));
    }
    return sim_log(1 + x);
}

/* exp(high + low) for a high within [EXP_UNDERFLOW, EXP_OVERFLOW] and a much smaller low. */
static double exp_of_sum(double high, double low)
{
    const int k = (int)(high * INVERSE_LN2 + (high < 0 ? -0.5 : 0.5));
    const double r = (high - k * LN2_HIGH) - (k * LN2_LOW - low);
    const double y = 1 + (r + r * r * exp_rest(r));
    if (k > 1000) {
        return y * power_of_two(k - 64) * 0x1p64;
    }
    if (k < -1000) {
        return y * power_of_two(k + 64) * 0x1p-64;
    }
    return y * power_of_two(k);
}

double sim_exp(double x)
{
    if (!(x < EXP_OVERFLOW)) { /* or not a number */
        return x >= EXP_OVERFLOW ? (double)INFINITY : x;
    }
    return x > EXP_UNDERFLOW ? exp_of_sum(x, 0) : 0;
}

double sim_expm1(double x)
{
    if (x > -0.34 && x < 0.34) {
        return x + x * x * exp_rest(x);
    }
    return sim_exp(x) - 1;
}

double sim_expm1_ratio(double x)
{
    return x > -0x1p-60 && x < 0x1p-60 ? 1 : sim_expm1(x) / x;
}

double sim_log1p_ratio(double x)
{
    return x > -0x1p-60 && x < 0x1p-60 ? 1 : sim_log1p(x) / x;
}

/* log x to about 2^-58: the quotient s with its remainder, the sums with what they round away. */
static TwoDoubles log_of_two_doubles(double x)
{
    int exponent;
    const double mantissa = split_exponent(x, &exponent);
    const double above = mantissa - 1; /* exact */
    const TwoDoubles below = two_sum(mantissa, 1);
    const double s = above / below.high;
    const TwoDoubles back = two_product(s, below.high);
    const double s_low = ((above - back.high) - back.low - s * below.low) / below.high;
    const double z = s * s;
    const TwoDoubles sum = two_sum(exponent * LN2_HIGH, 2 * s);
    const double rest = 2 * s * (z * atanh_rest(z)) + 2 * s_low;
    return two_sum(sum.high, sum.low + (rest + exponent * LN2_LOW));
}

double sim_pow(double base, double exponent)
{
    if (exponent == 0 || base == 1) {
        return 1;
    }
    if (!(base >= 0) || exponent != exponent) {
        return (double)NAN;
    }
    if (base == 0 || base > DBL_MAX || exponent >= 0x1p64 || exponent <= -0x1p64) {
        return (base > 1) == (exponent > 0) ? (double)INFINITY : 0;
    }
    const TwoDoubles log_base = log_of_two_doubles(base);
    const TwoDoubles product = two_product(log_base.high, exponent);
    if (product.high >= EXP_OVERFLOW || product.high <= EXP_UNDERFLOW) {
        return product.high > 0 ? (double)INFINITY : 0;
    }
    return exp_of_sum(product.high, product.low + log_base.low * exponent);
}
