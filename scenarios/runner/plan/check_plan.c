/* check_plan.c - what a scenario would do. */
#include "scenarios/runner/plan/check_plan.h"
#include "models/world/cluster.h"
#include "scenarios/runner/json_writer.h"
#include "scenarios/runner/plan/plan_processes.h"
#include "scenarios/runner/results/results.h"
#include "scenarios/runner/text.h"

#define PROBE_TIME   SIM_SEC(10)
#define PROBE_AFTER  SIM_SEC(5) /* the last producer has begun */
#define LINES_SHOWN  200
#define PROBE_SLICE  SIM_MS(100)
#define PROBE_EVENTS UINT64_C(300000)

typedef struct BrokerLoad {
    int32_t id;
    int leaders;
    int replicas;
} BrokerLoad;

typedef struct Plan {
    GArray *brokers;   /* of BrokerLoad, in the scenario's order */
    GString *internal; /* "__consumer_offsets (50 partitions)", which no scenario names */
    GPtrArray *not_simulated;
    int64_t records;
    int64_t events;
    SimTime probed;
} Plan;

/* What the producers would hand over without faults. */
static int64_t expected_records(const ClusterSpec *spec)
{
    int64_t sum = 0;
    for (guint i = 0; i < spec->producers->len; i++) {
        const ProducerSpec *producer = spec->producers->pdata[i];
        SimTime stop = MIN(producer->stop, spec->duration);
        SimDuration span = MAX(stop - producer->start, 0);
        double rate = (double)producer->rate_milli * load_shape_mean(&producer->load, span);
        int64_t records = text_ratio((int64_t)rate, span, SIM_SEC(1000));
        records += producer->trace.records != NULL ? producer->trace.records->len : 0;
        sum += producer->records > 0 ? MIN(records, producer->records) : records;
    }
    return sum;
}

/* They begin when a worker runs them. */
static bool has_connect_sources(const ClusterSpec *spec)
{
    for (guint g = 0; g < spec->groups->len; g++) {
        const GPtrArray *connectors = ((const GroupSpec *)spec->groups->pdata[g])->connectors;
        for (guint i = 0; connectors != NULL && i < connectors->len; i++) {
            if (((const ConnectorSpec *)connectors->pdata[i])->producer != SPEC_NONE) {
                return true;
            }
        }
    }
    return false;
}

static BrokerLoad *find_broker(GArray *brokers, int32_t id)
{
    for (guint i = 0; i < brokers->len; i++) {
        BrokerLoad *load = &g_array_index(brokers, BrokerLoad, i);
        if (load->id == id) {
            return load;
        }
    }
    return NULL;
}

static void count_partition(GArray *brokers, const PartitionReport *partition)
{
    BrokerLoad *leader = find_broker(brokers, partition->leader);
    if (leader != NULL) {
        leader->leaders++;
    }
    for (int32_t i = 0; i < partition->replica_count; i++) {
        BrokerLoad *replica = find_broker(brokers, partition->replicas[i]);
        if (replica != NULL) {
            replica->replicas++;
        }
    }
}

/* Partitions of one topic stand together. */
static void name_internal(GString *out, const ClusterReport *report)
{
    int32_t partitions = 0;
    for (int32_t i = 0; i < report->partition_count; i++) {
        const PartitionReport *at = &report->partitions[i];
        const bool is_last = i + 1 == report->partition_count ||
                             strcmp(report->partitions[i + 1].topic, at->topic) != 0;
        partitions += at->internal && at->replica_count > 0 ? 1 : 0;
        if (is_last && partitions > 0) {
            g_string_append_printf(out, "%s%s (", out->len > 0 ? ", " : "", at->topic);
            text_counted(out, partitions, "partition)", "partitions)");
            partitions = 0;
        }
    }
}

/* As long as it takes to see everybody at work. */
static SimTime probe_until(const ClusterSpec *spec)
{
    SimTime until = PROBE_TIME;
    for (guint i = 0; i < spec->producers->len; i++) {
        const ProducerSpec *producer = spec->producers->pdata[i];
        until =
            producer->start < spec->duration ? MAX(until, producer->start + PROBE_AFTER) : until;
    }
    return MIN(spec->duration, until);
}

