/* thread_assignor.c - the tasks of one Streams instance over its threads: see task_assignor.h. */
#include "models/streams/task_assignor.h"

/* Each thread keeps of what it had as many as its share; -1 stands for nobody yet. */
static void keep_previous(
    const GArray *given, const int32_t *previous, int32_t share, int32_t *load, int32_t *ret_thread)
{
    for (guint i = 0; i < given->len; i++) {
        const int32_t thread = previous[g_array_index(given, int32_t, i)];
        if (thread >= 0 && load[thread] < share) {
            ret_thread[i] = thread;
            load[thread]++;
        }
    }
}

/* Fills the threads in turn up to their share, lowest tasks first. */
static void
fill_up(const GArray *given, int32_t share, int32_t *load, int32_t threads, int32_t *ret_thread)
{
    guint next = 0;
    bool filled = true;
    while (filled) {
        filled = false;
        for (int32_t thread = 0; thread < threads; thread++) {
            if (load[thread] >= share) {
                continue;
            }
            while (next < given->len && ret_thread[next] >= 0) {
                next++;
            }
            if (next == given->len) {
                return;
            }
            ret_thread[next] = thread;
            load[thread]++;
            filled = true;
        }
    }
}

/* One more for some threads that have just their share: first to those that had the task. */
static void hand_out_rest(const GArray *given,
                          const int32_t *previous,
                          int32_t share,
                          int32_t *load,
                          int32_t threads,
                          int32_t *ret_thread)
{
    for (guint i = 0; previous != NULL && i < given->len; i++) {
        const int32_t thread = previous[g_array_index(given, int32_t, i)];
        if (ret_thread[i] < 0 && thread >= 0 && load[thread] == share) {
            ret_thread[i] = thread;
            load[thread]++;
        }
    }
    int32_t thread = 0;
    for (guint i = 0; i < given->len; i++) {
        if (ret_thread[i] >= 0) {
            continue;
        }
        while (thread < threads && load[thread] != share) {
            thread++;
        }
        ret_thread[i] = thread < threads ? thread : 0;
        load[ret_thread[i]]++;
    }
}

void streams_assign_threads(const GArray *given,
                            bool keep,
                            const int32_t *previous,
                            int32_t *load,
                            int32_t thread_count,
                            int32_t *ret_thread)
{
    int32_t total = (int32_t)given->len;
    for (int32_t thread = 0; thread < thread_count; thread++) {
        total += load[thread];
    }
    for (guint i = 0; i < given->len; i++) {
        ret_thread[i] = -1;
    }
    const int32_t share = total / thread_count;
    if (keep) {
        keep_previous(given, previous, share, load, ret_thread);
    }
    fill_up(given, share, load, thread_count, ret_thread);
    hand_out_rest(given, keep ? previous : NULL, share, load, thread_count, ret_thread);
}
