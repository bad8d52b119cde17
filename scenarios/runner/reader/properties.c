/* properties.c - "config": {"@properties": "producer.properties"}: options from a file that
 * stands beside the scenario.
 *
 * The path is relative to the scenario's folder and stays in it, see load/inside_file.h. */
#include "scenarios/runner/reader/load/inside_file.h"
#include "scenarios/runner/reader/text/properties_text.h"
#include <string.h>

#define FILE_BYTES_MAX 65536

typedef struct Load {
    Reader *reader;
    const Cursor *config;
    const Rule *rule;
    const char *path;
} Load;

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
    if (!cJSON_IsString(value->node)) {
        reader_error(reader, value, "expected the name of a properties file");
        return;
    }
    char *text = inside_file_read(reader, value, FILE_BYTES_MAX);
    if (text != NULL) {
        char *shown = inside_file_shown(reader, value);
        Load load = {reader, config, rule, shown};
        load_text(&load, value, text);
        g_free(shown);
    }
    g_free(text);
}
