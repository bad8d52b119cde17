/* connect_assignor.c - IncrementalCooperativeAssignor: see connect_assignor.h. */
#include "models/connect/connect_assignor.h"
#include "models/group/assignors/java_hash.h"
#include "models/protocol/backoff.h"
#include <string.h>

/* A set of units: one byte a unit, grown as needed. */
typedef GByteArray UnitSet;

struct ConnectAssignor {
    SimDuration max_delay;
    UnitSet *previous[CONNECT_KINDS]; /* what the last rebalance left running, and what was lost */
    UnitSet *revoked[CONNECT_KINDS];  /* what the last rebalance took away */
    GPtrArray *previous_members;      /* char * */
    GPtrArray *candidates;            /* char *: workers that had nothing while units were lost */
    SimTime scheduled_rebalance;      /* 0: none */
    SimDuration delay;
    int32_t previous_generation;
    uint32_t revoking_rounds; /* in a row, after the first */
    bool revoked_in_previous;
};

/* One rebalance in the making. */
typedef struct Round {
    ConnectAssignor *assignor;
    SimTime now;
    const int32_t *configured;
    ConnectWorker *workers;
    int32_t *order; /* the workers as Kafka's list has them: first as Java's map, later sorted */
    int32_t worker_count;
    UnitSet *active[CONNECT_KINDS]; /* how many workers run it, at most 2 */
    UnitSet *lost[CONNECT_KINDS];
    GArray *assignable[CONNECT_KINDS]; /* int32_t, ascending */
} Round;

void connect_worker_init(ConnectWorker *worker, const char *id)
{
    worker->id = id;
    for (int k = 0; k < CONNECT_KINDS; k++) {
        worker->runs[k] = g_array_new(FALSE, FALSE, sizeof(int32_t));
        worker->start[k] = g_array_new(FALSE, FALSE, sizeof(int32_t));
        worker->stop[k] = g_array_new(FALSE, FALSE, sizeof(int32_t));
    }
}

void connect_worker_clear(ConnectWorker *worker)
{
    for (int k = 0; k < CONNECT_KINDS; k++) {
        g_array_free(worker->runs[k], TRUE);
        g_array_free(worker->start[k], TRUE);
        g_array_free(worker->stop[k], TRUE);
    }
}

ConnectAssignor *connect_assignor_new(SimDuration max_delay)
{
    ConnectAssignor *self = g_new0(ConnectAssignor, 1);
    self->max_delay = max_delay;
    for (int k = 0; k < CONNECT_KINDS; k++) {
        self->previous[k] = g_byte_array_new();
        self->revoked[k] = g_byte_array_new();
    }
    self->previous_members = g_ptr_array_new_with_free_func(g_free);
    self->candidates = g_ptr_array_new_with_free_func(g_free);
    self->previous_generation = -1;
    return self;
}

void connect_assignor_free(ConnectAssignor *self)
{
    for (int k = 0; k < CONNECT_KINDS; k++) {
        g_byte_array_unref(self->previous[k]);
        g_byte_array_unref(self->revoked[k]);
    }
    g_ptr_array_unref(self->previous_members);
    g_ptr_array_unref(self->candidates);
    g_free(self);
}

/* ---- sets */

static uint8_t set_get(const UnitSet *set, int32_t unit)
{
    return (guint)unit < set->len ? set->data[unit] : 0;
}

static void set_put(UnitSet *set, int32_t unit, uint8_t value)
{
    const guint old = set->len;
    if ((guint)unit >= old) {
        g_byte_array_set_size(set, (guint)unit + 1);
        memset(set->data + old, 0, set->len - old);
    }
    set->data[unit] = value;
}

static bool set_is_empty(const UnitSet *set)
{
    for (guint u = 0; u < set->len; u++) {
        if (set->data[u] != 0) {
            return false;
        }
    }
    return true;
}

static bool sets_are_empty(UnitSet *const *sets)
{
    return set_is_empty(sets[CONNECT_CONNECTOR]) && set_is_empty(sets[CONNECT_TASK]);
}

static void clear_sets(UnitSet **sets)
{
    for (int k = 0; k < CONNECT_KINDS; k++) {
        g_byte_array_set_size(sets[k], 0);
    }
}

static int32_t unit_at(const GArray *units, guint i)
{
    return g_array_index(units, int32_t, i);
}

/* ---- what there is, was and is missing */

