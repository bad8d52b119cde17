/* options.h - THE table of commands and the table of options.
 *
 * The printed help, the shell completions, the manual page and the parser all read these two
 * tables, so that they cannot drift apart. An option belongs to every command or to those of its
 * mask; who gives it to another is told so. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_OPTIONS_H
#define KAFKASIM_SCENARIOS_RUNNER_OPTIONS_H
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit status of every command. */
typedef enum ExitStatus {
    EXIT_STATUS_OK = 0,
    EXIT_STATUS_GOALS = 1,
    EXIT_STATUS_USAGE = 2,
    EXIT_STATUS_INVARIANT = 3,
    EXIT_STATUS_OUTPUT = 4,
    EXIT_STATUS_BUG = 70,
    EXIT_STATUS_MEMORY = 71,
    EXIT_STATUS_INTERRUPTED = 130,
} ExitStatus;

typedef enum ColourWhen { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER } ColourWhen;

typedef struct Options {
    const char *program; /* as it was called, as a word for a shell */
    GPtrArray *operands; /* of const char*, borrowed from argv */
    GPtrArray *set;      /* of char*: "/path=value"; NULL-terminated for ScenarioOverrides */
    const char *out;
    const char *seed;
    const char *until;
    const char *jobs_text;
    const char *colour_text;
    const char *lesson;
    const char *seeds;
    const char *measure;
    const char *at;
    const char *topic;
    const char *group;
    const char *transactional_id;
    const char *fidelity;
    const char *partitions;
    const char *assignor;
    const char *members;
    const char *topics;
    GPtrArray *subscribe; /* of char*: "a=t0,t1" */
    GPtrArray *owned;     /* of char*: "a=t0:0,t1:2" */
    bool under_replicated;
    bool under_min_isr;
    bool at_min_isr;
    bool unavailable;
    bool no_invariants;
    bool json;
    bool quiet;
    bool verbose;
    bool no_plots;
    bool no_answers;
    bool help;
    bool version;
    bool plan;
    bool term;
    int jobs;
    bool colour; /* on stdout */
} Options;

typedef struct Command {
    const char *name;
    const char *group;    /* heading in the help: "Run", "Look", "Write" */
    const char *operands; /* "FILE", "DIR", "KEY", "bash|zsh|fish", "" */
    int operands_min;
    int operands_max;
    const char *help;    /* one line */
    const char *details; /* for `kafkasim COMMAND --help` */
    ExitStatus (*run)(Options *options);
} Command;

typedef enum OptionKind { OPTION_FLAG, OPTION_TEXT, OPTION_LIST } OptionKind;

typedef struct OptionRow {
    const char *name; /* without the dashes */
    char letter;      /* 0 = none */
    OptionKind kind;
    const char *argument; /* "DIR"; NULL for a flag */
    size_t offset;        /* in Options */
    const char *commands; /* "check" or "compare sweep"; NULL = all */
    const char *help;
    bool common; /* of several commands: told after a command's own */
} OptionRow;

/* What --no-invariants is in terms of --set. */
#define OPTIONS_NO_INVARIANTS    "/output/invariants=false"
#define OPTIONS_RECORD_BY_RECORD "/fidelity=record"
#define OPTIONS_BY_BATCH         "/fidelity=batch"

size_t command_count(void);
const Command *command_at(size_t index);
const Command *command_find(const char *name); /* or NULL */
size_t option_count(void);
const OptionRow *option_at(size_t index);
bool option_belongs_to(const OptionRow *option, const Command *command);

typedef struct ExitRow {
    ExitStatus status;
    const char *meaning;
} ExitRow;
size_t exit_row_count(void);
const ExitRow *exit_row_at(size_t index);

/* Does this word want the next one as its value ("-o", "--out", but not "--out=x")? */
bool option_takes_next(const char *word);
/* Parses argv[first..]; false with a message in `problem` (caller frees). `command` may be NULL:
 * then only the options of all commands are known. */
bool options_parse(
    Options *options, const Command *command, int argc, char **argv, int first, char **problem);
void options_init(Options *options);
void options_clear(Options *options);

#endif
