/* sizing_axis.c - see sizing_axis.h. */
#include "plots/sizing_axis.h"

#include "plots/figure/label.h"
#include "plots/results/csv_reader.h"

#include <math.h>

#define LETTER_PX  9.0
#define LOG_SPREAD 8.0

static void span_axis(SizingAxis *self)
{
    double least = self->at[0];
    double most = self->at[0];

    for (guint i = 0; i < self->count; i++) {
        least = fmin(least, self->at[i]);
        most = fmax(most, self->at[i]);
    }
    self->log = self->numbers && least > 0 && most / least > LOG_SPREAD;
    if (self->log) {
        const double margin = pow(most / least, 0.04);
        self->low = least / margin;
        self->high = most * margin;
    } else {
        const double margin = most > least ? (most - least) * 0.05 : 0.5;
        self->low = least - margin;
        self->high = most + margin;
    }
}

SizingAxis sizing_axis_of(const SweepData *sweep, double width_px)
{
    SizingAxis self = {.count = sweep->xs->len, .numbers = TRUE, .width_px = width_px};

    self.at = g_new0(double, self.count);
    for (guint i = 0; i < self.count; i++) {
        self.at[i] = csv_parse_number(g_ptr_array_index(sweep->xs, i));
        self.numbers = self.numbers && !isnan(self.at[i]);
    }
    for (guint i = 0; i < self.count && !self.numbers; i++) {
        self.at[i] = i;
    }
    span_axis(&self);
    return self;
}

void sizing_axis_clear(SizingAxis *self)
{
    g_free(self->at);
}

double sizing_axis_px(const SizingAxis *self, double at)
{
    const double part = self->log ? log(at / self->low) / log(self->high / self->low)
                                  : (at - self->low) / (self->high - self->low);
    return part * self->width_px;
}

/* A tick at every tested value; a number only where it does not run into the one before. */
static void
write_ticks(const SizingAxis *self, const SweepData *sweep, GString *out, gboolean named)
{
    double taken_px = -1e9;

    g_string_append(out, "set xtics nomirror noenhanced (");
    for (guint i = 0; i < self->count; i++) {
        char *name = label_clean(g_ptr_array_index(sweep->xs, i), 16);
        const double half = (label_width(name) * LETTER_PX + 8) / 2;
        const double px = sizing_axis_px(self, self->at[i]);
        const gboolean fits = px - half >= taken_px;
        g_string_append(out, i == 0 ? "" : ", ");
        label_quote(out, named && fits ? name : "", 16);
        g_string_append_c(out, ' ');
        label_number(out, self->at[i], 9);
        taken_px = named && fits ? px + half : taken_px;
        g_free(name);
    }
    g_string_append(out, ")\n");
}

void sizing_axis_write(const SizingAxis *self, const SweepData *sweep, Figure *figure)
{
    char *name = label_clean(sweep_pointer_name(g_ptr_array_index(sweep->pointers, 0)), 40);
    char *pointer = label_clean(g_ptr_array_index(sweep->pointers, 0), 60);

    if (self->log) {
        g_string_append(figure->axis, "set logscale x 2\n");
    }
    g_string_append(figure->axis, "set xrange [");
    label_number(figure->axis, self->low, 9);
    g_string_append_c(figure->axis, ':');
    label_number(figure->axis, self->high, 9);
    g_string_append(figure->axis, "]\n");
    write_ticks(self, sweep, figure->axis, FALSE);
    write_ticks(self, sweep, figure->last_axis, TRUE);
    figure->axis_label =
        g_strdup_printf("%s  (%s%s)", name, pointer, self->log ? ", log axis" : "");
    g_free(name);
    g_free(pointer);
}