static void begin(Round *round)
{
    uint32_t *hashes = g_new(uint32_t, (gsize)round->worker_count);
    for (int32_t w = 0; w < round->worker_count; w++) {
        hashes[w] = (uint32_t)java_string_hash(round->workers[w].id);
    }
    round->order = g_new(int32_t, (gsize)round->worker_count);
    java_hash_order(
        hashes, round->worker_count, java_hash_capacity(round->worker_count), round->order);
    g_free(hashes);
    for (int k = 0; k < CONNECT_KINDS; k++) {
        round->active[k] = g_byte_array_new();
        round->lost[k] = g_byte_array_new();
        round->assignable[k] = g_array_new(FALSE, FALSE, sizeof(int32_t));
        for (int32_t w = 0; w < round->worker_count; w++) {
            const GArray *runs = round->workers[w].runs[k];
            for (guint i = 0; i < runs->len; i++) {
                const uint8_t times = set_get(round->active[k], unit_at(runs, i));
                set_put(round->active[k], unit_at(runs, i), times > 0 ? 2 : 1);
            }
        }
    }
}

static void end(Round *round)
{
    for (int k = 0; k < CONNECT_KINDS; k++) {
        g_byte_array_unref(round->active[k]);
        g_byte_array_unref(round->lost[k]);
        g_array_free(round->assignable[k], TRUE);
    }
    g_free(round->order);
}

/* A worker that did not take part in the last round still runs what was to be revoked: then the
 * leader believes what the workers say. */
static void heed_failed_revocations(Round *round)
{
    ConnectAssignor *self = round->assignor;
    bool failed = false;
    for (int k = 0; k < CONNECT_KINDS; k++) {
        for (guint u = 0; u < self->revoked[k]->len; u++) {
            failed = failed ||
                     (self->revoked[k]->data[u] != 0 && set_get(round->active[k], (int32_t)u) != 0);
        }
    }
    for (int k = 0; failed && k < CONNECT_KINDS; k++) {
        g_byte_array_set_size(self->previous[k], 0);
        g_byte_array_append(self->previous[k], round->active[k]->data, round->active[k]->len);
    }
    clear_sets(self->revoked);
}

/* Sorts the units into lost ones and new ones. */
static void compare_with_previous(Round *round, ConnectKind kind)
{
    const UnitSet *previous = round->assignor->previous[kind];
    for (int32_t u = 0; u < round->configured[kind]; u++) {
        if (set_get(round->active[kind], u) != 0) {
            continue;
        }
        if (set_get(previous, u) != 0) {
            set_put(round->lost[kind], u, 1);
        } else {
            g_array_append_val(round->assignable[kind], u);
        }
    }
}

static void revoke(Round *round, ConnectWorker *worker, ConnectKind kind, guint i)
{
    const int32_t unit = unit_at(worker->runs[kind], i);
    g_array_append_val(worker->stop[kind], unit);
    g_array_remove_index(worker->runs[kind], i);
    set_put(round->assignor->revoked[kind], unit, 1);
}

/* Units that nobody wants any more, and such as two workers run. */
static void revoke_deleted_and_duplicated(Round *round, ConnectKind kind)
{
    for (int32_t w = 0; w < round->worker_count; w++) {
        ConnectWorker *worker = &round->workers[w];
        for (guint i = 0; i < worker->runs[kind]->len;) {
            const int32_t unit = unit_at(worker->runs[kind], i);
            if (unit >= round->configured[kind] || set_get(round->active[kind], unit) > 1) {
                revoke(round, worker, kind, i);
            } else {
                i++;
            }
        }
    }
}

static void assign(ConnectWorker *worker, ConnectKind kind, int32_t unit)
{
    g_array_append_val(worker->runs[kind], unit);
    g_array_append_val(worker->start[kind], unit);
}

static bool is_idle(const ConnectWorker *worker)
{
    return worker->runs[CONNECT_CONNECTOR]->len == 0 && worker->runs[CONNECT_TASK]->len == 0;
}

/* ---- lost units */

static ConnectWorker *find_worker(const Round *round, const char *id)
{
    for (int32_t w = 0; w < round->worker_count; w++) {
        if (strcmp(round->workers[w].id, id) == 0) {
            return &round->workers[w];
        }
    }
    return NULL;
}

static bool are_all_back(const Round *round)
{
    const GPtrArray *members = round->assignor->previous_members;
    for (guint m = 0; m < members->len; m++) {
        if (find_worker(round, members->pdata[m]) == NULL) {
            return false;
        }
    }
    return true;
}

