/* run.c - the earliest event of queue and lanes is removed and fired, one after the other. */
#include "sim/kernel/kernel_state.h"

#define KERNEL_FNV_PRIME UINT64_C(0x100000001b3)

static inline uint64_t kernel_hash(uint64_t hash, uint64_t time, uint64_t who)
{
    hash ^= time;
    hash = hash << 23 | hash >> 41;
    return (hash ^ who) * KERNEL_FNV_PRIME;
}

/* Who the event is for. Events of one target often come in a row, and a processor that guesses so
 * begins with the handler's work before the event's record has arrived: a small model waits for
 * little else. */
static inline const KernelTarget *kernel_find_target(Kernel *kernel, uint64_t target)
{
    const KernelTarget *last = kernel->target;
    const KernelTarget *guess = last;
    const KernelTarget *found = &kernel->targets[target];
    BITS_OPAQUE(guess);
    if (BITS_LIKELY(found == last)) {
        return guess;
    }
    kernel->target = found;
    return found;
}

/* Of who an event is for: target and kind. */
static inline uint64_t kernel_what(uint64_t who)
{
    return who & (RECORD_NOBODY | UINT16_MAX);
}

static inline void kernel_hand_over(Kernel *kernel, uint64_t time, uint64_t who, void *data)
{
    uint64_t what = kernel_what(who);
    kernel->left--;
    kernel->now = (SimTime)time;
    kernel->hash = kernel_hash(kernel->hash, time, what);
    const KernelTarget *to = kernel_find_target(kernel, what >> RECORD_TARGET_SHIFT);
    to->handler(kernel, to->self, (SimTime)time, record_event(who, data));
}

static KERNEL_RARELY void kernel_release_lane(Kernel *kernel)
{
    record_release_hot(&kernel->lanes.slab, sizeof(LaneRecord));
}

static KERNEL_RARELY void kernel_release_queue(Kernel *kernel)
{
    kernel_release_hot(kernel);
}

/* Removes and fires the earliest event of the lanes, or finds the one that is. */
static inline void kernel_fire_lane(Kernel *kernel, uint64_t time)
{
    Lanes *lanes = &kernel->lanes;
    char *records = lanes->slab.records;
    if (!BITS_LIKELY(lanes_are_exact(lanes))) {
        lanes_advance(lanes);
        return;
    }
    uint32_t slot = lane_slot(lanes->heads[0].link);
    LaneRecord *record = lane_at(records, slot);
    uint64_t who = record->who;
    void *data = record->data;
    kernel->cause = record->cause;
    lanes_pop(lanes, records, record);
    lanes->slab.hot = slot;
    kernel_hand_over(kernel, time, who, data);
    if (lanes->slab.hot != 0) {
        kernel_release_lane(kernel);
    }
}

/* Removes the earliest event of the queue and fires it, unless it was cancelled; while the queue is
 * of few, those are gone already. */
static inline void kernel_fire_queue(Kernel *kernel, EventKey key, bool few)
{
    RecordSlab *slab = &kernel->slab;
    uint32_t slot = event_key_slot(key);
    EventRecord *record = record_at(slab, slot);
    uint64_t who = record->who;
    void *data = record->data;
    if (!few) {
        queue_pop(&kernel->queue, slab);
        if (!BITS_LIKELY(record_is_pending(record))) {
            kernel->queue.dead--;
            record_release_dead(slab, record, slot);
            return;
        }
    }
    slab->hot = slot;
    kernel->cause = record->cause;
    kernel_hand_over(kernel, key.time, who, data);
    if (slab->hot != 0) {
        kernel_release_queue(kernel);
    }
}

/* Whether a post of this time is before all in queue, lanes and other rows. */
static inline bool kernel_is_post_next(const Kernel *kernel, uint64_t time)
{
    return time < kernel->posts.bound && time < kernel->lanes.heads[0].time &&
           time < kernel->queue.front.head->time;
}

/* Fires the earliest post, and those behind it as long as nothing else comes first. */
static void kernel_fire_posts(Kernel *kernel)
{
    PostRow *row = posts_begin(&kernel->posts);
    PostEvent *event = row->head;
    uint64_t time = event->time;
    uint64_t hash = kernel->hash;
    do {
        uint64_t who = event->who;
        uint64_t what = kernel_what(who);
        event->time = EVENT_KEY_NEVER.time;
        kernel->left--;
        kernel->now = (SimTime)time;
        kernel->cause = (uint32_t)event->order;
        hash = kernel_hash(hash, time, what);
        kernel->hash = hash;
        const KernelTarget *to = &kernel->targets[what >> RECORD_TARGET_SHIFT];
        kernel->target = to;
        row->head = event + 1;
        to->handler(kernel, to->self, (SimTime)time, record_event(who, event->data));
        event++;
        time = event->time;
    } while (kernel_is_post_next(kernel, time) && kernel->left > 0);
    posts_end(&kernel->posts);
}

/* What kernel_fire_next is to do where it comes to the horizon. */
typedef enum KernelMeeting {
    KERNEL_MEETS_END,
    KERNEL_MEETS_TIE, /* of the posts and what is first of lanes and queue, that is to fire */
    KERNEL_MET_POSTS, /* they have fired */
} KernelMeeting;

static KERNEL_RARELY KernelMeeting kernel_meet_posts(Kernel *kernel, bool lane)
{
    Lanes *lanes = &kernel->lanes;
    if (kernel->posts.heads[0].time >= kernel->posts.end) {
        return KERNEL_MEETS_END;
    }
    EventKey post = posts_first(&kernel->posts);
    EventKey queue = queue_peek(&kernel->queue);
    if (lane ? lanes->heads[0].time == post.time && lanes_win_tie(lanes, post)
             : event_key_is_before(queue, post)) {
        return KERNEL_MEETS_TIE; /* or the queue's front wants to be filled */
    }
    kernel_fire_posts(kernel);
    return KERNEL_MET_POSTS;
}

