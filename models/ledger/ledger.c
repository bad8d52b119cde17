/* ledger.c - see ledger.h.
 *
 * A batch's fate:  sent --acked--> acked;  sent --failed--> failed;  sent = unknown at the end
 * How often it is in the final logs is counted beside it. The order of a sender's batches in one
 * partition is the order of their ids, so a batch is out of order when one of a higher id, same
 * sender, stands before it in the log. */
#include "models/ledger/ledger_state.h"

static void free_labels(gpointer labels)
{
    g_ptr_array_free(labels, TRUE);
}

static GArray **new_arrays(int32_t count, guint element_bytes)
{
    GArray **arrays = g_new0(GArray *, (gsize)count + 1);
    for (int32_t i = 0; i < count; i++) {
        arrays[i] = g_array_new(FALSE, TRUE, element_bytes);
    }
    return arrays;
}

static void free_arrays(GArray **arrays, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        g_array_free(arrays[i], TRUE);
    }
    g_free(arrays);
}

static void clear_account(gpointer account)
{
    group_account_clear(account);
}

Ledger *ledger_new(int32_t producers, int32_t groups, SimTime warmup)
{
    Ledger *self = g_new0(Ledger, 1);
    self->warmup = warmup;
    self->producer_count = producers;
    self->group_count = groups;
    ledger_batches_init(&self->batches);
    self->producers = g_new0(LedgerProducer, (gsize)producers + 1);
    self->groups = g_new0(LedgerGroup, (gsize)groups + 1);
    for (int32_t i = 0; i < producers; i++) {
        self->producers[i].started = SIM_TIME_MAX;
        self->producers[i].acks = -1;
        self->producers[i].latency = histogram_new();
        self->producers[i].window_latency = histogram_new();
        ledger_set_metrics_window(self, i, METRICS_SAMPLES, METRICS_WINDOW_MS);
    }
    for (int32_t i = 0; i < groups; i++) {
        self->groups[i].end_to_end = histogram_new();
        self->groups[i].window_end_to_end = histogram_new();
    }
    self->gaps = g_array_new(FALSE, TRUE, sizeof(AckGap));
    self->own_gaps = new_arrays(producers, sizeof(AckGap));
    self->settled = new_arrays(producers, sizeof(int64_t));
    self->accounts = new_arrays(groups, sizeof(GroupAccount));
    for (int32_t i = 0; i < groups; i++) {
        g_array_set_clear_func(self->accounts[i], clear_account);
    }
    self->highest = g_hash_table_new(g_direct_hash, g_direct_equal);
    self->created =
        g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, (GDestroyNotify)g_array_unref);
    ledger_origins_init(self);
    ledger_losses_init(self);
    self->labels = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, free_labels);
    return self;
}

void ledger_free(Ledger *self)
{
    if (self == NULL) {
        return;
    }
    for (int32_t i = 0; i < self->producer_count; i++) {
        histogram_free(self->producers[i].latency);
        histogram_free(self->producers[i].window_latency);
        sender_metrics_clear(&self->producers[i].metrics);
    }
    for (int32_t i = 0; i < self->group_count; i++) {
        histogram_free(self->groups[i].end_to_end);
        histogram_free(self->groups[i].window_end_to_end);
    }
    free_arrays(self->own_gaps, self->producer_count);
    free_arrays(self->accounts, self->group_count);
    free_arrays(self->settled, self->producer_count);
    ledger_origins_free(self);
    ledger_losses_free(self);
    ledger_batches_clear(&self->batches);
    g_free(self->producers);
    g_free(self->groups);
    g_array_free(self->gaps, TRUE);
    g_hash_table_destroy(self->highest);
    g_hash_table_destroy(self->created);
    g_hash_table_destroy(self->labels);
    g_free(self);
}

static LedgerBatch *find_batch(const Ledger *self, uint32_t id)
{
    return ledger_batches_find(&self->batches, id);
}

/* ---- what producers report */

void ledger_offered(Ledger *self, int32_t producer, int64_t records)
{
    self->producers[producer].offered += records;
}

void ledger_refused(Ledger *self, int32_t producer, int64_t records)
{
    self->producers[producer].failed += records;
}

