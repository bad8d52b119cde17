/* task_assignor.c - HighAvailabilityTaskAssignor: see task_assignor.h. */
#include "models/streams/task_assignor.h"

typedef struct Plan {
    const StreamsTasks *tasks;
    StreamsClient *clients;
    int32_t client_count;
    int32_t warmups_left;
    uint8_t *is_warmup; /* [client * tasks + task] */
} Plan;

static void set_role(StreamsClient *client, int32_t task, StreamsRole role)
{
    client->active_count -= client->role[task] == STREAMS_ACTIVE;
    client->assigned_count -= client->role[task] != STREAMS_NOT_HERE;
    client->role[task] = (uint8_t)role;
    client->active_count += role == STREAMS_ACTIVE;
    client->assigned_count += role != STREAMS_NOT_HERE;
}

/* Has `a` fewer tasks a thread than `b`? As fractions, without division. */
static bool is_less_loaded(int32_t tasks_a, int32_t threads_a, int32_t tasks_b, int32_t threads_b)
{
    return (int64_t)tasks_a * threads_b < (int64_t)tasks_b * threads_a;
}

static bool is_caught_up(const Plan *plan, int32_t client, int32_t task)
{
    const int64_t lag = plan->clients[client].lag[task];
    return lag == STREAMS_LAG_RUNNING || plan->tasks->acceptable_recovery_lag == INT64_MAX ||
           (lag >= 0 && lag <= plan->tasks->acceptable_recovery_lag);
}

/* ---- evenly, whoever has the state */

static bool should_move(const StreamsClient *from, const StreamsClient *to)
{
    return is_less_loaded(to->assigned_count, to->threads, from->assigned_count, from->threads) &&
           !is_less_loaded(
               from->assigned_count - 1, from->threads, to->assigned_count + 1, to->threads);
}

static bool move_some(Plan *plan, StreamsClient *from, StreamsClient *to, StreamsRole role)
{
    bool moved = false;
    for (int32_t t = 0; t < plan->tasks->count && should_move(from, to); t++) {
        if (from->role[t] == (uint8_t)role && to->role[t] == STREAMS_NOT_HERE) {
            set_role(from, t, STREAMS_NOT_HERE);
            set_role(to, t, role);
            moved = true;
        }
    }
    return moved;
}

static void balance_over_threads(Plan *plan, StreamsRole role)
{
    bool moved = true;
    while (moved) {
        moved = false;
        for (int32_t from = 0; from < plan->client_count; from++) {
            for (int32_t to = 0; to < plan->client_count; to++) {
                moved |=
                    from != to && move_some(plan, &plan->clients[from], &plan->clients[to], role);
            }
        }
    }
}

static void assign_stateful(Plan *plan)
{
    int32_t next = 0;
    for (int32_t t = 0; t < plan->tasks->count; t++) {
        if (plan->tasks->stateful[t]) {
            set_role(&plan->clients[next++ % plan->client_count], t, STREAMS_ACTIVE);
        }
    }
    balance_over_threads(plan, STREAMS_ACTIVE);
}

/* The least loaded client that `fits`; the first of equals. */
static int32_t least_loaded(const Plan *plan,
                            int32_t task,
                            bool (*fits)(const Plan *plan, int32_t client, int32_t task))
{
    int32_t best = STREAMS_NO_CLIENT;
    for (int32_t c = 0; c < plan->client_count; c++) {
        const StreamsClient *client = &plan->clients[c];
        if (fits(plan, c, task) &&
            (best == STREAMS_NO_CLIENT || is_less_loaded(client->assigned_count,
                                                         client->threads,
                                                         plan->clients[best].assigned_count,
                                                         plan->clients[best].threads))) {
            best = c;
        }
    }
    return best;
}

static bool has_not_got_it(const Plan *plan, int32_t client, int32_t task)
{
    return plan->clients[client].role[task] == STREAMS_NOT_HERE;
}

static void assign_standbys(Plan *plan)
{
    for (int32_t t = 0; plan->tasks->num_standby_replicas > 0 && t < plan->tasks->count; t++) {
        for (int32_t n = 0; plan->tasks->stateful[t] && n < plan->tasks->num_standby_replicas;
             n++) {
            const int32_t client = least_loaded(plan, t, has_not_got_it);
            if (client == STREAMS_NO_CLIENT) {
                break;
            }
            set_role(&plan->clients[client], t, STREAMS_STANDBY);
        }
    }
    if (plan->tasks->num_standby_replicas > 0) {
        balance_over_threads(plan, STREAMS_STANDBY);
    }
}

/* ---- but the state decides who runs it until the others have it, too */

/* The client with the least lag, before `destination` in that order; of those without a role when
 * `free_only`. */
static int32_t most_caught_up(const Plan *plan, int32_t task, int32_t destination, bool free_only)
{
    int32_t best = STREAMS_NO_CLIENT;
    int64_t best_lag = plan->clients[destination].lag[task];
    for (int32_t c = 0; c < plan->client_count; c++) {
        const int64_t lag = plan->clients[c].lag[task];
        const bool earlier =
            lag < best_lag || (lag == best_lag && best == STREAMS_NO_CLIENT && c < destination);
        if (c != destination && earlier && (!free_only || has_not_got_it(plan, c, task))) {
            best = c;
            best_lag = lag;
        }
    }
    return best;
}

static bool lacks_state_that_others_have(const Plan *plan, int32_t client, int32_t task)
{
    if (is_caught_up(plan, client, task)) {
        return false;
    }
    for (int32_t c = 0; c < plan->client_count; c++) {
        if (plan->clients[c].lag[task] < plan->clients[client].lag[task]) {
            return true;
        }
    }
    return false;
}

