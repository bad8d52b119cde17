/* describe.c - kafkasim describe: runs a scenario to a moment and prints what Kafka's own tools
 * would print then, column by column.
 *
 *   topics   kafka-topics.sh --describe                   (TopicCommand)
 *   quorum   kafka-metadata-quorum.sh describe --status and --replication (MetadataQuorumCommand)
 *   groups, members, offsets
 *            kafka-consumer-groups.sh --describe --state, --members, and with neither
 *   transactions
 *            kafka-transactions.sh list; with --transactional-id its describe
 *   brokers  no tool of Kafka prints registrations; the layout is ours
 *
 * Times are ms of simulated time since the start. "Configs" lists what is set for the topic, or for
 * it by the brokers, also when it is Kafka's default; sorted by name (Kafka has no order). */
#include "scenarios/runner/advance.h"
#include "scenarios/runner/commands/commands.h"
#include "scenarios/runner/commands/describe_text.h"
#include "scenarios/runner/describe/describe_groups.h"
#include "scenarios/runner/describe/describe_transactions.h"
#include "scenarios/runner/interrupt.h"
#include "scenarios/runner/reader/text/units.h"
#include "scenarios/runner/text.h"
#include <string.h>

#define NAMES_SHOWN 12 /* of what there is, where a name is wrong */

static bool read_moment(const Options *options, SimTime duration, SimTime *ret_at)
{
    const char *why = NULL;
    *ret_at = duration;
    if (options->at == NULL) {
        return true;
    }
    if (!units_parse(UNIT_DURATION, options->at, ret_at, &why)) {
        g_autofree char *hint = units_hint(UNIT_DURATION, options->at);
        command_complain("--at: expected a time such as \"30s\", found \"%s\"%s%s",
                         options->at,
                         hint != NULL ? "; " : "",
                         hint != NULL ? hint : "");
        return false;
    }
    if (*ret_at > duration) {
        g_autoptr(GString) end = g_string_new(NULL);
        text_duration(end, duration);
        command_complain("--at %s: the run ends at %s, see \"duration\"", options->at, end->str);
        return false;
    }
    return true;
}

static bool has_filter(const Options *options)
{
    return options->under_replicated || options->under_min_isr || options->at_min_isr ||
           options->unavailable;
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

/* The nearest name; where none is near, those that there are. */
static char *did_you_mean_or_all(const char *word, const GPtrArray *names)
{
    char *meant = text_did_you_mean(word, (const char *const *)names->pdata, names->len);
    if (meant[0] != '\0' || names->len == 0) {
        return meant;
    }
    g_free(meant);
    GString *all = g_string_new("; there is ");
    for (guint i = 0; i < names->len && i < NAMES_SHOWN; i++) {
        g_string_append(all, i > 0 ? ", " : "");
        text_visible(all, names->pdata[i]);
    }
    if (names->len > NAMES_SHOWN) {
        g_string_append_printf(all, " and %u more", names->len - NAMES_SHOWN);
    }
    return g_string_free(all, FALSE);
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
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        for (int32_t i = 0; i < view->topic_count; i++) {
            g_ptr_array_add(names, (void *)(uintptr_t)view->topics[i].name);
        }
        g_autofree char *meant = did_you_mean_or_all(options->topic, names);
        command_complain("topic \"%s\" does not exist at this moment%s", options->topic, meant);
    } else {
        append_text(options, view, out);
        status = command_print(out->str);
        if (view->leader < 0 && !options->quiet) {
            bool quorum = strcmp(options->operands->pdata[0], "quorum") == 0;
            command_complain("no controller is active at this moment, and Kafka's tools would wait "
                             "in vain: this is what %s",
                             quorum ? "each controller knows of itself" : "was committed last");
        }
    }
    cluster_view_free(view);
    return status;
}

static const char *const group_things[] = {"groups", "members", "offsets", NULL};

static bool is_of_groups(const Options *options)
{
    return g_strv_contains(group_things, options->operands->pdata[0]);
}

static DescribeGroupsWhat group_thing(const Options *options)
{
    const char *what = options->operands->pdata[0];
    return strcmp(what, "groups") == 0    ? DESCRIBE_STATES
           : strcmp(what, "members") == 0 ? DESCRIBE_MEMBERS
                                          : DESCRIBE_OFFSETS;
}

static void append_groups(const Options *options, GPtrArray *views, Cluster *cluster, GString *out)
{
    g_autoptr(GString) complaints = g_string_new(NULL);
    for (guint i = 0; i < views->len && !options->json; i++) {
        describe_group(views->pdata[i],
                       group_thing(options),
                       options->verbose,
                       options->topic,
                       out,
                       complaints);
    }
    if (options->json) {
        describe_groups_json(views, cluster_now(cluster), out);
    }
    g_auto(GStrv) lines = g_strsplit(complaints->str, "\n", -1);
    for (char **line = lines; *line != NULL && **line != '\0'; line++) {
        command_complain("%s", *line);
    }
}

static gint by_name(gconstpointer left, gconstpointer right)
{
    return strcmp((*(GroupStateView *const *)left)->name, (*(GroupStateView *const *)right)->name);
}

static ExitStatus print_groups(const Options *options, const ClusterSpec *spec, Cluster *cluster)
{
    g_autoptr(GPtrArray) views =
        g_ptr_array_new_with_free_func((GDestroyNotify)group_state_view_free);
    g_autoptr(GString) out = g_string_new(NULL);
    for (guint i = 0; i < spec->groups->len; i++) {
        const GroupSpec *group = spec->groups->pdata[i];
        if (options->group == NULL || strcmp(options->group, group->name) == 0) {
            g_ptr_array_add(views, group_state_view_new(cluster, (int32_t)i));
        }
    }
    g_ptr_array_sort(views, by_name);
    if (views->len == 0 && !options->quiet) {
        command_complain("the scenario has no groups, and Kafka's tool would print nothing");
    }
    append_groups(options, views, cluster, out);
    const bool is_there =
        options->group == NULL || ((const GroupStateView *)views->pdata[0])->exists;
    return is_there ? command_print(out->str) : EXIT_STATUS_USAGE;
}