uint32_t ledger_add_batch(Ledger *self, int32_t producer, uint32_t sender, const RecordBatch *batch)
{
    LedgerBatch entry = {
        .first_created = batch->first_created,
        .last_created = batch->last_created,
        .producer = producer,
        .partition = batch->partition,
        .count = batch->count,
        .bytes = batch->bytes,
        .sender = sender,
    };
    self->producers[producer].batches++;
    return ledger_batches_add(&self->batches, &entry);
}

static AckGap *gap_of(GArray *gaps, int32_t partition)
{
    while (gaps->len <= (guint)partition) {
        const AckGap never = {.last_ack = -1};
        g_array_append_val(gaps, never);
    }
    return &g_array_index(gaps, AckGap, partition);
}

/* Nothing was acked since the last ack, and a record has waited for it since `waiting_since`: time
 * in which nobody offered anything is no gap, nor is what lies before the warm-up. */
static void note_wait(const Ledger *self, AckGap *gap, SimTime waiting_since, SimTime now)
{
    SimTime start = MAX(gap->last_ack, MAX(waiting_since, self->warmup));
    if (now - start > gap->longest) {
        gap->longest = now - start;
        gap->from = start;
        gap->ack_before = gap->last_ack;
        return;
    }
    /* Batches may be acknowledged in another order: one that waited before the gap began. */
    SimTime earlier = MAX(gap->ack_before, MAX(waiting_since, self->warmup));
    if (gap->longest > 0 && earlier < gap->from) {
        gap->longest += gap->from - earlier;
        gap->from = earlier;
    }
}

static void note_batch_wait(const Ledger *self, const LedgerBatch *batch, SimTime now, bool acked)
{
    AckGap *gaps[] = {gap_of(self->gaps, batch->partition),
                      gap_of(self->own_gaps[batch->producer], batch->partition)};
    for (int i = 0; i < 2; i++) {
        note_wait(self, gaps[i], batch->first_created, now);
        if (acked) {
            gaps[i]->last_ack = now;
        }
    }
}

typedef struct Closing {
    const Ledger *ledger;
    SimTime now;
    bool of_one;     /* who has died: */
    uint32_t sender; /* only its batches */
} Closing;

static void close_gap(void *user, uint32_t id, LedgerBatch *batch)
{
    const Closing *closing = user;
    (void)id;
    const bool is_asked = !closing->of_one || closing->sender == batch->sender;
    if (batch->fate == FATE_UNKNOWN && !batch->abandoned && is_asked) {
        note_batch_wait(closing->ledger, batch, closing->now, false);
        batch->abandoned = closing->of_one;
    }
}

void ledger_close_gaps(Ledger *self, SimTime now)
{
    Closing closing = {self, now, false, 0};
    ledger_batches_each(&self->batches, close_gap, &closing);
}

void ledger_sender_died(Ledger *self, uint32_t sender, SimTime now)
{
    Closing closing = {self, now, true, sender};
    ledger_batches_each(&self->batches, close_gap, &closing);
}

static void add_one_by_one(LedgerProducer *producer, const GArray *created, SimTime now)
{
    for (guint i = 0; i < created->len; i++) {
        const SimDuration latency = now - g_array_index(created, SimTime, i);
        histogram_add(producer->latency, latency);
        histogram_add(producer->window_latency, latency);
    }
}

void ledger_batch_acked(Ledger *self, uint32_t id, SimTime now)
{
    LedgerBatch *batch = find_batch(self, id);
    if (batch == NULL || batch->fate != FATE_UNKNOWN) {
        return;
    }
    batch->fate = FATE_ACKED;
    batch->acked_at = now;
    LedgerProducer *producer = &self->producers[batch->producer];
    producer->acked += batch->count;
    producer->acked_bytes += batch->bytes;
    note_batch_wait(self, batch, now, true);
    if (now < self->warmup) {
        return;
    }
    producer->measured_acked += batch->count;
    producer->measured_bytes += batch->bytes;
    const GArray *created = g_hash_table_lookup(self->created, GUINT_TO_POINTER(id));
    if (created != NULL && created->len == (guint)batch->count) {
        add_one_by_one(producer, created, now);
        return;
    }
    SimDuration shortest = now - batch->last_created;
    SimDuration longest = now - batch->first_created;
    histogram_add_span(producer->latency, shortest, longest, (uint64_t)batch->count);
    histogram_add_span(producer->window_latency, shortest, longest, (uint64_t)batch->count);
}

