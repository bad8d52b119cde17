/* share_partition.c - the states of records in flight. See share_partition.h. */
#include "models/group/share/share_partition.h"
#include <string.h>

const char *share_record_state_name(ShareRecordState state)
{
    switch (state) {
    case SHARE_AVAILABLE:
        return "Available";
    case SHARE_ACQUIRED:
        return "Acquired";
    case SHARE_ACKNOWLEDGED:
        return "Acknowledged";
    case SHARE_ARCHIVED:
        return "Archived";
    }
    return "?";
}

SharePartition *share_partition_new(const SharePartitionOptions *options, int64_t start_offset)
{
    SharePartition *self = g_new0(SharePartition, 1);
    self->options = options;
    self->start_offset = start_offset;
    self->next_new = start_offset;
    self->runs = g_array_new(FALSE, FALSE, sizeof(ShareRun));
    return self;
}

void share_partition_free(SharePartition *self)
{
    if (self != NULL) {
        g_array_free(self->runs, TRUE);
        g_free(self);
    }
}

static ShareRun *run_at(const SharePartition *self, guint i)
{
    return &g_array_index(self->runs, ShareRun, i);
}

/* The first run that ends at or behind the offset. */
static guint find_run(const SharePartition *self, int64_t offset)
{
    guint low = 0;
    guint high = self->runs->len;
    while (low < high) {
        const guint middle = low + (high - low) / 2;
        if (run_at(self, middle)->last < offset) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* A run begins at this offset, if it is in flight. */
static void split(SharePartition *self, int64_t offset)
{
    const guint at = find_run(self, offset);
    if (at == self->runs->len || run_at(self, at)->first >= offset) {
        return;
    }
    ShareRun tail = *run_at(self, at);
    tail.first = offset;
    run_at(self, at)->last = offset - 1;
    g_array_insert_val(self->runs, at + 1, tail);
}

static bool is_alike(const ShareRun *a, const ShareRun *b)
{
    return a->batch == b->batch && a->last + 1 == b->first && a->state == b->state &&
           a->delivery_count == b->delivery_count && a->lock_until == b->lock_until &&
           strcmp(a->member, b->member) == 0;
}

static void merge(SharePartition *self)
{
    guint kept = 0;
    for (guint i = 0; i < self->runs->len; i++) {
        if (kept > 0 && is_alike(run_at(self, kept - 1), run_at(self, i))) {
            run_at(self, kept - 1)->last = run_at(self, i)->last;
        } else {
            *run_at(self, kept) = *run_at(self, i);
            kept++;
        }
    }
    g_array_set_size(self->runs, kept);
}

static bool is_final(const ShareRun *run)
{
    return run->state == SHARE_ACKNOWLEDGED || run->state == SHARE_ARCHIVED;
}

static void move_to(SharePartition *self, ShareRun *run, ShareRecordState state)
{
    const int64_t records = run->last - run->first + 1;
    self->counts.accepted += state == SHARE_ACKNOWLEDGED ? records : 0;
    self->counts.archived += state == SHARE_ARCHIVED ? records : 0;
    run->state = state;
    run->member[0] = '\0';
    run->lock_until = 0;
}

/* Back to those that may be fetched, unless it was delivered too often or is deleted by now. */
static void give_back(SharePartition *self, ShareRun *run)
{
    const bool is_spent = run->delivery_count >= self->options->delivery_count_limit;
    const bool is_over = is_spent || run->last < self->start_offset;
    if (is_spent) {
        self->counts.spent += run->last - run->first + 1;
        self->counts.spent_at = run->last;
    }
    move_to(self, run, is_over ? SHARE_ARCHIVED : SHARE_AVAILABLE);
}

/* ---- Fetching. */
int64_t share_partition_next_fetch_offset(const SharePartition *self)
{
    for (guint i = 0; i < self->runs->len; i++) {
        if (run_at(self, i)->state == SHARE_AVAILABLE) {
            return MAX(run_at(self, i)->first, self->start_offset);
        }
    }
    return self->next_new;
}

bool share_partition_can_acquire(const SharePartition *self)
{
    return share_partition_next_fetch_offset(self) != self->next_new ||
           self->next_new - self->start_offset < self->options->max_record_locks;
}

static void take(SharePartition *self, ShareRun *run, const char *member, SimTime now)
{
    run->state = SHARE_ACQUIRED;
    run->delivery_count++;
    run->lock_until = now + self->options->lock_ns;
    g_strlcpy(run->member, member, sizeof run->member);
    self->counts.acquired += run->last - run->first + 1;
    self->counts.redelivered += run->delivery_count > 1 ? run->last - run->first + 1 : 0;
}

/* What is available of the batches in flight, batch by batch until there are enough. */
static int64_t acquire_known(SharePartition *self,
                             const char *member,
                             int64_t max_records,
                             int64_t end,
                             SimTime now,
                             GArray *into)
{
    int64_t records = 0;
    int64_t batch = -1;
    split(self, end + 1);
    for (guint i = 0; i < self->runs->len && run_at(self, i)->last <= end; i++) {
        ShareRun *run = run_at(self, i);
        if (run->batch != batch && records >= max_records) {
            break;
        }
        batch = run->batch;
        if (run->state == SHARE_AVAILABLE && run->last >= self->start_offset) {
            take(self, run, member, now);
            const ShareAcquired got = {run->first, run->last, run->delivery_count};
            g_array_append_val(into, got);
            records += run->last - run->first + 1;
        }
    }
    merge(self);
    return records;
}

/* Where what is in it begins: one without a record is acquired all the same. */
static int64_t begin_of(const RecordBatch *batch)
{
    return MIN(record_batch_first_record(batch), record_batch_last_offset(batch));
}

/* Whole batches, up to the one in which the last record wanted lies. */
static int64_t acquire_new(SharePartition *self,
                           const char *member,
                           int64_t max_records,
                           const RecordBatch *batches,
                           int32_t count,
                           SimTime now,
                           GArray *into)
{
    int64_t first = -1;
    int64_t last = -1;
    for (int32_t i = 0; i < count; i++) {
        const int64_t end = record_batch_last_offset(&batches[i]);
        if (end < self->next_new) {
            continue;
        }
        first = first < 0 ? MAX(self->next_new, begin_of(&batches[i])) : first;
        if (last >= 0 && begin_of(&batches[i]) >= first + max_records) {
            break;
        }
        last = end;
    }
    if (first < 0) {
        return 0;
    }
    if (self->runs->len == 0) {
        self->start_offset = first; /* what lies below it does not exist */
    }
    ShareRun run = {.first = first, .last = last, .batch = first};
    take(self, &run, member, now);
    g_array_append_val(self->runs, run);
    const ShareAcquired got = {first, last, 1};
    g_array_append_val(into, got);
    self->next_new = last + 1;
    return last - first + 1;
}

/* maybeArchiveStaleBatches: the fetch began at the first available record, and the log has nothing
 * below this offset any more. */
static void archive_stale(SharePartition *self, int64_t end)
{
    split(self, end);
    for (guint i = 0; i < self->runs->len && run_at(self, i)->last < end; i++) {
        if (run_at(self, i)->state == SHARE_AVAILABLE) {
            move_to(self, run_at(self, i), SHARE_ARCHIVED);
        }
    }
}

int64_t share_partition_acquire(SharePartition *self,
                                const char *member,
                                int64_t max_records,
                                const RecordBatch *batches,
                                int32_t count,
                                SimTime now,
                                GArray *into)
{
    if (count == 0 || max_records <= 0) {
        return 0;
    }
    const int64_t end = record_batch_last_offset(&batches[count - 1]);
    archive_stale(self, begin_of(&batches[0]));
    int64_t records = acquire_known(self, member, max_records, end, now, into);
    if (records < max_records) {
        records += acquire_new(self, member, max_records - records, batches, count, now, into);
    }
    return records;
}

void share_partition_archive(SharePartition *self, int64_t first, int64_t last)
{
    split(self, first);
    split(self, last + 1);
    for (guint i = find_run(self, first); i < self->runs->len && run_at(self, i)->last <= last;
         i++) {
        if (run_at(self, i)->state == SHARE_ACQUIRED) {
            move_to(self, run_at(self, i), SHARE_ARCHIVED);
        }
    }
    merge(self);
}

/* ---- Acknowledging. */
static KafkaError check(const SharePartition *self, const char *member, const ShareItem *item)
{
    if (item->last >= self->next_new) {
        return KAFKA_INVALID_REQUEST;
    }
    int64_t offset = MAX(item->first, self->start_offset);
    for (guint i = find_run(self, offset); offset <= item->last; i++) {
        if (i == self->runs->len || run_at(self, i)->first > offset ||
            run_at(self, i)->state != SHARE_ACQUIRED ||
            strcmp(run_at(self, i)->member, member) != 0) {
            return KAFKA_INVALID_RECORD_STATE;
        }
        offset = run_at(self, i)->last + 1;
    }
    return KAFKA_NONE;
}

static void apply(SharePartition *self, const ShareItem *item)
{
    const int64_t first = MAX(item->first, self->start_offset);
    split(self, first);
    split(self, item->last + 1);
    for (guint i = find_run(self, first);
         i < self->runs->len && run_at(self, i)->last <= item->last;
         i++) {
        ShareRun *run = run_at(self, i);
        if (item->kind == SHARE_ITEM_RELEASE) {
            give_back(self, run);
        } else {
            const bool accepts = item->kind == SHARE_ITEM_ACCEPT;
            self->counts.rejected +=
                item->kind == SHARE_ITEM_REJECT ? run->last - run->first + 1 : 0;
            move_to(self, run, accepts ? SHARE_ACKNOWLEDGED : SHARE_ARCHIVED);
        }
    }
}

KafkaError share_partition_acknowledge(SharePartition *self,
                                       const char *member,
                                       const ShareItem *items,
                                       int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        const KafkaError error = check(self, member, &items[i]);
        if (error != KAFKA_NONE) {
            return error;
        }
    }
    for (int32_t i = 0; i < count; i++) {
        apply(self, &items[i]);
    }
    merge(self);
    return KAFKA_NONE;
}

/* The records were not processed: the delivery does not count, and they are never archived. */
bool share_partition_release(SharePartition *self, const char *member)
{
    bool any = false;
    for (guint i = 0; i < self->runs->len; i++) {
        ShareRun *run = run_at(self, i);
        if (run->state == SHARE_ACQUIRED && strcmp(run->member, member) == 0) {
            run->delivery_count--;
            move_to(self, run, run->last < self->start_offset ? SHARE_ARCHIVED : SHARE_AVAILABLE);
            any = true;
        }
    }
    merge(self);
    return any;
}

bool share_partition_expire(SharePartition *self, SimTime now)
{
    bool any = false;
    for (guint i = 0; i < self->runs->len; i++) {
        ShareRun *run = run_at(self, i);
        if (run->state == SHARE_ACQUIRED && run->lock_until <= now) {
            self->counts.timed_out += run->last - run->first + 1;
            give_back(self, run);
            any = true;
        }
    }
    merge(self);
    return any;
}

SimTime share_partition_next_expiry(const SharePartition *self)
{
    SimTime next = SIM_TIME_MAX;
    for (guint i = 0; i < self->runs->len; i++) {
        const ShareRun *run = run_at(self, i);
        if (run->state == SHARE_ACQUIRED) {
            next = MIN(next, run->lock_until);
        }
    }
    return next;
}

/* ---- The start offset. */
void share_partition_settle(SharePartition *self)
{
    guint done = 0;
    while (done < self->runs->len && (is_final(run_at(self, done)))) {
        self->start_offset = MAX(self->start_offset, run_at(self, done)->last + 1);
        done++;
    }
    if (done > 0) {
        g_array_remove_range(self->runs, 0, done);
    }
}

void share_partition_on_log_start(SharePartition *self, int64_t log_start_offset)
{
    if (log_start_offset <= self->start_offset) {
        return;
    }
    split(self, log_start_offset);
    self->start_offset = log_start_offset;
    self->next_new = MAX(self->next_new, log_start_offset);
    for (guint i = 0; i < self->runs->len && run_at(self, i)->last < log_start_offset; i++) {
        if (run_at(self, i)->state == SHARE_AVAILABLE) {
            move_to(self, run_at(self, i), SHARE_ARCHIVED);
        }
    }
    share_partition_settle(self);
}

SharePartition *share_partition_restore(const SharePartitionOptions *options,
                                        const SharePartition *persisted)
{
    SharePartition *self = share_partition_new(options, persisted->start_offset);
    self->next_new = persisted->next_new;
    for (guint i = 0; i < persisted->runs->len; i++) {
        ShareRun run = *run_at(persisted, i);
        if (run.state == SHARE_ACQUIRED) { /* nobody has written that */
            run.delivery_count--;
            run.state = SHARE_AVAILABLE;
            run.member[0] = '\0';
            run.lock_until = 0;
        }
        g_array_append_val(self->runs, run);
    }
    merge(self);
    return self;
}

char *share_partition_text(const SharePartition *self)
{
    GString *text = g_string_new("");
    g_string_append_printf(text, "start %" G_GINT64_FORMAT, self->start_offset);
    for (guint i = 0; i < self->runs->len; i++) {
        const ShareRun *run = run_at(self, i);
        g_string_append_printf(text,
                               ", %" G_GINT64_FORMAT "..%" G_GINT64_FORMAT " %s%s%s x%d",
                               run->first,
                               run->last,
                               share_record_state_name(run->state),
                               run->member[0] != '\0' ? " by " : "",
                               run->member,
                               run->delivery_count);
    }
    return g_string_free(text, FALSE);
}
