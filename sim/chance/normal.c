/* normal.c - the normal quantile, by rational functions, and its inverse.
 *
 * Quantile: Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied
 * Statistics 37 (1988), routine PPND16: one ratio of polynomials for the middle, two for the tails,
 * relative error about 10^-16. One uniform gives one normal, and a greater uniform a greater
 * normal: two variants of a scenario that draw from one stream stay in step.
 *
 * Probability: the series z + z^3/3 + z^5/(3 5) + ... about the middle, Laplace's continued
 * fraction in the tails. */
#include "sim/chance/elementary.h"
#include <math.h>

enum { TERMS = 8 };

static const double MIDDLE_ABOVE[TERMS] = {
    3.3871328727963666080e0,
    1.3314166789178437745e+2,
    1.9715909503065514427e+3,
    1.3731693765509461125e+4,
    4.5921953931549871457e+4,
    6.7265770927008700853e+4,
    3.3430575583588128105e+4,
    2.5090809287301226727e+3,
};
static const double MIDDLE_BELOW[TERMS] = {
    1.0,
    4.2313330701600911252e+1,
    6.8718700749205790830e+2,
    5.3941960214247511077e+3,
    2.1213794301586595867e+4,
    3.9307895800092710610e+4,
    2.8729085735721942674e+4,
    5.2264952788528545610e+3,
};
static const double TAIL_ABOVE[TERMS] = {
    1.42343711074968357734e0,
    4.63033784615654529590e0,
    5.76949722146069140550e0,
    3.64784832476320460504e0,
    1.27045825245236838258e0,
    2.41780725177450611770e-1,
    2.27238449892691845833e-2,
    7.74545014278341407640e-4,
};
static const double TAIL_BELOW[TERMS] = {
    1.0,
    2.05319162663775882187e0,
    1.67638483018380384940e0,
    6.89767334985100004550e-1,
    1.48103976427480074590e-1,
    1.51986665636164571966e-2,
    5.47593808499534494600e-4,
    1.05075007164441684324e-9,
};
static const double FAR_ABOVE[TERMS] = {
    6.65790464350110377720e0,
    5.46378491116411436990e0,
    1.78482653991729133580e0,
    2.96560571828504891230e-1,
    2.65321895265761230930e-2,
    1.24266094738807843860e-3,
    2.71155556874348757815e-5,
    2.01033439929228813265e-7,
};
static const double FAR_BELOW[TERMS] = {
    1.0,
    5.99832206555887937690e-1,
    1.36929880922735805310e-1,
    1.48753612908506148525e-2,
    7.86869131145613259100e-4,
    1.84631831751005468180e-5,
    1.42151175831644588870e-7,
    2.04426310338993978564e-15,
};

static double ratio(const double above[TERMS], const double below[TERMS], double x)
{
    double top = above[TERMS - 1];
    double bottom = below[TERMS - 1];
    for (int term = TERMS - 2; term >= 0; term--) {
        top = top * x + above[term];
        bottom = bottom * x + below[term];
    }
    return top / bottom;
}

double sim_normal_quantile(double p)
{
    const double middle = p - 0.5;
    if (middle >= -0.425 && middle <= 0.425) {
        return middle * ratio(MIDDLE_ABOVE, MIDDLE_BELOW, 0.180625 - middle * middle);
    }
    const double distance = sqrt(-sim_log(middle < 0 ? p : 1 - p));
    const double size = distance <= 5 ? ratio(TAIL_ABOVE, TAIL_BELOW, distance - 1.6)
                                      : ratio(FAR_ABOVE, FAR_BELOW, distance - 5);
    return middle < 0 ? -size : size;
}

/* The density at z. */
static double density(double z)
{
    return sim_exp(-z * z / 2) * 0.39894228040143267794;
}

/* Probability of 0..z, |z| < 3. */
static double from_middle(double z)
{
    double sum = z;
    double term = z;
    for (int odd = 3; odd < 100; odd += 2) {
        term *= z * z / odd;
        sum += term;
    }
    return density(z) * sum;
}

/* Probability beyond z, z >= 3. */
static double beyond(double z)
{
    double fraction = z;
    for (int level = 40; level > 0; level--) {
        fraction = z + level / fraction;
    }
    return density(z) / fraction;
}

double sim_normal_probability(double z)
{
    if (z > -3 && z < 3) {
        return 0.5 + from_middle(z);
    }
    return z < 0 ? beyond(-z) : 1 - beyond(z);
}
