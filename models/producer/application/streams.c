/* streams.c - see streams.h, workload.h. */
#include "models/producer/application/streams.h"
#include <stdio.h>
#include <string.h>

/* Slower than this per instance, each arrival may as well be an event; and up to the second rate
 * where separate streams would only approximate the law, see workload.h; and up to the third where
 * without a linger a record is a request, so that its arrival costs little beside that. */
#define ONE_BY_ONE_RATE_MILLI   INT64_C(50000)
#define APPROXIMATED_RATE_MILLI INT64_C(5000000)
#define REQUESTS_RATE_MILLI     INT64_C(20000000)
#define NS_PER_1000_SEC         INT64_C(1000000000000)

static bool split_is_exact(const Workload *workload)
{
    const ProducerSpec *spec = workload->spec;
    switch (workload->partitioner->kind) {
    case PARTITIONER_STICKY:
    case PARTITIONER_FIXED:
        return true;
    case PARTITIONER_CYCLE:
        return spec->arrival == ARRIVAL_CONSTANT;
    case PARTITIONER_KEYED:
        return spec->keys == KEY_CONSTANT ||
               (spec->arrival == ARRIVAL_POISSON && spec->keys != KEY_SEQUENCE);
    case PARTITIONER_ROUND_ROBIN:
        break;
    }
    return false;
}

int64_t workload_highest_rate(const Workload *self)
{
    double factor = (double)load_shape_highest(&self->spec->load);
    return (int64_t)((double)self->base_rate_milli * factor / (double)LOAD_FACTOR_ONE);
}

WorkloadMode streams_mode(const Workload *workload)
{
    const ProducerSpec *spec = workload->spec;
    if (spec->arrival == ARRIVAL_TRACE || spec->arrival == ARRIVAL_CLOSED ||
        workload->accumulator->options.record_by_record || workload->partitioner->asks_again) {
        return WORKLOAD_ONE_BY_ONE;
    }
    int64_t rate_milli = workload_highest_rate(workload) / spec->count;
    int64_t slow = split_is_exact(workload)                        ? ONE_BY_ONE_RATE_MILLI
                   : workload->accumulator->options.linger_ns == 0 ? REQUESTS_RATE_MILLI
                                                                   : APPROXIMATED_RATE_MILLI;
    bool counts = spec->transaction_records > 0 || spec->transaction_ns > 0;
    if (spec->labels != NULL || spec->source_flush > 0 || rate_milli < slow || counts) {
        return WORKLOAD_ONE_BY_ONE;
    }
    return workload->partitioner->kind == PARTITIONER_STICKY ? WORKLOAD_STICKY : WORKLOAD_SPLIT;
}

/* Keys of generated names are as long as the option says, or as the longest of them. */
static int64_t key_bytes(const ProducerSpec *spec)
{
    if (spec->keys == KEY_NONE) {
        return -1;
    }
    if (spec->key_bytes > 0) {
        return spec->key_bytes;
    }
    if (spec->keys == KEY_CONSTANT) {
        return spec->key_text == NULL ? 0 : (int64_t)strlen(spec->key_text);
    }
    char text[32];
    return snprintf(text, sizeof(text), "key-%lld", (long long)(spec->key_count - 1));
}

/* ---- plans */

/* The n-th of several streams that share a constant rate evenly: every stride-th record. */
static ArrivalsPlan interleaved_plan(const Workload *workload, int32_t place, int32_t of)
{
    int32_t count = workload->spec->count;
    return (ArrivalsPlan){
        .kind = workload->spec->arrival,
        .rate_milli = workload->rate_milli,
        .start = workload->instance + (int64_t)place * count,
        .stride = (int64_t)count * of,
        .scale = 1,
        .share = 1.0 / ((double)count * (double)of),
        .outstanding = workload->spec->outstanding,
    };
}

/* The records of a trace are dealt to the instances in turn. */
static ArrivalsPlan trace_plan(const Workload *workload)
{
    return (ArrivalsPlan){
        .kind = ARRIVAL_TRACE,
        .start = workload->instance,
        .stride = workload->spec->count,
        .scale = 1,
        .trace = workload->spec->trace.records,
        .trace_origin = workload->spec->start,
    };
}

static ArrivalsPlan thinned_plan(const Workload *workload, double share)
{
    return (ArrivalsPlan){
        .kind = ARRIVAL_POISSON,
        .rate_milli = workload->rate_milli,
        .scale = 1,
        .share = share / (double)workload->spec->count,
    };
}

