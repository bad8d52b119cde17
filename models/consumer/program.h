/* program.h - what a program (ConsumerProgram) may call of the consumer in whose thread it runs.
 *
 * Everything here is called from within that consumer's events. */
#ifndef KAFKASIM_MODELS_CONSUMER_PROGRAM_H
#define KAFKASIM_MODELS_CONSUMER_PROGRAM_H
#include "models/consumer/consumer.h"

/* poll() has returned, and the thread does not call it again before the end of its work. It is busy
 * for so long (then on_timer), or waits until it is woken (run). */
void consumer_begin_work(Consumer *self);
void consumer_work_for(Consumer *self, SimDuration duration);
void consumer_wait(Consumer *self);
void consumer_wake_at(Consumer *self, SimTime at);
void consumer_end_work(Consumer *self);
SimTime consumer_polled_at(const Consumer *self); /* when the work began */
SimDuration consumer_max_poll_interval(const Consumer *self);

/* Is its membership in order: may it commit? */
bool consumer_is_member(const Consumer *self);
bool consumer_is_closing(const Consumer *self);
bool consumer_knows_coordinator(const Consumer *self);
/* For assignments.csv: the member does something of its own ("restoring"), or consumes again. */
void consumer_note_state(Consumer *self, const char *state);
/* unsubscribe(), subscribe(): it leaves the group and joins as a new member. */
void consumer_subscribe_again(Consumer *self);
/* An exception ends the thread: close(), and why. */
void consumer_give_up(Consumer *self, const char *why);
const RecordSink *consumer_sink(const Consumer *self); /* NULL: it writes nothing */

/* Its membership's new partitions (KIP-429): what is new begins where the group committed. */
void consumer_take_partitions(Consumer *self, const int32_t *partitions, int32_t count);
/* Those of assign(). */
void consumer_add_partition(Consumer *self, int32_t partition, int64_t offset);
void consumer_remove_partition(Consumer *self, int32_t partition);
void consumer_pause(Consumer *self, int32_t partition, bool paused);
/* Back to what the group has committed. */
void consumer_rewind(Consumer *self, int32_t partition);
int32_t consumer_epoch_at(const Consumer *self, int32_t partition); /* for OffsetEntry */

/* commitSync() of what is marked, called until it returns. */
typedef enum ConsumerCommit {
    COMMIT_WAITS,
    COMMIT_SUCCEEDED,
    COMMIT_REFUSED,   /* CommitFailedException */
    COMMIT_TIMED_OUT, /* default.api.timeout.ms: TimeoutException */
} ConsumerCommit;
void consumer_mark(Consumer *self, int32_t partition, int64_t offset);
void consumer_commit_begin(Consumer *self);
ConsumerCommit consumer_commit(Consumer *self);
void consumer_note_commit(Consumer *self, int32_t partition, int64_t offset);

#endif
