/* properties.c - "config": {"@properties": "producer.properties"}: options from a file that
 * stands beside the scenario.
 *
 * The path is relative to the scenario's folder and stays in it: no absolute path, no "..", no
 * symbolic link on the way, regular files of up to 64 KiB only. A scenario that somebody sent
 * must not be able to show another file's lines in its messages. */
#include "scenarios/runner/reader/reader.h"
#include "scenarios/runner/reader/text/properties_text.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX 65536

typedef struct Load {
    Reader *reader;
    const Cursor *config;
    const Rule *rule;
    const char *path;
} Load;

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
static char *read_inside(const char *folder, const char *path, const char **ret_why)
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
    } else if (status.st_size > FILE_BYTES_MAX) {
        *ret_why = "it is larger than 64 KiB";
    } else {
        text = g_malloc0(FILE_BYTES_MAX + 1);
        size_t filled = 0;
        for (ssize_t got = 1;
             got > 0 && filled<FILE_BYTES_MAX; filled += got> 0 ? (size_t)got : 0) {
            got = read(file, text + filled, FILE_BYTES_MAX - filled);
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

static bool has_control(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7F) {
            return true;
        }
    }
    return false;
}

/* What stands in the scenario itself wins over the file, the last of two lines in a file too. */
static void on_property(void *user, const char *key, const char *value, int line)
{
    Load *load = user;
    cJSON *config = load->config->node;
    cJSON *node = cJSON_CreateString(value);
    cJSON named = {.string = (char *)(uintptr_t)key};
    Cursor cursor = cursor_member(load->config, &named);
    if (has_control(key) || has_control(value)) {
        reader_error(
            load->reader, load->config, "line %d of its file has control characters", line);
        cJSON_Delete(node);
        return;
    }
    if (!check_option(load->reader, &cursor, load->rule->scopes, key, value, load->path, line)) {
        cJSON_Delete(node);
        return;
    }
    cJSON *there = cJSON_GetObjectItemCaseSensitive(config, key);
    if (there == NULL) {
        node->valueint = 1; /* marks it as the file's: a later line may replace it */
        cJSON_AddItemToObject(config, key, node);
    } else if (cJSON_IsString(there) && there->valueint == 1) {
        node->valueint = 1;
        cJSON_ReplaceItemInObjectCaseSensitive(config, key, node);
    } else {
        cJSON_Delete(node);
    }
}

static void load_text(Load *load, const Cursor *value, const char *text)
{
    int line = 0;
    if (!properties_parse(text, on_property, load, &line)) {
        reader_error(load->reader, value, "line %d of this file has a broken \\u escape", line);
    }
}

void properties_load(Reader *reader, const Cursor *config, const Cursor *value, const Rule *rule)
{
    const char *why = NULL;
    if (!cJSON_IsString(value->node)) {
        reader_error(reader, value, "expected the name of a properties file");
        return;
    }
    const char *path = value->node->valuestring;
    char *text = NULL;
    if (reader->folder == NULL) {
        why = "this scenario does not come from a folder";
    } else if (!path_is_inside(path)) {
        why = "it must be a path inside the scenario's folder";
    } else {
        text = read_inside(reader->folder, path, &why);
    }
    GString *quoted = g_string_new(NULL);
    quote_string(quoted, path);
    if (text == NULL) {
        reader_error(reader, value, "cannot read %s: %s", quoted->str, why);
    } else {
        char *shown = strcmp(reader->folder, ".") == 0
                          ? g_strdup(path)
                          : g_build_filename(reader->folder, path, NULL);
        Load load = {reader, config, rule, shown};
        load_text(&load, value, text);
        g_free(shown);
    }
    g_string_free(quoted, TRUE);
    g_free(text);
}