void ledger_batch_failed(Ledger *self, uint32_t id, KafkaError error, SimTime now)
{
    (void)error;
    (void)now;
    LedgerBatch *batch = find_batch(self, id);
    if (batch == NULL || batch->fate != FATE_UNKNOWN) {
        return;
    }
    batch->fate = FATE_FAILED;
    self->producers[batch->producer].failed += batch->count;
}

void ledger_batch_split(Ledger *self, uint32_t id)
{
    const LedgerBatch *batch = find_batch(self, id);
    if (batch != NULL && batch->fate == FATE_UNKNOWN) {
        ledger_batches_forget(&self->batches, id);
    }
}

void ledger_batch_refused(Ledger *self, int32_t producer, KafkaError error)
{
    LedgerProducer *account = &self->producers[producer];
    int32_t i = 0;
    while (i < account->error_count && account->errors[i].error != error) {
        i++;
    }
    if (i == LEDGER_ERRORS_MAX) {
        return; /* a producer never meets so many kinds */
    }
    account->error_count = MAX(account->error_count, i + 1);
    account->errors[i].error = error;
    account->errors[i].batches++;
}

void ledger_batch_retried(Ledger *self, uint32_t id)
{
    LedgerBatch *batch = find_batch(self, id);
    if (batch != NULL) {
        batch->retried = true;
        self->producers[batch->producer].retries++;
    }
}

/* ---- labels */

void ledger_set_created(Ledger *self, uint32_t batch, GArray *created)
{
    (void)g_hash_table_insert(self->created, GUINT_TO_POINTER(batch), g_array_ref(created));
}

SimTime ledger_created_at(const Ledger *self, uint32_t batch, int64_t index)
{
    const GArray *created = g_hash_table_lookup(self->created, GUINT_TO_POINTER(batch));
    return created == NULL || index >= (int64_t)created->len
               ? -1
               : g_array_index(created, SimTime, (guint)index);
}

void ledger_set_label(Ledger *self, uint32_t batch, int32_t index, const char *label)
{
    gpointer key = GUINT_TO_POINTER(batch);
    GPtrArray *labels = g_hash_table_lookup(self->labels, key);
    if (labels == NULL) {
        labels = g_ptr_array_new_with_free_func(g_free);
        (void)g_hash_table_insert(self->labels, key, labels);
    }
    if (index >= (int32_t)labels->len) {
        g_ptr_array_set_size(labels, index + 1);
    }
    g_free(labels->pdata[index]);
    labels->pdata[index] = g_strdup(label);
}

const char *ledger_label(const Ledger *self, uint32_t batch, int32_t index)
{
    const GPtrArray *labels = g_hash_table_lookup(self->labels, GUINT_TO_POINTER(batch));
    return labels == NULL || index >= (int32_t)labels->len ? NULL : labels->pdata[index];
}

/* ---- reading */

const LedgerProducer *ledger_producer(const Ledger *self, int32_t producer)
{
    return &self->producers[producer];
}

const LedgerGroup *ledger_group(const Ledger *self, int32_t group)
{
    return &self->groups[group];
}

void ledger_window_reset(Ledger *self)
{
    for (int32_t i = 0; i < self->producer_count; i++) {
        histogram_reset(self->producers[i].window_latency);
    }
    for (int32_t i = 0; i < self->group_count; i++) {
        histogram_reset(self->groups[i].window_end_to_end);
    }
}

SimDuration ledger_longest_ack_gap(const Ledger *self, int32_t partition, SimTime *ret_from)
{
    bool known = (guint)partition < self->gaps->len;
    const AckGap gap = known ? g_array_index(self->gaps, AckGap, partition) : (AckGap){0};
    if (ret_from != NULL) {
        *ret_from = gap.from;
    }
    return gap.longest;
}

SimDuration ledger_producer_gap(const Ledger *self, int32_t producer)
{
    const GArray *gaps = self->own_gaps[producer];
    SimDuration longest = 0;
    for (guint i = 0; i < gaps->len; i++) {
        longest = MAX(longest, g_array_index(gaps, AckGap, i).longest);
    }
    return longest;
}

