/* result_dir.h - a directory that appears under its name only when it is complete.
 *
 *   begin: sibling ".NAME.XXXXXX" --write files--> commit: old one aside, rename, what is not of
 *                                             |      a result moves over, delete old
 *                                             \--> abandon: delete the sibling
 *
 * What stands under the name already is replaced only if it is empty or a kafkasim result; what its
 * user has put there stays, and so do the scripts in plots/. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_RESULTS_RESULT_DIR_H
#define KAFKASIM_SCENARIOS_RUNNER_RESULTS_RESULT_DIR_H
#include <glib.h>
#include <stdbool.h>

#define RESULT_ERROR (result_error_quark())
GQuark result_error_quark(void);

typedef struct ResultDir ResultDir;

/* Why the place may not be used, before any work is done; parents need not exist. */
bool result_dir_check(const char *path, GError **error);
ResultDir *result_dir_begin(const char *path, GError **error);
/* Adds to the end of a file; `name` is a plain file name. After an error it does nothing. */
void result_dir_append(ResultDir *self, const char *name, const GString *bytes);
/* Frees self either way; false when anything could not be written: then nothing is left. */
bool result_dir_commit(ResultDir *self, GError **error);
void result_dir_abandon(ResultDir *self);

#endif