/* A key sequence of constant rate: `keys_here` of every key_count records. */
static ArrivalsPlan sequence_plan(const Workload *workload, double share)
{
    const ProducerSpec *spec = workload->spec;
    int64_t keys_here = (int64_t)(share * (double)spec->key_count + 0.5);
    return (ArrivalsPlan){
        .kind = ARRIVAL_CONSTANT,
        .rate_milli = keys_here > 0 ? workload->rate_milli : 0,
        .start = workload->instance,
        .stride = (int64_t)spec->count * spec->key_count,
        .scale = keys_here > 0 ? keys_here : 1,
    };
}

static ArrivalsPlan plan_for(const Workload *workload, int32_t partition, const double *shares)
{
    const Partitioner *partitioner = workload->partitioner;
    if (workload->mode == WORKLOAD_ONE_BY_ONE && workload->spec->arrival == ARRIVAL_TRACE) {
        return trace_plan(workload);
    }
    if (partition == UNKNOWN_PARTITION) {
        return interleaved_plan(workload, 0, 1);
    }
    if (partitioner->kind == PARTITIONER_CYCLE || partitioner->kind == PARTITIONER_ROUND_ROBIN) {
        return interleaved_plan(workload, partition, workload->accumulator->chosen);
    }
    if (shares[partition] >= 1) {
        return interleaved_plan(workload, 0, 1);
    }
    if (workload->spec->arrival == ARRIVAL_CONSTANT && workload->spec->keys == KEY_SEQUENCE &&
        workload->spec->key_count < 1000000) {
        return sequence_plan(workload, shares[partition]);
    }
    return thinned_plan(workload, shares[partition]);
}

/* ---- limits */

/* The instance's part of `records`; -1 = no limit. */
static int64_t instance_limit(const Workload *workload)
{
    const ProducerSpec *spec = workload->spec;
    if (spec->records <= 0) {
        return -1;
    }
    return (spec->records - workload->instance + spec->count - 1) / spec->count;
}

/* Cumulative rounding, so that the streams' limits sum to the instance's. */
static int64_t limit_up_to(int64_t limit, double cumulative_share)
{
    return (int64_t)((double)limit * cumulative_share + 0.5);
}

static int64_t cycle_limit(int64_t limit, int32_t place, int32_t of)
{
    int64_t beyond = limit - place;
    return beyond <= 0 ? 0 : (beyond + of - 1) / of;
}

/* ---- making */

static SimDuration mean_gap(const ArrivalsPlan *plan)
{
    if (plan->rate_milli <= 0) {
        return NS_PER_1000_SEC;
    }
    if (plan->kind == ARRIVAL_POISSON) {
        double gap = (double)NS_PER_1000_SEC / ((double)plan->rate_milli * plan->share);
        return gap < (double)NS_PER_1000_SEC ? (SimDuration)gap + 1 : NS_PER_1000_SEC;
    }
    double gap = (double)NS_PER_1000_SEC * (double)plan->stride /
                 ((double)plan->rate_milli * (double)plan->scale);
    return gap < (double)NS_PER_1000_SEC ? (SimDuration)gap + 1 : NS_PER_1000_SEC;
}

static void set_gap(const Workload *workload, WorkloadStream *stream, const ArrivalsPlan *plan)
{
    stream->sizes.gap_ns = workload->mode == WORKLOAD_ONE_BY_ONE ? 0 : mean_gap(plan);
}

/* Streams that are made anew, because the rate calls for another way, draw anew. */
static void
name_chance(const Workload *workload, const char *what, int32_t partition, Stream *ret_chance)
{
    char purpose[64];
    if (workload->generation == 0) {
        (void)snprintf(purpose, sizeof(purpose), "%s %d", what, partition);
    } else {
        (void)snprintf(purpose, sizeof(purpose), "%s %d/%u", what, partition, workload->generation);
    }
    actor_stream(workload->actor, purpose, ret_chance);
}

static void add_stream(Workload *workload, int32_t partition)
{
    WorkloadStream stream = {.partition = partition, .chosen = UNKNOWN_PARTITION};
    Stream chance;
    name_chance(workload, "record sizes", partition, &chance);
    record_sizes_init(
        &stream.sizes, key_bytes(workload->spec), &workload->spec->value_bytes, &chance);
    if (workload->spec->arrival == ARRIVAL_TRACE) {
        record_sizes_take_given(&stream.sizes);
    }
    name_chance(workload, "arrivals", partition, &stream.arrivals.chance);
    g_array_append_val(workload->streams, stream);
}

