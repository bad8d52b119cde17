/* rate.c - see the header. */
#include "models/quota/rate.h"
#include <glib.h>

void rate_init(Rate *self, int32_t samples, int64_t window_ms, bool simple)
{
    *self = (Rate){.samples = samples, .window_ms = window_ms, .simple = simple};
    self->kept = g_new0(RateSample, (gsize)samples + 1);
}

void rate_clear(Rate *self)
{
    g_free(self->kept);
    *self = (Rate){0};
}

static void begin_sample(RateSample *sample, int64_t now_ms)
{
    *sample = (RateSample){.start_ms = now_ms, .last_event_ms = now_ms};
}

static void need_first(Rate *self, int64_t now_ms)
{
    if (self->count == 0) {
        begin_sample(&self->kept[self->count++], now_ms);
    }
}

static void advance(Rate *self, int64_t now_ms)
{
    self->current = (self->current + 1) % (self->samples + 1);
    self->count = MAX(self->count, self->current + 1);
    begin_sample(&self->kept[self->current], now_ms);
}

void rate_record(Rate *self, double value, int64_t now_ms)
{
    need_first(self, now_ms);
    if (now_ms - self->kept[self->current].start_ms >= self->window_ms) {
        advance(self, now_ms);
    }
    RateSample *sample = &self->kept[self->current];
    sample->value += value;
    sample->last_event_ms = now_ms;
}

static void purge(Rate *self, int64_t now_ms)
{
    for (int32_t i = 0; i < self->count; i++) {
        if (now_ms - self->kept[i].last_event_ms >= self->samples * self->window_ms) {
            begin_sample(&self->kept[i], now_ms);
        }
    }
}

int64_t rate_window_ms(Rate *self, int64_t now_ms)
{
    purge(self, now_ms);
    need_first(self, now_ms);
    int64_t oldest = self->kept[0].start_ms;
    for (int32_t i = 1; i < self->count; i++) {
        oldest = MIN(oldest, self->kept[i].start_ms);
    }
    int64_t elapsed = now_ms - oldest;
    if (self->simple) {
        return MAX(elapsed, self->window_ms);
    }
    int64_t whole = elapsed / self->window_ms;
    if (whole < self->samples - 1) {
        elapsed += (self->samples - 1 - whole) * self->window_ms;
    }
    return MAX(elapsed, 1);
}

double rate_measure(Rate *self, int64_t now_ms)
{
    purge(self, now_ms);
    double sum = 0;
    for (int32_t i = 0; i < self->count; i++) {
        sum += self->kept[i].value;
    }
    return sum / ((double)rate_window_ms(self, now_ms) / 1000.0);
}

int64_t quota_round_ms(double ms)
{
    if (ms >= 9e18) {
        return INT64_MAX;
    }
    int64_t whole = (int64_t)ms;
    return ms - (double)whole >= 0.5 ? whole + 1 : whole;
}

int64_t rate_throttle_ms(Rate *self, double bound, int64_t now_ms)
{
    double value = rate_measure(self, now_ms);
    if (value <= bound) {
        return 0;
    }
    return quota_round_ms((value - bound) / bound * (double)rate_window_ms(self, now_ms));
}

int64_t rate_throttle_ms_bounded(Rate *self, double bound, int64_t maximum_ms, int64_t now_ms)
{
    return MIN(rate_throttle_ms(self, bound, now_ms), maximum_ms);
}
