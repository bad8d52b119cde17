/* shrink.c - see the header. */
#include "tests/properties/shrink.h"
#include <string.h>

static bool still_breaks(const Case *self, const char *property, int32_t *runs)
{
    Verdict verdict = case_judge(self, false);
    bool breaks = verdict.broken && strcmp(verdict.property, property) == 0;
    verdict_clear(&verdict);
    ++*runs;
    return breaks;
}

/* One trouble after the other, until none can go. */
static void drop_troubles(Case *self, const char *property, int32_t *runs)
{
    bool again = true;
    while (again) {
        again = false;
        for (int32_t i = 0; i < self->trouble_count; i++) {
            Trouble *trouble = &self->troubles[i];
            if (trouble->dropped) {
                continue;
            }
            trouble->dropped = true;
            if (still_breaks(self, property, runs)) {
                again = true;
            } else {
                trouble->dropped = false;
            }
        }
    }
}

static void shorten(Case *self, const char *property, int32_t *runs)
{
    SimDuration settling = self->end - self->heal;
    for (SimDuration step = SIM_SEC(16); step >= SIM_SEC(1); step /= 2) {
        Case shorter = *self;
        shorter.heal = self->heal - step;
        shorter.end = shorter.heal + settling;
        if (shorter.heal > SIM_SEC(4) && still_breaks(&shorter, property, runs)) {
            *self = shorter;
        }
    }
}

int32_t case_shrink(Case *self, const char *property)
{
    int32_t runs = 0;
    drop_troubles(self, property, &runs);
    shorten(self, property, &runs);
    drop_troubles(self, property, &runs);
    return runs;
}

void case_shrunk_options(const Case *self, const Case *drawn, GString *out)
{
    const char *separator = " --drop ";
    for (int32_t i = 0; i < self->trouble_count; i++) {
        if (self->troubles[i].dropped) {
            g_string_append_printf(out, "%s%d", separator, i);
            separator = ",";
        }
    }
    if (self->heal != drawn->heal) {
        g_string_append_printf(out, " --heal %" G_GINT64_FORMAT, self->heal / SIM_MS(1));
    }
}