/* ---- the end */

void ledger_saw_in_log(Ledger *self, const RecordBatch *in_log)
{
    LedgerBatch *batch = find_batch(self, in_log->ledger);
    if (batch == NULL) {
        return;
    }
    uint64_t lane = (uint64_t)batch->sender << 32 | (uint32_t)batch->partition;
    gpointer key = (gpointer)(uintptr_t)lane;
    uint32_t highest = GPOINTER_TO_UINT(g_hash_table_lookup(self->highest, key));
    if (batch->seen == 0 && in_log->ledger < highest) {
        self->producers[batch->producer].reordered += batch->count;
    }
    if (in_log->ledger > highest) {
        (void)g_hash_table_insert(self->highest, key, GUINT_TO_POINTER(in_log->ledger));
    }
    batch->deleted = false;
    if (batch->seen < UINT16_MAX) {
        batch->seen++;
    }
}

/* The last word on a batch: what becomes of its records is known. */
static void account_for(Ledger *self, const LedgerBatch *batch)
{
    LedgerProducer *producer = &self->producers[batch->producer];
    if (batch->fate == FATE_ACKED && batch->settled) {
        *ledger_settled_of(self->settled[batch->producer], batch->partition) += batch->count;
    }
    if (ledger_is_lost(batch)) {
        producer->lost += batch->count;
        producer->lost_unreceived += batch->received ? 0 : batch->count;
        producer->lost_refused +=
            batch->received && batch->arrival.error != KAFKA_NONE ? batch->count : 0;
    }
    bool there = batch->seen > 0 && !batch->deleted;
    if ((batch->fate == FATE_FAILED || batch->fate == FATE_UNKNOWN) && there) {
        producer->failed_in_log += batch->count;
    }
    if (batch->seen > 1) {
        producer->duplicated += (int64_t)batch->count * (batch->seen - 1);
    }
}

static void settle_in_log(Ledger *self, const RecordBatch *in_log, bool deleted)
{
    LedgerBatch *batch = find_batch(self, in_log->ledger);
    if (batch == NULL) {
        return;
    }
    ledger_saw_in_log(self, in_log);
    batch->deleted = deleted;
    batch->settled = true;
    if (!batch->retried && batch->fate != FATE_UNKNOWN) {
        account_for(self, batch);
        ledger_batches_forget(&self->batches, in_log->ledger);
    }
}

void ledger_settle_batch(Ledger *self, const RecordBatch *in_log)
{
    settle_in_log(self, in_log, false);
}

void ledger_settle_deleted(Ledger *self, const RecordBatch *in_log, bool settled)
{
    LedgerBatch *batch = find_batch(self, in_log->ledger);
    if (!settled) {
        settle_in_log(self, in_log, true);
    } else if (batch != NULL) {
        batch->deleted = true;
    }
}

typedef struct Aging {
    Ledger *ledger;
    SimTime before;
    GArray *ids;
} Aging;

static void collect_old(void *user, uint32_t id, LedgerBatch *batch)
{
    const Aging *aging = user;
    bool final = batch->fate == FATE_FAILED || (batch->fate == FATE_ACKED && batch->seen > 0);
    bool settled = batch->seen > 0 && !batch->retried;
    if (final && (settled || batch->last_created < aging->before)) {
        g_array_append_val(aging->ids, id);
    }
}

void ledger_settle_old(Ledger *self, SimTime before)
{
    Aging aging = {self, before, g_array_new(FALSE, FALSE, sizeof(uint32_t))};
    ledger_batches_each(&self->batches, collect_old, &aging);
    for (guint i = 0; i < aging.ids->len; i++) {
        uint32_t id = g_array_index(aging.ids, uint32_t, i);
        account_for(self, find_batch(self, id));
        ledger_batches_forget(&self->batches, id);
    }
    g_array_free(aging.ids, TRUE);
}

static void settle_open(void *user, uint32_t id, LedgerBatch *batch)
{
    (void)id;
    account_for(user, batch);
}

int64_t ledger_open_batches(const Ledger *self)
{
    return self->batches.open;
}

void ledger_settle(Ledger *self)
{
    ledger_batches_each(&self->batches, settle_open, self);
}
