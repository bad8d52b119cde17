/* nearest_file.h - which file was meant by a path that leads to none. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_NEAREST_FILE_H
#define KAFKASIM_SCENARIOS_RUNNER_NEAREST_FILE_H

/* A hint for the reader of a message: a scenario in the folder named, one of the clone's, or the
 * command that writes the shipped one; NULL when none is like it. Caller frees. */
char *nearest_file_hint(const char *path, const char *program);

#endif
