/* ledger_losses.c - see ledger_losses.h.
 *
 * While a run goes on, only who began to lead and what disks lost is kept, in order. At the end
 * each lost batch looks for its loss: the first leader of a later epoch whose log ended before it,
 * or one of the same epoch that came back so. */
#include "models/ledger/ledger_losses.h"
#include "models/ledger/ledger_state.h"

#define ONE_MOMENT SIM_SEC(1) /* of losses that no leader's beginning tells apart */

typedef struct DiskLoss {
    SimTime at;
    int32_t broker;
    LossReason how;
} DiskLoss;

/* So many records below what had been settled are gone from the log of who is elected. */
typedef struct SettledLoss {
    LedgerSettledEnd end;
    int64_t heard, unheard;
} SettledLoss;

/* Of one partition, made when losses are listed. */
typedef struct Lane {
    const LeaderStart *starts; /* in the book's */
    guint start_count;
    GArray *notes; /* LossNote */
} Lane;

typedef struct LossBook {
    GPtrArray *lanes; /* Lane* by partition; NULL: nothing of it is lost */
    GArray *starts;   /* LeaderStart, as they come; for a listing by partition */
    GArray *disks;    /* DiskLoss */
    GArray *settled;  /* SettledLoss */
    GArray *listed;   /* LossNote */
} LossBook;

static void free_lane(gpointer data)
{
    Lane *lane = data;
    if (lane != NULL) {
        g_array_free(lane->notes, TRUE);
        g_free(lane);
    }
}

void ledger_losses_init(Ledger *self)
{
    self->book = g_new0(LossBook, 1);
    self->book->lanes = g_ptr_array_new_with_free_func(free_lane);
    self->book->starts = g_array_new(FALSE, FALSE, sizeof(LeaderStart));
    self->book->disks = g_array_new(FALSE, FALSE, sizeof(DiskLoss));
    self->book->settled = g_array_new(FALSE, FALSE, sizeof(SettledLoss));
    self->book->listed = g_array_new(FALSE, FALSE, sizeof(LossNote));
}

void ledger_losses_free(Ledger *self)
{
    g_ptr_array_free(self->book->lanes, TRUE);
    g_array_free(self->book->starts, TRUE);
    g_array_free(self->book->disks, TRUE);
    g_array_free(self->book->settled, TRUE);
    g_array_free(self->book->listed, TRUE);
    g_free(self->book);
}

/* ---- while the run goes on */

void ledger_set_acks(Ledger *self, int32_t producer, int32_t acks)
{
    self->producers[producer].acks = acks;
}

void ledger_batch_arrived(Ledger *self, uint32_t id, const BatchArrival *arrival)
{
    LedgerBatch *batch = ledger_batches_find(&self->batches, id);
    /* A copy that comes after the answer is of no importance. */
    if (batch != NULL && (!batch->received || batch->fate == FATE_UNKNOWN)) {
        batch->received = true;
        batch->arrival = *arrival;
    }
}

void ledger_leader_starts(Ledger *self, const LeaderStart *start)
{
    g_array_append_vals(self->book->starts, start, 1);
}

void ledger_disk_lost(Ledger *self, int32_t broker, LossReason how, SimTime at)
{
    const DiskLoss loss = {at, broker, how};
    g_array_append_val(self->book->disks, loss);
}

int64_t *ledger_settled_of(GArray *settled, int32_t partition)
{
    if ((guint)partition >= settled->len) {
        g_array_set_size(settled, (guint)partition + 1);
    }
    return &g_array_index(settled, int64_t, partition);
}

typedef struct Unsettling {
    const LedgerSettledEnd *end;
    int64_t records;
} Unsettling;

static void unsettle(void *user, uint32_t id, LedgerBatch *batch)
{
    Unsettling *self = user;
    (void)id;
    if (batch->settled && !batch->deleted && batch->partition == self->end->partition &&
        batch->arrival.base_offset >= self->end->from) {
        batch->settled = false;
        batch->seen = 0;
        self->records += batch->count;
    }
}

