/* elementary.h - exp, log and their kin from correctly rounded operations only (+ - * / sqrt and
 * the bits of a double), so that their results are the same bits with every compiler and on every
 * machine with IEEE 754 doubles and no wider intermediates. libm promises neither.
 *
 * Relative error below 2^-45 over the whole range of normal results (measured: pow 2^-48, the
 * others 2^-50); results below 2^-1022 are rounded once more. Round-to-nearest is assumed. */
#ifndef KAFKASIM_SIM_CHANCE_ELEMENTARY_H
#define KAFKASIM_SIM_CHANCE_ELEMENTARY_H

double sim_exp(double x);   /* 0 and infinity beyond the range */
double sim_log(double x);   /* -infinity at 0, NaN below */
double sim_expm1(double x); /* exp(x) - 1, exact also near 0 */
double sim_log1p(double x); /* log(1 + x), exact also near 0 */
/* base >= 0; NaN below. pow(x, 0) is 1 for every x. */
double sim_pow(double base, double exponent);
/* The x below which a standard normal variable stays with probability p, 0 < p < 1. */
double sim_normal_quantile(double p);
/* The probability that a standard normal variable stays below z. */
double sim_normal_probability(double z);
/* (exp(x) - 1) / x and log(1 + x) / x, 1 at 0. */
double sim_expm1_ratio(double x);
double sim_log1p_ratio(double x);

#endif
