/* kafka_option_value.c - what text is a value of an option, and which text it then stands for.
 *
 * Kafka: ConfigDef.parseType and its validators: text is trimmed, booleans may be in any case,
 * numbers are decimal, lists are separated by commas. Left out: environment and file providers
 * ("${...}"), passwords. */
#include "models/protocol/iso_duration.h"
#include "models/protocol/kafka_options.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BY_DURATION "by_duration:*"

/* AutoOffsetResetStrategy.fromString */
static bool is_by_duration(const char *text)
{
    const size_t length = strlen(BY_DURATION) - 1;
    SimDuration duration;
    return strncmp(BY_DURATION, text, length) == 0 &&
           iso_duration_parse(text + length, &duration) && duration >= 0;
}

/* A choice that ends in '*' stands for everything that begins so, but for durations. */
static bool choice_matches(const char *choice, size_t length, const char *text)
{
    if (length == strlen(BY_DURATION) && strncmp(choice, BY_DURATION, length) == 0) {
        return is_by_duration(text);
    }
    if (length > 0 && choice[length - 1] == '*') {
        return strncmp(choice, text, length - 1) == 0 && strlen(text) >= length - 1;
    }
    return strlen(text) == length && strncmp(choice, text, length) == 0;
}

static bool is_choice(const char *choices, const char *text)
{
    for (const char *at = choices; at != NULL; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL) {
        if (choice_matches(at, strcspn(at, "|"), text)) {
            return true;
        }
    }
    return false;
}

static bool is_list_of_choices(const char *choices, const char *text)
{
    char **parts = g_strsplit(text, ",", -1);
    bool fine = true;
    for (size_t i = 0; parts[i] != NULL; i++) {
        fine = fine && is_choice(choices, g_strstrip(parts[i]));
    }
    g_strfreev(parts);
    return fine;
}

/* Mirrors: ThrottledReplicaListValidator. */
static bool lists_replicas(const KafkaOption *option)
{
    return g_str_has_suffix(option->name, ".replication.throttled.replicas");
}

static bool is_list_of_replicas(const char *text)
{
    return g_regex_match_simple("^( *([0-9]+:[0-9]+)? *(,|$))*$|^[ ,]*[*][ ,]*$", text, 0, 0);
}

static bool parse_integer(const char *text, int64_t *ret_value)
{
    const char *digits = text + (*text == '-' || *text == '+');
    if (*digits == '\0' || strspn(digits, "0123456789") != strlen(digits)) {
        return false;
    }
    errno = 0;
    *ret_value = g_ascii_strtoll(text, NULL, 10);
    return errno == 0;
}

/* Not "inf", "nan" or a hexadecimal float, which strtod would take. */
static bool parse_double(const char *text, double *ret_value)
{
    if (*text == '\0' || strspn(text, "+-.0123456789eE") != strlen(text)) {
        return false;
    }
    char *end = NULL;
    errno = 0;
    *ret_value = g_ascii_strtod(text, &end);
    return *end == '\0' && errno == 0;
}

/* The value as it is kept: what Kafka would take it for. NULL when it is none. */
static char *canonical_number(const KafkaOption *option, const char *text)
{
    if (option->type == KAFKA_TYPE_DOUBLE) {
        double number = 0;
        bool fine = parse_double(text, &number) && number >= (double)option->minimum &&
                    (option->maximum == INT64_MAX || number <= (double)option->maximum);
        return fine ? g_strdup(text) : NULL;
    }
    int64_t number = 0;
    bool fine =
        parse_integer(text, &number) && number >= option->minimum && number <= option->maximum;
    return fine ? g_strdup_printf("%" G_GINT64_FORMAT, number) : NULL;
}

static char *canonical_boolean(const char *text)
{
    if (g_ascii_strcasecmp(text, "true") == 0) {
        return g_strdup("true");
    }
    return g_ascii_strcasecmp(text, "false") == 0 ? g_strdup("false") : NULL;
}

