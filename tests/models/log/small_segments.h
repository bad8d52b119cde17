/* small_segments.h - a log whose segments hold 1,000 bytes, made anew for each test. */
#ifndef KAFKASIM_TESTS_MODELS_LOG_SMALL_SEGMENTS_H
#define KAFKASIM_TESTS_MODELS_LOG_SMALL_SEGMENTS_H
#include "models/log/record_log.h"

static LogOptions options;
static RecordLog log_;

static void setup(void)
{
    options = log_options_default;
    options.segment_bytes = 1000;
    record_log_init(&log_);
    log_.options = &options;
}

static void teardown(void)
{
    record_log_clear(&log_);
}

#endif
