/* dotted.c - pointers as people write them who know another notation; see pointer.h. Kafka's keys
 * have dots of their own: the tree tells which dots are steps. */
#include "scenarios/runner/reader/pointer.h"
#include "scenarios/runner/reader/text/quote.h"
#include <glib.h>
#include <string.h>

#define DEPTH_MAX       24  /* of a scenario */
#define WORDS_BYTES_MAX 300 /* longer ones are no slip of the pen */

/* "topics[0].partitions" as "topics", "0", "partitions". */
static char **split(const char *words)
{
    g_autoptr(GString) plain = g_string_new(NULL);
    for (const char *at = words; *at != '\0'; at++) {
        if (*at == '[' || *at == '/') {
            g_string_append_c(plain, '.');
        } else if (*at != ']' && *at != '"' && *at != '$') {
            g_string_append_c(plain, *at);
        }
    }
    return g_strsplit(plain->str[0] == '.' ? plain->str + 1 : plain->str, ".", -1);
}

static char *joined(char **words, size_t count)
{
    GString *out = g_string_new(NULL);
    for (size_t i = 0; i < count; i++) {
        g_string_append_printf(out, "%s%s", i == 0 ? "" : ".", words[i]);
    }
    return g_string_free(out, FALSE);
}

/* The index of the element that has this name, for "topics.orders.partitions"; -1 none. */
static int element_named(const cJSON *list, const char *name)
{
    int index = 0;
    for (const cJSON *item = list->child; item != NULL; item = item->next, index++) {
        const char *found = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "name"));
        if (g_strcmp0(found, name) == 0) {
            return index;
        }
    }
    return -1;
}

/* By number or name; where neither is said, the first. */
static cJSON *step_into_list(cJSON *list, char ***words, GString *out)
{
    const char *word = **words;
    const bool number = word[0] != '\0' && word[strspn(word, "0123456789")] == '\0';
    const int named = element_named(list, word);
    if (number) {
        quote_pointer_token(out, word);
    } else {
        g_string_append_printf(out, "/%d", MAX(named, 0));
    }
    *words += number || named >= 0;
    return number ? pointer_element(list, word) : cJSON_GetArrayItem(list, MAX(named, 0));
}

/* Takes as many words as make a key that is there; where none is, a section that may be left out,
 * or all that are left: the last key, with its dots. */
static cJSON *step_into_object(cJSON *at, char ***words, GString *out)
{
    const size_t all = g_strv_length(*words);
    for (size_t count = all; count > 0 && at != NULL; count--) {
        g_autofree char *key = joined(*words, count);
        cJSON *found = cJSON_GetObjectItemCaseSensitive(at, key);
        if (found != NULL) {
            quote_pointer_token(out, key);
            *words += count;
            return found;
        }
    }
    const bool section = strcmp(**words, "config") == 0 || strcmp(**words, "cluster") == 0;
    const size_t count = section ? 1 : all;
    g_autofree char *key = joined(*words, count);
    quote_pointer_token(out, key);
    *words += count;
    return NULL;
}

/* Appends the way to the first member of this name. */
static bool find_key(cJSON *at, const char *name, int depth, GString *out)
{
    int index = 0;
    const gsize before = out->len;
    for (cJSON *child = at->child; child != NULL && depth < DEPTH_MAX; child = child->next) {
        if (child->string != NULL) {
            quote_pointer_token(out, child->string);
        } else {
            g_string_append_printf(out, "/%d", index++);
        }
        if (g_strcmp0(child->string, name) == 0 || find_key(child, name, depth + 1, out)) {
            return true;
        }
        g_string_truncate(out, before);
    }
    return false;
}

char *pointer_from_words(cJSON *root, const char *words)
{
    if (strlen(words) > WORDS_BYTES_MAX || !g_utf8_validate(words, -1, NULL)) {
        return NULL;
    }
    g_auto(GStrv) all = split(words);
    GString *out = g_string_new(NULL);
    if (all[0] == NULL) {
        return g_string_free(out, TRUE);
    }
    if (cJSON_GetObjectItemCaseSensitive(root, all[0]) == NULL && strcmp(all[0], "cluster") != 0) {
        const bool found = find_key(root, words, 0, out);
        return g_string_free(out, !found);
    }
    cJSON *at = root;
    for (char **rest = all; *rest != NULL;) {
        at = cJSON_IsArray(at) ? step_into_list(at, &rest, out) : step_into_object(at, &rest, out);
    }
    return g_string_free(out, FALSE);
}
