/* options.c - the table of options, and the parser that reads it.
 *
 * GNU habits: -o DIR, -oDIR, --out DIR, --out=DIR, -qv, "--" ends the options, "-" is a file
 * name (standard input). An option may stand before or after the operands. */
#include "scenarios/runner/options.h"
#include "scenarios/runner/text.h"
#include <string.h>

#define FLAG(name, letter, field, commands, help, common)                                          \
    {                                                                                              \
        name, letter, OPTION_FLAG, NULL, offsetof(Options, field), commands, help, common          \
    }
#define TEXT(name, letter, argument, field, commands, help, common)                                \
    {                                                                                              \
        name, letter, OPTION_TEXT, argument, offsetof(Options, field), commands, help, common      \
    }
#define READERS "run compare sweep check describe" /* of a scenario */

static const OptionRow OPTIONS[] = {
    TEXT("out",
         'o',
         "DIR",
         out,
         "run",
         "where results go (default: ./kafkasim-out/NAME-SEED)",
         true),
    TEXT("out",
         'o',
         "DIR",
         out,
         "sweep",
         "where results go (default: ./kafkasim-out/NAME-sweep)",
         false),
    TEXT("out",
         'o',
         "DIR",
         out,
         "compare",
         "keep compare.json and the runs of each side there (default: nothing is kept)",
         false),
    TEXT("out",
         'o',
         "FILE",
         out,
         "init schema",
         "write this new file (default: to standard output)",
         false),
    TEXT("seed",
         's',
         "N",
         seed,
         "run check describe",
         "random seed (default: the scenario's, else 1)",
         true),
    {"set",
     0,
     OPTION_LIST,
     "PATH=VALUE",
     offsetof(Options, set),
     READERS,
     "override one value, e.g. --set /topics/0/partitions=24 (0 is the first; repeatable)",
     true},
    TEXT("until", 0, "TIME", until, READERS, "stop at this simulated time", true),
    TEXT("jobs",
         'j',
         "N",
         jobs_text,
         "compare sweep",
         "parallel runs (default: number of CPUs)",
         true),
    FLAG("json",
         0,
         json,
         READERS " partition assign",
         "one JSON document on stdout instead of text",
         true),
    FLAG("quiet", 'q', quiet, READERS " plot", "print only what went wrong", true),
    FLAG("verbose", 'v', verbose, READERS, "print notes and every line of the timeline", true),
    TEXT("color", 0, "WHEN", colour_text, NULL, "auto, always, never (NO_COLOR is honoured)", true),
    FLAG("no-plots", 0, no_plots, "run sweep", "do not call gnuplot", true),
    FLAG("no-invariants",
         0,
         no_invariants,
         "run compare sweep describe",
         "do not watch invariants while the run goes on",
         true),
    TEXT("fidelity",
         0,
         "MODE",
         fidelity,
         "run",
         "batch, record (each record by itself), or both with the error between them",
         false),
    FLAG("no-answers", 0, no_answers, "run", "ask a lesson's questions, hide its answers", false),
    FLAG("plan",
         0,
         plan,
         "check",
         "print what would run: placement, records, events, random faults",
         false),
    TEXT("lesson", 0, "NAME", lesson, "init", "print one of the shipped scenarios", false),
    FLAG("term", 0, term, "plot", "draw in the terminal, without gnuplot", false),
    TEXT("seeds",
         0,
         "LIST",
         seeds,
         "compare sweep",
         "seeds to use, as 1..10 or 1,2,5 (default: of compare 1..10, of sweep the file's)",
         false),
    TEXT("measure",
         0,
         "METRIC",
         measure,
         "compare",
         "what the closing sentence compares (default: what differs most)",
         false),
    TEXT("at", 0, "TIME", at, "describe", "the moment (default: the end of the run)", false),
    TEXT("topic", 0, "TOPIC", topic, "describe", "only this topic", false),
    TEXT("group", 0, "GROUP", group, "describe", "only this group", false),
    TEXT("transactional-id",
         0,
         "ID",
         transactional_id,
         "describe",
         "all that is known of this one",
         false),
    FLAG("under-replicated-partitions",
         0,
         under_replicated,
         "describe",
         "only partitions whose ISR lacks a replica",
         false),
    FLAG("under-min-isr-partitions",
         0,
         under_min_isr,
         "describe",
         "only partitions whose ISR is below min.insync.replicas",
         false),
    FLAG("at-min-isr-partitions",
         0,
         at_min_isr,
         "describe",
         "only partitions whose ISR is just min.insync.replicas",
         false),
    FLAG("unavailable-partitions",
         0,
         unavailable,
         "describe",
         "only partitions without a leader (a dead one leads until its session ends)",
         false),
    TEXT("partitions", 0, "N", partitions, "partition", "how many partitions the topic has", false),
    TEXT("assignor",
         0,
         "NAME",
         assignor,
         "assign",
         "range, roundrobin, sticky, cooperative-sticky; of KIP-848: uniform, server-range",
         false),
    TEXT("members",
         0,
         "IDS",
         members,
         "assign",
         "a,b,c in order of joining; a/x is static: group.instance.id x",
         false),
    TEXT("topics", 0, "LIST", topics, "assign", "topics and their partitions: t0:5,t1:4", false),
    {"subscribe",
     0,
     OPTION_LIST,
     "A=TOPICS",
     offsetof(Options, subscribe),
     "assign",
     "member A subscribes to these only: a=t0,t1 (repeatable; default: all topics)",
     false},
    {"owned",
     0,
     OPTION_LIST,
     "A=LIST",
     offsetof(Options, owned),
     "assign",
     "what member A has now: a=t0:0,t0:3-4,t1:2 (repeatable)",
     false},
    FLAG("help", 'h', help, NULL, "print help", true),
    FLAG("version",
         'V',
         version,
         NULL,
         "print version, commit and the simulated Kafka version",
         true),
};

