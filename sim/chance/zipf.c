/* zipf.c - ranks by popularity: rejection-inversion.
 *
 * Hormann and Derflinger, "Rejection-inversion to generate variates from monotone discrete
 * distributions" (ACM TOMACS 6, 1996). The weight h(x) = x^-s is integrated: H(x) = (x^(1-s) - 1) /
 * (1 - s), log x for s = 1. A uniform is mapped through the inverse of H to a point of the line and
 * rounded to a rank; few are rejected, and no table is kept. H is written so that it is smooth
 * through s = 1. Left out: n above 2^53 (clamped). */
#include "sim/chance/distribution.h"

static const double RANKS_MAX = 0x1p53;

static double weight(double s, double x)
{
    return sim_exp(-s * sim_log(x));
}

static double integral(double s, double x)
{
    const double log_x = sim_log(x);
    return log_x * sim_expm1_ratio((1 - s) * log_x);
}

static double integral_inverse(double s, double y)
{
    const double t = y * (1 - s);
    return sim_exp(y * sim_log1p_ratio(t > -1 ? t : -1));
}

void zipf_init(Zipf *zipf, uint64_t n, double s)
{
    if ((double)n > RANKS_MAX) {
        n = (uint64_t)RANKS_MAX;
    }
    *zipf = (Zipf){
        .n = n > 0 ? n : 1,
        .s = s > 0 ? s : 0,
    };
    zipf->h_x1 = integral(zipf->s, 1.5) - 1;
    zipf->h_n = integral(zipf->s, (double)zipf->n + 0.5);
    zipf->threshold = 2 - integral_inverse(zipf->s, integral(zipf->s, 2.5) - weight(zipf->s, 2));
}

uint64_t zipf_draw(const Zipf *zipf, Stream *stream)
{
    if (zipf->n == 1) {
        return 1;
    }
    const double n = (double)zipf->n;
    for (;;) {
        const double u = zipf->h_n + stream_unit(stream) * (zipf->h_x1 - zipf->h_n);
        const double x = integral_inverse(zipf->s, u);
        const double rounded = x < n ? (double)(uint64_t)(x + 0.5) : n;
        const double rank = rounded < 1 ? 1 : rounded;
        if (rank - x <= zipf->threshold ||
            u >= integral(zipf->s, rank + 0.5) - weight(zipf->s, rank)) {
            return (uint64_t)rank;
        }
    }
}