static void probe(Plan *plan, const ClusterSpec *spec, Cluster *cluster)
{
    SimTime until = probe_until(spec);
    uint64_t half_events = 0;
    SimTime half = 0;
    while (cluster_now(cluster) < until && cluster_events_fired(cluster) < PROBE_EVENTS) {
        const SimTime next = MIN(cluster_now(cluster) + PROBE_SLICE, until);
        KernelStop stop = cluster_step(cluster, next, PROBE_EVENTS);
        if (stop == KERNEL_DRAINED || stop == KERNEL_REFUSED) {
            break;
        }
        if (cluster_now(cluster) * 2 <= until) {
            half = cluster_now(cluster);
            half_events = cluster_events_fired(cluster);
        }
    }
    plan->probed = cluster_now(cluster);
    int64_t fired = (int64_t)cluster_events_fired(cluster);
    int64_t rest = MAX(spec->duration - plan->probed, 0);
    plan->events = fired + text_ratio(fired - (int64_t)half_events, rest, plan->probed - half);
}

/* Without the timeline, which would crash what is counted here. */
static Plan make_plan(const Scenario *scenario)
{
    ClusterSpec *spec = scenario->spec;
    GPtrArray *faults = spec->faults;
    spec->faults = g_ptr_array_new();
    Cluster *cluster = cluster_new(spec);
    Plan plan = {.brokers = g_array_new(FALSE, TRUE, sizeof(BrokerLoad)),
                 .internal = g_string_new(NULL),
                 .not_simulated = g_ptr_array_new(),
                 .records = expected_records(spec)};
    for (guint i = 0; i < spec->brokers->len; i++) {
        BrokerLoad load = {.id = ((const BrokerSpec *)spec->brokers->pdata[i])->id};
        g_array_append_val(plan.brokers, load);
    }
    probe(&plan, spec, cluster);
    const ClusterReport *report = cluster_report(cluster);
    for (int32_t i = 0; i < report->partition_count; i++) {
        count_partition(plan.brokers, &report->partitions[i]);
    }
    name_internal(plan.internal, report);
    for (guint i = 0; i < scenario->not_simulated->len; i++) {
        g_ptr_array_add(plan.not_simulated, scenario->not_simulated->pdata[i]);
    }
    cluster_free(cluster);
    g_ptr_array_free(spec->faults, TRUE);
    spec->faults = faults;
    return plan;
}

static void clear_plan(Plan *plan)
{
    g_array_free(plan->brokers, TRUE);
    g_string_free(plan->internal, TRUE);
    g_ptr_array_free(plan->not_simulated, TRUE);
}

static void append_estimates(const Scenario *scenario, const Plan *plan, GString *out)
{
    g_string_append(out, "\nEXPECTED, the timeline left out\n  ");
    text_duration(out, scenario->spec->duration);
    g_string_append(out, " simulated, ");
    text_thousands(out, plan->records);
    g_string_append(out, " records offered");
    if (has_connect_sources(scenario->spec)) {
        g_string_append(out, " (those of Connect's sources are not counted)");
    }
    g_string_append(out, ", about ");
    text_thousands(out, plan->events);
    g_string_append(out, " events (estimated from the first ");
    text_duration(out, plan->probed);
    g_string_append(out, ")\n");
}

/* Written entries; ends of those that last are told with their begin. */
static bool is_planned(const ClusterSpec *spec, const FaultSpec *fault)
{
    return !fault->random && !fault->ends && fault->at <= spec->duration;
}

static void append_entry(const ClusterSpec *spec, const FaultSpec *fault, GString *out)
{
    g_autofree char *label = results_fault_label(spec, fault);
    text_moment(out, fault->at);
    text_visible(out, label);
    if (fault->verb != FAULT_ROLLING_RESTART && fault->until > fault->at) {
        g_string_append(out, fault->until < spec->duration ? ", for " : ", to the end");
        if (fault->until < spec->duration) {
            text_duration(out, fault->until - fault->at);
        }
    }
    if (fault->text != NULL && fault->verb != FAULT_NOTE) {
        g_string_append(out, ": ");
        text_visible(out, fault->text);
    }
    g_string_append_c(out, '\n');
}

static void append_timeline(const ClusterSpec *spec, GString *out)
{
    guint shown = 0, more = 0;
    for (guint i = 0; i < spec->faults->len; i++) {
        const FaultSpec *fault = spec->faults->pdata[i];
        if (!is_planned(spec, fault)) {
            continue;
        }
        if (shown == 0) {
            g_string_append(out, "\nTIMELINE\n");
        }
        if (shown < LINES_SHOWN) {
            append_entry(spec, fault, out);
            shown++;
        } else {
            more++;
        }
    }
    if (more > 0) {
        g_string_append_printf(out, "  ... and %u more\n", more);
    }
}

