/* event_log.c - 24 bytes an event, words by number, details one after another in blocks of 1 MiB.
 *
 * Words (actors and what happened) come from a small set: each is copied once and named by a
 * number, found through a table that is looked up and never walked. Details are never moved, so
 * what event_log_get lends stays good as long as the log. Left out: details over 4095 bytes (cut)
 * and above 4 GiB together (their events count as left out). */
#include "sim/watch/event_log.h"
#include <stdio.h>
#include <string.h>

enum {
    BLOCK_BITS = 20,
    BLOCK_BYTES = 1 << BLOCK_BITS,
    BLOCKS_MAX = 1 << (32 - BLOCK_BITS),
    DETAIL_BYTES = 4096, /* with its end */
};

typedef struct Record {
    SimTime time;
    uint32_t cause;
    uint32_t actor;  /* word */
    uint32_t what;   /* word */
    uint32_t detail; /* block and offset in it */
} Record;

struct EventLog {
    Kernel *kernel;
    uint32_t events_max;
    uint32_t kept_max;
    uint64_t left_out;
    GArray *records;     /* Record; id - 1 is the index */
    GPtrArray *words;    /* owned strings */
    GHashTable *index;   /* word -> its number + 1 */
    GPtrArray *blocks;   /* owned, BLOCK_BYTES each */
    uint32_t block_used; /* bytes of the last block */
};

static void add_block(EventLog *self)
{
    g_ptr_array_add(self->blocks, g_malloc(BLOCK_BYTES));
    self->block_used = 0;
}

EventLog *event_log_new(Kernel *kernel, uint32_t events_max)
{
    EventLog *self = g_new0(EventLog, 1);
    self->kernel = kernel;
    self->events_max = events_max;
    self->kept_max = events_max < UINT32_MAX / 2 ? events_max + events_max / 4 : events_max;
    self->records = g_array_new(FALSE, FALSE, sizeof(Record));
    self->words = g_ptr_array_new_with_free_func(g_free);
    self->index = g_hash_table_new(g_str_hash, g_str_equal);
    self->blocks = g_ptr_array_new_with_free_func(g_free);
    add_block(self);
    ((char *)g_ptr_array_index(self->blocks, 0))[0] = '\0'; /* detail 0 is the empty one */
    self->block_used = 1;
    return self;
}

void event_log_free(EventLog *self)
{
    if (self == NULL) {
        return;
    }
    g_hash_table_unref(self->index);
    g_ptr_array_unref(self->words);
    g_ptr_array_unref(self->blocks);
    g_array_unref(self->records);
    g_free(self);
}

static uint32_t word_number(EventLog *self, const char *word)
{
    const uint32_t known = GPOINTER_TO_UINT(g_hash_table_lookup(self->index, word));
    if (known > 0) {
        return known - 1;
    }
    char *copy = g_strdup(word);
    g_ptr_array_add(self->words, copy);
    g_hash_table_insert(self->index, copy, GUINT_TO_POINTER(self->words->len));
    return self->words->len - 1;
}

/* Writes the detail behind the last one. False when there is no room for another block. */
static bool add_detail(EventLog *self, uint32_t *ret_detail, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

static bool add_detail(EventLog *self, uint32_t *ret_detail, const char *format, va_list arguments)
{
    if (self->block_used + DETAIL_BYTES > BLOCK_BYTES) {
        if (self->blocks->len == BLOCKS_MAX) {
            return false;
        }
        add_block(self);
    }
    const uint32_t block = self->blocks->len - 1;
    char *at = (char *)g_ptr_array_index(self->blocks, block) + self->block_used;
    const int length = vsnprintf(at, DETAIL_BYTES, format, arguments);
    if (length <= 0) {
        *ret_detail = 0;
        return true;
    }
    *ret_detail = block << BLOCK_BITS | self->block_used;
    self->block_used += (length < DETAIL_BYTES ? (uint32_t)length : DETAIL_BYTES - 1) + 1;
    return true;
}

static uint32_t add_up_to(EventLog *self,
                          uint32_t limit,
                          const char *actor,
                          const char *what,
                          const char *format,
                          va_list arguments) __attribute__((format(printf, 5, 0)));

static uint32_t add_up_to(EventLog *self,
                          uint32_t limit,
                          const char *actor,
                          const char *what,
                          const char *format,
                          va_list arguments)
{
    Record record = {.time = kernel_now(self->kernel), .cause = kernel_cause(self->kernel)};
    if (self->records->len >= limit || !add_detail(self, &record.detail, format, arguments)) {
        self->left_out++;
        return 0;
    }
    record.actor = word_number(self, actor);
    record.what = word_number(self, what);
    g_array_append_val(self->records, record);
    kernel_set_cause(self->kernel, self->records->len);
    return self->records->len;
}

uint32_t event_log_add_v(
    EventLog *self, const char *actor, const char *what, const char *format, va_list arguments)
{
    return add_up_to(self, self->events_max, actor, what, format, arguments);
}

uint32_t event_log_add(EventLog *self, const char *actor, const char *what, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const uint32_t id = add_up_to(self, self->events_max, actor, what, format, arguments);
    va_end(arguments);
    return id;
}

uint32_t
event_log_keep(EventLog *self, const char *actor, const char *what, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const uint32_t id = add_up_to(self, self->kept_max, actor, what, format, arguments);
    va_end(arguments);
    return id;
}

uint32_t event_log_count(const EventLog *self)
{
    return self->records->len;
}

uint64_t event_log_left_out(const EventLog *self)
{
    return self->left_out;
}

bool event_log_get(const EventLog *self, uint32_t id, LoggedEvent *ret_event)
{
    if (id == 0 || id > self->records->len) {
        return false;
    }
    const Record *record = &g_array_index(self->records, Record, id - 1);
    const char *block = g_ptr_array_index(self->blocks, record->detail >> BLOCK_BITS);
    *ret_event = (LoggedEvent){
        .id = id,
        .cause = record->cause,
        .time = record->time,
        .actor = g_ptr_array_index(self->words, record->actor),
        .what = g_ptr_array_index(self->words, record->what),
        .detail = block + (record->detail & (BLOCK_BYTES - 1)),
    };
    return true;
}

static void append_line(GString *text, const LoggedEvent *event)
{
    g_string_append_printf(text,
                           "%" G_GINT64_FORMAT ".%09" G_GINT64_FORMAT " %s %s",
                           (gint64)(event->time / SIM_SEC(1)),
                           (gint64)(event->time % SIM_SEC(1)),
                           event->actor,
                           event->what);
    if (event->detail[0] != '\0') {
        g_string_append_printf(text, ": %s", event->detail);
    }
    g_string_append_c(text, '\n');
}

char *event_log_text(const EventLog *self, uint32_t from)
{
    GString *text = g_string_new(NULL);
    LoggedEvent event;
    for (uint32_t id = from > 0 ? from : 1; event_log_get(self, id, &event); id++) {
        append_line(text, &event);
    }
    return g_string_free(text, FALSE);
}

char *event_log_tail(const EventLog *self, uint32_t n)
{
    const uint32_t count = self->records->len;
    return event_log_text(self, count > n ? count - n + 1 : 1);
}
