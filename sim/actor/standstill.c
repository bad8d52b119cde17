/* standstill.c - see standstill.h. */
#include "sim/actor/standstill.h"

typedef struct Share {
    uint32_t target;
    uint32_t events;
} Share;

static void count_event(GArray *shares, uint32_t target)
{
    for (guint i = 0; i < shares->len; i++) {
        Share *share = &g_array_index(shares, Share, i);
        if (share->target == target) {
            share->events++;
            return;
        }
    }
    const Share first = {target, 1};
    g_array_append_val(shares, first);
}

static gint most_first(gconstpointer a, gconstpointer b)
{
    const Share *one = a;
    const Share *two = b;
    if (one->events != two->events) {
        return one->events > two->events ? -1 : 1;
    }
    return one->target < two->target ? -1 : one->target > two->target;
}

static const char *name_of(const Sim *sim, uint32_t target)
{
    for (guint i = 0; i < sim->actors->len; i++) {
        const Actor *actor = sim->actors->pdata[i];
        if (actor->id == target) {
            return actor->name;
        }
    }
    return "the network, a host or a disk";
}

char *standstill_words(Sim *sim)
{
    g_autoptr(GArray) shares = g_array_new(FALSE, FALSE, sizeof(Share));
    uint64_t before = kernel_fired(sim->kernel);
    uint32_t looked_at = 0;
    while (looked_at < STANDSTILL_LOOKED_AT) {
        (void)kernel_step(sim->kernel, sim_now(sim), 1);
        if (kernel_fired(sim->kernel) == before) {
            break;
        }
        before = kernel_fired(sim->kernel);
        count_event(shares, kernel_last_target(sim->kernel));
        looked_at++;
    }
    g_array_sort(shares, most_first);
    GString *words = g_string_new(NULL);
    for (guint i = 0; i < MIN(shares->len, STANDSTILL_NAMED); i++) {
        const Share *share = &g_array_index(shares, Share, i);
        g_string_append_printf(words,
                               "%s%s (%u of %u events)",
                               i > 0 ? ", " : "",
                               name_of(sim, share->target),
                               share->events,
                               looked_at);
    }
    return g_string_free(words, FALSE);
}
