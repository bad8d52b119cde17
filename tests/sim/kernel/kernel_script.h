/* kernel_script.h - a random life of a kernel, checked at every event against the definition.
 *
 * The reference is a plain array of what was scheduled; what fires must be the live entry that
 * is least in (time, sequence), found by looking at all of them. */
#ifndef KAFKASIM_TESTS_SIM_KERNEL_SCRIPT_H
#define KAFKASIM_TESTS_SIM_KERNEL_SCRIPT_H
#include "sim/kernel/kernel.h"
#include <check.h>
#include <glib.h>
#include <inttypes.h>

typedef struct ScriptEvent {
    SimTime time;
    EventHandle handle;
    uint32_t cause;
    uint32_t name; /* index of the event as which it was first scheduled */
    bool live;
    bool in_lane;
    bool is_posted; /* and so cannot be cancelled */
} ScriptEvent;

typedef struct Script {
    Kernel *kernel;
    uint32_t target;
    uint64_t random;
    GArray *events; /* index = sequence of scheduling */
    uint32_t first_live;
    uint32_t fired;
    uint32_t live;
    uint32_t budget;    /* events still to schedule */
    uint32_t wanted;    /* pending events to hover around */
    uint32_t tie_range; /* 0: delays of all sizes; else delays below this */
    uint32_t cancel_percent;
    uint32_t lane_percent;
    uint32_t post_percent; /* of what is for a lane */
    uint32_t postpone_percent;
    uint32_t postponed;
    SimTime last_time;
} Script;

static inline uint32_t script_random(Script *script, uint32_t below)
{
    script->random ^= script->random << 13;
    script->random ^= script->random >> 7;
    script->random ^= script->random << 17;
    return (uint32_t)((script->random >> 33) % below);
}

static inline SimDuration script_delay(Script *script)
{
    if (script->tie_range) {
        return script_random(script, script->tie_range);
    }
    uint32_t bits = script_random(script, 42);
    uint64_t delay = script->random & ((UINT64_C(1) << bits) - 1);
    return (SimDuration)delay;
}

static inline void script_schedule(Script *script)
{
    static const SimDuration lanes[] = {0, 1, 3, 500, 5000000, 30000000000};
    SimDuration delay = script_delay(script);
    uint32_t index = script->events->len;
    kernel_set_cause(script->kernel, index + 1);
    ScriptEvent event = {.live = true, .cause = index + 1, .name = index};
    void *data = GUINT_TO_POINTER(index);
    uint16_t kind = (uint16_t)(index % 1000);
    if (script_random(script, 100) < script->lane_percent) {
        delay = lanes[script_random(script, script->tie_range ? 3 : 6)];
        LaneId lane = kernel_lane(script->kernel, delay);
        event.is_posted = script_random(script, 100) < script->post_percent;
        event.in_lane = !event.is_posted;
        if (event.is_posted) {
            ck_assert(kernel_post(script->kernel, lane, delay, script->target, kind, 7, data));
        } else {
            event.handle =
                kernel_schedule_lane(script->kernel, lane, delay, script->target, kind, 7, data);
        }
    } else {
        event.handle = kernel_schedule(
            script->kernel, kernel_now(script->kernel) + delay, script->target, kind, 7, data);
    }
    event.time = kernel_now(script->kernel) + delay;
    g_array_append_val(script->events, event);
    script->live++;
    script->budget--;
}

static inline void script_cancel(Script *script)
{
    uint32_t span = script->events->len - script->first_live;
    uint32_t index = script->first_live + script_random(script, span);
    ScriptEvent *event = &g_array_index(script->events, ScriptEvent, index);
    if (event->live && !event->is_posted) {
        bool was = kernel_is_pending(script->kernel, event->handle);
        bool did = kernel_cancel(script->kernel, event->handle);
        if (!was || !did || kernel_is_pending(script->kernel, event->handle) ||
            kernel_cancel(script->kernel, event->handle)) {
            ck_abort_msg("cancelling pending event %u went wrong", index);
        }
        event->live = false;
        script->live--;
    }
}

/* Of what is moved on, the old entry ends and a new one with its name and handle begins. */
static inline void script_postpone(Script *script)
{
    uint32_t span = script->events->len - script->first_live;
    uint32_t index = script->first_live + script_random(script, span);
    ScriptEvent event = g_array_index(script->events, ScriptEvent, index);
    SimTime at = script_random(script, 5) == 0
                     ? event.time
                     : kernel_now(script->kernel) + script_delay(script) * (index % 2 ? 1 : 50);
    bool may = event.live && event.in_lane && at >= event.time;
    kernel_set_cause(script->kernel, script->events->len + 1);
    bool did = (event.live || !event.in_lane) && kernel_postpone(script->kernel, event.handle, at);
    ck_assert_msg(did == may, "postponing event %u", index);
    if (did) {
        g_array_index(script->events, ScriptEvent, index).live = false;
        event.time = at;
        event.cause = script->events->len + 1;
        g_array_append_val(script->events, event);
        script->postponed++;
    }
}

/* What must fire next: the least live entry in (time, sequence). */
static inline uint32_t script_expected(Script *script)
{
    const ScriptEvent *events = (const ScriptEvent *)(void *)script->events->data;
    while (!events[script->first_live].live) {
        script->first_live++;
    }
    uint32_t least = script->first_live;
    for (uint32_t i = least + 1; i < script->events->len; i++) {
        if (events[i].live && events[i].time < events[least].time) {
            least = i;
        }
    }
    return least;
}

static inline void script_on_event(Kernel *kernel, void *self, SimTime now, KernelEvent event)
{
    Script *script = self;
    uint32_t index = script_expected(script);
    ScriptEvent *expected = &g_array_index(script->events, ScriptEvent, index);
    bool right = GPOINTER_TO_UINT(event.data) == expected->name && now == expected->time &&
                 event.target == script->target && event.kind == expected->name % 1000 &&
                 event.tag == 7;
    bool told = kernel_now(kernel) == now && kernel_cause(kernel) == expected->cause;
    if (!right || !told || kernel_is_pending(kernel, expected->handle)) {
        ck_abort_msg("event %u at %" PRId64 " fired where %u at %" PRId64 " was next",
                     GPOINTER_TO_UINT(event.data),
                     now,
                     index,
                     expected->time);
    }
    expected->live = false;
    script->live--;
    script->fired++;
    script->last_time = now;
    while (script->budget > 0 && script->live < script->wanted) {
        script_schedule(script);
        if (script_random(script, 4) == 0) {
            break;
        }
    }
    while (script->live > 1 && script_random(script, 100) < script->cancel_percent) {
        script_cancel(script);
    }
    while (script->live > 1 && script_random(script, 100) < script->postpone_percent) {
        script_postpone(script);
    }
}

static inline void script_begin(Script *script, uint64_t seed)
{
    script->random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    script->kernel = kernel_new(NULL);
    script->target = kernel_add_target(script->kernel, script_on_event, script);
    script->events = g_array_new(FALSE, FALSE, sizeof(ScriptEvent));
    while (script->live < script->wanted) {
        script_schedule(script);
    }
}

static inline void script_end(Script *script)
{
    ck_assert_uint_eq(script->live, 0);
    ck_assert_uint_eq(kernel_pending(script->kernel), 0);
    ck_assert_uint_eq(kernel_fired(script->kernel), script->fired);
    kernel_free(script->kernel);
    g_array_free(script->events, TRUE);
}

#endif
