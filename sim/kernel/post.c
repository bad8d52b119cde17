/* post.c - see post.h. */
#include "sim/kernel/post.h"

/* A chunk is as large as a page and starts with one. */
_Static_assert(sizeof(PostChunk) == POST_CHUNK_BYTES, "a chunk of posts fills a page");

static PostChunk *post_chunk(const PostEvent *event)
{
    return (PostChunk *)((uintptr_t)event & ~(uintptr_t)(POST_CHUNK_BYTES - 1));
}

/* How many places of its chunk are before this one. */
static uint32_t post_index(const PostEvent *event)
{
    return (uint32_t)(event - post_chunk(event)->events);
}

bool posts_init(Posts *posts, uint32_t events_max)
{
    *posts = (Posts){0};
    posts->heads[0].time = EVENT_KEY_NEVER.time;
    /* A row's first and last chunk may be nearly empty. */
    size_t chunks = events_max / POST_CHUNK_EVENTS + 1 + 2 * (KERNEL_LANES_MAX + 1);
    slab_init(&posts->slab, chunks * sizeof(PostChunk));
    return posts->slab.base != NULL;
}

void posts_clear(Posts *posts)
{
    slab_clear(&posts->slab);
}

size_t posts_memory_bytes(const Posts *posts)
{
    return (size_t)posts->made * sizeof(PostChunk);
}

uint32_t posts_most(const Posts *posts)
{
    return posts->chunks * POST_CHUNK_EVENTS;
}

static uint32_t posts_count(const PostRow *row)
{
    if (row->chunks == 0) {
        return 0;
    }
    uint32_t tail = post_index(row->tail);
    return (row->chunks - 1) * POST_CHUNK_EVENTS + tail - post_index(row->head);
}

uint32_t posts_settle(Posts *posts)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i <= KERNEL_LANES_MAX; i++) {
        PostRow *row = &posts->rows[i];
        row->stop = row->tail;
        count += posts_count(row);
    }
    return count;
}

static bool post_is_full(const PostRow *row)
{
    return row->chunks == 0 || post_index(row->tail) == POST_CHUNK_EVENTS;
}

bool posts_need_memory(const Posts *posts, const PostRow *row)
{
    return post_is_full(row) && !posts->free;
}

static PostChunk *posts_take_chunk(Posts *posts)
{
    PostChunk *chunk = posts->free;
    posts->chunks++;
    if (chunk) {
        posts->free = chunk->end.data;
        return chunk;
    }
    chunk = (PostChunk *)posts->slab.base + posts->made++;
    slab_grow(&posts->slab, posts_memory_bytes(posts));
    for (uint32_t i = 0; i < POST_CHUNK_EVENTS; i++) {
        chunk->events[i].time = EVENT_KEY_NEVER.time;
    }
    chunk->end.time = EVENT_KEY_NEVER.time;
    return chunk;
}

void posts_extend(Posts *posts, PostRow *row, uint32_t count)
{
    if (post_is_full(row)) {
        PostChunk *chunk = posts_take_chunk(posts);
        if (row->chunks++ > 0) {
            post_chunk(row->tail)->end.data = chunk;
        } else {
            row->head = chunk->events;
        }
        row->tail = chunk->events;
    }
    uint32_t room = POST_CHUNK_EVENTS - post_index(row->tail);
    row->stop = row->tail + (count < room ? count : room);
}

static bool posts_is_before(const PostHead *head, const PostHead *other)
{
    return event_key_is_before(post_key(head->row->head), post_key(other->row->head));
}

static void posts_insert(Posts *posts, PostHead head)
{
    uint32_t rank = posts->busy++;
    posts->heads[rank + 1].time = EVENT_KEY_NEVER.time;
    for (; rank > posts->firing && posts_is_before(&head, &posts->heads[rank - 1]); rank--) {
        posts->heads[rank] = posts->heads[rank - 1];
    }
    posts->heads[rank] = head;
}

static void posts_remove_first(Posts *posts)
{
    for (uint32_t rank = 0; rank < posts->busy; rank++) {
        posts->heads[rank] = posts->heads[rank + 1];
    }
    posts->busy--;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void posts_wake(Posts *posts, PostRow *row)
{
    uint64_t time = row->head->time;
    row->is_awake = true;
    posts_insert(posts, (PostHead){time, row});
    posts->bound = earlier(posts->bound, time);
    posts->horizon = earlier(posts->horizon, time);
}

void posts_begin_run(Posts *posts, uint64_t until)
{
    posts->end = until + 1;
    posts->horizon = earlier(posts->end, posts->heads[0].time);
}

PostRow *posts_begin(Posts *posts)
{
    posts->firing = 1;
    posts->bound = earlier(posts->end, posts->heads[1].time);
    return posts->heads[0].row;
}

/* The chunk that the head has come through goes back; the row's only one is used anew. */
static void posts_turn_page(Posts *posts, PostRow *row)
{
    PostChunk *chunk = post_chunk(row->head);
    if (row->head == row->tail) {
        row->head = chunk->events;
        row->tail = chunk->events;
        return;
    }
    row->head = ((PostChunk *)chunk->end.data)->events;
    row->chunks--;
    posts->chunks--;
    chunk->end.data = posts->free;
    posts->free = chunk;
}

void posts_end(Posts *posts)
{
    PostRow *row = posts->heads[0].row;
    posts->firing = 0;
    posts_remove_first(posts);
    if (row->head == row->tail || post_index(row->head) == POST_CHUNK_EVENTS) {
        posts_turn_page(posts, row);
    }
    if (row->head == row->tail) {
        row->is_awake = false;
        row->stop = row->tail;
    } else {
        posts_insert(posts, (PostHead){row->head->time, row});
    }
    posts->horizon = earlier(posts->end, posts->heads[0].time);
}
