/* finding.c - see finding.h. Every word is taken from summary.json and scenario.json; a part that
 * is missing there is left out, never guessed. */
#include "plots/finding.h"

#include "plots/figure/label.h"

#include <math.h>
#include <string.h>

#define NAME_LIMIT   40
#define CHANCE_LIMIT 3  /* of faults by chance, each with its name */
#define EVENTS_LIMIT 92 /* of a line of the title, with room for "and 12 more" */

static double fate(const RunData *run, const char *name)
{
    return json_tree_number(json_tree_get(json_tree_get(run->summary, "fates"), name));
}

/* One that is told only where there are any. */
static double rare_fate(const RunData *run, const char *name)
{
    const double count = fate(run, name);

    return count > 0 ? count : 0;
}

/* The greatest number of that name over an array of objects, NAN when there is none. */
static double greatest(const JsonTree *list, const char *name)
{
    double most = (double)NAN;

    for (guint i = 0; i < json_tree_length(list); i++) {
        most = fmax(most, json_tree_number(json_tree_get(json_tree_at(list, i), name)));
    }
    return most;
}

/* What stands under that name, of all of them together; what is missing is none. */
static double sum_of(const JsonTree *list, const char *name)
{
    double sum = 0;

    for (guint i = 0; i < json_tree_length(list); i++) {
        const double count = json_tree_number(json_tree_get(json_tree_at(list, i), name));
        sum += count > 0 ? count : 0;
    }
    return sum;
}

static void append_name(GString *out, const char *text, guint limit)
{
    char *clean = label_clean(text, limit);
    g_string_append(out, g_strstrip(clean));
    g_free(clean);
}

/* "broker 2 restarts" in a rolling restart is a part of it. */
static gboolean is_of_roll(const RunData *run, guint index)
{
    const RunFault *fault = &g_array_index(run->faults, RunFault, index);

    for (guint i = 0; i < index && g_str_has_suffix(fault->label, " restarts"); i++) {
        const RunFault *other = &g_array_index(run->faults, RunFault, i);
        if (g_str_has_prefix(other->label, "rolling restart") && other->from_ms <= fault->from_ms &&
            other->to_ms >= fault->to_ms) {
            return TRUE;
        }
    }
    return FALSE;
}

