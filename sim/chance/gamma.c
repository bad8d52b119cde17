/* gamma.c - exponential, normal, gamma and Erlang variables.
 *
 * Gamma: the logarithm of a product for small whole shapes, else Marsaglia and Tsang, "A simple
 * method for generating gamma variables" (ACM TOMS 26, 2000).
 *
 * Truncated Erlang. In units of the limit the time t lies in 0..1 with density t^(k-1) exp(-x t),
 * x = limit / mean gap. Where the limit lies above the mode (x >= k - 1) at least a quarter of all
 * untruncated draws are below it: draw again until one is. Below the mode the density rises all
 * the way to t = 1; its logarithm is concave, so with y = 1 - t it stays under a flat top followed
 * by the tangent line at the y where it has fallen by about 1: rejection from that hat succeeds
 * with a probability that does not depend on k and x (Devroye, "Non-Uniform Random Variate
 * Generation", 1986, chapter VII.2, log-concave densities). k = 1 is inverted. */
#include "sim/chance/distribution.h"
#include <math.h>

static const double DRAW_MAX = (double)(INT64_MAX / 4);

double draw_exponential(Stream *stream)
{
    return -sim_log(1 - stream_open_unit(stream));
}

double draw_normal(Stream *stream)
{
    return sim_normal_quantile(stream_open_unit(stream));
}

/* The sum of a few exponentials; 16 factors of at least 2^-53 do not underflow. */
static double gamma_by_product(Stream *stream, int shape)
{
    double product = 1;
    for (int factor = 0; factor < shape; factor++) {
        product *= stream_open_unit(stream);
    }
    return -sim_log(product);
}

/* shape >= 1 */
static double gamma_by_squeeze(Stream *stream, double shape)
{
    const double d = shape - 1.0 / 3;
    const double c = 1 / sqrt(9 * d);
    for (;;) {
        const double x = draw_normal(stream);
        const double root = 1 + c * x;
        if (root <= 0) {
            continue;
        }
        const double v = root * root * root;
        const double u = stream_open_unit(stream);
        const double x2 = x * x;
        if (u < 1 - 0.0331 * x2 * x2 || sim_log(u) < 0.5 * x2 + d * (1 - v + sim_log(v))) {
            return d * v;
        }
    }
}

double draw_gamma(Stream *stream, double shape)
{
    if (!(shape > 0)) {
        return 0;
    }
    if (shape < 1) {
        const double above = gamma_by_squeeze(stream, shape + 1);
        return above * sim_pow(stream_open_unit(stream), 1 / shape);
    }
    if (shape <= 8 && shape == (int)shape) {
        return gamma_by_product(stream, (int)shape);
    }
    return gamma_by_squeeze(stream, shape);
}

static int64_t to_ns(double time)
{
    return time < DRAW_MAX ? (int64_t)(time + 0.5) : INT64_MAX / 4;
}

int64_t draw_erlang(Stream *stream, uint64_t k, double mean_gap_ns)
{
    if (k == 0 || !(mean_gap_ns > 0)) {
        return 0;
    }
    return to_ns(draw_gamma(stream, (double)k) * mean_gap_ns);
}

/* t in 0..1 with density proportional to exp(-x t). */
static double truncated_exponential(Stream *stream, double x)
{
    const double u = stream_open_unit(stream);
    if (x < 0x1p-40) {
        return u;
    }
    return -sim_log1p(u * sim_expm1(-x)) / x;
}

/* The logarithm of the density at t = 1 - y against that at t = 1; powers = k - 1. */
static double log_fall(double powers, double x, double y)
{
    return powers * sim_log1p(-y) + x * y;
}

/* t below the mode: k >= 2, x < k - 1. */
static double truncated_rising(Stream *stream, double powers, double x)
{
    const double slope_at_1 = powers - x;
    const double fallen = 2 / (slope_at_1 + sqrt(slope_at_1 * slope_at_1 + 2 * powers));
    const double touch = fallen < 0.5 ? fallen : 0.5;
    const double log_touch = log_fall(powers, x, touch);
    const double slope = powers / (1 - touch) - x; /* of the tangent, downwards */
    const double flat = touch + log_touch / slope; /* where the tangent starts from the top */
    for (;;) {
        const double at = stream_unit(stream) * (flat + 1 / slope);
        double y = at;
        double log_hat = 0;
        if (at >= flat) {
            const double beyond = draw_exponential(stream);
            y = flat + beyond / slope;
            log_hat = -beyond;
        }
        const double log_u = sim_log(stream_open_unit(stream));
        if (y < 1 && log_u + log_hat <= log_fall(powers, x, y)) {
            return 1 - y;
        }
    }
}

int64_t draw_erlang_truncated(Stream *stream, uint64_t k, double mean_gap_ns, int64_t limit)
{
    if (k == 0 || !(mean_gap_ns > 0) || limit <= 0) {
        return 0;
    }
    const double powers = (double)(k - 1);
    const double x = (double)limit / mean_gap_ns;
    double t;
    if (k == 1) {
        t = truncated_exponential(stream, x);
    } else if (x < powers) {
        t = truncated_rising(stream, powers, x);
    } else {
        do {
            t = draw_gamma(stream, (double)k) / x;
        } while (t > 1);
    }
    const int64_t time = to_ns(t * (double)limit);
    return time < limit ? time : limit;
}
