/* problem.h - what is wrong with a scenario, told all at once.
 *
 * Every finding has a place (a file's line and column, or an override of the command line), a
 * JSON pointer, a sentence, and where it helps a hint. Findings are printed sorted by place:
 *
 *   bad.json:7:9: error: /producers/1/config/linger_ms: unknown producer option
 *       7 |         "linger_ms": 5,
 *         |         ^
 *         = hint: did you mean "linger.ms"?
 *
 * `file:line:col: error:` is what editors, make and CI already parse. Text from the file is
 * escaped before it is shown, so that a scenario cannot send control codes to a terminal. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_READER_PROBLEM_H
#define KAFKASIM_SCENARIOS_RUNNER_READER_PROBLEM_H
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum ProblemKind {
    PROBLEM_ERROR,   /* the scenario is refused */
    PROBLEM_WARNING, /* it runs, but probably not as meant */
    PROBLEM_NOTE,    /* worth knowing: an option that is not simulated, say */
} ProblemKind;

typedef struct Problem {
    ProblemKind kind;
    char *file;            /* as the user named it; or "--set /topics/0/partitions=x" */
    int32_t line;          /* from 1; 0 = no place in a text */
    int32_t column;        /* in characters, from 1 */
    char *pointer;         /* "/topics/0/partitions"; "" = the whole document; NULL = none */
    char *message;         /* "expected an integer in 1..10000, found \"x\"" */
    char *hint;            /* or NULL */
    char *source;          /* the line itself, cut to a window around the place; or NULL */
    int32_t source_column; /* of the place in `source`, from 1 */
} Problem;

typedef struct Problems Problems;

Problems *problems_new(void);
void problems_free(Problems *problems);
/* Takes over nothing: every string is copied. At most 200 are kept, the rest is counted; who
 * looks for more asks problems_is_full first and stops there. */
void problems_add(Problems *problems, const Problem *problem);
/* Puts what `tell` makes of it (new, taken over) in the place of each hint: how the program was
 * called is not known here. */
typedef char *(*ProblemTell)(const void *user, const char *hint);
void problems_retell(Problems *problems, ProblemTell tell, const void *user);
bool problems_is_full(const Problems *problems); /* of errors */
size_t problems_count(const Problems *problems, ProblemKind kind);
static inline bool problems_has_errors(const Problems *problems)
{
    return problems_count(problems, PROBLEM_ERROR) > 0;
}
/* Sorted by place; errors before warnings before notes of the same place. */
const Problem *problems_at(Problems *problems, size_t index);
size_t problems_kept(const Problems *problems);
/* All findings from `least` up (PROBLEM_NOTE: everything; PROBLEM_ERROR: errors only), with
 * source line and caret, and a closing line that counts them. */
void problems_print(Problems *problems, ProblemKind least, bool colour, GString *out);
/* The same as a JSON array: [{"kind","file","line","column","pointer","message","hint"}]. */
void problems_print_json(Problems *problems, GString *out);

#endif
