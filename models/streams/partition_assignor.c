/* partition_assignor.c - see partition_assignor.h. */
#include "models/streams/partition_assignor.h"
#include <string.h>

void streams_member_init(StreamsMember *self, const char *member_id, int32_t process)
{
    *self = (StreamsMember){.member_id = member_id, .process = process};
    self->owned = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->offsets = g_array_new(FALSE, FALSE, sizeof(TaskOffset));
    self->active = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->standby = g_array_new(FALSE, FALSE, sizeof(int32_t));
}

void streams_member_clear(StreamsMember *self)
{
    g_array_free(self->owned, TRUE);
    g_array_free(self->offsets, TRUE);
    g_array_free(self->active, TRUE);
    g_array_free(self->standby, TRUE);
}

/* One process. */
typedef struct Client {
    int32_t process;
    GArray *members; /* of int32_t, by member id */
    int64_t *lag;
    uint8_t *role;
    bool *had; /* by task: one of its members has something of it, and does not run it */
} Client;

typedef struct Round {
    const Topology *topology;
    StreamsMember *members;
    int32_t member_count;
    int32_t task_count;
    GArray *clients; /* of Client, by process */
    int32_t *owner;  /* by task: member that owns a partition of it; -1 */
} Round;

static Client *client_at(const Round *round, guint i)
{
    return &g_array_index(round->clients, Client, i);
}

/* ---- who is there, and what they have */

static Client *client_of(Round *round, int32_t process)
{
    guint at = 0;
    while (at < round->clients->len && client_at(round, at)->process < process) {
        at++;
    }
    if (at == round->clients->len || client_at(round, at)->process != process) {
        const gsize tasks = (gsize)MAX(1, round->task_count);
        const Client fresh = {
            .process = process,
            .members = g_array_new(FALSE, FALSE, sizeof(int32_t)),
            .lag = g_new(int64_t, tasks),
            .role = g_new0(uint8_t, tasks),
            .had = g_new0(bool, tasks),
        };
        g_array_insert_val(round->clients, at, fresh);
    }
    return client_at(round, at);
}

static void add_member(Round *round, int32_t m)
{
    Client *client = client_of(round, round->members[m].process);
    guint at = 0;
    while (at < client->members->len &&
           strcmp(round->members[g_array_index(client->members, int32_t, at)].member_id,
                  round->members[m].member_id) < 0) {
        at++;
    }
    g_array_insert_val(client->members, at, m);
}

static void find_owners(Round *round)
{
    for (int32_t t = 0; t < round->task_count; t++) {
        round->owner[t] = -1;
    }
    for (int32_t m = 0; m < round->member_count; m++) {
        const GArray *owned = round->members[m].owned;
        for (guint i = 0; i < owned->len; i++) {
            const int32_t source = topology_find(round->topology, g_array_index(owned, int32_t, i));
            if (source >= 0) {
                round->owner[topology_source(round->topology, source)->task] = m;
            }
        }
    }
}

/* An offset beyond the changelog's end belongs to another history: nothing of it counts. */
static int64_t lag_of(const TaskOffset *known, int64_t end)
{
    if (known->offset == STREAMS_LAG_RUNNING) {
        return STREAMS_LAG_RUNNING;
    }
    return known->offset > end ? end : end - known->offset;
}

static void compute_lags(Round *round, const int64_t *end_offsets)
{
    for (guint c = 0; c < round->clients->len; c++) {
        Client *client = client_at(round, c);
        for (int32_t t = 0; t < round->task_count; t++) {
            client->lag[t] = end_offsets[t];
        }
        for (guint i = 0; i < client->members->len; i++) {
            const GArray *offsets =
                round->members[g_array_index(client->members, int32_t, i)].offsets;
            for (guint k = 0; k < offsets->len; k++) {
                const TaskOffset *known = &g_array_index(offsets, TaskOffset, k);
                client->lag[known->task] = lag_of(known, end_offsets[known->task]);
                client->had[known->task] = known->offset != STREAMS_LAG_RUNNING;
            }
        }
    }
}

/* ---- from clients to threads */

static void add_sorted(GArray *tasks, int32_t task)
{
    guint at = tasks->len;
    while (at > 0 && g_array_index(tasks, int32_t, at - 1) > task) {
        at--;
    }
    g_array_insert_val(tasks, at, task);
}

