/* inside_file.h - files that a scenario names: beside it or below, never elsewhere.
 *
 * No absolute path, no "..", no symbolic link on the way, regular UTF-8 files up to a size only. A
 * scenario that somebody sent must not be able to show another file's lines in its messages. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_READER_LOAD_INSIDE_FILE_H
#define KAFKASIM_SCENARIOS_RUNNER_READER_LOAD_INSIDE_FILE_H
#include "scenarios/runner/reader/reader.h"

/* The text of the file that `value` names; NULL after an error there. Caller frees. */
char *inside_file_read(Reader *reader, const Cursor *value, size_t bytes_max);
/* The file's path as messages show it. Caller frees. */
char *inside_file_shown(const Reader *reader, const Cursor *value);
/* A finding at a line of that file. */
void inside_file_error(Reader *reader, const Cursor *value, int line, const char *message);

#endif
