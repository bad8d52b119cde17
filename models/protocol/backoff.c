/* backoff.c - see backoff.h.
 *
 * At the cap the truncation to whole milliseconds hangs on the last bit of log and pow, which Java
 * rounds correctly (nearly always). So they are computed as sums of two doubles here, of about 100
 * bits, and rounded once. */
#include "models/protocol/backoff.h"
#include "sim/chance/elementary.h"

#define JITTER_LOWEST_PPM 800000
#define JITTER_WIDTH_PPM  400000

typedef struct Sum {
    double high;
    double low;
} Sum;

static Sum sum_of(double a, double b)
{
    double sum = a + b;
    double part = sum - a;
    return (Sum){sum, (a - (sum - part)) + (b - part)};
}

static Sum product_of(double a, double b)
{
    const double split = 0x1p27 + 1;
    double product = a * b;
    double a_high = a * split - (a * split - a);
    double b_high = b * split - (b * split - b);
    double rest = a_high * b_high - product + a_high * (b - b_high) + (a - a_high) * b_high;
    return (Sum){product, rest + (a - a_high) * (b - b_high)};
}

static Sum add(Sum a, Sum b)
{
    Sum high = sum_of(a.high, b.high);
    return sum_of(high.high, high.low + a.low + b.low);
}

static Sum multiply(Sum a, Sum b)
{
    Sum high = product_of(a.high, b.high);
    return sum_of(high.high, high.low + (a.high * b.low + a.low * b.high));
}

static Sum divide_by(Sum a, double b)
{
    double quotient = a.high / b;
    Sum back = product_of(quotient, b);
    return sum_of(quotient, ((a.high - back.high) - back.low + a.low) / b);
}

/* exp x = 2^k (exp (r / 1024))^1024, x = k log 2 + r; for |x| far below 700. */
static Sum exp_of(Sum x)
{
    const Sum log_2 = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
    int k = (int)(x.high / log_2.high + (x.high < 0 ? -0.5 : 0.5));
    Sum whole = multiply(log_2, (Sum){-k, 0});
    Sum r = divide_by(add(x, whole), 1024);
    Sum term = {1, 0};
    Sum result = {1, 0};
    for (int i = 1; i <= 10; i++) {
        term = divide_by(multiply(term, r), i);
        result = add(result, term);
    }
    for (int i = 0; i < 10; i++) {
        result = multiply(result, result);
    }
    for (; k > 0; k--) {
        result = (Sum){result.high * 2, result.low * 2};
    }
    for (; k < 0; k++) {
        result = (Sum){result.high / 2, result.low / 2};
    }
    return result;
}

/* One step of Newton from a good guess. */
static Sum log_of(double x)
{
    double guess = sim_log(x);
    Sum ratio = multiply((Sum){x, 0}, exp_of((Sum){-guess, 0}));
    Sum rest = add(ratio, (Sum){-1, 0});
    Sum square = multiply(rest, rest);
    return add((Sum){guess, 0}, add(rest, divide_by(square, -2)));
}

static double power_of(double base, double exponent)
{
    return exp_of(multiply(log_of(base), (Sum){exponent, 0})).high;
}

/* In ms. attempts may be past the cap; initial below maximum. */
static double term_of(int64_t initial, int64_t maximum, double multiplier, uint32_t attempts)
{
    double ratio = (double)maximum / (double)(initial > 1 ? initial : 1);
    double cap = log_of(ratio).high / log_of(multiplier).high;
    if (attempts >= cap) {
        return (double)initial * power_of(multiplier, cap);
    }
    double term = (double)initial;
    for (uint32_t i = 0; i < attempts; i++) {
        term *= multiplier;
    }
    return term;
}

static SimDuration wait_of(const Backoff *backoff, uint32_t attempts, double factor)
{
    int64_t initial = backoff->initial_ns / SIM_MS(1);
    int64_t maximum = backoff->maximum_ns / SIM_MS(1);
    double multiplier = backoff->multiplier > 0 ? backoff->multiplier : 2;
    double wait = factor * term_of(initial, maximum, multiplier, attempts);
    return SIM_MS(1) * (wait < (double)maximum ? (int64_t)wait : maximum);
}

SimDuration backoff_wait(const Backoff *backoff, uint32_t attempts)
{
    return backoff->maximum_ns <= backoff->initial_ns ? backoff->maximum_ns
                                                      : wait_of(backoff, attempts, 1);
}

SimDuration backoff_draw(const Backoff *backoff, uint32_t attempts, Stream *stream)
{
    if (backoff->maximum_ns <= backoff->initial_ns) {
        return backoff->maximum_ns;
    }
    int64_t ppm = JITTER_LOWEST_PPM + (int64_t)stream_below(stream, JITTER_WIDTH_PPM);
    return wait_of(backoff, attempts, (double)ppm / 1e6);
}
