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
#define OWN_CLASS   "*.*"

/* AutoOffsetResetStrategy.fromString */
static bool is_by_duration(const char *text)
{
    const size_t length = strlen(BY_DURATION) - 1;
    SimDuration duration;
    return strncmp(BY_DURATION, text, length) == 0 &&
           iso_duration_parse(text + length, &duration) && duration >= 0;
}

/* Kafka loads classes by their full names, and knows those of its own packages. */
static bool is_own_class(const char *text)
{
    return g_regex_match_simple("^[A-Za-z_$][\\w$]*([.][A-Za-z_$][\\w$]*)+$", text, 0, 0) &&
           !g_str_has_prefix(text, "org.apache.kafka.");
}

/* ConfigDef.CaseInsensitiveValidString */
static bool in_any_case(const KafkaOption *option)
{
    static const char *const names[] = {"group.protocol",
                                        "group.consumer.migration.policy",
                                        "metadata.recovery.strategy",
                                        "security.protocol",
                                        "sasl.oauthbearer.assertion.algorithm",
                                        NULL};
    return g_strv_contains(names, option->name);
}

/* As it is kept, NULL when it is no choice. Choices with '*' stand for more than one text. */
static char *matching_choice(const KafkaOption *option, const char *text)
{
    g_auto(GStrv) choices = g_strsplit(option->choices, "|", -1);
    for (size_t i = 0; choices[i] != NULL; i++) {
        if ((strcmp(choices[i], BY_DURATION) == 0 && is_by_duration(text)) ||
            (strcmp(choices[i], OWN_CLASS) == 0 && is_own_class(text))) {
            return g_strdup(text);
        }
        if (in_any_case(option) ? g_ascii_strcasecmp(choices[i], text) == 0
                                : strcmp(choices[i], text) == 0) {
            return g_strdup(choices[i]);
        }
    }
    return NULL;
}

static bool is_list_of_choices(const KafkaOption *option, const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    bool fine = true;
    for (size_t i = 0; parts[i] != NULL; i++) {
        g_autofree char *choice = matching_choice(option, g_strstrip(parts[i]));
        fine = fine && choice != NULL;
    }
    return fine;
}

bool kafka_option_is_own_class(const KafkaOption *option, const char *text)
{
    if (option->choices == NULL || strstr(option->choices, OWN_CLASS) == NULL) {
        return false;
    }
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    bool own = false;
    for (size_t i = 0; parts[i] != NULL; i++) {
        own = own || is_own_class(g_strstrip(parts[i]));
    }
    return own;
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

/* CompressionType.GZIP.levelValidator */
static bool is_gzip_level(const KafkaOption *option)
{
    return strcmp(option->name, "compression.gzip.level") == 0;
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
    fine = fine && (number != 0 || !is_gzip_level(option));
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
        const bool fine = (int64_t)strlen(text) >= option->minimum &&
                          (!lists_replicas(option) || is_list_of_replicas(text));
        return fine ? g_strdup(text) : NULL;
    }
    if (strcmp(option->name, "acks") == 0 && strcmp(text, "-1") == 0) {
        return g_strdup("all"); /* two names of one thing: the models know one */
    }
    if (option->type == KAFKA_TYPE_LIST) {
        return is_list_of_choices(option, text) ? g_strdup(text) : NULL;
    }
    return matching_choice(option, text);
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
    if (is_gzip_level(option)) {
        snprintf(expected, bytes, "an integer in 1..9, or -1");
    } else if (option->minimum == INT64_MIN && option->maximum == INT64_MAX) {
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
    g_auto(GStrv) parts = g_strsplit(option->choices, "|", -1);
    for (size_t i = 0; parts[i] != NULL; i++) {
        if (strcmp(parts[i], OWN_CLASS) == 0) {
            g_free(parts[i]);
            parts[i] = g_strdup("a class of your own (package.Class)");
        }
    }
    g_autofree char *joined = g_strjoinv(", ", parts);
    const char *what = option->type == KAFKA_TYPE_LIST ? "a list of" : "one of";
    const char *how = in_any_case(option) ? ", in any case" : "";
    snprintf(expected, bytes, "%s %s%s", what, joined, how);
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
        snprintf(expected, bytes, "a string%s", option->minimum > 0 ? " that is not empty" : "");
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