/* What chance has put on the timeline. */
static guint count_random(const ClusterSpec *spec, FaultVerb verb, bool all)
{
    guint count = 0;
    for (guint i = 0; i < spec->faults->len; i++) {
        const FaultSpec *fault = spec->faults->pdata[i];
        bool begins = fault->random && fault->undoes == NULL;
        count += begins && (all || fault->verb == verb);
    }
    return count;
}

static void append_random(const ClusterSpec *spec, GString *out)
{
    guint count = count_random(spec, FAULT_VERB_COUNT, true);
    if (count == 0) {
        return;
    }
    g_string_append_printf(out,
                           "\nRANDOM FAULTS of seed %" G_GUINT64_FORMAT ": %u (run --verbose lists "
                           "them)\n ",
                           spec->seed,
                           count);
    for (int verb = 0; verb < FAULT_VERB_COUNT; verb++) {
        guint of_verb = count_random(spec, (FaultVerb)verb, false);
        if (of_verb > 0) {
            g_string_append_printf(out, " %s %u", fault_verb_name((FaultVerb)verb), of_verb);
        }
    }
    g_string_append_c(out, '\n');
}

void check_plan_text(const Scenario *scenario, GString *out)
{
    Plan plan = make_plan(scenario);
    g_string_append(out, "\nBROKER     LEADERS    PARTITIONS\n");
    for (guint i = 0; i < plan.brokers->len; i++) {
        const BrokerLoad *load = &g_array_index(plan.brokers, BrokerLoad, i);
        g_string_append_printf(out, "%-10d %-10d %d\n", load->id, load->leaders, load->replicas);
    }
    if (plan.internal->len > 0) {
        g_string_append_printf(out, "internal topics are counted: %s\n", plan.internal->str);
    }
    plan_clients_text(scenario->spec, out);
    plan_hosts_text(scenario->spec, out);
    append_timeline(scenario->spec, out);
    append_random(scenario->spec, out);
    append_estimates(scenario, &plan, out);
    if (scenario->lesson != NULL && scenario->lesson->questions->len > 0) {
        results_questions_text(scenario->lesson, out);
    }
    if (plan.not_simulated->len > 0) {
        g_string_append(out, "\nNOT SIMULATED (accepted, changes nothing here)\n");
    }
    for (guint i = 0; i < plan.not_simulated->len; i++) {
        g_string_append(out, "  ");
        text_visible(out, plan.not_simulated->pdata[i]);
        g_string_append_c(out, '\n');
    }
    clear_plan(&plan);
}

static void write_brokers(JsonWriter *json, const ClusterSpec *spec, const Plan *plan)
{
    json_begin_array(json, "brokers");
    for (guint i = 0; i < plan->brokers->len; i++) {
        const BrokerLoad *load = &g_array_index(plan->brokers, BrokerLoad, i);
        const BrokerSpec *broker = spec->brokers->pdata[i];
        json_begin_object(json, NULL);
        json_integer(json, "id", load->id);
        json_string(json, "rack", broker->rack[0] != '\0' ? broker->rack : NULL);
        json_integer(json, "leaders", load->leaders);
        json_integer(json, "partitions", load->replicas);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_timeline(JsonWriter *json, const ClusterSpec *spec)
{
    json_begin_array(json, "timeline");
    for (guint i = 0; i < spec->faults->len; i++) {
        const FaultSpec *fault = spec->faults->pdata[i];
        if (is_planned(spec, fault)) {
            g_autofree char *label = results_fault_label(spec, fault);
            json_begin_object(json, NULL);
            json_ms(json, "at_ms", fault->at);
            json_string(json, "what", label);
            json_end_object(json);
        }
    }
    json_end_array(json);
}

void check_plan_json(const Scenario *scenario, GString *out)
{
    Plan plan = make_plan(scenario);
    JsonWriter json;
    json_writer_init(&json, out);
    json_begin_object(&json, NULL);
    json_integer(&json, "format", 1);
    write_brokers(&json, scenario->spec, &plan);
    plan_hosts_json(scenario->spec, &json);
    write_timeline(&json, scenario->spec);
    json_integer(&json, "random_faults", count_random(scenario->spec, FAULT_VERB_COUNT, true));
    json_integer(&json, "clients", plan_count_clients(scenario->spec));
    json_integer(&json, "records", plan.records);
    json_integer(&json, "events_estimated", plan.events);
    json_begin_array(&json, "not_simulated");
    for (guint i = 0; i < plan.not_simulated->len; i++) {
        json_string(&json, NULL, plan.not_simulated->pdata[i]);
    }
    json_end_array(&json);
    json_end_object(&json);
    clear_plan(&plan);
}
