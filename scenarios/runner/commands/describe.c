/* describe.c - kafkasim describe: runs a scenario to a moment and prints what Kafka's own tools
 * would print then, column by column.
 *
 *   topics   kafka-topics.sh --describe                   (TopicCommand)
 *   quorum   kafka-metadata-quorum.sh describe --status and --replication (MetadataQuorumCommand)
 *   brokers  no tool of Kafka prints registrations; the layout is ours
 *
 * Times are ms of simulated time since the start. "Configs" lists what is set for the topic, or for
 * it by the brokers, also when it is Kafka's default; sorted by name (Kafka has no order). */
#include "scenarios/runner/commands/commands.h"
#include "scenarios/runner/commands/describe_text.h"
#include "scenarios/runner/interrupt.h"
#include "scenarios/runner/reader/text/units.h"
#include <string.h>

static bool read_moment(const Options *options, SimTime duration, SimTime *ret_at)
{
    const char *why = NULL;
    *ret_at = duration;
    if (options->at == NULL) {
        return true;
    }
    if (!units_parse(UNIT_DURATION, options->at, ret_at, &why)) {
        command_complain("--at: expected a time such as \"30s\", found \"%s\"", options->at);
        return false;
    }
    if (*ret_at > duration) {
        command_complain("--at %s: the run ends before, see \"duration\"", options->at);
        return false;
    }
    return true;
}

static bool has_filter(const Options *options)
{
    return options->topic != NULL || options->under_replicated || options->under_min_isr ||
           options->at_min_isr || options->unavailable;
}

static DescribeFilter filter_of(const Options *options)
{
    return (DescribeFilter){
        .topic = options->topic,
        .under_replicated = options->under_replicated,
        .under_min_isr = options->under_min_isr,
        .at_min_isr = options->at_min_isr,
        .unavailable = options->unavailable,
    };
}

static void append_text(const Options *options, const ClusterView *view, GString *out)
{
    const char *what = options->operands->pdata[0];
    DescribeFilter filter = filter_of(options);
    if (options->json) {
        describe_json(what, view, &filter, out);
    } else if (strcmp(what, "topics") == 0) {
        describe_topics(view, &filter, out);
    } else if (strcmp(what, "brokers") == 0) {
        describe_brokers(view, out);
    } else {
        describe_quorum_status(view, out);
        g_string_append_c(out, '\n');
        describe_quorum_replication(view, out);
    }
}

static bool topic_exists(const ClusterView *view, const char *name)
{
    for (int32_t i = 0; i < view->topic_count; i++) {
        if (strcmp(view->topics[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static ExitStatus print_view(const Options *options, Cluster *cluster)
{
    ClusterView *view = cluster_view_new(cluster);
    g_autoptr(GString) out = g_string_new(NULL);
    ExitStatus status = EXIT_STATUS_USAGE;
    if (options->topic != NULL && !topic_exists(view, options->topic)) {
        command_complain("topic \"%s\" does not exist at this moment", options->topic);
    } else {
        append_text(options, view, out);
        status = command_print(out->str);
        if (view->leader < 0 && !options->quiet) {
            command_complain("no controller is active at this moment, and Kafka's tools would wait "
                             "in vain: this is what was committed last");
        }
    }
    cluster_view_free(view);
    return status;
}

/* In slices, so that Ctrl-C is seen. */
static ExitStatus describe_at(const Options *options, const Scenario *scenario, SimTime at)
{
    Cluster *cluster = cluster_new(scenario->spec);
    ExitStatus status = EXIT_STATUS_OK;
    while (cluster_now(cluster) < at && status == EXIT_STATUS_OK) {
        KernelStop stop = cluster_run(cluster, MIN(at, cluster_now(cluster) + SIM_MS(100)));
        if (stop == KERNEL_DRAINED) {
            break;
        }
        if (stop == KERNEL_REFUSED) {
            command_complain("a limit of the engine was met before this moment");
            status = EXIT_STATUS_USAGE;
        } else if (interrupt_was_asked()) {
            status = EXIT_STATUS_INTERRUPTED;
        }
    }
    status = status == EXIT_STATUS_OK ? print_view(options, cluster) : status;
    cluster_free(cluster);
    return status;
}

ExitStatus command_describe(Options *options)
{
    static const char *const things[] = {"topics", "brokers", "quorum", NULL};
    const char *what = options->operands->pdata[0];
    if (!g_strv_contains(things, what)) {
        command_complain("describe: expected topics, brokers or quorum, found \"%s\"", what);
        return EXIT_STATUS_USAGE;
    }
    if (strcmp(what, "topics") != 0 && has_filter(options)) {
        command_complain("describe %s: --topic and the filters of partitions go with topics", what);
        return EXIT_STATUS_USAGE;
    }
    Scenario *scenario = command_load(options, options->operands->pdata[1]);
    SimTime at = 0;
    if (scenario == NULL) {
        return EXIT_STATUS_USAGE;
    }
    ExitStatus status = EXIT_STATUS_USAGE;
    if (strcmp(what, "quorum") == 0 && !scenario->spec->era.on[ERA_KRAFT]) {
        command_complain("describe quorum: this cluster keeps its metadata in ZooKeeper (\"era\"), "
                         "there is no metadata quorum");
    } else if (read_moment(options, scenario->spec->duration, &at)) {
        status = describe_at(options, scenario, at);
    }
    scenario_free(scenario);
    return status;
}
