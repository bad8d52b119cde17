/* eager_assignor.c - connect.protocol=eager: see connect_assignor.h.
 *
 * Mirrors: EagerAssignor. */
#include "models/connect/connect_assignor.h"
#include <string.h>

static gint by_id(gconstpointer a, gconstpointer b)
{
    const ConnectWorker *one = *(const ConnectWorker *const *)a;
    const ConnectWorker *two = *(const ConnectWorker *const *)b;
    return strcmp(one->id, two->id);
}

void connect_assign_eagerly(const int32_t *configured, ConnectWorker *workers, int32_t worker_count)
{
    g_autoptr(GPtrArray) order = g_ptr_array_new();
    for (int32_t w = 0; w < worker_count; w++) {
        g_ptr_array_add(order, &workers[w]);
    }
    g_ptr_array_sort(order, by_id);
    guint turn = 0;
    for (int k = 0; k < CONNECT_KINDS; k++) {
        for (int32_t unit = 0; unit < configured[k]; unit++) {
            const ConnectWorker *worker = order->pdata[turn++ % order->len];
            g_array_append_val(worker->start[k], unit);
        }
    }
}
