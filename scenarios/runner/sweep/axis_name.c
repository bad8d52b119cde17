/* axis_name.c - what an axis of a sweep is called: the last word of its pointer, and before it the
 * name of what it belongs to where that is needed to tell two apart. */
#include "scenarios/runner/sweep/plan.h"
#include <stdlib.h>
#include <string.h>

static char *unescape(const char *token)
{
    GString *out = g_string_new(NULL);
    for (const char *at = token; *at != '\0'; at++) {
        bool escaped = *at == '~' && (at[1] == '0' || at[1] == '1');
        g_string_append_c(out, !escaped ? *at : at[1] == '0' ? '~' : '/');
        at += escaped ? 1 : 0;
    }
    return g_string_free(out, FALSE);
}

/* "partitions" of "/topics/0/partitions". */
static char *last_word(const char *pointer)
{
    const char *slash = strrchr(pointer, '/');
    return unescape(slash != NULL && slash[1] != '\0' ? slash + 1 : pointer);
}

/* "orders" of "/topics/0/partitions": the name of the list's element, else its id, else the word
 * before the last. */
static char *owner_word(const SweepPlan *self, const char *pointer)
{
    g_auto(GStrv) tokens = g_strsplit(pointer, "/", -1);
    const cJSON *node = self->base->json;
    char *owner = NULL;
    for (guint i = 1; tokens[i] != NULL && tokens[i + 1] != NULL && node != NULL; i++) {
        g_autofree char *word = unescape(tokens[i]);
        node = cJSON_IsArray(node) ? cJSON_GetArrayItem(node, atoi(word))
                                   : cJSON_GetObjectItemCaseSensitive(node, word);
        const cJSON *name = cJSON_GetObjectItemCaseSensitive(node, "name");
        bool named = cJSON_IsString(name);
        if (named || owner == NULL) {
            g_free(owner);
            owner = g_strdup(named ? name->valuestring : word);
        }
    }
    return owner != NULL ? owner : g_strdup("scenario");
}

static bool is_taken(const SweepPlan *self, size_t axis, const char *word)
{
    static const char *const columns[] = {
        "run", "cell", "seed", "measure", "n", "mean", "low95", "high95", "median", "goals.met"};
    bool taken = false;
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        taken = taken || strcmp(columns[i], word) == 0;
    }
    for (guint i = 0; i < self->measures->len; i++) {
        taken = taken || strcmp(((const SweepMeasure *)self->measures->pdata[i])->name, word) == 0;
    }
    for (size_t i = 0; i < sweep_plan_axes(self); i++) {
        g_autofree char *other = last_word(sweep_plan_axis(self, i)->pointer);
        taken = taken || (i != axis && strcmp(other, word) == 0);
    }
    return taken;
}

static char *with_owner(const SweepPlan *self, size_t axis)
{
    const char *pointer = sweep_plan_axis(self, axis)->pointer;
    g_autofree char *word = last_word(pointer);
    g_autofree char *owner = owner_word(self, pointer);
    return g_strdup_printf("%s.%s", owner, word);
}

/* Two that are still the same keep their pointers. */
char *sweep_plan_axis_name(const SweepPlan *self, size_t axis)
{
    const char *pointer = sweep_plan_axis(self, axis)->pointer;
    char *word = last_word(pointer);
    if (!is_taken(self, axis, word)) {
        return word;
    }
    g_free(word);
    char *name = with_owner(self, axis);
    for (size_t i = 0; i < sweep_plan_axes(self); i++) {
        g_autofree char *other = with_owner(self, i);
        if (i != axis && strcmp(other, name) == 0) {
            g_free(name);
            return g_strdup(pointer);
        }
    }
    return name;
}
