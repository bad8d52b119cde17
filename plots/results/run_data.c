/* run_data.c - see run_data.h. */
#include "plots/results/run_data.h"

#include "plots/results/csv_reader.h"

#include <math.h>
#include <string.h>

#define COLUMN_LIMIT 4096
#define ROW_LIMIT    4096
#define FAULT_LIMIT  1000
#define PIXELS       1000.0

static const char *const metric_names[RUN_METRICS] = {
    [RUN_ACKED_RECORDS] = "kafkasim.producer.acked.records",
    [RUN_LATENCY_P50] = "kafkasim.producer.latency.p50",
    [RUN_LATENCY_P99] = "kafkasim.producer.latency.p99",
    [RUN_LATENCY_P999] = "kafkasim.producer.latency.p999",
    [RUN_CONSUMED_RECORDS] = "kafkasim.group.consumed.records",
    [RUN_LAG] = "kafkasim.group.lag",
    [RUN_UNDER_REPLICATED] = "kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions",
    [RUN_OFFLINE] = "kafka.controller:type=KafkaController,name=OfflinePartitionsCount",
    [RUN_ISR_MIN] = "kafkasim.isr.size.min",
    [RUN_MIN_INSYNC] = "kafkasim.min.insync.replicas",
};

static void column_free(gpointer data)
{
    RunColumn *column = data;
    samples_free(column->samples);
    g_free(column->where);
    g_free(column);
}

static void clear_fault(gpointer fault)
{
    g_free(((RunFault *)fault)->label);
}

static gboolean data_error(GError **error, const char *dir, const char *what)
{
    g_set_error(error, PLOT_ERROR, PLOT_ERROR_DATA, "%s: %s", dir, what);
    return FALSE;
}

static gboolean load_json(RunData *self, const char *dir, GError **error)
{
    double end_ms;

    self->summary = json_tree_load(dir, "summary.json", error);
    if (self->summary == NULL) {
        return FALSE;
    }
    if (json_tree_number(json_tree_get(self->summary, "format")) != 1.0) {
        return data_error(error, dir, "summary.json: expected \"format\": 1");
    }
    end_ms = json_tree_number(json_tree_get(self->summary, "simulated_ms"));
    if (!(end_ms > 0)) {
        end_ms = json_tree_number(
            json_tree_get(json_tree_get(self->summary, "scenario"), "duration_ms"));
    }
    if (!(end_ms > 0)) {
        return data_error(error, dir, "summary.json: nothing was simulated (no simulated_ms)");
    }
    self->end_ms = end_ms;
    self->scenario = json_tree_load(dir, "scenario.json", NULL);
    return TRUE;
}

/* "producer=checkout;x=y" -> "checkout" */
static char *where_value(const char *where)
{
    const char *value = strchr(where, '=');
    return value == NULL ? g_strdup(where) : g_strndup(value + 1, strcspn(value + 1, ";"));
}

/* The column of a metric and where, made on its first row; NULL for metrics no picture uses. */
static RunColumn *
find_column(RunData *self, GHashTable *seen, GString *key, const char *metric, const char *where)
{
    RunColumn *column = NULL;
    gpointer known;

    g_string_assign(key, metric);
    g_string_append_c(key, '\n');
    g_string_append(key, where);
    if (g_hash_table_lookup_extended(seen, key->str, NULL, &known)) {
        return known;
    }
    for (int i = 0; i < RUN_METRICS && column == NULL; i++) {
        if (strcmp(metric, metric_names[i]) == 0 && self->columns->len < COLUMN_LIMIT) {
            column = g_new0(RunColumn, 1);
            column->metric = (RunMetric)i;
            column->where = where_value(where);
            column->samples = samples_new();
            g_ptr_array_add(self->columns, column);
        }
    }
    if (column != NULL || g_hash_table_size(seen) < 4 * COLUMN_LIMIT) {
        g_hash_table_insert(seen, g_strdup(key->str), column);
    }
    return column;
}

static gboolean is_latency(RunMetric metric)
{
    return metric == RUN_LATENCY_P50 || metric == RUN_LATENCY_P99 || metric == RUN_LATENCY_P999;
}

