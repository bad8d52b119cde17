/* remote_log.c - see the header. */
#include "models/log/remote_log.h"

struct RemoteStorage {
    GPtrArray *logs; /* RemoteLog* by partition */
};

static void remote_log_free(gpointer data)
{
    RemoteLog *self = data;
    if (self != NULL) {
        log_segments_clear(&self->segments);
        leader_epochs_clear(&self->epochs);
        merged_marks_free(self->marks);
        g_free(self);
    }
}

RemoteStorage *remote_storage_new(void)
{
    RemoteStorage *self = g_new0(RemoteStorage, 1);
    self->logs = g_ptr_array_new_with_free_func(remote_log_free);
    return self;
}

void remote_storage_free(RemoteStorage *self)
{
    if (self != NULL) {
        g_ptr_array_free(self->logs, TRUE);
        g_free(self);
    }
}

RemoteLog *remote_storage_find(const RemoteStorage *self, int32_t partition)
{
    return (guint)partition < self->logs->len ? self->logs->pdata[partition] : NULL;
}

RemoteLog *remote_storage_log(RemoteStorage *self, int32_t partition)
{
    if (self->logs->len <= (guint)partition) {
        g_ptr_array_set_size(self->logs, partition + 1);
    }
    if (self->logs->pdata[partition] == NULL) {
        RemoteLog *log = g_new0(RemoteLog, 1);
        log->end_offset = -1;
        self->logs->pdata[partition] = log;
    }
    return self->logs->pdata[partition];
}

/* ---- history */

int64_t remote_log_common_end(const RemoteLog *self, const RecordLog *local)
{
    int64_t end = local->log_end_offset;
    for (int32_t i = local->epochs.count; i-- > 0;) {
        const EpochEntry *own = &local->epochs.entries[i];
        EpochEntry known;
        if (leader_epochs_end_offset(&self->epochs, own->epoch, self->end_offset, &known) &&
            known.epoch == own->epoch) {
            return MIN(end, known.start_offset);
        }
        end = own->start_offset;
    }
    return -1;
}

static void truncate(RemoteLog *self, int64_t end)
{
    while (self->segments.count > 0 && log_segments_active(&self->segments)->base_offset >= end) {
        self->bytes -= log_segments_active(&self->segments)->bytes;
        log_segments_drop_last(&self->segments, 1);
    }
    LogSegment *last = log_segments_active(&self->segments);
    if (last != NULL && last->merged_to > end) {
        log_segment_cut_merged(last, self->marks, end);
        self->bytes -= last->bytes - last->merged_bytes;
        last->bytes = last->merged_bytes;
        last->largest_timestamp = last->merged_last;
    }
    merged_marks_truncate(self->marks, MAX(0, end));
    leader_epochs_truncate_from_end(&self->epochs, MAX(0, end));
    self->end_offset = end;
}

bool remote_log_take_over(RemoteLog *self, const RecordLog *local)
{
    if (leader_epochs_latest(&local->epochs) < leader_epochs_latest(&self->epochs)) {
        return false;
    }
    int64_t common = remote_log_common_end(self, local);
    if (common < self->end_offset) {
        truncate(self, common);
    }
    return true;
}

void remote_log_delete(RemoteLog *self)
{
    truncate(self, -1);
}

/* ---- copying */

int32_t remote_log_next(const RemoteLog *self, const RecordLog *local, int64_t last_stable_offset)
{
    int64_t from = MAX(self->end_offset, local->log_start_offset);
    int32_t i = MAX(0, log_segments_find(&local->segments, from));
    if (i + 1 >= local->segments.count) {
        return -1;
    }
    int64_t end = log_segments_at(&local->segments, i + 1)->base_offset;
    return end <= last_stable_offset && end > from ? i : -1;
}

/* The segment as a whole, all of its batches merged. */
static LogSegment summary_of(const RecordLog *local, int32_t segment)
{
    LogSegment summary = *log_segments_at(&local->segments, segment);
    int64_t end = log_segments_end_offset(&local->segments, segment, local->log_end_offset);
    for (int32_t i = record_log_find(local, summary.merged_to); i < local->count; i++) {
        const RecordBatch *batch = record_log_at(local, i);
        if (batch->base_offset >= end) {
            break;
        }
        log_segment_merge(&summary, batch);
    }
    return summary;
}

/* An earlier leader may have closed its segments at other offsets: only what is new counts.
 * `markers`: of what is not. */
static void
skip_known(LogSegment *summary, const MergedMarks *marks, int64_t known_end, int32_t markers)
{
    if (known_end <= summary->base_offset) {
        return;
    }
    LogSegment head = *summary;
    log_segment_cut_merged(&head, marks, known_end);
    SimDuration span = summary->merged_last - summary->first_timestamp;
    int64_t offsets = summary->merged_to - summary->base_offset;
    summary->first_timestamp += log_segment_share(span, known_end - summary->base_offset, offsets);
    summary->base_offset = known_end;
    summary->merged_bytes -= head.merged_bytes;
    summary->merged_batches = MAX(1, summary->merged_batches - head.merged_batches);
    summary->merged_records -= head.merged_records;
    summary->merged_markers -= markers;
    summary->bytes = summary->merged_bytes;
}

