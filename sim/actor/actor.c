/* actor.c - the life of a process and the way of an event to its handler.
 *
 *     kernel event --> old incarnation or dead? dropped, counted
 *                  --> frozen? kept in order      thaw: one kernel event for each kept event,
 *                  |                              and what arrives meanwhile stands behind them
 *                  --> no core free? kept too     one wake-up for all that come until then
 *                  --> handler
 *
 * Leaves out: nothing of a process's start-up time; models take it in on_start. The incarnation
 * has 16 bits: only an event that is older than 65,535 restarts could be taken for a fresh one. */
#include "sim/actor/actor.h"
#include "sim/actor/dispatch.h"
#include "sim/actor/timer.h"
#include <stdarg.h>

/* An event that waits for the thaw. */
typedef struct FrozenEvent {
    uint16_t kind; /* 0: void, its timer was disarmed */
    uint32_t cause;
    void *data;
} FrozenEvent;

/* To be called when any of the three changes. */
static void see_whether_it_keeps(Actor *self)
{
    self->keeps = self->life == ACTOR_FROZEN || self->is_crowded || self->frozen->len > 0;
}

static bool frozen_is_empty(const Actor *self)
{
    return self->frozen->len == self->frozen_head;
}

static void frozen_forget(Actor *self)
{
    g_array_set_size(self->frozen, 0);
    self->frozen_head = 0;
    see_whether_it_keeps(self);
}

static void frozen_append(Actor *self, uint16_t kind, void *data)
{
    const FrozenEvent event = {kind, kernel_cause(self->sim->kernel), data};
    g_array_append_val(self->frozen, event);
    see_whether_it_keeps(self);
}

/* Timers that are due wait like all else, and may still be disarmed by who is handled first. */
void actor_forget_frozen_timer(Actor *self, const Timer *timer)
{
    for (guint i = self->frozen_head; i < self->frozen->len; i++) {
        FrozenEvent *event = &g_array_index(self->frozen, FrozenEvent, i);
        if (event->kind == ACTOR_EVENT_TIMER && event->data == timer) {
            event->kind = 0;
        }
    }
}

static void dispatch_mail(Actor *self, Message *message)
{
    if (self->class->on_mail == NULL) {
        message_free(self->sim, message);
        return;
    }
    self->class->on_mail(self, message->connection, message);
}

static void dispatch_connection(Actor *self, uint16_t kind, ConnectionId connection)
{
    if (kind == ACTOR_EVENT_CONNECTED) {
        if (self->class->on_connected != NULL) {
            self->class->on_connected(self, connection);
        }
        return;
    }
    if (kind == ACTOR_EVENT_WRITABLE) {
        if (self->class->on_writable != NULL) {
            self->class->on_writable(self, connection);
        }
        return;
    }
    if (self->class->on_disconnected != NULL) {
        self->class->on_disconnected(self, connection);
    }
    self->sim->network_calls->disconnect_seen(self->sim->network, connection);
}

static void dispatch(Actor *self, uint16_t kind, void *data)
{
    if (kind == ACTOR_EVENT_MAIL) {
        dispatch_mail(self, data);
    } else if (kind == ACTOR_EVENT_TIMER) {
        ((Timer *)data)->handle = 0;
        self->class->on_timer(self, data);
    } else if (kind >= ACTOR_EVENT_DONE_BASE) {
        self->class->on_done(self, (uint16_t)(kind - ACTOR_EVENT_DONE_BASE), data);
    } else {
        dispatch_connection(self, kind, GPOINTER_TO_UINT(data));
    }
}

static void ask_for_step(Actor *self)
{
    Kernel *kernel = self->sim->kernel;
    const LaneId now = kernel_lane(kernel, 0);
    (void)kernel_post(kernel, now, 0, self->id, ACTOR_EVENT_THAW, self->incarnation, NULL);
}

/* A step event for each kept event: who arrives during the thaw queues behind the last. */
static void keep(Actor *self, uint16_t kind, void *data)
{
    if (kind == ACTOR_EVENT_TIMER) {
        ((Timer *)data)->handle = TIMER_IS_DUE;
    }
    frozen_append(self, kind, data);
    if (self->life == ACTOR_ALIVE) {
        ask_for_step(self);
    }
}