static bool is_of_transactions(const Options *options)
{
    return strcmp(options->operands->pdata[0], "transactions") == 0;
}

static ExitStatus print_transactions(const Options *options, Cluster *cluster)
{
    g_autoptr(GPtrArray) views = transaction_views_new(cluster);
    g_autoptr(GString) out = g_string_new(NULL);
    const char *id = options->transactional_id;
    if (options->json) {
        describe_transactions_json(views, id, cluster_now(cluster), out);
    } else if (id == NULL) {
        describe_transactions(views, out);
    } else if (!describe_transaction(views, id, cluster_now(cluster), out)) {
        command_complain("Failed to describe transaction state of transactional-id `%s`: no "
                         "coordinator knows it at this moment",
                         id);
        return EXIT_STATUS_USAGE;
    }
    return command_print(out->str);
}

static ExitStatus print_thing(const Options *options, const ClusterSpec *spec, Cluster *cluster)
{
    return is_of_groups(options)         ? print_groups(options, spec, cluster)
           : is_of_transactions(options) ? print_transactions(options, cluster)
                                         : print_view(options, cluster);
}

/* In slices, so that Ctrl-C is seen. */
static ExitStatus describe_at(const Options *options, const Scenario *scenario, SimTime at)
{
    Cluster *cluster = cluster_new(scenario->spec);
    ExitStatus status = EXIT_STATUS_OK;
    Advance way = {0};
    KernelStop stop = KERNEL_STOPPED;
    interrupt_take_hangups();
    while ((cluster_now(cluster) < at || stop == KERNEL_STOPPED) && status == EXIT_STATUS_OK) {
        stop = advance(&way, cluster, MIN(at, cluster_now(cluster) + SIM_MS(100)));
        g_autofree char *standstill = advance_standstill(&way, cluster);
        if (stop == KERNEL_DRAINED) {
            break;
        }
        if (stop == KERNEL_REFUSED) {
            command_complain("a limit of the engine was met before this moment");
            status = EXIT_STATUS_USAGE;
        } else if (standstill != NULL) {
            command_complain("%s", standstill);
            status = EXIT_STATUS_INVARIANT;
        } else if (interrupt_was_asked()) {
            status = EXIT_STATUS_INTERRUPTED;
        }
    }
    if (status == EXIT_STATUS_OK) {
        status = print_thing(options, scenario->spec, cluster);
    }
    cluster_free(cluster);
    return status;
}

/* False, with a word on it, when the options do not go with what is described. */
static bool check_options(const Options *options)
{
    static const char *const things[] = {
        "topics", "brokers", "quorum", "groups", "members", "offsets", "transactions", NULL};
    const char *what = options->operands->pdata[0];
    const bool topics = strcmp(what, "topics") == 0;
    if (!g_strv_contains(things, what)) {
        g_autofree char *meant = text_did_you_mean(what, things, G_N_ELEMENTS(things) - 1);
        command_complain("describe: expected topics, brokers, quorum, groups, members, offsets or "
                         "transactions, found \"%s\"%s",
                         what,
                         meant);
        return false;
    }
    if (!topics && has_filter(options)) {
        command_complain("describe %s: the filters of partitions go with topics", what);
        return false;
    }
    if (options->topic != NULL && !topics && strcmp(what, "offsets") != 0) {
        command_complain("describe %s: --topic goes with topics and offsets", what);
        return false;
    }
    if (options->group != NULL && !is_of_groups(options)) {
        command_complain("describe %s: --group goes with groups, members and offsets", what);
        return false;
    }
    if (options->transactional_id != NULL && !is_of_transactions(options)) {
        command_complain("describe %s: --transactional-id goes with transactions", what);
        return false;
    }
    return true;
}

static bool has_group(const ClusterSpec *spec, const char *name)
{
    for (guint i = 0; i < spec->groups->len; i++) {
        if (strcmp(((const GroupSpec *)spec->groups->pdata[i])->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool can_be_described(const Options *options, const Scenario *scenario)
{
    const ClusterSpec *spec = scenario->spec;
    if (strcmp(options->operands->pdata[0], "quorum") == 0 && !spec->era.on[ERA_KRAFT]) {
        command_complain("describe quorum: this cluster keeps its metadata in ZooKeeper (\"era\"), "
                         "there is no metadata quorum");
        return false;
    }
    if (options->group != NULL && !has_group(spec, options->group)) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        for (guint i = 0; i < spec->groups->len; i++) {
            g_ptr_array_add(names, ((const GroupSpec *)spec->groups->pdata[i])->name);
        }
        g_autofree char *meant = did_you_mean_or_all(options->group, names);
        command_complain("--group: the scenario has no group \"%s\"%s", options->group, meant);
        return false;
    }
    return true;
}

ExitStatus command_describe(Options *options)
{
    if (!check_options(options)) {
        return EXIT_STATUS_USAGE;
    }
    Scenario *scenario = command_load(options, options->operands->pdata[1]);
    SimTime at = 0;
    if (scenario == NULL) {
        return EXIT_STATUS_USAGE;
    }
    ExitStatus status = EXIT_STATUS_USAGE;
    if (can_be_described(options, scenario) &&
        read_moment(options, scenario->spec->duration, &at)) {
        status = describe_at(options, scenario, at);
    }
    scenario_free(scenario);
    return status;
}