static void reset_delay(ConnectAssignor *self)
{
    g_ptr_array_set_size(self->candidates, 0);
    self->scheduled_rebalance = 0;
    self->delay = 0;
}

static gint by_unit(gconstpointer a, gconstpointer b)
{
    const int32_t one = *(const int32_t *)a;
    const int32_t two = *(const int32_t *)b;
    return (one > two) - (one < two);
}

static void reassign_lost_as_new(Round *round)
{
    for (int k = 0; k < CONNECT_KINDS; k++) {
        for (guint u = 0; u < round->lost[k]->len; u++) {
            const int32_t unit = (int32_t)u;
            if (round->lost[k]->data[u] != 0) {
                g_array_append_val(round->assignable[k], unit);
            }
        }
        g_array_sort(round->assignable[k], by_unit);
    }
}

/* The delay is over: to those that were empty while it ran, in turn. */
static void reassign_lost(Round *round)
{
    GPtrArray *takers = g_ptr_array_new();
    for (guint c = 0; c < round->assignor->candidates->len; c++) {
        ConnectWorker *worker = find_worker(round, round->assignor->candidates->pdata[c]);
        if (worker != NULL) {
            g_ptr_array_add(takers, worker);
        }
    }
    if (takers->len == 0) {
        reassign_lost_as_new(round);
    }
    for (int k = 0; takers->len > 0 && k < CONNECT_KINDS; k++) {
        guint next = 0;
        for (guint u = 0; u < round->lost[k]->len; u++) {
            if (round->lost[k]->data[u] != 0) {
                assign(takers->pdata[next++ % takers->len], (ConnectKind)k, (int32_t)u);
            }
        }
    }
    g_ptr_array_unref(takers);
}

static void note_candidates(Round *round)
{
    GPtrArray *candidates = round->assignor->candidates;
    for (int32_t i = 0; i < round->worker_count; i++) {
        const ConnectWorker *worker = &round->workers[round->order[i]];
        if (is_idle(worker) && !g_ptr_array_find_with_equal_func(
                                   candidates, worker->id, (GEqualFunc)g_str_equal, NULL)) {
            g_ptr_array_add(candidates, g_strdup(worker->id));
        }
    }
}

static void handle_lost_units(Round *round)
{
    ConnectAssignor *self = round->assignor;
    if (sets_are_empty(round->lost) && !self->revoked_in_previous) {
        reset_delay(self);
    } else if ((self->scheduled_rebalance <= 0 && are_all_back(round)) || self->max_delay == 0) {
        reassign_lost_as_new(round);
    } else if (self->scheduled_rebalance > 0 && round->now >= self->scheduled_rebalance) {
        reassign_lost(round);
        reset_delay(self);
        self->revoked_in_previous = false;
    } else {
        note_candidates(round);
        self->delay = self->scheduled_rebalance > 0
                          ? MIN(self->scheduled_rebalance - round->now, self->max_delay)
                          : self->max_delay;
        self->scheduled_rebalance = round->now + self->delay;
    }
}

/* ---- balance */

/* How many of this kind a worker has to give back; `extras` counts the workers that keep one more
 * than the floor. */
static int32_t
excess_of(const Round *round, const ConnectWorker *worker, ConnectKind kind, int32_t *extras)
{
    const int32_t floor = round->configured[kind] / round->worker_count;
    const int32_t has = (int32_t)worker->runs[kind]->len;
    if (has <= floor) {
        return 0;
    }
    const bool keeps_one_more = *extras < round->configured[kind] % round->worker_count;
    *extras += keeps_one_more ? 1 : 0;
    return has - floor - (keeps_one_more ? 1 : 0);
}

static int32_t give_back_excess(Round *round, bool really)
{
    int32_t total = 0;
    for (int k = 0; k < CONNECT_KINDS; k++) {
        int32_t extras = 0;
        for (int32_t i = 0; i < round->worker_count; i++) {
            ConnectWorker *worker = &round->workers[round->order[i]];
            const int32_t excess = excess_of(round, worker, (ConnectKind)k, &extras);
            for (int32_t n = 0; really && n < excess; n++) {
                revoke(round, worker, (ConnectKind)k, 0);
            }
            total += excess;
        }
    }
    return total;
}

static bool are_all_idle(const Round *round)
{
    for (int32_t w = 0; w < round->worker_count; w++) {
        if (!is_idle(&round->workers[w])) {
            return false;
        }
    }
    return true;
}

