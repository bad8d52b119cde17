/* test_properties.c - random small clusters in random trouble: no invariant breaks, and once all
 * is mended the cluster comes to rest. With --groups: random groups of consumers;
 * with --pipelines: of workers that consume, process and produce, exactly once.
 *
 *     test_properties [--groups | --pipelines] [--first K] [--count N] [--seed S] [--only K]
 *         [--jobs J] [--log] [--keep-going] [--brief] [--without KIP]
 *
 * A failure is shrunk, told in words, and comes with the command that repeats it. Exit 1. */
#include "tests/properties/shrink.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Options {
    gint first;
    gint count;
    gint64 seed;
    gint only;
    gint jobs;
    gint heal_ms;
    gchar *drop;
    gchar *without;
    EraSwitch off; /* of `without` */
    gboolean log;
    gboolean keep_going;
    gboolean brief;
    gboolean groups;
    gboolean pipelines;
} Options;

typedef struct Tally {
    const Options *options;
    GMutex mutex;
    GArray *failed; /* int32_t case numbers */
    int64_t runs;
    int64_t acked;
    int64_t lost;
    int64_t with_loss;
    uint64_t events;
} Tally;

static void draw(Case *self, const Options *options, int32_t number)
{
    (options->pipelines ? case_draw_pipeline
     : options->groups  ? case_draw_group
                        : case_draw)(self, (uint64_t)options->seed, number, options->off);
}

static void run_one(gpointer data, gpointer user)
{
    Tally *tally = user;
    int32_t number = GPOINTER_TO_INT(data) - 1;
    if (g_atomic_int_get(&tally->failed->len) > 0 && !tally->options->keep_going) {
        return;
    }
    Case the_case;
    draw(&the_case, tally->options, number);
    Verdict verdict = case_judge(&the_case, false);
    g_mutex_lock(&tally->mutex);
    tally->runs++;
    tally->acked += verdict.acked;
    tally->lost += verdict.lost;
    tally->with_loss += verdict.lost > 0 ? 1 : 0;
    tally->events += verdict.events;
    if (verdict.broken) {
        g_array_append_val(tally->failed, number);
        printf("case %d: %s\n", number, verdict.property);
        fflush(stdout);
    }
    g_mutex_unlock(&tally->mutex);
    verdict_clear(&verdict);
}

static void apply_drops(Case *self, const Options *options)
{
    g_auto(GStrv) dropped = g_strsplit(options->drop != NULL ? options->drop : "", ",", -1);
    for (char **at = dropped; *at != NULL && **at != '\0'; at++) {
        int32_t index = atoi(*at);
        if (index >= 0 && index < self->trouble_count) {
            self->troubles[index].dropped = true;
        }
    }
    if (options->heal_ms > 0) {
        SimDuration settling = self->end - self->heal;
        self->heal = SIM_MS(options->heal_ms);
        self->end = self->heal + settling;
    }
}

static void explain(const Options *options, int32_t number)
{
    Case drawn;
    draw(&drawn, options, number);
    Case small = drawn;
    Verdict verdict = case_judge(&small, false);
    int32_t runs = case_shrink(&small, verdict.property);
    verdict_clear(&verdict);
    verdict = case_judge(&small, false);
    g_autoptr(GString) text = g_string_new(NULL);
    case_tell(&small, text);
    printf("\n%s (shrunk in %d runs)\n%s%s", verdict.property, runs, text->str, verdict.text->str);
    g_autoptr(GString) shrunk = g_string_new(NULL);
    case_shrunk_options(&small, &drawn, shrunk);
    printf("repeat it: build/tests/test_properties%s --seed %" G_GINT64_FORMAT
           " --only %d%s --log\n",
           case_option(&small),
           options->seed,
           number,
           shrunk->str);
    verdict_clear(&verdict);
}

static int run_only(const Options *options)
{
    Case the_case;
    draw(&the_case, options, options->only);
    apply_drops(&the_case, options);
    Verdict verdict = case_judge(&the_case, options->log);
    g_autoptr(GString) text = g_string_new(NULL);
    case_tell(&the_case, text);
    printf("%s%s%s\n",
           text->str,
           verdict.text->str,
           verdict.broken ? "BROKEN" : "every property holds");
    bool broken = verdict.broken;
    verdict_clear(&verdict);
    if (broken && options->drop == NULL && options->heal_ms == 0) {
        explain(options, options->only);
    }
    return broken ? EXIT_FAILURE : EXIT_SUCCESS;
}