/* Fills the queue's front, as far as anything may fire. */
static KERNEL_RARELY void kernel_refill(Kernel *kernel)
{
    const Posts *posts = &kernel->posts;
    uint64_t lane = kernel->lanes.heads[0].time;
    uint64_t most = posts->horizon < posts->end ? posts->horizon : posts->end - 1;
    queue_refill(&kernel->queue, lane < most ? lane : most);
}

/* Fires the lanes' first event, which is not after the queue's first key, or what comes before
 * both; or brings that nearer. False when it is later than the end. */
static inline bool kernel_fire_next_lane(Kernel *kernel, uint64_t lane_time)
{
    if (!BITS_LIKELY(lane_time < kernel->posts.horizon)) {
        KernelMeeting meeting = kernel_meet_posts(kernel, true);
        if (meeting != KERNEL_MEETS_TIE) {
            return meeting == KERNEL_MET_POSTS;
        }
    }
    kernel_fire_lane(kernel, lane_time);
    return true;
}

/* The same, the queue's first key being the earlier. What is likely runs straight on: queues of few
 * are the fastest, so that they would feel every jump. */
static inline bool kernel_fire_next_queue(Kernel *kernel, EventKey queue)
{
    if (!BITS_LIKELY(queue.time < kernel->posts.horizon)) {
        KernelMeeting meeting = kernel_meet_posts(kernel, false);
        if (meeting != KERNEL_MEETS_TIE) {
            return meeting == KERNEL_MET_POSTS;
        }
    }
    if (BITS_LIKELY(queue_is_few(&kernel->queue))) {
        kernel_fire_queue(kernel, queue, true);
    } else if (event_key_slot(queue) == 0) {
        kernel_refill(kernel);
    } else {
        kernel_fire_queue(kernel, queue, false);
    }
    return true;
}

/* Removes and fires what is next, or brings that nearer. False when it is later than the end. */
static inline bool kernel_fire_next(Kernel *kernel)
{
    uint64_t lane_time = kernel->lanes.heads[0].time;
    EventKey queue = queue_peek(&kernel->queue);
    if (BITS_LIKELY(lane_time > queue.time)) {
        return kernel_fire_next_queue(kernel, queue);
    }
    if (lane_time < queue.time || lanes_win_tie(&kernel->lanes, queue)) {
        return kernel_fire_next_lane(kernel, lane_time);
    }
    return kernel_fire_next_queue(kernel, queue);
}

const void *kernel_soon(const Kernel *kernel, uint32_t ahead)
{
    const Front *front = &kernel->queue.front;
    const EventKey *key = front->head + ahead;
    if (key >= front->tail) {
        return NULL;
    }
    const EventRecord *record = record_at(&kernel->slab, event_key_slot(*key));
    return record_is_pending(record) ? record->data : NULL;
}

bool kernel_soon_event(const Kernel *kernel, uint32_t ahead, KernelEvent *ret_event)
{
    const Front *front = &kernel->queue.front;
    const EventKey *key = front->head + ahead;
    if (key >= front->tail) {
        return false;
    }
    const EventRecord *record = record_at(&kernel->slab, event_key_slot(*key));
    *ret_event = record_event(record->who, record->data);
    return record_is_pending(record);
}

uint32_t
kernel_lane_ahead(const Kernel *kernel, LaneId lane, KernelEvent ret_events[KERNEL_LANE_AHEAD])
{
    char *records = kernel->lanes.slab.records;
    if (lane >= kernel->lanes.count) {
        return 0;
    }
    const LaneRecord *record = lane_at(records, lane_slot(lanes_first(&kernel->lanes, lane)));
    uint32_t count = 0;
    for (; count < KERNEL_LANE_AHEAD; count++) {
        if ((record_owner(record->who) & RECORD_NO_TARGET) == RECORD_NO_TARGET) {
            return count; /* the lane's own record: its end */
        }
        ret_events[count] = record_event(record->who, record->data);
        record = lane_at(records, lane_slot(record->next));
    }
    record_prefetch_data(&record->data);
    BITS_PREFETCH(lane_at(records, lane_slot(record->next)));
    return count;
}

/* Nothing fires any more up to `until`. */
static KernelStop kernel_rest(Kernel *kernel, SimTime until)
{
    if (kernel_pending(kernel) > 0) {
        kernel->now = until > kernel->now ? until : kernel->now;
        return KERNEL_UNTIL;
    }
    queue_sweep(&kernel->queue);
    return KERNEL_DRAINED;
}

KernelStop kernel_step(Kernel *kernel, SimTime until, uint64_t count)
{
    if (until < 0) {
        return kernel_rest(kernel, kernel->now);
    }
    bool halted = kernel->stopped || kernel->refusal != KERNEL_REFUSAL_NONE;
    uint64_t most = UINT64_MAX - kernel->end;
    kernel->left = halted ? 0 : count < most ? count : most;
    kernel->end += kernel->left;
    posts_begin_run(&kernel->posts, (uint64_t)until);
    while (kernel->left > 0) {
        if (!kernel_fire_next(kernel)) {
            kernel_halt(kernel);
            return kernel_rest(kernel, until);
        }
    }
    kernel->stopped = false;
    return kernel->refusal == KERNEL_REFUSAL_NONE ? KERNEL_STOPPED : KERNEL_REFUSED;
}

KernelStop kernel_run(Kernel *kernel, SimTime until)
{
    return kernel_step(kernel, until, UINT64_MAX);
}

void kernel_stop(Kernel *kernel)
{
    kernel->stopped = true;
    kernel_halt(kernel);
}