static void balance(Round *round)
{
    ConnectAssignor *self = round->assignor;
    if (self->delay != 0) {
        self->revoked_in_previous = false;
        return;
    }
    const bool uneven = !are_all_idle(round) && give_back_excess(round, false) > 0;
    if (!uneven) {
        self->revoking_rounds = self->revoked_in_previous ? 0 : self->revoking_rounds;
        self->revoked_in_previous = false;
        return;
    }
    if (self->revoked_in_previous) {
        const Backoff backoff = {
            self->max_delay > 0 ? SIM_MS(1) : 0, self->max_delay, .multiplier = 40};
        self->delay = backoff_wait(&backoff, ++self->revoking_rounds);
        self->scheduled_rebalance = self->delay > 0 ? round->now + self->delay : 0;
    } else {
        self->revoked_in_previous = true;
    }
    if (self->delay == 0) {
        give_back_excess(round, true);
    }
}

/* ---- who gets what is to be assigned */

static bool comes_before(const Round *round, ConnectKind kind, int32_t a, int32_t b)
{
    const ConnectWorker *one = &round->workers[a];
    const ConnectWorker *two = &round->workers[b];
    const guint has_one = one->runs[kind]->len;
    const guint has_two = two->runs[kind]->len;
    return has_one != has_two ? has_one < has_two : strcmp(one->id, two->id) < 0;
}

static void sort_by_load(Round *round, ConnectKind kind)
{
    for (int32_t i = 1; i < round->worker_count; i++) {
        const int32_t worker = round->order[i];
        int32_t j = i;
        for (; j > 0 && comes_before(round, kind, worker, round->order[j - 1]); j--) {
            round->order[j] = round->order[j - 1];
        }
        round->order[j] = worker;
    }
}

/* Rounds over the least loaded workers, all that have as few as the first. */
static void assign_to_least_loaded(Round *round, ConnectKind kind)
{
    sort_by_load(round, kind);
    const GArray *units = round->assignable[kind];
    guint next = 0;
    while (next < units->len) {
        const guint least = round->workers[round->order[0]].runs[kind]->len;
        for (int32_t i = 0; i < round->worker_count && next < units->len; i++) {
            ConnectWorker *worker = &round->workers[round->order[i]];
            if (worker->runs[kind]->len > least) {
                break;
            }
            assign(worker, kind, unit_at(units, next++));
        }
    }
}

static void remember(Round *round, int32_t generation)
{
    ConnectAssignor *self = round->assignor;
    clear_sets(self->previous);
    g_ptr_array_set_size(self->previous_members, 0);
    for (int32_t w = 0; w < round->worker_count; w++) {
        g_ptr_array_add(self->previous_members, g_strdup(round->workers[w].id));
    }
    for (int k = 0; k < CONNECT_KINDS; k++) {
        for (int32_t w = 0; w < round->worker_count; w++) {
            const GArray *runs = round->workers[w].runs[k];
            for (guint i = 0; i < runs->len; i++) {
                set_put(self->previous[k], unit_at(runs, i), 1);
            }
        }
        for (guint u = 0; u < round->lost[k]->len; u++) {
            if (round->lost[k]->data[u] != 0) {
                set_put(self->previous[k], (int32_t)u, 1);
            }
        }
    }
    self->previous_generation = generation;
}

SimDuration connect_assignor_assign(ConnectAssignor *self,
                                    SimTime now,
                                    const int32_t *configured,
                                    ConnectWorker *workers,
                                    int32_t worker_count,
                                    int32_t completed_generation,
                                    int32_t generation)
{
    Round round = {.assignor = self,
                   .now = now,
                   .configured = configured,
                   .workers = workers,
                   .worker_count = worker_count};
    begin(&round);
    if (self->previous_generation != completed_generation) {
        clear_sets(self->previous);
    }
    heed_failed_revocations(&round);
    for (int k = 0; k < CONNECT_KINDS; k++) {
        compare_with_previous(&round, (ConnectKind)k);
        revoke_deleted_and_duplicated(&round, (ConnectKind)k);
    }
    handle_lost_units(&round);
    balance(&round);
    assign_to_least_loaded(&round, CONNECT_CONNECTOR);
    assign_to_least_loaded(&round, CONNECT_TASK);
    remember(&round, generation);
    end(&round);
    return self->delay;
}
