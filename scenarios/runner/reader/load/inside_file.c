/* inside_file.c - see inside_file.h. */
#include "scenarios/runner/reader/load/inside_file.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool path_is_inside(const char *path)
{
    char **parts = g_strsplit(path, "/", -1);
    bool fine = path[0] != '\0' && path[0] != '/';
    for (size_t i = 0; parts[i] != NULL; i++) {
        fine = fine && strcmp(parts[i], "..") != 0 && parts[i][0] != '\0';
    }
    g_strfreev(parts);
    return fine;
}

/* Opens one part after the other, following no link. -1 with errno. */
static int open_inside(const char *folder, const char *path)
{
    char **parts = g_strsplit(path, "/", -1);
    int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; parts[i] != NULL && at >= 0; i++) {
        int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
        int next = openat(at, parts[i], parts[i + 1] != NULL ? flags | O_DIRECTORY : flags);
        int error = errno;
        close(at);
        errno = error;
        at = next;
    }
    g_strfreev(parts);
    return at;
}

/* Caller frees; NULL with the reason. */
static char *
read_inside(const char *folder, const char *path, size_t bytes_max, const char **ret_why)
{
    struct stat status;
    int file = open_inside(folder, path);
    if (file < 0) {
        *ret_why = errno == ELOOP || errno == EMLINK ? "it is a symbolic link" : g_strerror(errno);
        return NULL;
    }
    char *text = NULL;
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
        *ret_why = "it is no regular file";
    } else if ((size_t)status.st_size > bytes_max) {
        *ret_why = bytes_max < 1048576 ? "it is larger than 64 KiB" : "it is larger than 16 MiB";
    } else {
        text = g_malloc0(bytes_max + 1);
        size_t filled = 0;
        for (ssize_t got = 1; got > 0 && filled<bytes_max; filled += got> 0 ? (size_t)got : 0) {
            got = read(file, text + filled, bytes_max - filled);
        }
        if (!g_utf8_validate(text, (gssize)filled, NULL)) {
            *ret_why = "it is not UTF-8";
            g_free(text);
            text = NULL;
        }
    }
    close(file);
    return text;
}

char *inside_file_read(Reader *reader, const Cursor *value, size_t bytes_max)
{
    const char *why = NULL;
    const char *path = value->node->valuestring;
    char *text = NULL;
    if (reader->folder == NULL) {
        why = "this scenario does not come from a folder";
    } else if (!path_is_inside(path)) {
        why = "it must be a path inside the scenario's folder";
    } else {
        text = read_inside(reader->folder, path, bytes_max, &why);
    }
    if (text == NULL) {
        GString *quoted = g_string_new(NULL);
        quote_string(quoted, path);
        reader_error(reader, value, "cannot read %s: %s", quoted->str, why);
        g_string_free(quoted, TRUE);
    }
    return text;
}

char *inside_file_shown(const Reader *reader, const Cursor *value)
{
    const char *path = value->node->valuestring;
    return strcmp(reader->folder, ".") == 0 ? g_strdup(path)
                                            : g_build_filename(reader->folder, path, NULL);
}

void inside_file_error(Reader *reader, const Cursor *value, int line, const char *message)
{
    Problem problem = {.kind = PROBLEM_ERROR,
                       .file = inside_file_shown(reader, value),
                       .line = line,
                       .column = 1,
                       .pointer = cursor_pointer(value),
                       .message = (char *)(uintptr_t)message};
    problems_add(reader->problems, &problem);
    g_free(problem.file);
    g_free(problem.pointer);
}