static double *new_shares(const Workload *workload)
{
    int32_t partitions = workload->accumulator->chosen;
    double *shares = g_new0(double, (gsize)workload->accumulator->capacity);
    if (workload->mode == WORKLOAD_SPLIT) {
        partitioner_shares(workload->partitioner, shares, partitions);
    }
    return shares;
}

static bool is_cyclic(const Workload *workload)
{
    PartitionerKind kind = workload->partitioner->kind;
    return kind == PARTITIONER_CYCLE || kind == PARTITIONER_ROUND_ROBIN;
}

/* What is left of the instance's records, dealt to its streams. */
static void deal_limit(Workload *workload, const double *shares)
{
    int64_t limit = instance_limit(workload);
    limit = limit > workload->number ? limit - workload->number : limit < 0 ? -1 : 0;
    double cumulative = 0;
    for (guint i = 0; i < workload->streams->len; i++) {
        WorkloadStream *stream = &g_array_index(workload->streams, WorkloadStream, i);
        int64_t left = limit < 0 ? INT64_MAX : limit;
        if (limit >= 0 && stream->partition != UNKNOWN_PARTITION) {
            double next = cumulative + shares[stream->partition];
            left = is_cyclic(workload)
                       ? cycle_limit(limit, stream->partition, workload->accumulator->chosen)
                       : limit_up_to(limit, next) - limit_up_to(limit, cumulative);
            cumulative = next;
        }
        stream->arrivals.left = left;
    }
}

void streams_make(Workload *workload)
{
    workload->mode = streams_mode(workload);
    double *shares = new_shares(workload);
    if (workload->mode != WORKLOAD_SPLIT) {
        add_stream(workload, UNKNOWN_PARTITION);
    } else {
        for (int32_t i = 0; i < workload->accumulator->capacity; i++) {
            if (shares[i] > 0) {
                add_stream(workload, i);
            }
        }
    }
    deal_limit(workload, shares);
    g_free(shares);
    workload->generation++;
}

static void add_due(ArrivedRecords *due, const ArrivedRecords *more)
{
    due->first = more->count > 0 ? MIN(due->first, more->first) : due->first;
    due->count += more->count;
}

ArrivedRecords streams_take_due(Workload *workload, SimTime now)
{
    ArrivedRecords due = {0, now, now};
    for (guint i = 0; workload->running && i < workload->streams->len; i++) {
        WorkloadStream *stream = &g_array_index(workload->streams, WorkloadStream, i);
        const ArrivedRecords arrived = arrivals_take(&stream->arrivals, now);
        add_due(&due, &stream->pending);
        add_due(&due, &arrived);
    }
    return due;
}

void streams_deal(Workload *workload, const ArrivedRecords *due)
{
    double *shares = new_shares(workload);
    double cumulative = 0;
    int64_t dealt = 0;
    for (guint i = 0; i < workload->streams->len; i++) {
        WorkloadStream *stream = &g_array_index(workload->streams, WorkloadStream, i);
        cumulative += shares[stream->partition];
        const int64_t part = limit_up_to(due->count, cumulative) - dealt;
        const int64_t count = MIN(part, stream->arrivals.left);
        stream->pending = (ArrivedRecords){count, due->first, due->last};
        stream->arrivals.left -= stream->arrivals.left == INT64_MAX ? 0 : count;
        dealt += count;
    }
    g_free(shares);
}

void streams_free(Workload *workload)
{
    for (guint i = 0; i < workload->streams->len; i++) {
        record_sizes_clear(&g_array_index(workload->streams, WorkloadStream, i).sizes);
    }
    g_array_set_size(workload->streams, 0);
}

void streams_change(Workload *workload, SimTime now)
{
    double *shares = new_shares(workload);
    for (guint i = 0; i < workload->streams->len; i++) {
        WorkloadStream *stream = &g_array_index(workload->streams, WorkloadStream, i);
        ArrivalsPlan plan = plan_for(workload, stream->partition, shares);
        stream->arrivals.stop = workload->spec->stop;
        set_gap(workload, stream, &plan);
        arrivals_change(&stream->arrivals, &plan, now);
    }
    g_free(shares);
}

void streams_start(Workload *workload, SimTime now)
{
    for (guint i = 0; i < workload->streams->len; i++) {
        WorkloadStream *stream = &g_array_index(workload->streams, WorkloadStream, i);
        stream->pending = (ArrivedRecords){0};
        stream->chosen = UNKNOWN_PARTITION;
    }
    streams_change(workload, now);
}
