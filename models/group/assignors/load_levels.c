/* load_levels.c - see load_levels.h. */
#include "models/group/assignors/load_levels.h"

static int32_t member_at(const LoadLevels *self, int32_t i)
{
    return g_array_index(self->sorted, int32_t, (guint)i);
}

static int32_t load_at(const LoadLevels *self, int32_t i)
{
    return self->loads[member_at(self, i)];
}

void load_levels_init(LoadLevels *self, const int32_t *loads)
{
    *self = (LoadLevels){.loads = loads, .sorted = g_array_new(FALSE, FALSE, sizeof(int32_t))};
}

void load_levels_clear(LoadLevels *self)
{
    g_array_free(self->sorted, TRUE);
}

static gint compare_loads(gconstpointer a, gconstpointer b, gpointer data)
{
    const int32_t *loads = data;
    const int32_t left = *(const int32_t *)a;
    const int32_t right = *(const int32_t *)b;
    if (loads[left] != loads[right]) {
        return loads[left] < loads[right] ? -1 : 1;
    }
    return (left > right) - (left < right);
}

int32_t load_levels_start(LoadLevels *self, const int32_t *members, int32_t count)
{
    g_array_set_size(self->sorted, 0);
    g_array_append_vals(self->sorted, members, (guint)count);
    g_array_sort_with_data(self->sorted, compare_loads, (gpointer)(guintptr)self->loads);
    const int32_t least = load_at(self, 0);
    const int32_t most = load_at(self, count - 1);
    self->least_end = 0;
    self->least_level = least - 1;
    self->least_next = 0;
    self->most_start = count;
    self->most_end = count;
    self->most_level = most + 1;
    self->most_next = count - 1;
    return most - least;
}

int32_t load_levels_next_least(LoadLevels *self)
{
    if (self->least_next >= self->least_end) {
        self->least_level++;
        while (self->least_end < (int32_t)self->sorted->len &&
               load_at(self, self->least_end) == self->least_level) {
            self->least_end++;
        }
        self->least_next = 0;
    }
    return member_at(self, self->least_next++);
}

static void widen_most(LoadLevels *self)
{
    if (self->most_end <= self->most_start && self->most_start > 0) {
        self->most_level = load_at(self, self->most_start - 1); /* all were excluded */
    } else {
        self->most_level--;
    }
    while (self->most_start > 0 && load_at(self, self->most_start - 1) == self->most_level) {
        self->most_start--;
    }
    self->most_next = self->most_end - 1;
}

int32_t load_levels_next_most(LoadLevels *self)
{
    if (self->most_next < self->most_start) {
        widen_most(self);
    }
    return self->most_next < 0 ? -1 : member_at(self, self->most_next--);
}

void load_levels_exclude_most(LoadLevels *self)
{
    int32_t *members = &g_array_index(self->sorted, int32_t, 0);
    const int32_t excluded = members[self->most_next + 1];
    members[self->most_next + 1] = members[self->most_end - 1];
    members[self->most_end - 1] = excluded;
    self->most_end--;
}

bool load_levels_is_balanced(const LoadLevels *self)
{
    return self->most_level - self->least_level <= 1;
}