/* Until its thread gets a core. */
static void put_off(Actor *self, uint16_t kind, void *data)
{
    if (kind == ACTOR_EVENT_TIMER) {
        ((Timer *)data)->handle = TIMER_IS_DUE;
    }
    frozen_append(self, kind, data);
    if (!self->is_waking) {
        Kernel *kernel = self->sim->kernel;
        const SimTime at = kernel_now(kernel) + self->sim->host_calls->wake_delay(self);
        self->is_waking = true;
        (void)kernel_schedule(kernel, at, self->id, ACTOR_EVENT_WAKE, self->incarnation, NULL);
    }
}

/* Work that is done was done by the thread that now goes on. */
static void deliver_late(Actor *self, uint16_t kind, void *data)
{
    if (self->life == ACTOR_FROZEN || !self->is_crowded) {
        keep(self, kind, data);
    } else if (kind >= ACTOR_EVENT_DONE_BASE) {
        dispatch(self, kind, data);
    } else {
        put_off(self, kind, data);
    }
}

void actor_deliver(Actor *self, uint16_t kind, void *data)
{
    if (__builtin_expect(self->keeps, 0)) {
        deliver_late(self, kind, data);
        return;
    }
    dispatch(self, kind, data);
}

void actor_drop(Sim *sim, uint16_t kind, void *data)
{
    if (kind == ACTOR_EVENT_MAIL) {
        sim->dropped_mail++;
        message_free(sim, data);
    } else {
        sim->dropped_events++;
    }
}

/* An earlier event of the same thaw may have closed the connection: the rest is not read. */
static bool frozen_is_wanted(const Actor *self, const FrozenEvent *event)
{
    if (event->kind == 0 || event->kind == ACTOR_EVENT_TIMER ||
        event->kind >= ACTOR_EVENT_DONE_BASE) {
        return event->kind != 0;
    }
    const ConnectionId connection = event->kind == ACTOR_EVENT_MAIL
                                        ? ((const Message *)event->data)->connection
                                        : GPOINTER_TO_UINT(event->data);
    return self->sim->network_calls->is_known(self->sim->network, connection);
}

static void thaw_next(Actor *self)
{
    if (self->life == ACTOR_FROZEN || frozen_is_empty(self)) {
        return; /* frozen anew: a later thaw brings its own step events */
    }
    const FrozenEvent event = g_array_index(self->frozen, FrozenEvent, self->frozen_head);
    self->frozen_head++;
    if (frozen_is_empty(self)) {
        frozen_forget(self);
    }
    if (frozen_is_wanted(self, &event)) {
        kernel_set_cause(self->sim->kernel, event.cause);
        if (event.kind == ACTOR_EVENT_MAIL) {
            self->sim->network_calls->mail_read(self->sim->network, event.data);
        }
        dispatch(self, event.kind, event.data);
    } else if (event.kind == ACTOR_EVENT_MAIL) {
        message_free(self->sim, event.data);
    }
}

static void wake(Actor *self)
{
    self->is_waking = false;
    while (self->life == ACTOR_ALIVE && !frozen_is_empty(self)) {
        thaw_next(self);
    }
}

static void actor_on_event(Kernel *kernel, void *target, SimTime now, KernelEvent event)
{
    (void)now;
    (void)kernel;
    Actor *self = target;
    if (event.tag != self->incarnation || self->life == ACTOR_DEAD) {
        if (event.kind != ACTOR_EVENT_THAW && event.kind != ACTOR_EVENT_WAKE) {
            actor_drop(self->sim, event.kind, event.data);
        }
    } else if (event.kind == ACTOR_EVENT_THAW) {
        thaw_next(self);
    } else if (event.kind == ACTOR_EVENT_WAKE) {
        wake(self);
    } else {
        actor_deliver(self, event.kind, event.data);
    }
}