static gint by_number(gconstpointer a, gconstpointer b)
{
    return *(const int32_t *)a - *(const int32_t *)b;
}

static int run_all(const Options *options)
{
    Tally tally = {.options = options, .failed = g_array_new(FALSE, FALSE, sizeof(int32_t))};
    g_mutex_init(&tally.mutex);
    gint64 start = g_get_monotonic_time();
    GThreadPool *pool = g_thread_pool_new(run_one, &tally, options->jobs, FALSE, NULL);
    for (gint i = options->first; i < options->first + options->count; i++) {
        g_thread_pool_push(pool, GINT_TO_POINTER(i + 1), NULL);
    }
    g_thread_pool_free(pool, FALSE, TRUE);
    double took = (double)(g_get_monotonic_time() - start) / 1e6;
    printf("%d of %d cases broken; %" G_GINT64_FORMAT " records acked, %" G_GINT64_FORMAT
           " of them lost as documented in %d cases; %.1f M events, %.1f s, %.1f ms a case\n",
           (int)tally.failed->len,
           (int)tally.runs,
           tally.acked,
           tally.lost,
           (int)tally.with_loss,
           (double)tally.events / 1e6,
           took,
           took * 1e3 / (double)MAX(1, tally.runs));
    g_array_sort(tally.failed, by_number);
    for (guint i = 0; !options->brief && i < tally.failed->len && i < 3; i++) {
        explain(options, g_array_index(tally.failed, int32_t, i));
    }
    int status = tally.failed->len > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    g_array_free(tally.failed, TRUE);
    g_mutex_clear(&tally.mutex);
    return status;
}

int main(int argc, char **argv)
{
    Options options = {.count = 300, .seed = 1, .only = -1, .jobs = (gint)g_get_num_processors()};
    const GOptionEntry entries[] = {
        {"count", 'n', 0, G_OPTION_ARG_INT, &options.count, "cases to run", "N"},
        {"first", 'f', 0, G_OPTION_ARG_INT, &options.first, "number of the first case", "K"},
        {"seed", 's', 0, G_OPTION_ARG_INT64, &options.seed, "of the first case", "S"},
        {"only", 'k', 0, G_OPTION_ARG_INT, &options.only, "this case alone", "K"},
        {"jobs", 'j', 0, G_OPTION_ARG_INT, &options.jobs, "threads", "J"},
        {"drop",
         0,
         0,
         G_OPTION_ARG_STRING,
         &options.drop,
         "troubles left out (with --only)",
         "I,I"},
        {"without",
         0,
         0,
         G_OPTION_ARG_STRING,
         &options.without,
         "switch of the era that is off in every case",
         "KIP"},
        {"heal", 0, 0, G_OPTION_ARG_INT, &options.heal_ms, "mend all at (with --only)", "MS"},
        {"log", 'l', 0, G_OPTION_ARG_NONE, &options.log, "print the events (with --only)", NULL},
        {"brief", 0, 0, G_OPTION_ARG_NONE, &options.brief, "neither shrink nor explain", NULL},
        {"groups", 'g', 0, G_OPTION_ARG_NONE, &options.groups, "random groups", NULL},
        {"pipelines", 'p', 0, G_OPTION_ARG_NONE, &options.pipelines, "random workers", NULL},
        {"keep-going", 0, 0, G_OPTION_ARG_NONE, &options.keep_going, "past a failure", NULL},
        {NULL, 0, 0, G_OPTION_ARG_NONE, NULL, NULL, NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- random clusters in trouble");
    g_option_context_add_main_entries(context, entries, NULL);
    g_autoptr(GError) error = NULL;
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 2;
    }
    options.off = options.without != NULL ? era_switch_find(options.without) : ERA_SWITCH_COUNT;
    if (options.without != NULL && options.off == ERA_SWITCH_COUNT) {
        fprintf(stderr, "no switch of the era is called %s\n", options.without);
        return 2;
    }
    int status = options.only >= 0 ? run_only(&options) : run_all(&options);
    g_free(options.drop);
    g_free(options.without);
    return status;
}
