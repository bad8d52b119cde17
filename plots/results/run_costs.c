/* run_costs.c - what faults cost the logs; see run_data.h. */
#include "plots/results/folder.h"
#include "plots/results/run_data.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_BYTES 4096 /* an event is shorter; what is longer is passed over */
#define COST_LIMIT 10000

/* Takes `by` when it is kept, else frees it. */
static void add_cost(RunData *self, RunCost cost)
{
    if (cost.time_ms >= 0 && cost.time_ms <= self->end_ms && cost.records > 0 &&
        self->costs->len < COST_LIMIT) {
        g_array_append_val(self->costs, cost);
    } else {
        g_free(cost.by);
    }
}

/* Committed ones that no producer was told of, internal topics' too; older results do not say. */
static void count_untold(const JsonTree *loss, RunCost *cost)
{
    const double first = json_tree_number(json_tree_get(loss, "from"));
    const double last = json_tree_number(json_tree_get(loss, "to"));

    cost->records = last - first + 1;
    cost->what = "committed record";
}

static void load_losses(RunData *self)
{
    const JsonTree *losses = json_tree_get(self->summary, "losses");

    for (guint i = 0; i < json_tree_length(losses); i++) {
        const JsonTree *loss = json_tree_at(losses, i);
        const gboolean unheard = json_tree_number(json_tree_get(loss, "acks")) == 0;
        RunCost cost = {.kind = RUN_LOSS,
                        .time_ms = json_tree_number(json_tree_get(loss, "time_ms")),
                        .until_ms = json_tree_number(json_tree_get(loss, "until_ms")),
                        .records = json_tree_number(json_tree_get(loss, "records")),
                        .what = unheard ? "record" : "acknowledged record"};

        if (!(cost.records > 0)) {
            count_untold(loss, &cost);
        }
        cost.by = g_strdup_printf("%s%s",
                                  unheard ? "acks=0, " : "",
                                  json_tree_text(json_tree_get(loss, "reason"), "other"));
        add_cost(self, cost);
    }
}

/* "orders-0 to 500: 1500 records go, the leader's epoch ends there" */
static void add_truncation(RunData *self, const JsonTree *event)
{
    const char *detail = json_tree_text(json_tree_get(event, "detail"), "");
    const char *count = strstr(detail, ": ");

    if (strcmp(json_tree_text(json_tree_get(event, "what"), ""), "truncate") == 0 &&
        count != NULL) {
        add_cost(self,
                 (RunCost){.kind = RUN_TRUNCATION,
                           .time_ms = json_tree_number(json_tree_get(event, "t")) * 1000.0,
                           .until_ms = (double)NAN,
                           .records = (double)g_ascii_strtoull(count + 2, NULL, 10),
                           .what = "record",
                           .by = g_strdup(json_tree_text(json_tree_get(event, "actor"), ""))});
    }
}

/* Only the lines in question are parsed. Older results have no such file. */
static void load_truncations(RunData *self, const char *dir)
{
    const int fd = plot_folder_open(dir, "events.jsonl", NULL);
    FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
    char line[LINE_BYTES];

    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        JsonTree *event =
            strstr(line, "\"what\":\"truncate\"") != NULL ? json_tree_parse(line) : NULL;
        add_truncation(self, event);
        json_tree_free(event);
    }
    if (file != NULL) {
        fclose(file);
    } else if (fd >= 0) {
        close(fd);
    }
}

static void clear_cost(gpointer cost)
{
    g_free(((RunCost *)cost)->by);
}

void run_data_load_costs(RunData *self, const char *dir)
{
    self->costs = g_array_new(FALSE, FALSE, sizeof(RunCost));
    g_array_set_clear_func(self->costs, clear_cost);
    load_losses(self);
    load_truncations(self, dir);
}