void actor_init(Actor *self, const ActorClass *class, Sim *sim, const char *name, uint32_t host)
{
    char *own_name = g_strdup(name);
    g_ptr_array_add(sim->names, own_name);
    self->class = class;
    self->sim = sim;
    self->name = own_name;
    self->host = host;
    self->incarnation = 0;
    self->keeps = false;
    self->life = ACTOR_DEAD;
    self->is_crowded = false;
    self->is_waking = false;
    self->frozen = g_array_new(FALSE, FALSE, sizeof(FrozenEvent));
    self->frozen_head = 0;
    self->connections = 0;
    self->id = kernel_add_target(sim->kernel, actor_on_event, self);
    g_ptr_array_add(sim->actors, self);
}

void actor_clear(Actor *self)
{
    if (self->sim == NULL) {
        return;
    }
    GPtrArray *actors = self->sim->actors;
    guint index = 0;
    if (g_ptr_array_find(actors, self, &index)) {
        g_ptr_array_index(actors, index) = NULL;
    }
    g_array_free(self->frozen, TRUE);
    self->frozen = NULL;
    self->sim = NULL;
}

static void life_change(Actor *self, ActorLife to)
{
    const ActorLife from = self->life;
    self->life = to;
    see_whether_it_keeps(self);
    const SimHostCalls *calls = self->sim->host_calls;
    if (calls != NULL) {
        calls->life_changed(self, from, to);
    }
}

bool actor_start(Actor *self)
{
    const SimHostCalls *calls = self->sim->host_calls;
    if (self->life != ACTOR_DEAD || (calls != NULL && !calls->can_start(self))) {
        return false;
    }
    self->incarnation++;
    self->is_waking = false;
    self->is_crowded = self->class->is_one_thread && calls != NULL && calls->is_crowded(self);
    see_whether_it_keeps(self);
    life_change(self, ACTOR_ALIVE);
    (void)actor_log(self, "process start", "incarnation %d", (int)self->incarnation);
    if (self->class->on_start != NULL) {
        self->class->on_start(self);
    }
    return true;
}

/* The mail that the process had received but not read is gone with its memory. */
static void frozen_drop(Actor *self)
{
    for (guint i = self->frozen_head; i < self->frozen->len; i++) {
        const FrozenEvent *event = &g_array_index(self->frozen, FrozenEvent, i);
        if (event->kind != 0) {
            actor_drop(self->sim, event->kind, event->data);
        }
    }
    frozen_forget(self);
}

bool actor_die(Actor *self, bool peers_are_told)
{
    if (self->life == ACTOR_DEAD) {
        return false;
    }
    (void)actor_log(self, "process death", "%s", peers_are_told ? "killed" : "power cut");
    frozen_drop(self);
    life_change(self, ACTOR_DEAD);
    if (self->class->on_kill != NULL) {
        self->class->on_kill(self);
    }
    if (self->sim->network != NULL) {
        self->sim->network_calls->process_died(self->sim->network, self, peers_are_told);
    }
    if (self->sim->on_death != NULL) {
        self->sim->on_death(self->sim->death_owner);
    }
    return true;
}

bool actor_kill(Actor *self)
{
    return actor_die(self, true);
}

bool actor_freeze(Actor *self)
{
    if (self->life != ACTOR_ALIVE) {
        return false;
    }
    (void)actor_log(self, "process freeze", "incarnation %d", (int)self->incarnation);
    self->frozen_at = actor_now(self);
    life_change(self, ACTOR_FROZEN);
    return true;
}

bool actor_thaw(Actor *self)
{
    if (self->life != ACTOR_FROZEN) {
        return false;
    }
    (void)actor_log(self, "process thaw", "incarnation %d", (int)self->incarnation);
    self->thawed_at = actor_now(self);
    life_change(self, ACTOR_ALIVE);
    for (guint i = self->frozen_head; i < self->frozen->len; i++) {
        ask_for_step(self);
    }
    return true;
}

SimTime actor_now(const Actor *self)
{
    return kernel_now(self->sim->kernel);
}

void actor_stream(const Actor *self, const char *purpose, Stream *stream)
{
    char *name = g_strconcat(self->name, "/", purpose, NULL);
    stream_init(stream, self->sim->seed, name);
    g_free(name);
}

uint32_t actor_log(Actor *self, const char *what, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const uint32_t id = event_log_add_v(self->sim->log, self->name, what, format, arguments);
    va_end(arguments);
    return id;
}