void remote_log_copied(RemoteLog *self, const RecordLog *local, int32_t segment)
{
    LogSegment summary = summary_of(local, segment);
    int64_t from = MAX(summary.base_offset, self->end_offset);
    int64_t end = log_segments_end_offset(&local->segments, segment, local->log_end_offset);
    record_log_collect_marks(local, from, end, &self->marks);
    int32_t fresh = merged_marks_count(self->marks, MARK_MARKER, from, end);
    skip_known(&summary, self->marks, self->end_offset, summary.merged_markers - fresh);
    LogSegment *slot = log_segments_roll(&self->segments, summary.base_offset, 0);
    *slot = summary;
    self->end_offset = end;
    self->bytes += summary.bytes;
    for (int32_t i = 0; i < local->epochs.count; i++) {
        const EpochEntry *entry = &local->epochs.entries[i];
        if (entry->start_offset < self->end_offset) {
            leader_epochs_assign(&self->epochs, entry->epoch, entry->start_offset);
        }
    }
}

/* ---- deleting */

int32_t remote_log_local_deletable(const RemoteLog *self,
                                   const RecordLog *local,
                                   int64_t limit_bytes,
                                   SimDuration limit_ns,
                                   SimTime now)
{
    int64_t excess = local->bytes - limit_bytes;
    int64_t copied = remote_log_common_end(self, local);
    int32_t count = 0;
    for (; count + 1 < local->segments.count; count++) {
        const LogSegment *segment = log_segments_at(&local->segments, count);
        if (log_segments_at(&local->segments, count + 1)->base_offset > copied) {
            break;
        }
        excess -= segment->bytes;
        bool too_much = limit_bytes >= 0 && excess >= 0;
        bool too_old = limit_ns >= 0 && now - segment->largest_timestamp > limit_ns;
        if (!too_much && !too_old) {
            break;
        }
    }
    return count;
}

/* Bytes of the local log that are not in the remote one as well. */
static int64_t only_local(const RemoteLog *self, const RecordLog *local)
{
    int64_t bytes = 0;
    for (int32_t i = local->segments.count; i-- > 0;) {
        const LogSegment *segment = log_segments_at(&local->segments, i);
        if (segment->base_offset < self->end_offset) {
            break;
        }
        bytes += segment->bytes;
    }
    return bytes;
}

int64_t remote_log_expired(const RemoteLog *self,
                           const RecordLog *local,
                           int64_t limit_bytes,
                           SimDuration limit_ns,
                           SimTime now)
{
    int64_t excess = self->bytes + only_local(self, local) - limit_bytes;
    int64_t start = local->log_start_offset;
    for (int32_t i = 0; i < self->segments.count; i++) {
        const LogSegment *segment = log_segments_at(&self->segments, i);
        excess -= segment->bytes;
        bool too_much = limit_bytes >= 0 && excess >= 0;
        bool too_old = limit_ns >= 0 && now - segment->largest_timestamp > limit_ns;
        if (!too_much && !too_old) {
            break;
        }
        start = log_segments_end_offset(&self->segments, i, self->end_offset);
    }
    return start;
}

void remote_log_delete_before(RemoteLog *self, int64_t offset)
{
    while (self->segments.count > 0 &&
           log_segments_end_offset(&self->segments, 0, self->end_offset) <= offset) {
        self->bytes -= log_segments_at(&self->segments, 0)->bytes;
        log_segments_drop_first(&self->segments, 1);
    }
    merged_marks_drop_before(self->marks, offset);
}

/* ---- reading */

int64_t remote_log_read(const RemoteLog *self, int64_t offset, int64_t limit, GArray *into)
{
    int32_t i = log_segments_find(&self->segments, offset);
    int64_t bytes = 0;
    if (i < 0) {
        return 0;
    }
    const LogSegment *segment = log_segments_at(&self->segments, i);
    while (offset < segment->merged_to) {
        RecordBatch slice =
            log_segment_slice(segment, &self->epochs, self->marks, offset, INT64_MAX);
        if (bytes > 0 && bytes + slice.bytes > limit) {
            break;
        }
        bytes += slice.bytes;
        offset = record_batch_last_offset(&slice) + 1;
        if (into != NULL) {
            g_array_append_val(into, slice);
        }
    }
    return bytes;
}

int64_t remote_log_offset_for_time(const RemoteLog *self, SimTime time, int64_t start)
{
    for (int32_t i = 0; i < self->segments.count; i++) {
        const LogSegment *segment = log_segments_at(&self->segments, i);
        int64_t offset = MAX(start, segment->base_offset);
        while (segment->largest_timestamp >= time && offset < segment->merged_to) {
            RecordBatch slice =
                log_segment_slice(segment, &self->epochs, self->marks, offset, INT64_MAX);
            if (slice.last_created >= time) {
                return record_batch_offset_at(&slice, time);
            }
            offset = record_batch_last_offset(&slice) + 1;
        }
    }
    return -1;
}
