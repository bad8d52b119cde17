/* json_print.c - a cJSON tree as text that keeps every digit: cJSON's own printer rounds whole
 * numbers above 10^15 to 15 digits and depends on the locale. */
#include "scenarios/runner/reader/scenario.h"
#include <string.h>

static void print_string(const char *text, GString *out)
{
    g_string_append_c(out, '"');
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\') {
            g_string_append_printf(out, "\\%c", *at);
        } else if ((unsigned char)*at < 0x20 || *at == 0x7F) {
            g_string_append_printf(out, "\\u%04x", (unsigned)*at);
        } else {
            g_string_append_c(out, *at);
        }
    }
    g_string_append_c(out, '"');
}

/* The fewest digits that read back as the same number. */
static void print_number(double value, GString *out)
{
    if (value >= -9007199254740992.0 && value <= 9007199254740992.0 &&
        value == (double)(int64_t)value) {
        g_string_append_printf(out, "%" G_GINT64_FORMAT, (int64_t)value);
        return;
    }
    char digits[G_ASCII_DTOSTR_BUF_SIZE];
    static const char *const formats[] = {"%.15g", "%.16g", "%.17g"};
    for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_ascii_formatd(digits, sizeof digits, formats[i], value);
        double back = g_ascii_strtod(digits, NULL);
        if (memcmp(&back, &value, sizeof value) == 0) {
            break;
        }
    }
    g_string_append(out, digits);
}

static void new_line(int depth, GString *out)
{
    if (depth >= 0) {
        g_string_append_c(out, '\n');
        for (int i = 0; i < depth; i++) {
            g_string_append(out, "  ");
        }
    }
}

static bool is_flat(const cJSON *node)
{
    for (const cJSON *item = node->child; item != NULL; item = item->next) {
        if (item->child != NULL || cJSON_IsObject(node)) {
            return false;
        }
    }
    return true;
}

/* depth -1: on one line. Lists of plain values stand on one line at any depth. */
static void print(const cJSON *node, int depth, GString *out)
{
    if (cJSON_IsString(node)) {
        print_string(node->valuestring, out);
    } else if (cJSON_IsNumber(node)) {
        print_number(node->valuedouble, out);
    } else if (!cJSON_IsArray(node) && !cJSON_IsObject(node)) {
        g_string_append(out, cJSON_IsNull(node) ? "null" : cJSON_IsTrue(node) ? "true" : "false");
    } else {
        bool object = cJSON_IsObject(node), flat = is_flat(node);
        int inner = depth < 0 || flat ? -1 : depth + 1;
        g_string_append_c(out, object ? '{' : '[');
        for (const cJSON *item = node->child; item != NULL; item = item->next) {
            g_string_append(out, item == node->child ? "" : inner < 0 ? ", " : ",");
            new_line(inner, out);
            if (object) {
                print_string(item->string, out);
                g_string_append(out, ": ");
            }
            print(item, inner, out);
        }
        new_line(node->child == NULL || flat ? -1 : depth, out);
        g_string_append_c(out, object ? '}' : ']');
    }
}

void scenario_write_value(const cJSON *value, GString *out)
{
    print(value, -1, out);
}

void scenario_write(const Scenario *scenario, GString *out)
{
    print(scenario->json, 0, out);
    g_string_append_c(out, '\n');
}
