/* partition.c - kafkasim partition: the partition that a producer's key goes to.
 *
 * Keys are the bytes of the text, as StringSerializer writes them (UTF-8). Kafka: Utils.murmur2,
 * BuiltInPartitioner.partitionForKey. */
#include "models/producer/murmur2.h"
#include "scenarios/runner/commands/commands.h"
#include "scenarios/runner/json_writer.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool read_partitions(const Options *options, int32_t *ret_partitions)
{
    guint64 value = 0;
    if (options->partitions == NULL) {
        command_complain("--partitions N is missing: how many partitions does the topic have?");
        return false;
    }
    if (!g_ascii_string_to_unsigned(options->partitions, 10, 1, INT32_MAX, &value, NULL)) {
        command_complain("--partitions: expected a whole number from 1 to %d, found \"%s\"",
                         INT32_MAX,
                         options->partitions);
        return false;
    }
    *ret_partitions = (int32_t)value;
    return true;
}

/* One key a line; an empty line is the empty key. False after a complaint. */
static bool read_keys(GPtrArray *keys)
{
    if (isatty(STDIN_FILENO) == 1) {
        g_printerr("kafkasim: reading keys, one a line, to the end of input (Ctrl-D)\n");
    }
    g_autofree char *line = NULL;
    size_t room = 0;
    ssize_t bytes;
    while ((bytes = getline(&line, &room, stdin)) >= 0) {
        bytes -= bytes > 0 && line[bytes - 1] == '\n' ? 1 : 0;
        bytes -= bytes > 0 && line[bytes - 1] == '\r' ? 1 : 0;
        if (!g_utf8_validate(line, bytes, NULL)) {
            command_complain("standard input:%u: this key is not UTF-8 text", keys->len + 1);
            return false;
        }
        g_ptr_array_add(keys, g_strndup(line, (gsize)bytes));
    }
    if (keys->len == 0) {
        command_complain("no key: name one, or write one a line to standard input");
    }
    return keys->len > 0;
}

static bool take_keys(const Options *options, GPtrArray *keys)
{
    for (guint i = 0; i < options->operands->len; i++) {
        const char *key = options->operands->pdata[i];
        if (!g_utf8_validate(key, -1, NULL)) {
            command_complain("key %u is not UTF-8 text", i + 1);
            return false;
        }
        g_ptr_array_add(keys, g_strdup(key));
    }
    return keys->len > 0 || read_keys(keys);
}

static void append_json(const GPtrArray *keys, int32_t partitions, GString *out)
{
    JsonWriter json;
    json_writer_init(&json, out);
    json_begin_array(&json, NULL);
    for (guint i = 0; i < keys->len; i++) {
        const char *key = keys->pdata[i];
        g_autofree char *hash = g_strdup_printf("%08x", murmur2(key, strlen(key)));
        json_begin_object(&json, NULL);
        json_string(&json, "key", key);
        json_string(&json, "murmur2", hash);
        json_integer(&json, "partition", murmur2_partition(key, strlen(key), partitions));
        json_end_object(&json);
    }
    json_end_array(&json);
    g_string_append_c(out, '\n');
}

static int widest(const GPtrArray *keys)
{
    glong most = (glong)strlen("KEY");
    for (guint i = 0; i < keys->len; i++) {
        glong width = g_utf8_strlen(keys->pdata[i], -1);
        most = width > most ? width : most;
    }
    return most > 60 ? 60 : (int)most;
}

static void append_padded(GString *out, const char *text, int width)
{
    g_string_append(out, text);
    for (glong i = g_utf8_strlen(text, -1); i < width; i++) {
        g_string_append_c(out, ' ');
    }
}

static void append_table(const GPtrArray *keys, int32_t partitions, GString *out)
{
    int width = widest(keys);
    append_padded(out, "KEY", width);
    g_string_append(out, "  MURMUR2   PARTITION\n");
    for (guint i = 0; i < keys->len; i++) {
        const char *key = keys->pdata[i];
        append_padded(out, key, width);
        g_string_append_printf(out,
                               "  %08x  %d\n",
                               murmur2(key, strlen(key)),
                               murmur2_partition(key, strlen(key), partitions));
    }
}

ExitStatus command_partition(Options *options)
{
    int32_t partitions = 0;
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
    if (!read_partitions(options, &partitions) || !take_keys(options, keys)) {
        return EXIT_STATUS_USAGE;
    }
    g_autoptr(GString) out = g_string_new(NULL);
    if (options->json) {
        append_json(keys, partitions, out);
    } else {
        append_table(keys, partitions, out);
    }
    return command_print(out->str);
}
