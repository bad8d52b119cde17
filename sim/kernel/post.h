/* post.h - events of one constant delay that nobody calls off wait in a row of plain records.
 *
 * What is posted needs no handle, no slot, no generation and no links: it is written behind the
 * last and read from the front, 32 bytes each, in chunks of a page. Each lane (lane.h) has such a
 * row beside its ring of records; the rows' heads, sorted, compete with those of lanes and queue.
 *
 *     asleep (empty) --the first is posted--> awake --the last fires--> asleep
 *
 * While a row's events fire one after the other, its head keeps the first rank: what wakes comes
 * behind it. `horizon` is where the run must look at the rows: its end, or the earliest post; so
 * queue and lanes pay nothing for them.
 *
 * Leaves out: cancel and postpone. */
#ifndef KAFKASIM_SIM_KERNEL_POST_H
#define KAFKASIM_SIM_KERNEL_POST_H
#include "sim/kernel/key.h"
#include "sim/kernel/record.h"

#define POST_CHUNK_EVENTS 127u
#define POST_CHUNK_BYTES  4096u

typedef struct PostEvent {
    uint64_t time;  /* EVENT_KEY_NEVER.time where no event waits */
    uint64_t who;   /* as in EventRecord; for a generation, the low bits of the sequence number */
    uint64_t order; /* high bits of the sequence number; the cause */
    void *data;     /* of the end of a chunk: the next chunk */
} PostEvent;

typedef struct PostChunk {
    PostEvent events[POST_CHUNK_EVENTS];
    PostEvent end;
} PostChunk;

typedef struct PostRow {
    PostEvent *head;
    PostEvent *tail; /* the place of the next one; like the head never behind a chunk's end */
    PostEvent *stop; /* the tail may not go on from here without a look: no room, or asleep */
    uint32_t chunks;
    bool is_awake;
} PostRow;

typedef struct PostHead {
    uint64_t time;
    PostRow *row;
} PostHead;

/* Lane L's row has the index L + 1; that of KERNEL_NO_LANE stays empty. */
typedef struct Posts {
    uint64_t end;     /* of the run: the first instant behind it */
    uint64_t horizon; /* the earlier of it and the first head */
    uint64_t bound;   /* the earlier of it and the second head, while the first's events fire */
    uint32_t busy;    /* how many heads */
    uint32_t firing;  /* 1 while the first head's events fire, else 0 */
    uint32_t chunks;  /* in rows */
    uint32_t made;    /* chunks there ever were */
    PostChunk *free;
    PostHead heads[KERNEL_LANES_MAX + 2]; /* earliest first; behind the last, NEVER */
    PostRow rows[KERNEL_LANES_MAX + 1];
    Slab slab;
} Posts;

/* False when the system has no room for `events_max`. */
bool posts_init(Posts *posts, uint32_t events_max);
void posts_clear(Posts *posts);
size_t posts_memory_bytes(const Posts *posts);
/* How many events there can be at most without a look at the limit. */
uint32_t posts_most(const Posts *posts);
/* Takes all promised room back and returns how many events there are. */
uint32_t posts_settle(Posts *posts);
/* Whether a row needs memory for one more event that is not there yet. */
bool posts_need_memory(const Posts *posts, const PostRow *row);
/* Makes room in a row for up to `count` events more, and for one at least. */
void posts_extend(Posts *posts, PostRow *row, uint32_t count);
/* A row's first event has come: its head joins. */
void posts_wake(Posts *posts, PostRow *row);

/* A run up to `until` begins. */
void posts_begin_run(Posts *posts, uint64_t until);
/* The first head's events begin to fire; and they stop, for the next is not before the bound. */
PostRow *posts_begin(Posts *posts);
void posts_end(Posts *posts);

static inline EventKey post_key(const PostEvent *event)
{
    uint64_t low = event->who >> (RECORD_TARGET_SHIFT + RECORD_TARGET_BITS) & UINT8_MAX;
    return (EventKey){.time = event->time,
                      .order = event->order >> 32 << 32 | low << EVENT_KEY_SLOT_BITS};
}

/* The earliest; there is one. */
static inline EventKey posts_first(const Posts *posts)
{
    return post_key(posts->heads[0].row->head);
}

/* Writes an event at a row's tail, where room is. `order` is as in a key, without the slot. */
static inline void
posts_push(PostRow *row, uint64_t time, uint64_t who, void *data, uint64_t order, uint32_t cause)
{
    const uint32_t shift = RECORD_TARGET_SHIFT + RECORD_TARGET_BITS - EVENT_KEY_SLOT_BITS;
    PostEvent *event = row->tail;
    row->tail = event + 1;
    event->time = time;
    event->who = who | (uint64_t)(uint32_t)order << shift;
    event->order = (order >> 32 << 32) | cause;
    event->data = data;
}

#endif