static void note_previous(const Round *round, const Client *client, int32_t *previous)
{
    for (int32_t t = 0; t < round->task_count; t++) {
        previous[t] = -1;
    }
    for (guint i = 0; i < client->members->len; i++) {
        const GArray *offsets = round->members[g_array_index(client->members, int32_t, i)].offsets;
        for (guint k = 0; k < offsets->len; k++) {
            previous[g_array_index(offsets, TaskOffset, k).task] = (int32_t)i;
        }
    }
}

static void
give_to_threads(Round *round, const Client *client, StreamsRole role, bool stateful, int32_t *load)
{
    g_autoptr(GArray) given = g_array_new(FALSE, FALSE, sizeof(int32_t));
    for (int32_t t = 0; t < round->task_count; t++) {
        if (client->role[t] == (uint8_t)role && round->topology->stateful[t] == stateful) {
            g_array_append_val(given, t);
        }
    }
    g_autofree int32_t *previous = g_new(int32_t, (gsize)MAX(1, round->task_count));
    g_autofree int32_t *thread = g_new(int32_t, MAX(1, given->len));
    note_previous(round, client, previous);
    streams_assign_threads(given, stateful, previous, load, (int32_t)client->members->len, thread);
    for (guint i = 0; i < given->len; i++) {
        StreamsMember *member = &round->members[g_array_index(client->members, int32_t, thread[i])];
        add_sorted(role == STREAMS_ACTIVE ? member->active : member->standby,
                   g_array_index(given, int32_t, i));
    }
}

/* What another member owns comes later. */
static void hold_back(Round *round, const Client *client, int32_t m)
{
    StreamsMember *member = &round->members[m];
    for (guint i = 0; i < member->active->len;) {
        const int32_t task = g_array_index(member->active, int32_t, i);
        if (round->owner[task] < 0 || round->owner[task] == m) {
            i++;
            continue;
        }
        g_array_remove_index(member->active, i);
        member->joins_again = true;
        if (client->had[task] && round->topology->stateful[task]) {
            add_sorted(member->standby, task);
        }
    }
}

static void assign_client(Round *round, const Client *client)
{
    g_autofree int32_t *load = g_new0(int32_t, client->members->len);
    give_to_threads(round, client, STREAMS_ACTIVE, true, load);
    give_to_threads(round, client, STREAMS_STANDBY, true, load);
    give_to_threads(round, client, STREAMS_ACTIVE, false, load);
    for (guint i = 0; i < client->members->len; i++) {
        hold_back(round, client, g_array_index(client->members, int32_t, i));
    }
}

/* The first thread of the leader's process, unless it joins again at once anyway. */
static void ask_to_probe(const Round *round, int32_t leader)
{
    for (guint c = 0; c < round->clients->len; c++) {
        const Client *client = client_at(round, c);
        if (client->process == round->members[leader].process) {
            StreamsMember *first = &round->members[g_array_index(client->members, int32_t, 0)];
            first->probes = !first->joins_again;
        }
    }
}

static bool assign_tasks(Round *round, StreamsTasks *options)
{
    const guint count = round->clients->len;
    g_autofree StreamsClient *clients = g_new0(StreamsClient, count);
    for (guint c = 0; c < count; c++) {
        const Client *client = client_at(round, c);
        clients[c] = (StreamsClient){
            .threads = (int32_t)client->members->len, .lag = client->lag, .role = client->role};
    }
    options->count = round->task_count;
    options->stateful = round->topology->stateful;
    return streams_assign_tasks(options, clients, (int32_t)count);
}

static void clear_client(gpointer data)
{
    Client *client = data;
    g_array_free(client->members, TRUE);
    g_free(client->lag);
    g_free(client->role);
    g_free(client->had);
}

void streams_partition_assign(const Topology *topology,
                              StreamsTasks options,
                              const int64_t *end_offsets,
                              StreamsMember *members,
                              int32_t member_count,
                              int32_t leader)
{
    Round round = {
        .topology = topology,
        .members = members,
        .member_count = member_count,
        .task_count = topology_task_count(topology),
        .clients = g_array_new(FALSE, FALSE, sizeof(Client)),
    };
    g_array_set_clear_func(round.clients, clear_client);
    round.owner = g_new(int32_t, (gsize)MAX(1, round.task_count));
    for (int32_t m = 0; m < member_count; m++) {
        add_member(&round, m);
    }
    find_owners(&round);
    compute_lags(&round, end_offsets);
    const bool probing = assign_tasks(&round, &options);
    for (guint c = 0; c < round.clients->len; c++) {
        assign_client(&round, client_at(&round, c));
    }
    if (probing) {
        ask_to_probe(&round, leader);
    }
    g_free(round.owner);
    g_array_free(round.clients, TRUE);
}