static void add_sample(RunData *self, RunColumn *column, const CsvReader *reader)
{
    const double time_ms = csv_reader_number(reader, 0);
    double value = csv_reader_number(reader, 3);

    if (isnan(time_ms)) {
        return;
    }
    if (is_latency(column->metric)) {
        value = value > 0 ? value / 1000.0 : (double)NAN; /* us to ms; 0 = nothing acked */
    }
    samples_add(column->samples, time_ms, value);
    self->stride = MAX(self->stride, column->samples->stride);
}

static gboolean load_metrics(RunData *self, const char *dir, GError **error)
{
    static const char *const wanted[] = {"time_ms", "metric", "where", "value", NULL};
    CsvReader *reader = csv_reader_open(dir, "metrics.csv", wanted, error);
    GHashTable *seen;
    GString *key;
    GError *problem = NULL;

    if (reader == NULL) {
        return FALSE;
    }
    seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    key = g_string_new(NULL);
    while (csv_reader_next(reader, &problem)) {
        RunColumn *column =
            find_column(self, seen, key, csv_reader_text(reader, 1), csv_reader_text(reader, 2));
        if (column != NULL) {
            add_sample(self, column, reader);
        }
    }
    g_string_free(key, TRUE);
    g_hash_table_unref(seen);
    csv_reader_free(reader);
    if (problem != NULL) {
        g_propagate_error(error, problem);
        return FALSE;
    }
    return TRUE;
}

/* One pass over a file: `row` is called for each row whose time is within the run. */
static gboolean for_each_row(RunData *self,
                             const char *dir,
                             const char *name,
                             const char *const *wanted,
                             void (*row)(RunData *self, const CsvReader *reader),
                             GError **error)
{
    CsvReader *reader = csv_reader_open(dir, name, wanted, error);
    GError *problem = NULL;

    if (reader == NULL) {
        return FALSE;
    }
    while (csv_reader_next(reader, &problem)) {
        const double time_ms = csv_reader_number(reader, 0);
        if (time_ms >= 0 && time_ms <= self->end_ms) {
            row(self, reader);
        }
    }
    csv_reader_free(reader);
    if (problem != NULL) {
        g_propagate_error(error, problem);
        return FALSE;
    }
    return TRUE;
}

/* Of a column that older results have not. */
static const char *later_column(const CsvReader *reader, const char *heading)
{
    for (guint place = 0; place < csv_reader_width(reader); place++) {
        if (strcmp(csv_reader_heading(reader, place), heading) == 0) {
            return csv_reader_cell(reader, place);
        }
    }
    return "";
}

static int leader_state(double leader, const char *why)
{
    if (leader >= 0 && leader <= G_MAXINT) {
        return (int)leader;
    }
    return strcmp(why, "leader is frozen") == 0 ? LEADER_FROZEN : LEADER_NONE;
}

static void leader_row(RunData *self, const CsvReader *reader, gboolean internal)
{
    const char *topic = csv_reader_text(reader, 1);
    const char *why = later_column(reader, "why");
    char *name;

    if (g_str_has_prefix(topic, "__") != internal || span_rows_length(self->leaders) >= ROW_LIMIT) {
        return;
    }
    name = g_strdup_printf("%s-%s", topic, csv_reader_text(reader, 2));
    if (strcmp(why, "topic deleted") == 0) {
        span_rows_end(self->leaders, topic, name, csv_reader_number(reader, 0));
    } else {
        span_rows_change(self->leaders,
                         topic,
                         name,
                         csv_reader_number(reader, 0),
                         leader_state(csv_reader_number(reader, 3), why),
                         NULL);
    }
    g_free(name);
}

static void user_leader_row(RunData *self, const CsvReader *reader)
{
    leader_row(self, reader, FALSE);
}

static void internal_leader_row(RunData *self, const CsvReader *reader)
{
    leader_row(self, reader, TRUE);
}

