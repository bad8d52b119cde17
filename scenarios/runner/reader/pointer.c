/* pointer.c - follows JSON pointers; see pointer.h. */
#include "scenarios/runner/reader/pointer.h"
#include "scenarios/runner/reader/text/quote.h"
#include <glib.h>
#include <string.h>

char *pointer_token(const char **pointer)
{
    GString *token = g_string_new(NULL);
    const char *at = *pointer + 1;
    for (; *at != '\0' && *at != '/'; at++) {
        bool escaped = *at == '~' && (at[1] == '0' || at[1] == '1');
        g_string_append_c(token, !escaped ? *at : at[1] == '0' ? '~' : '/');
        at += escaped;
    }
    *pointer = at;
    return g_string_free(token, FALSE);
}

cJSON *pointer_element(const cJSON *list, const char *token)
{
    guint64 index = 0;
    bool zeros = token[0] == '0' && token[1] != '\0'; /* RFC 6901: one element, one pointer */
    if (zeros || !g_ascii_string_to_unsigned(token, 10, 0, 1000000, &index, NULL)) {
        return NULL;
    }
    return cJSON_GetArrayItem(list, (int)index);
}

cJSON *pointer_step(cJSON *at, const char *token)
{
    return cJSON_IsObject(at)  ? cJSON_GetObjectItemCaseSensitive(at, token)
           : cJSON_IsArray(at) ? pointer_element(at, token)
                               : NULL;
}

char *pointer_indices(const char *list, int count)
{
    return count == 0 ? g_strdup_printf("%s is an empty list", list)
           : count == 1
               ? g_strdup_printf("%s holds one element, %s/0 (counting begins at 0)", list, list)
               : g_strdup_printf("%s holds %d elements, %s/0 to %s/%d (counting begins at 0)",
                                 list,
                                 count,
                                 list,
                                 list,
                                 count - 1);
}

/* Who writes /topics/orders means the element of that name; who counts from 1, the last one; -1
 * where nobody can tell. */
static int nearest_element(const cJSON *list, const char *token)
{
    int index = 0;
    for (const cJSON *item = list->child; item != NULL; item = item->next, index++) {
        const cJSON *name = cJSON_GetObjectItemCaseSensitive(item, "name");
        if (cJSON_IsString(name) && strcmp(name->valuestring, token) == 0) {
            return index;
        }
    }
    bool number = token[0] != '\0' && token[strspn(token, "0123456789")] == '\0';
    guint64 wished = 0;
    if (number && token[0] == '0' &&
        g_ascii_string_to_unsigned(token, 10, 0, 1000000, &wished, NULL)) {
        return (int)MIN(wished, (guint64)MAX(index - 1, 0)); /* "00" */
    }
    return number ? index - 1 : -1;
}

static const char *key_at(const void *user, size_t index)
{
    return cJSON_GetArrayItem(user, (int)index)->string;
}

static char *did_you_mean(const char *before, const char *token, const char *rest)
{
    GString *out = g_string_new("did you mean \"");
    g_string_append(out, before);
    quote_pointer_token(out, token);
    g_string_append(out, rest);
    g_string_append(out, "\"?");
    return g_string_free(out, FALSE);
}

/* The pointer is followed to `at`, named `before`; `token` is not in it, then comes `rest`. */
static char *
stuck(cJSON *at, const char *before, const char *token, const char *rest, char **ret_hint)
{
    const char *name = before[0] == '\0' ? "the scenario" : before;
    if (cJSON_IsArray(at)) {
        const int nearest = nearest_element(at, token);
        g_autofree char *index = g_strdup_printf("%d", MAX(nearest, 0));
        g_autofree char *first = g_strdup_printf("%s/0", before);
        *ret_hint = nearest >= 0 ? did_you_mean(before, index, rest)
                    : at->child != NULL && pointer_step(at->child, token) != NULL
                        ? did_you_mean(first, token, rest)
                        : NULL;
        return pointer_indices(before, cJSON_GetArraySize(at));
    }
    if (cJSON_IsObject(at)) {
        const char *key = quote_nearest(token, key_at, at, (size_t)cJSON_GetArraySize(at));
        *ret_hint = key == NULL ? NULL : did_you_mean(before, key, rest);
        GString *quoted = g_string_new(NULL);
        quote_string(quoted, token);
        g_string_prepend(quoted, " has no ");
        g_string_prepend(quoted, name);
        return g_string_free(quoted, FALSE);
    }
    return g_strdup_printf("nothing can be inside %s", name);
}

char *pointer_nowhere(cJSON *root, const char *pointer, char **ret_hint)
{
    *ret_hint = NULL;
    if (pointer[0] != '/') {
        *ret_hint = g_strdup_printf("did you mean \"/%s\"?", pointer);
        return g_strdup("a pointer begins with /");
    }
    cJSON *at = root;
    for (const char *next = pointer; *next == '/';) {
        g_autofree char *before = g_strndup(pointer, (gsize)(next - pointer));
        g_autofree char *token = pointer_token(&next);
        cJSON *inside = pointer_step(at, token);
        if (inside == NULL) {
            return stuck(at, before, token, next, ret_hint);
        }
        at = inside;
    }
    return g_strdup("nothing stands there");
}