/* A note of the scenario stands in faults.csv with its words; it is no event for the title. */
static gboolean is_note(const RunData *run, const char *label)
{
    const JsonTree *timeline = json_tree_get(run->scenario, "timeline");

    for (guint i = 0; i < json_tree_length(timeline); i++) {
        const JsonTree *entry = json_tree_at(timeline, i);
        if (strcmp(json_tree_text(json_tree_get(entry, "do"), ""), "note") == 0 &&
            strcmp(json_tree_text(json_tree_get(entry, "say"), ""), label) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean is_news(const RunData *run, guint index)
{
    return !run_data_ends_another(run, index) && !is_of_roll(run, index) &&
           !is_note(run, g_array_index(run->faults, RunFault, index).label);
}

/* How often it happened, counted where it happened first; 0 elsewhere. */
static guint times_from(const RunData *run, guint index)
{
    const char *label = g_array_index(run->faults, RunFault, index).label;
    guint times = 0;

    for (guint i = 0; i < run->faults->len; i++) {
        if (strcmp(g_array_index(run->faults, RunFault, i).label, label) == 0 && is_news(run, i)) {
            if (i < index) {
                return 0;
            }
            times++;
        }
    }
    return times;
}

static guint count_by_chance(const RunData *run)
{
    guint count = 0;

    for (guint i = 0; i < run->faults->len; i++) {
        count += g_array_index(run->faults, RunFault, i).by_chance && is_news(run, i);
    }
    return count;
}

/* Has a group's application a record that it cannot process? The scenario says which. */
static gboolean has_poison(const RunData *run)
{
    const JsonTree *groups = json_tree_get(run->scenario, "groups");

    for (guint i = 0; i < json_tree_length(groups); i++) {
        const JsonTree *process = json_tree_get(json_tree_at(groups, i), "process");
        if (json_tree_is(json_tree_get(process, "poison"), JSON_OBJECT)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* As many events as a line holds, the first of them in any case. Many by chance are a number: which
 * of them came first says nothing. */
static void append_faults(const RunData *run, GString *out)
{
    const guint chance = count_by_chance(run);
    gboolean any = chance > CHANCE_LIMIT;
    guint more = 0;

    if (any) {
        g_string_append_printf(out, "%u faults by chance", chance);
    }
    for (guint i = 0; i < run->faults->len; i++) {
        const gsize before = out->len;
        const guint times = times_from(run, i);
        const gboolean counted = g_array_index(run->faults, RunFault, i).by_chance;
        if (times == 0 || (counted && chance > CHANCE_LIMIT)) {
            continue;
        }
        g_string_append(out, any ? ", " : "");
        append_name(out, g_array_index(run->faults, RunFault, i).label, NAME_LIMIT);
        if (times > 1) {
            g_string_append_printf(out, " (%u times)", times);
        }
        if (any && (more > 0 || label_width(out->str) > EVENTS_LIMIT)) {
            g_string_truncate(out, before);
            more += times;
        }
        any = TRUE;
    }
    if (more > 0) {
        g_string_append_printf(out, " and %u more", more);
    }
    if (has_poison(run)) {
        g_string_append(
            out, any ? ", a record that cannot be processed" : "A record that cannot be processed");
        any = TRUE;
    }
    g_string_append(out, any ? ": " : "");
}

/* ", 12 failed"; of none nothing is said. */
static void append_some(GString *out, double count, const char *words)
{
    if (count > 0) {
        g_string_append(out, ", ");
        label_count(out, count);
        g_string_append_printf(out, " %s", words);
    }
}

/* "12 of 500 acknowledged records lost" */
static void append_share(GString *out, double part, double all, const char *words)
{
    label_count(out, part);
    g_string_append(out, " of ");
    label_count(out, all);
    g_string_append_printf(out, " %s", words);
}

static void append_fates(const RunData *run, GString *out)
{
    const double unheard = rare_fate(run, "sent_acks_0");
    const double unheard_lost = rare_fate(run, "lost_acks_0");
    const gboolean any_heard = unheard < fate(run, "acked");

    if (any_heard) {
        append_share(out,
                     fate(run, "lost") - unheard_lost,
                     fate(run, "acked") - unheard,
                     "acknowledged records lost");
    }
    if (unheard > 0) {
        g_string_append(out, any_heard ? ", " : "");
        append_share(out,
                     unheard_lost,
                     unheard,
                     any_heard ? "sent with acks=0 lost" : "records sent with acks=0 lost");
    }
    append_some(out, fate(run, "duplicated"), "duplicated");
    append_some(out, fate(run, "failed"), "failed");
}

/* ", 1,323 skipped by from-the-end", or by how many groups. */
static void append_skipped(const JsonTree *groups, GString *out)
{
    const char *by = NULL;
    guint count = 0;

    for (guint i = 0; i < json_tree_length(groups); i++) {
        const JsonTree *group = json_tree_at(groups, i);
        if (json_tree_number(json_tree_get(group, "skipped")) > 0) {
            by = json_tree_text(json_tree_get(group, "name"), "?");
            count++;
        }
    }
    append_some(out, sum_of(groups, "skipped"), "skipped by ");
    if (count == 1) {
        append_name(out, by, NAME_LIMIT);
    } else if (count > 1) {
        g_string_append_printf(out, "%u groups", count);
    }
}

/* What became of the acknowledged records in the groups. */
static void append_readers(const RunData *run, GString *out)
{
    const JsonTree *groups = json_tree_get(run->summary, "groups");

    append_some(out, sum_of(groups, "consumed_twice"), "consumed again");
    append_skipped(groups, out);
    append_some(out, sum_of(groups, "never_processed"), "never processed");
    append_some(out, sum_of(groups, "given_up"), "given up after retries");
    append_some(out, sum_of(groups, "dead_lettered"), "sent to a dead-letter topic");
}

/* When that wait began, by the partition where nobody waited longer; NAN when none is known. */
static double wait_from(const JsonTree *partitions, double longest)
{
    for (guint i = 0; i < json_tree_length(partitions); i++) {
        const JsonTree *partition = json_tree_at(partitions, i);
        if (json_tree_number(json_tree_get(partition, "longest_ack_gap_ms")) == longest) {
            return json_tree_number(json_tree_get(partition, "longest_ack_gap_from_ms"));
        }
    }
    return (double)NAN;
}

/* Records waited and none of their partition was acknowledged. Where they are sparse that is the
 * latency of one, so the moment is told: a wait before the fault is not of its doing. */
static void append_wait(const RunData *run, GString *out)
{
    const double wait = greatest(json_tree_get(run->summary, "producers"), "longest_gap_ms");
    const double from = wait_from(json_tree_get(run->summary, "partitions"), wait);

    if (!(wait > 0)) {
        return;
    }
    g_string_append(out, ", longest wait without any ack ");
    label_duration(out, wait);
    if (from >= 0) {
        g_string_append(out, " (at ");
        label_duration(out, from);
        g_string_append(out, ")");
    }
}

char *finding_title(const RunData *run)
{
    const double diverged = sum_of(json_tree_get(run->summary, "partitions"), "replicas_diverged");
    GString *out = g_string_new(NULL);

    if (json_tree_is(json_tree_get(run->summary, "complete"), JSON_FALSE)) {
        g_string_append(out, "(interrupted) ");
    }
    append_faults(run, out);
    if (fate(run, "acked") > 0) {
        append_fates(run, out);
        append_readers(run, out);
    } else {
        g_string_append(
            out, fate(run, "offered") > 0 ? "no record was acknowledged" : "no record was sent");
    }
    append_some(out, diverged, diverged == 1.0 ? "replica diverged" : "replicas diverged");
    append_wait(run, out);
    return g_string_free(out, FALSE);
}

static void append_part(GString *out, const char *text)
{
    if (out->len > 0) {
        g_string_append(out, " · ");
    }
    g_string_append(out, text);
}

static void append_counted(GString *out, double count, const char *one, const char *many)
{
    GString *part;

    if (!(count >= 1)) {
        return;
    }
    part = g_string_new(NULL);
    label_count(part, count);
    g_string_append_printf(part, " %s", count == 1.0 ? one : many);
    append_part(out, part->str);
    g_string_free(part, TRUE);
}

static double count_of(const JsonTree *tree)
{
    return json_tree_is(tree, JSON_ARRAY) ? (double)json_tree_length(tree) : json_tree_number(tree);
}

/* At the end, of that topic; the scenario says how many there were at the start. */
static guint count_partitions(const RunData *run, const char *topic)
{
    const JsonTree *partitions = json_tree_get(run->summary, "partitions");
    guint count = 0;

    for (guint i = 0; i < json_tree_length(partitions); i++) {
        const JsonTree *partition = json_tree_at(partitions, i);
        count += strcmp(json_tree_text(json_tree_get(partition, "topic"), ""), topic) == 0;
    }
    return count;
}

static void append_topic(GString *out, const RunData *run, const JsonTree *topic)
{
    const char *name = json_tree_text(json_tree_get(topic, "name"), "?");
    const double partitions = json_tree_number(json_tree_get(topic, "partitions"));
    const guint at_end = count_partitions(run, name);
    const double replicas = json_tree_number(json_tree_get(topic, "replication.factor"));
    GString *part = g_string_new(NULL);

    append_name(part, name, NAME_LIMIT);
    if (partitions >= 1) {
        g_string_append(part, ": ");
        label_count(part, partitions);
        if (at_end > partitions) {
            g_string_append(part, ", at last ");
            label_count(part, at_end);
        }
        g_string_append(part, partitions == 1.0 && at_end <= 1 ? " partition" : " partitions");
    }
    if (replicas >= 1) {
        g_string_append(part, " × ");
        label_count(part, replicas);
    }
    append_part(out, part->str);
    g_string_free(part, TRUE);
}

static gboolean is_declared(const JsonTree *topics, const char *name)
{
    for (guint i = 0; i < json_tree_length(topics); i++) {
        const char *other = json_tree_text(json_tree_get(json_tree_at(topics, i), "name"), "");
        if (strcmp(other, name) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Those that the timeline creates, and that were not there at the start. */
static guint count_created(const RunData *run)
{
    const JsonTree *topics = json_tree_get(run->scenario, "topics");
    const JsonTree *timeline = json_tree_get(run->scenario, "timeline");
    guint count = 0;

    for (guint i = 0; i < json_tree_length(timeline); i++) {
        const JsonTree *entry = json_tree_at(timeline, i);
        const char *name = json_tree_text(json_tree_get(entry, "topic"), "");
        count += strcmp(json_tree_text(json_tree_get(entry, "do"), ""), "create.topic") == 0 &&
                 !is_declared(topics, name) && count_partitions(run, name) > 0;
    }
    return count;
}

/* "orders: 3, at last 6 partitions × 3", or "2 topics and 1 created". */
static void append_topics(GString *out, const RunData *run)
{
    const JsonTree *topics = json_tree_get(run->scenario, "topics");
    const guint created = count_created(run);

    if (json_tree_length(topics) == 1) {
        append_topic(out, run, json_tree_at(topics, 0));
    } else {
        append_counted(out, json_tree_length(topics), "topic", "topics");
    }
    if (created > 0) {
        g_string_append_printf(out, " and %u created", created);
    }
}

/* The acks of the producers when they agree. */
static void append_acks(GString *out, const JsonTree *producers)
{
    const char *common = NULL;
    char *part;

    for (guint i = 0; i < json_tree_length(producers); i++) {
        const JsonTree *config = json_tree_get(json_tree_at(producers, i), "config");
        const char *acks = json_tree_text(json_tree_get(config, "acks"), NULL);
        if (acks == NULL || (common != NULL && strcmp(acks, common) != 0)) {
            return;
        }
        common = acks;
    }
    if (common != NULL) {
        char *clean = label_clean(common, 8);
        part = g_strconcat("acks=", clean, NULL);
        append_part(out, part);
        g_free(part);
        g_free(clean);
    }
}

char *finding_setting(const RunData *run)
{
    const JsonTree *scenario = json_tree_get(run->summary, "scenario");
    const JsonTree *brokers = json_tree_get(json_tree_get(run->scenario, "cluster"), "brokers");
    GString *out = g_string_new(NULL);
    GString *part = g_string_new(NULL);

    append_name(part, json_tree_text(json_tree_get(scenario, "name"), ""), NAME_LIMIT);
    append_part(out, part->str);
    append_counted(out, count_of(brokers), "broker", "brokers");
    append_topics(out, run);
    append_acks(out, json_tree_get(run->scenario, "producers"));
    g_string_assign(part, "seed ");
    append_name(part, json_tree_text(json_tree_get(scenario, "seed"), "?"), 20);
    append_part(out, part->str);
    append_part(out, "simulated time");
    g_string_free(part, TRUE);
    return g_string_free(out, FALSE);
}

char *finding_verdict(const RunData *run)
{
    const JsonTree *goals = json_tree_get(run->summary, "goals");
    const guint broken = json_tree_length(json_tree_get(run->summary, "invariants"));
    const guint count = json_tree_length(goals);
    GString *out = g_string_new(NULL);
    guint met = 0;

    for (guint i = 0; i < count; i++) {
        met += json_tree_is(json_tree_get(json_tree_at(goals, i), "met"), JSON_TRUE) ? 1 : 0;
    }
    if (count > 0) {
        g_string_append_printf(out, "%u of %u goal%s met", met, count, count == 1 ? "" : "s");
    }
    if (broken > 0) {
        char *part = g_strdup_printf("%u invariant%s broken", broken, broken == 1 ? "" : "s");
        append_part(out, part);
        g_free(part);
    }
    if (out->len > 0) {
        return g_string_free(out, FALSE);
    }
    g_string_free(out, TRUE);
    return NULL;
}