static char *canonical_choice(const KafkaOption *option, const char *text)
{
    if (option->choices == NULL) {
        return lists_replicas(option) && !is_list_of_replicas(text) ? NULL : g_strdup(text);
    }
    bool fine = option->type == KAFKA_TYPE_LIST ? is_list_of_choices(option->choices, text)
                                                : is_choice(option->choices, text);
    if (fine && strcmp(option->name, "acks") == 0 && strcmp(text, "-1") == 0) {
        return g_strdup("all"); /* two names of one thing: the models know one */
    }
    return fine ? g_strdup(text) : NULL;
}

char *kafka_option_canonical(const KafkaOption *option, const char *text)
{
    char *trimmed = g_strstrip(g_strdup(text));
    char *canonical = NULL;
    switch (option->type) {
    case KAFKA_TYPE_BOOLEAN:
        canonical = canonical_boolean(trimmed);
        break;
    case KAFKA_TYPE_SHORT:
    case KAFKA_TYPE_INT:
    case KAFKA_TYPE_LONG:
    case KAFKA_TYPE_DOUBLE:
        canonical = canonical_number(option, trimmed);
        break;
    case KAFKA_TYPE_STRING:
    case KAFKA_TYPE_LIST:
    case KAFKA_TYPE_CLASS:
        canonical = canonical_choice(option, trimmed);
        break;
    }
    g_free(trimmed);
    return canonical;
}

static void expect_number(const KafkaOption *option, char *expected, size_t bytes)
{
    const char *what = option->type == KAFKA_TYPE_DOUBLE ? "a number" : "an integer";
    if (option->minimum == INT64_MIN && option->maximum == INT64_MAX) {
        snprintf(expected, bytes, "%s", what);
    } else if (option->maximum == INT64_MAX) {
        snprintf(expected, bytes, "%s of at least %" G_GINT64_FORMAT, what, option->minimum);
    } else {
        snprintf(expected,
                 bytes,
                 "%s in %" G_GINT64_FORMAT "..%" G_GINT64_FORMAT,
                 what,
                 option->minimum,
                 option->maximum);
    }
}

static void expect_choice(const KafkaOption *option, char *expected, size_t bytes)
{
    char **parts = g_strsplit(option->choices, "|", -1);
    char *joined = g_strjoinv(", ", parts);
    const char *what = option->type == KAFKA_TYPE_LIST ? "a list of" : "one of";
    snprintf(expected, bytes, "%s %s", what, joined);
    g_free(joined);
    g_strfreev(parts);
}

static void expect(const KafkaOption *option, char *expected, size_t bytes)
{
    if (option->type == KAFKA_TYPE_BOOLEAN) {
        snprintf(expected, bytes, "true or false");
    } else if (option->choices != NULL) {
        expect_choice(option, expected, bytes);
    } else if (lists_replicas(option)) {
        snprintf(expected, bytes, "* or a list of PARTITION:BROKER separated by commas");
    } else if (option->type == KAFKA_TYPE_STRING || option->type == KAFKA_TYPE_CLASS) {
        snprintf(expected, bytes, "a string");
    } else if (option->type == KAFKA_TYPE_LIST) {
        snprintf(expected, bytes, "a list separated by commas");
    } else {
        expect_number(option, expected, bytes);
    }
}

bool kafka_option_accepts(const KafkaOption *option,
                          const char *text,
                          char *expected,
                          size_t expected_bytes)
{
    char *canonical = kafka_option_canonical(option, text);
    bool fine = canonical != NULL;
    g_free(canonical);
    if (!fine && expected_bytes > 0) {
        expect(option, expected, expected_bytes);
    }
    return fine;
}

SimDuration kafka_duration_ns(const char *text)
{
    SimDuration duration = 0;
    return iso_duration_parse(text, &duration) ? duration : 0;
}