static const ExitRow EXITS[] = {
    {EXIT_STATUS_OK, "finished, every goal met"},
    {EXIT_STATUS_GOALS, "finished, at least one goal not met (each is listed)"},
    {EXIT_STATUS_USAGE, "wrong usage, or the scenario has errors (nothing was simulated)"},
    {EXIT_STATUS_INVARIANT,
     "an invariant broke: committed data lost, two leaders in one epoch, offsets went back; or one "
     "instant of virtual time did not end"},
    {EXIT_STATUS_OUTPUT,
     "result could not be written, or gnuplot is missing when plots were asked for"},
    {EXIT_STATUS_BUG, "a bug in kafkasim; the message has the seed and the command to repeat it"},
    {EXIT_STATUS_MEMORY, "the system gives no more memory"},
    {EXIT_STATUS_INTERRUPTED, "interrupted; results so far are kept and marked incomplete"},
};

size_t option_count(void)
{
    return G_N_ELEMENTS(OPTIONS);
}

const OptionRow *option_at(size_t index)
{
    return &OPTIONS[index];
}

size_t exit_row_count(void)
{
    return G_N_ELEMENTS(EXITS);
}

const ExitRow *exit_row_at(size_t index)
{
    return &EXITS[index];
}

bool option_belongs_to(const OptionRow *option, const Command *command)
{
    if (option->commands == NULL) {
        return true;
    }
    if (command == NULL) {
        return false;
    }
    g_auto(GStrv) names = g_strsplit(option->commands, " ", -1);
    return g_strv_contains((const char *const *)names, command->name);
}

void options_init(Options *options)
{
    *options = (Options){
        .operands = g_ptr_array_new(),
        .set = g_ptr_array_new(),
        .subscribe = g_ptr_array_new(),
        .owned = g_ptr_array_new(),
    };
}

