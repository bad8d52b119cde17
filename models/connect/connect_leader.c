/* connect_leader.c - the worker that leads shares out connectors and tasks: see connect_herder.h.
 *
 * In requests a unit is one number: connector c is -1 - c, task t (counted over all connectors in
 * the order of their names) is t. An assignment is the delay in ms, how many units to stop, these,
 * then the units to start.
 *
 * Mirrors: WorkerCoordinator.onLeaderElected, ConnectProtocol, ExtendedAssignment. */
#include "models/connect/connect_herder_state.h"
#include <string.h>

static int32_t unit_at(const GArray *units, guint i)
{
    return g_array_index(units, int32_t, i);
}

static void count_units(const ConnectHerder *self, int32_t *ret_configured)
{
    ret_configured[CONNECT_CONNECTOR] = (int32_t)self->spec->connectors->len;
    ret_configured[CONNECT_TASK] = 0;
    for (guint c = 0; c < self->spec->connectors->len; c++) {
        const ConnectorSpec *connector = self->spec->connectors->pdata[c];
        ret_configured[CONNECT_TASK] += connector->tasks;
    }
}

static void read_workers(const JoinGroupResponse *response, ConnectWorker *workers)
{
    const int32_t *items = join_group_response_items((JoinGroupResponse *)(guintptr)response);
    for (int32_t m = 0; m < response->member_count; m++) {
        const JoinGroupMember *member = &response->members[m];
        connect_worker_init(&workers[m], member->member_id);
        for (int32_t i = 0; i < member->owned_count; i++) {
            const int32_t unit = items[member->first_item + member->topic_count + i];
            const int32_t number = unit < 0 ? -1 - unit : unit;
            g_array_append_val(workers[m].runs[unit < 0 ? CONNECT_CONNECTOR : CONNECT_TASK],
                               number);
        }
    }
}

static void add_units(GArray *items, GArray *const *units)
{
    for (guint i = 0; i < units[CONNECT_CONNECTOR]->len; i++) {
        const int32_t unit = -1 - unit_at(units[CONNECT_CONNECTOR], i);
        g_array_append_val(items, unit);
    }
    g_array_append_vals(items, units[CONNECT_TASK]->data, units[CONNECT_TASK]->len);
}

static SyncGroupRequest *write_assignments(const ConnectHerder *self,
                                           const ConnectWorker *workers,
                                           int32_t count,
                                           SimDuration delay)
{
    g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(int32_t));
    g_autoptr(GArray) assignments = g_array_new(FALSE, FALSE, sizeof(SyncAssignment));
    for (int32_t w = 0; w < count; w++) {
        SyncAssignment entry = {.first_item = (int32_t)items->len};
        const int32_t head[] = {
            (int32_t)(delay / SIM_MS(1)),
            (int32_t)(workers[w].stop[CONNECT_CONNECTOR]->len + workers[w].stop[CONNECT_TASK]->len),
        };
        g_array_append_vals(items, head, G_N_ELEMENTS(head));
        add_units(items, workers[w].stop);
        add_units(items, workers[w].start);
        g_strlcpy(entry.member_id, workers[w].id, sizeof entry.member_id);
        entry.count = (int32_t)items->len - entry.first_item;
        g_array_append_val(assignments, entry);
    }
    return sync_group_request_of(consumer_actor(self->member)->sim, assignments, items);
}

SyncGroupRequest *connect_leader_assign(void *owner, const JoinGroupResponse *response)
{
    ConnectHerder *self = owner;
    const int32_t count = response->member_count;
    g_autofree ConnectWorker *workers = g_new0(ConnectWorker, (gsize)count);
    int32_t configured[CONNECT_KINDS];
    read_workers(response, workers);
    count_units(self, configured);
    SimDuration delay = 0;
    if (strcmp(response->protocol, CONNECT_PROTOCOL_V0) == 0) {
        connect_assign_eagerly(configured, workers, count);
    } else {
        delay = connect_assignor_assign(self->assignor,
                                        actor_now(consumer_actor(self->member)),
                                        configured,
                                        workers,
                                        count,
                                        self->completed_generation,
                                        response->generation_id);
    }
    SyncGroupRequest *request = write_assignments(self, workers, count, delay);
    for (int32_t w = 0; w < count; w++) {
        connect_worker_clear(&workers[w]);
    }
    return request;
}
