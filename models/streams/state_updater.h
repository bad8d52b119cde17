/* state_updater.h - the thread that keeps stores up to date from their changelogs.
 *
 * A restore consumer of its own (no group; it fetches like any consumer) reads the changelogs of
 * the thread's tasks: those that are restored, to the end that the changelog had when the task
 * came, and those of standbys and warm-ups, for ever. While there are active tasks to restore,
 * standbys wait. Putting a record into a store takes its time.
 *
 *     restored: position ... end --reached--> the task runs;  standby: position --follows-->
 *
 * Mirrors: DefaultStateUpdater, StoreChangelogReader, StandbyTask. Left out: its poll time-out (up
 * to 100 ms until a new task is noticed), the limit of a standby at the committed offset of a
 * source topic that is its own changelog. */
#ifndef KAFKASIM_MODELS_STREAMS_STATE_UPDATER_H
#define KAFKASIM_MODELS_STREAMS_STATE_UPDATER_H
#include "models/consumer/consumer.h"
#include "models/streams/streams_app.h"

typedef struct StateUpdater StateUpdater;

/* `notify`: a restored task has reached its end. */
StateUpdater *
state_updater_new(StreamsApp *app, int32_t process, void (*notify)(void *owner), void *owner);
void state_updater_free(StateUpdater *self);
extern const ConsumerProgram state_updater_program;
void state_updater_set_consumer(StateUpdater *self, Consumer *consumer);
Consumer *state_updater_consumer(StateUpdater *self);
void state_updater_start(StateUpdater *self); /* with the process, and with it: */
void state_updater_kill(StateUpdater *self);

/* From where its store stands now. `end`: reading that far restores it. */
void state_updater_restore(StateUpdater *self, int32_t task, int64_t end);
void state_updater_follow(StateUpdater *self, int32_t task);
void state_updater_remove(StateUpdater *self, int32_t task);
bool state_updater_is_restored(const StateUpdater *self, int32_t task);

#endif