void options_clear(Options *options)
{
    g_ptr_array_free(options->operands, TRUE);
    g_ptr_array_free(options->set, TRUE);
    g_ptr_array_free(options->subscribe, TRUE);
    g_ptr_array_free(options->owned, TRUE);
}

static const OptionRow *find_long(const Command *command, const char *name, size_t length)
{
    for (size_t i = 0; i < option_count(); i++) {
        const OptionRow *row = &OPTIONS[i];
        bool same = strlen(row->name) == length && strncmp(row->name, name, length) == 0;
        if (same && option_belongs_to(row, command)) {
            return row;
        }
    }
    return NULL;
}

static const OptionRow *find_letter(const Command *command, char letter)
{
    for (size_t i = 0; i < option_count(); i++) {
        if (OPTIONS[i].letter == letter && option_belongs_to(&OPTIONS[i], command)) {
            return &OPTIONS[i];
        }
    }
    return NULL;
}

static bool is_option(const char *name)
{
    for (size_t i = 0; i < option_count(); i++) {
        if (strcmp(OPTIONS[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static char *unknown_option(const Command *command, const char *name, size_t length)
{
    const char *names[G_N_ELEMENTS(OPTIONS)];
    size_t count = 0;
    g_autofree char *word = g_strndup(name, length);
    for (size_t i = 0; i < option_count(); i++) {
        if (option_belongs_to(&OPTIONS[i], command)) {
            names[count++] = OPTIONS[i].name;
        }
    }
    const char *nearest = text_nearest(word, names, count);
    GString *text = g_string_new(NULL);
    if (command != NULL && is_option(word)) {
        g_string_append_printf(
            text, "option \"--%s\" means nothing to \"%s\"", word, command->name);
        if (nearest != NULL) { /* --seed of a command that takes --seeds */
            g_string_append_printf(text, "; did you mean \"--%s\"?", nearest);
        }
        return g_string_free(text, FALSE);
    }
    g_string_append(text, "unknown option \"--");
    text_visible(text, word);
    g_string_append(text, "\"");
    if (nearest != NULL) {
        g_string_append_printf(text, "; did you mean \"--%s\"?", nearest);
    }
    return g_string_free(text, FALSE);
}

static void store(Options *options, const OptionRow *row, const char *argument)
{
    void *field = (char *)options + row->offset;
    if (row->kind == OPTION_FLAG) {
        *(bool *)field = true;
    } else if (row->kind == OPTION_TEXT) {
        *(const char **)field = argument;
    } else {
        g_ptr_array_add(*(GPtrArray **)field, (void *)(uintptr_t)argument);
    }
}

bool option_takes_next(const char *word)
{
    for (size_t i = 0; i < option_count(); i++) {
        const OptionRow *row = &OPTIONS[i];
        bool is_long = strncmp(word, "--", 2) == 0 && strcmp(word + 2, row->name) == 0;
        bool is_letter =
            word[0] == '-' && word[1] == row->letter && row->letter != 0 && word[2] == 0;
        if (is_long || is_letter) {
            return row->kind != OPTION_FLAG;
        }
    }
    return false;
}

typedef struct Arguments {
    int count;
    char **values;
    int at;
} Arguments;

static const char *next_argument(Arguments *arguments)
{
    return arguments->at + 1 < arguments->count ? arguments->values[++arguments->at] : NULL;
}

static char *parse_long(Options *options, const Command *command, Arguments *arguments)
{
    const char *name = arguments->values[arguments->at] + 2;
    const char *equals = strchr(name, '=');
    size_t length = equals != NULL ? (size_t)(equals - name) : strlen(name);
    const OptionRow *row = find_long(command, name, length);
    if (row == NULL) {
        return unknown_option(command, name, length);
    }
    if (row->kind == OPTION_FLAG && equals != NULL) {
        return g_strdup_printf("option \"--%s\" takes no value", row->name);
    }
    const char *argument = NULL;
    if (row->kind != OPTION_FLAG) {
        argument = equals != NULL ? equals + 1 : next_argument(arguments);
        if (argument == NULL) {
            return g_strdup_printf("option \"--%s\" needs a value: %s", row->name, row->argument);
        }
    }
    store(options, row, argument);
    return NULL;
}

static char *unknown_letter(const Command *command, const char *at)
{
    for (size_t i = 0; command != NULL && i < option_count(); i++) {
        if (OPTIONS[i].letter == *at) {
            return g_strdup_printf("option \"-%c\" means nothing to \"%s\"", *at, command->name);
        }
    }
    GString *text = g_string_new("unknown option \"-");
    g_autofree char *letter = g_strndup(at, 1);
    text_visible(text, letter);
    g_string_append_c(text, '"');
    return g_string_free(text, FALSE);
}

static char *parse_letters(Options *options, const Command *command, Arguments *arguments)
{
    for (const char *at = arguments->values[arguments->at] + 1; *at != '\0'; at++) {
        const OptionRow *row = find_letter(command, *at);
        if (row == NULL) {
            return unknown_letter(command, at);
        }
        if (row->kind == OPTION_FLAG) {
            store(options, row, NULL);
            continue;
        }
        const char *argument = at[1] != '\0' ? at + 1 : next_argument(arguments);
        if (argument == NULL) {
            return g_strdup_printf("option \"-%c\" needs a value: %s", row->letter, row->argument);
        }
        store(options, row, argument);
        return NULL;
    }
    return NULL;
}

static char *parse_all(Options *options, const Command *command, Arguments *arguments)
{
    bool only_operands = false;
    for (; arguments->at < arguments->count; arguments->at++) {
        char *word = arguments->values[arguments->at];
        char *problem = NULL;
        if (only_operands || word[0] != '-' || word[1] == '\0') {
            g_ptr_array_add(options->operands, word);
        } else if (strcmp(word, "--") == 0) {
            only_operands = true;
        } else if (word[1] == '-') {
            problem = parse_long(options, command, arguments);
        } else {
            problem = parse_letters(options, command, arguments);
        }
        if (problem != NULL) {
            return problem;
        }
    }
    return NULL;
}

static char *check_jobs(Options *options)
{
    options->jobs = (int)g_get_num_processors();
    if (options->jobs_text == NULL) {
        return NULL;
    }
    char *end = NULL;
    gint64 jobs = g_ascii_strtoll(options->jobs_text, &end, 10);
    if (end == options->jobs_text || *end != '\0' || jobs < 1 || jobs > 1024) {
        return g_strdup_printf("--jobs: expected a whole number in 1..1024, found \"%s\"",
                               options->jobs_text);
    }
    options->jobs = (int)jobs;
    return NULL;
}

static char *check_colour(const Options *options)
{
    static const char *const WORDS[] = {"auto", "always", "never", NULL};
    if (options->colour_text == NULL || g_strv_contains(WORDS, options->colour_text)) {
        return NULL;
    }
    return g_strdup_printf("--color: expected auto, always or never, found \"%s\"",
                           options->colour_text);
}

static char *check_operands(const Options *options, const Command *command)
{
    int count = (int)options->operands->len;
    if (command == NULL || options->help || options->version) {
        return NULL;
    }
    if (count < command->operands_min) {
        return g_strdup_printf("%s needs %s", command->name, command->operands);
    }
    if (count > command->operands_max) {
        return g_strdup_printf("%s: one argument too many: \"%s\"",
                               command->name,
                               (char *)options->operands->pdata[command->operands_max]);
    }
    return NULL;
}

bool options_parse(
    Options *options, const Command *command, int argc, char **argv, int first, char **problem)
{
    Arguments arguments = {argc, argv, first};
    *problem = parse_all(options, command, &arguments);
    if (*problem == NULL) {
        *problem = check_jobs(options);
    }
    if (*problem == NULL) {
        *problem = check_colour(options);
    }
    if (*problem == NULL) {
        *problem = check_operands(options, command);
    }
    return *problem == NULL;
}