void ledger_lost_settled(Ledger *self, const LedgerSettledEnd *end)
{
    int64_t all = 0;
    Unsettling open = {end, 0};
    ledger_batches_each(&self->batches, unsettle, &open); /* these are still told one by one */
    for (int32_t i = 0; i < self->producer_count; i++) {
        all += *ledger_settled_of(self->settled[i], end->partition);
    }
    int64_t records = MIN(MAX(0, end->to - end->from - open.records), all);
    SettledLoss loss = {.end = *end};
    for (int32_t i = 0; i < self->producer_count && all > 0; i++) {
        int64_t *own = ledger_settled_of(self->settled[i], end->partition);
        int64_t part = (int64_t)((__extension__(__int128) records * *own) / all);
        self->producers[i].lost += part;
        *(self->producers[i].acks == 0 ? &loss.unheard : &loss.heard) += part;
        records -= part;
        all -= *own;
        *own -= part;
    }
    g_array_append_val(self->book->settled, loss);
}

/* ---- at the end */

static gint by_partition(gconstpointer a, gconstpointer b)
{
    const LeaderStart *x = a;
    const LeaderStart *y = b;
    return (x->partition > y->partition) - (x->partition < y->partition);
}

/* The first start of a partition that is not below this one; they are sorted. */
static guint first_start(const GArray *starts, int32_t partition)
{
    guint low = 0;
    guint high = starts->len;
    while (low < high) {
        const guint middle = low + (high - low) / 2;
        if (g_array_index(starts, LeaderStart, middle).partition < partition) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static Lane *lane_of(LossBook *self, int32_t partition)
{
    if ((guint)partition >= self->lanes->len) {
        g_ptr_array_set_size(self->lanes, partition + 1);
    }
    if (self->lanes->pdata[partition] == NULL) {
        const guint first = first_start(self->starts, partition);
        Lane *lane = g_new0(Lane, 1);
        lane->starts = &g_array_index(self->starts, LeaderStart, first);
        lane->start_count = first_start(self->starts, partition + 1) - first;
        lane->notes = g_array_new(FALSE, FALSE, sizeof(LossNote));
        self->lanes->pdata[partition] = lane;
    }
    return self->lanes->pdata[partition];
}

static bool is_deletion(const LeaderStart *start)
{
    return start->broker < 0;
}

/* The first start without what `arrival` says; NULL: none. A topic that was created again has
 * epochs and offsets of its own. */
static const LeaderStart *find_start(const Lane *lane, const BatchArrival *arrival)
{
    const LeaderStart *found = NULL;
    for (guint i = 0; i < lane->start_count; i++) {
        const LeaderStart *start = &lane->starts[i];
        const bool before = start->at <= arrival->at;
        if (is_deletion(start)) {
            found = before || found == NULL ? start : found;
            continue;
        }
        const bool newer = start->leader_epoch > arrival->leader_epoch ||
                           (start->leader_epoch == arrival->leader_epoch && !before);
        const bool without = newer && (start->log_end <= arrival->base_offset ||
                                       start->last_epoch < arrival->leader_epoch);
        if (without && (found == NULL || (is_deletion(found) && found->at <= arrival->at))) {
            found = start;
        }
    }
    return found;
}

static const LeaderStart *start_of(const Lane *lane, int32_t leader_epoch)
{
    for (guint i = lane->start_count; i-- > 0;) {
        const LeaderStart *start = &lane->starts[i];
        if (start->leader_epoch == leader_epoch && !is_deletion(start)) {
            return start;
        }
    }
    return NULL;
}

/* The last between the two moments; of any broker when that is -1. */
static const DiskLoss *find_disk(const LossBook *self, int32_t broker, SimTime after, SimTime until)
{
    for (guint i = self->disks->len; i-- > 0;) {
        const DiskLoss *loss = &g_array_index(self->disks, DiskLoss, i);
        if (loss->at >= after && loss->at <= until && (broker < 0 || loss->broker == broker)) {
            return loss;
        }
    }
    return NULL;
}

static bool blame_disk(const DiskLoss *loss, LossNote *note)
{
    if (loss == NULL) {
        return false;
    }
    note->reason = loss->how;
    note->broker = loss->broker;
    note->since = loss->at;
    return true;
}

/* What of it is known from the leader that begins without the records. */
static LossNote begin_note(int32_t partition, const LeaderStart *start, SimTime now)
{
    LossNote note = {.at = now, .partition = partition, .leader = -1, .leader_epoch = -1};
    note.broker = -1;
    if (start != NULL) {
        note.at = start->at;
        note.leader = start->broker;
        note.leader_epoch = start->leader_epoch;
        note.cause = start->cause;
    }
    return note;
}

/* Of a batch that no note of the invariants has. */
static void explain(const LossBook *self,
                    const LedgerBatch *batch,
                    const LeaderStart *start,
                    int32_t acks,
                    LossNote *note)
{
    const BatchArrival *arrival = &batch->arrival;
    if (start != NULL && is_deletion(start)) {
        note->reason = LOSS_DELETED;
    } else if ((start == NULL || start->broker == arrival->broker) &&
               blame_disk(find_disk(self, arrival->broker, arrival->at, note->at), note)) {
        note->at = start != NULL ? note->at : note->since;
    } else if (acks != -1) {
        note->reason = LOSS_UNREPLICATED;
        note->broker = arrival->broker;
    } else if (start != NULL && start->unclean) {
        note->reason = LOSS_UNCLEAN_ELECTION;
    } else {
        (void)blame_disk(find_disk(self, -1, arrival->at, note->at), note);
    }
}

/* Only acks=0 is acknowledged, as it were, without a broker. */
static void explain_refused(const LedgerBatch *batch, LossNote *note)
{
    note->reason = batch->received ? LOSS_REFUSED : LOSS_UNRECEIVED;
    note->at = batch->received ? batch->arrival.at : batch->acked_at;
    note->broker = batch->received ? batch->arrival.broker : -1;
}

static bool is_one_loss(const LossNote *a, const LossNote *b)
{
    const bool same = a->leader == b->leader && a->leader_epoch == b->leader_epoch &&
                      a->reason == b->reason && a->broker == b->broker &&
                      a->unheard == b->unheard && a->committed == b->committed &&
                      a->late == b->late && (a->from < 0) == (b->from < 0);
    const bool timed = a->leader >= 0 && !a->late;
    return same && (timed || (b->at <= a->until + ONE_MOMENT && b->until >= a->at - ONE_MOMENT));
}

/* To the note that it belongs to, or as another one. */
static void enter(Lane *lane, const LossNote *part)
{
    for (guint i = lane->notes->len; i-- > 0;) {
        LossNote *note = &g_array_index(lane->notes, LossNote, i);
        if (is_one_loss(note, part)) {
            note->at = MIN(note->at, part->at);
            note->until = MAX(note->until, part->until);
            note->since = MIN(note->since, part->since);
            note->from = MIN(note->from, part->from);
            note->to = MAX(note->to, part->to);
            note->records += part->records;
            return;
        }
    }
    g_array_append_vals(lane->notes, part, 1);
}

/* The note of committed records that holds these offsets, and what it says of the leader. */
static LossNote *find_committed(const Lane *lane, int64_t from, int64_t to, int32_t leader_epoch)
{
    for (guint i = 0; i < lane->notes->len; i++) {
        LossNote *note = &g_array_index(lane->notes, LossNote, i);
        if (note->committed && note->leader_epoch == leader_epoch && from < note->to &&
            to > note->from) {
            return note;
        }
    }
    return NULL;
}

static void enter_committed(Lane *lane, LossNote *note, const LossNote *part)
{
    if (note->records == 0 || note->unheard == part->unheard) {
        note->unheard = part->unheard;
        note->records += part->records;
        return;
    }
    LossNote own = *note;
    own.unheard = part->unheard;
    own.from = part->from;
    own.to = part->to;
    own.records = part->records;
    enter(lane, &own);
}

static void enter_batch(Ledger *self, const LedgerBatch *batch, SimTime now)
{
    const int32_t acks = self->producers[batch->producer].acks;
    Lane *lane = lane_of(self->book, batch->partition);
    const BatchArrival *arrival = &batch->arrival;
    const bool taken = batch->received && arrival->error == KAFKA_NONE;
    const LeaderStart *start = taken ? find_start(lane, arrival) : NULL;
    LossNote part = begin_note(batch->partition, start, now);
    part.from = taken ? arrival->base_offset : -1;
    part.to = taken ? arrival->base_offset + batch->count : -1;
    part.records = batch->count;
    part.unheard = acks == 0;
    LossNote *committed =
        taken ? find_committed(lane, part.from, part.to, part.leader_epoch) : NULL;
    if (committed != NULL) {
        enter_committed(lane, committed, &part);
        return;
    }
    if (taken) {
        const SimTime known = MAX(arrival->at, batch->acked_at);
        explain(self->book, batch, start, acks, &part);
        part.late = start != NULL && arrival->at > start->at;
        part.at = MAX(part.at, known);
    } else {
        explain_refused(batch, &part);
    }
    part.until = part.at;
    enter(lane, &part);
}

static void enter_settled(Ledger *self, const SettledLoss *loss)
{
    const LedgerSettledEnd *end = &loss->end;
    Lane *lane = lane_of(self->book, end->partition);
    LossNote *committed = find_committed(lane, end->from, end->to, end->leader_epoch);
    LossNote part = begin_note(end->partition, start_of(lane, end->leader_epoch), end->at);
    part.from = end->from;
    part.to = end->to;
    if (committed == NULL) {
        const LedgerBatch any = {.arrival = {.at = 0, .broker = end->leader}};
        explain(self->book, &any, start_of(lane, end->leader_epoch), -1, &part);
        part.until = part.at;
    }
    for (int unheard = 0; unheard < 2; unheard++) {
        part.unheard = unheard > 0;
        part.records = unheard > 0 ? loss->unheard : loss->heard;
        if (part.records > 0 && committed != NULL) {
            enter_committed(lane, committed, &part);
        } else if (part.records > 0) {
            enter(lane, &part);
        }
    }
}

typedef struct Listing {
    Ledger *ledger;
    SimTime now;
} Listing;

static void enter_lost(void *user, uint32_t id, LedgerBatch *batch)
{
    const Listing *listing = user;
    (void)id;
    if (ledger_is_lost(batch)) {
        enter_batch(listing->ledger, batch, listing->now);
    }
}

static gint by_moment(gconstpointer a, gconstpointer b)
{
    const LossNote *x = a;
    const LossNote *y = b;
    return x->at != y->at ? (x->at > y->at) - (x->at < y->at)
                          : (x->partition > y->partition) - (x->partition < y->partition);
}

const LossNote *ledger_list_losses(
    Ledger *self, const LossNote *committed, int32_t count, SimTime now, int32_t *ret_count)
{
    LossBook *book = self->book;
    Listing listing = {self, now};
    g_array_sort(book->starts, by_partition); /* stable */
    for (int32_t i = 0; i < count; i++) {
        LossNote note = committed[i];
        if (note.leader < 0 && note.since > 0) { /* seen at the end, for want of a leader */
            note.at = note.since;
            note.until = note.since;
        }
        g_array_append_val(lane_of(book, note.partition)->notes, note);
    }
    for (guint i = 0; i < book->settled->len; i++) {
        enter_settled(self, &g_array_index(book->settled, SettledLoss, i));
    }
    ledger_batches_each(&self->batches, enter_lost, &listing);
    for (guint p = 0; p < book->lanes->len; p++) {
        const Lane *lane = book->lanes->pdata[p];
        if (lane != NULL) {
            g_array_append_vals(book->listed, lane->notes->data, lane->notes->len);
        }
    }
    g_array_sort(book->listed, by_moment); /* stable */
    *ret_count = (int32_t)book->listed->len;
    return (const LossNote *)(const void *)book->listed->data;
}