static bool is_caught_up_standby(const Plan *plan, int32_t client, int32_t task)
{
    return is_caught_up(plan, client, task) && plan->clients[client].role[task] == STREAMS_STANDBY;
}

static bool is_caught_up_and_free(const Plan *plan, int32_t client, int32_t task)
{
    return is_caught_up(plan, client, task) && has_not_got_it(plan, client, task);
}

static void swap_with_standby(Plan *plan, int32_t task, int32_t source, int32_t destination)
{
    set_role(&plan->clients[source], task, STREAMS_ACTIVE);
    set_role(&plan->clients[destination], task, STREAMS_STANDBY);
}

static void move_and_warm_up(Plan *plan, int32_t task, int32_t source, int32_t destination)
{
    const bool warms_up = plan->warmups_left-- > 0;
    set_role(&plan->clients[source], task, STREAMS_ACTIVE);
    set_role(&plan->clients[destination], task, warms_up ? STREAMS_STANDBY : STREAMS_NOT_HERE);
    plan->is_warmup[destination * plan->tasks->count + task] = warms_up;
}

static void move_active(Plan *plan, int32_t task, int32_t destination)
{
    const int32_t standby = least_loaded(plan, task, is_caught_up_standby);
    if (standby != STREAMS_NO_CLIENT) {
        swap_with_standby(plan, task, standby, destination);
        return;
    }
    int32_t source = least_loaded(plan, task, is_caught_up);
    if (source == STREAMS_NO_CLIENT) {
        source = most_caught_up(plan, task, destination, false);
        if (plan->clients[source].role[task] == STREAMS_STANDBY) {
            swap_with_standby(plan, task, source, destination);
            return;
        }
    }
    move_and_warm_up(plan, task, source, destination);
}

static bool move_standby(Plan *plan, int32_t task, int32_t destination)
{
    int32_t source = least_loaded(plan, task, is_caught_up_and_free);
    if (source == STREAMS_NO_CLIENT) {
        source = most_caught_up(plan, task, destination, true);
    }
    if (source == STREAMS_NO_CLIENT) {
        return false;
    }
    set_role(&plan->clients[source], task, STREAMS_STANDBY);
    if (plan->warmups_left-- <= 0) {
        set_role(&plan->clients[destination], task, STREAMS_NOT_HERE);
    }
    return true;
}

typedef struct Movement {
    int32_t task;
    int32_t destination;
    int32_t caught_up_clients;
} Movement;

static gint fewest_choices_first(gconstpointer a, gconstpointer b)
{
    const Movement *one = a;
    const Movement *two = b;
    return one->caught_up_clients != two->caught_up_clients
               ? one->caught_up_clients - two->caught_up_clients
               : one->task - two->task;
}

static int32_t count_caught_up(const Plan *plan, int32_t task)
{
    int32_t count = 0;
    for (int32_t c = 0; c < plan->client_count; c++) {
        count += is_caught_up(plan, c, task);
    }
    return count;
}

static GArray *find_movements(const Plan *plan, StreamsRole role)
{
    GArray *movements = g_array_new(FALSE, FALSE, sizeof(Movement));
    for (int32_t c = 0; c < plan->client_count; c++) {
        for (int32_t t = 0; t < plan->tasks->count; t++) {
            if (plan->clients[c].role[t] == (uint8_t)role && plan->tasks->stateful[t] &&
                !plan->is_warmup[c * plan->tasks->count + t] &&
                lacks_state_that_others_have(plan, c, t)) {
                const Movement movement = {t, c, count_caught_up(plan, t)};
                g_array_append_val(movements, movement);
            }
        }
    }
    g_array_sort(movements, fewest_choices_first);
    return movements;
}

/* How many tasks are not yet where they belong. */
static int32_t move_to_state(Plan *plan)
{
    GArray *actives = find_movements(plan, STREAMS_ACTIVE);
    int32_t needed = (int32_t)actives->len;
    for (guint i = 0; i < actives->len; i++) {
        const Movement *movement = &g_array_index(actives, Movement, i);
        move_active(plan, movement->task, movement->destination);
    }
    g_array_free(actives, TRUE);
    GArray *standbys = find_movements(plan, STREAMS_STANDBY);
    for (guint i = 0; i < standbys->len; i++) {
        const Movement *movement = &g_array_index(standbys, Movement, i);
        needed += move_standby(plan, movement->task, movement->destination);
    }
    g_array_free(standbys, TRUE);
    return needed;
}

static void assign_stateless(Plan *plan)
{
    for (int32_t t = 0; t < plan->tasks->count; t++) {
        int32_t best = 0;
        for (int32_t c = 1; c < plan->client_count; c++) {
            const StreamsClient *client = &plan->clients[c];
            const StreamsClient *other = &plan->clients[best];
            if (is_less_loaded(
                    client->active_count, client->threads, other->active_count, other->threads)) {
                best = c;
            }
        }
        if (!plan->tasks->stateful[t]) {
            set_role(&plan->clients[best], t, STREAMS_ACTIVE);
        }
    }
}

bool streams_assign_tasks(const StreamsTasks *tasks, StreamsClient *clients, int32_t client_count)
{
    Plan plan = {tasks, clients, client_count, tasks->max_warmup_replicas, NULL};
    plan.is_warmup = g_new0(uint8_t, (gsize)client_count * (gsize)MAX(tasks->count, 1));
    for (int32_t c = 0; c < client_count; c++) {
        clients[c].active_count = 0;
        clients[c].assigned_count = 0;
        for (int32_t t = 0; t < tasks->count; t++) {
            clients[c].role[t] = STREAMS_NOT_HERE;
        }
    }
    assign_stateful(&plan);
    assign_standbys(&plan);
    const int32_t needed = move_to_state(&plan);
    assign_stateless(&plan);
    g_free(plan.is_warmup);
    return needed > 0;
}