static gboolean load_leaders(RunData *self, const char *dir, GError **error)
{
    static const char *const wanted[] = {"time_ms", "topic", "partition", "leader", NULL};

    if (!for_each_row(self, dir, "leaders.csv", wanted, user_leader_row, error)) {
        return FALSE;
    }
    return span_rows_length(self->leaders) > 0 ||
           for_each_row(self, dir, "leaders.csv", wanted, internal_leader_row, error);
}

static void member_row(RunData *self, const CsvReader *reader)
{
    const char *tasks = later_column(reader, "tasks");
    const char *has = *tasks != '\0' ? tasks : csv_reader_text(reader, 4);

    if (span_rows_length(self->members) < ROW_LIMIT) {
        span_rows_change(self->members,
                         csv_reader_text(reader, 1),
                         csv_reader_text(reader, 2),
                         csv_reader_number(reader, 0),
                         (int)member_state_parse(csv_reader_text(reader, 3), *has != '\0'),
                         has);
    }
}

static void controller_row(RunData *self, const CsvReader *reader)
{
    const double id = csv_reader_number(reader, 1);
    span_rows_change(self->controllers,
                     "",
                     "controller",
                     csv_reader_number(reader, 0),
                     id >= 0 && id <= G_MAXINT ? (int)id : LEADER_NONE,
                     NULL);
}

/* Older results have no such file. */
static gboolean load_controllers(RunData *self, const char *dir, GError **error)
{
    static const char *const wanted[] = {"time_ms", "controller", NULL};
    char *path = g_build_filename(dir, "controllers.csv", NULL);
    const gboolean there = g_file_test(path, G_FILE_TEST_EXISTS);

    g_free(path);
    return !there || for_each_row(self, dir, "controllers.csv", wanted, controller_row, error);
}

/* "broker 1 crashes (by chance)" */
static void set_label(RunFault *fault, const char *text)
{
    static const char suffix[] = " (by chance)";

    fault->by_chance = g_str_has_suffix(text, suffix);
    fault->label = g_strndup(text, strlen(text) - (fault->by_chance ? sizeof suffix - 1 : 0));
}

static void fault_row(RunData *self, const CsvReader *reader)
{
    RunFault fault = {.from_ms = csv_reader_number(reader, 0)};

    fault.to_ms = csv_reader_number(reader, 1);
    if (isnan(fault.to_ms) || fault.to_ms > self->end_ms || fault.to_ms < 0) {
        fault.to_ms = self->end_ms; /* never healed */
    }
    if (self->faults->len >= FAULT_LIMIT) {
        return;
    }
    fault.to_ms = MAX(fault.to_ms, fault.from_ms);
    set_label(&fault, csv_reader_text(reader, 2));
    g_array_append_val(self->faults, fault);
}

static gint compare_faults(gconstpointer left, gconstpointer right)
{
    const RunFault *a = left;
    const RunFault *b = right;

    if (a->from_ms != b->from_ms) {
        return a->from_ms < b->from_ms ? -1 : 1;
    }
    return (a->to_ms < b->to_ms) - (a->to_ms > b->to_ms); /* a part comes after the whole */
}

static gboolean load_tables(RunData *self, const char *dir, GError **error)
{
    static const char *const members[] = {
        "time_ms", "group", "member", "state", "partitions", NULL};
    static const char *const faults[] = {"from_ms", "to_ms", "label", NULL};

    if (!load_metrics(self, dir, error) || !load_leaders(self, dir, error) ||
        !for_each_row(self, dir, "assignments.csv", members, member_row, error) ||
        !load_controllers(self, dir, error) ||
        !for_each_row(self, dir, "faults.csv", faults, fault_row, error)) {
        return FALSE;
    }
    span_rows_finish(self->leaders, self->end_ms);
    span_rows_finish(self->members, self->end_ms);
    span_rows_finish(self->controllers, self->end_ms);
    g_array_sort(self->faults, compare_faults);
    return TRUE;
}

