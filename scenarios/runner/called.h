/* called.h - command lines that the reader of a message can paste.
 *
 * Who calls build/kafkasim in a clone has no "kafkasim" in the PATH: what is printed names the
 * program and the file as this process was called with. What is written to disk does not know how
 * it was called, so that the same scenario and seed give the same bytes. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_CALLED_H
#define KAFKASIM_SCENARIOS_RUNNER_CALLED_H
#include <glib.h>

typedef struct Called {
    const char *program; /* as a word for a shell; NULL: "kafkasim" */
    const char *file;    /* the scenario, as the user wrote it; or NULL */
} Called;

/* argv[0] as a word for a shell; "kafkasim" when there is none. Caller frees. */
char *called_program(const char *argv0);
/* `text`, whose commands ("kafkasim run chaos.json", "kafkasim explain KEY") name the program and
 * the scenario's file as they were called; everything else as it is. Caller frees. */
char *called_text(const Called *called, const char *text);

#endif
