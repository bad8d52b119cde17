/* retention.c - see the header. */
#include "models/log/retention.h"

static bool is_below(const RecordLog *log, int32_t i, int64_t high_watermark)
{
    return high_watermark >= log_segments_end_offset(&log->segments, i, log->log_end_offset);
}

/* The active segment, with nothing in it: there is nothing to delete. */
static bool is_empty_active(const RecordLog *log, int32_t i)
{
    return i == log->segments.count - 1 && log_segments_at(&log->segments, i)->bytes == 0;
}

int32_t retention_below_log_start(const RecordLog *log, int64_t high_watermark)
{
    int32_t count = 0;
    while (count + 1 < log->segments.count && is_below(log, count, high_watermark) &&
           log_segments_at(&log->segments, count + 1)->base_offset <= log->log_start_offset) {
        count++;
    }
    return count;
}

int32_t retention_by_size(const RecordLog *log, int64_t limit_bytes, int64_t high_watermark)
{
    int64_t excess = log->bytes - limit_bytes;
    int32_t count = 0;
    if (limit_bytes < 0 || excess < 0) {
        return 0;
    }
    while (count < log->segments.count && !is_empty_active(log, count) &&
           is_below(log, count, high_watermark)) {
        excess -= log_segments_at(&log->segments, count)->bytes;
        if (excess < 0) {
            break;
        }
        count++;
    }
    return count;
}

int32_t
retention_by_time(const RecordLog *log, SimDuration limit_ns, int64_t high_watermark, SimTime now)
{
    int32_t count = 0;
    if (limit_ns < 0) {
        return 0;
    }
    while (count < log->segments.count && !is_empty_active(log, count) &&
           is_below(log, count, high_watermark) &&
           now - log_segments_at(&log->segments, count)->largest_timestamp > limit_ns) {
        count++;
    }
    return count;
}