RunData *run_data_load(const char *dir, GError **error)
{
    RunData *self = g_new0(RunData, 1);

    self->columns = g_ptr_array_new_with_free_func(column_free);
    self->faults = g_array_new(FALSE, FALSE, sizeof(RunFault));
    g_array_set_clear_func(self->faults, clear_fault);
    self->stride = 1;
    if (load_json(self, dir, error)) {
        self->leaders = span_rows_new(leader_is_worse, self->end_ms / PIXELS);
        self->controllers = span_rows_new(leader_is_worse, self->end_ms / PIXELS);
        self->members = span_rows_new(member_is_worse, self->end_ms / PIXELS);
        if (load_tables(self, dir, error)) {
            run_data_load_costs(self, dir);
            run_data_drop_silent_groups(self);
            return self;
        }
    }
    run_data_free(self);
    return NULL;
}

void run_data_free(RunData *self)
{
    if (self->leaders != NULL) {
        span_rows_free(self->leaders);
        span_rows_free(self->members);
        span_rows_free(self->controllers);
    }
    g_array_unref(self->faults);
    g_clear_pointer(&self->costs, g_array_unref);
    g_ptr_array_unref(self->columns);
    json_tree_free(self->summary);
    json_tree_free(self->scenario);
    g_free(self);
}

double run_column_peak(const RunColumn *column)
{
    double peak = -1;

    for (guint i = 0; i < samples_length(column->samples); i++) {
        peak = fmax(peak, samples_at(column->samples, i)->greatest);
    }
    return peak;
}

guint run_data_count(const RunData *self, RunMetric metric)
{
    guint count = 0;

    for (guint i = 0; i < self->columns->len; i++) {
        const RunColumn *column = g_ptr_array_index(self->columns, i);
        count += column->metric == metric;
    }
    return count;
}

guint run_data_place(const RunData *self, const RunColumn *column)
{
    guint place = 0;

    for (guint i = 0; g_ptr_array_index(self->columns, i) != column; i++) {
        place += ((const RunColumn *)g_ptr_array_index(self->columns, i))->metric == column->metric;
    }
    return place;
}

static guint find_lowest(const GPtrArray *columns)
{
    guint lowest = 0;

    for (guint i = 1; i < columns->len; i++) {
        if (run_column_peak(g_ptr_array_index(columns, i)) <
            run_column_peak(g_ptr_array_index(columns, lowest))) {
            lowest = i;
        }
    }
    return lowest;
}

GPtrArray *run_data_columns(const RunData *self, RunMetric metric, guint limit)
{
    GPtrArray *columns = g_ptr_array_new();

    for (guint i = 0; i < self->columns->len; i++) {
        RunColumn *column = g_ptr_array_index(self->columns, i);
        if (column->metric == metric) {
            g_ptr_array_add(columns, column);
        }
        if (columns->len > limit) {
            g_ptr_array_remove_index(columns, find_lowest(columns));
        }
    }
    return columns;
}

/* A value that is missing in one column (a broker that is down) does not hide the others. */
static double merge(double left, double right, gboolean sum)
{
    return sum && !isnan(left) && !isnan(right) ? left + right : fmax(left, right);
}

static void merge_column(Samples *total, const Samples *column, gboolean sum)
{
    const guint length = MIN(samples_length(total), samples_length(column));

    for (guint i = 0; i < length; i++) {
        SamplePoint *into = &g_array_index(total->points, SamplePoint, i);
        const SamplePoint *from = samples_at(column, i);
        into->last = merge(into->last, from->last, sum);
        into->least = merge(into->least, from->least, sum);
        into->greatest = merge(into->greatest, from->greatest, sum);
    }
}

static Samples *combine(const RunData *self, RunMetric metric, gboolean sum)
{
    Samples *total = NULL;

    for (guint i = 0; i < self->columns->len; i++) {
        const RunColumn *column = g_ptr_array_index(self->columns, i);
        const GArray *points = column->samples->points;
        if (column->metric != metric) {
            continue;
        }
        if (total != NULL) {
            merge_column(total, column->samples, sum);
            continue;
        }
        total = samples_new();
        total->stride = column->samples->stride;
        if (points->len > 0) {
            g_array_append_vals(total->points, points->data, points->len);
        }
    }
    return total;
}

Samples *run_data_sum(const RunData *self, RunMetric metric)
{
    return combine(self, metric, TRUE);
}

Samples *run_data_worst(const RunData *self, RunMetric metric)
{
    return combine(self, metric, FALSE);
}
