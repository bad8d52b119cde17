/* build_random.c - "random.faults": drawn here, from the scenario's seed, and put on the timeline
 * as if they had been written there.
 *
 * Three streams (when, what, how long), so that a longer list of kinds leaves the times alone. A
 * draw that would be one too many at once, or whose target is still in trouble from an earlier
 * draw, is left out; its numbers are drawn all the same. */
#include "scenarios/runner/reader/reader.h"
#include "sim/chance/stream.h"
#include <string.h>

/* Draws, fitting or not: a limit on time, far above what the limit of events lets through. */
#define DRAWS_MAX 5000000
#define NOBODY    G_MAXUINT

typedef struct Target {
    TargetKind kind;
    int32_t index;
    SimTime busy_until;
} Target;

typedef struct Draw {
    Reader *reader;
    const Cursor *at;
    GArray *kinds;   /* of FaultVerb */
    GArray *targets; /* of Target */
    GArray *ends;    /* of SimTime: when each drawn fault ends */
    Distribution every, length;
    int64_t at_once;
    SimTime from, until;
    Stream when, what, long_;
} Draw;

static const BrokerSpec *broker_spec_at(const Draw *draw, guint index)
{
    return g_ptr_array_index(draw->reader->spec->brokers, index);
}

static void add_target(Draw *draw, TargetKind kind, guint index)
{
    Target target = {kind, (int32_t)index, 0};
    g_array_append_val(draw->targets, target);
}

static const HostSpec *host_at_index(const Draw *draw, guint index)
{
    return g_ptr_array_index(draw->reader->spec->hosts, index);
}

/* A rack stands for itself by the first of its hosts. */
static bool begins_rack(const Draw *draw, guint host)
{
    const char *rack = host_at_index(draw, host)->rack;
    bool first = rack[0] != '\0';
    for (guint i = 0; i < host && first; i++) {
        first = strcmp(rack, host_at_index(draw, i)->rack) != 0;
    }
    return first;
}

static void find_targets(Draw *draw)
{
    const ClusterSpec *spec = draw->reader->spec;
    const char *among = get_text(draw->reader, draw->at, "among", "brokers");
    const bool all = strcmp(among, "all") == 0;
    for (guint i = 0; i < spec->brokers->len && (all || strcmp(among, "brokers") == 0); i++) {
        if (broker_spec_at(draw, i)->started) {
            add_target(draw, TARGET_BROKER, i);
        }
    }
    for (guint i = 0; i < spec->controllers->len && (all || strcmp(among, "controllers") == 0);
         i++) {
        add_target(draw, TARGET_CONTROLLER, i);
    }
    for (guint i = 0; i < spec->hosts->len; i++) {
        if (strcmp(among, "hosts") == 0) {
            add_target(draw, TARGET_HOST, i);
        } else if (strcmp(among, "racks") == 0 && begins_rack(draw, i)) {
            add_target(draw, TARGET_RACK, i);
        }
    }
}

static void find_kinds(Draw *draw)
{
    Cursor kinds;
    if (get(draw->reader, draw->at, "kinds", &kinds)) {
        for (const cJSON *item = kinds.node->child; item != NULL; item = item->next) {
            FaultVerb verb = (FaultVerb)verb_named(item->valuestring);
            g_array_append_val(draw->kinds, verb);
        }
    }
}

/* Two sets of brokers: on one side the drawn one, on the other its successor, the others by a coin.
 */
static void split(Draw *draw, FaultSpec *fault, guint chosen)
{
    guint other = NOBODY;
    fault->target = TARGET_NONE;
    fault->left = g_array_new(FALSE, FALSE, sizeof(int32_t));
    fault->right = g_array_new(FALSE, FALSE, sizeof(int32_t));
    for (guint i = 1; i < draw->targets->len && other == NOBODY; i++) {
        guint next = (chosen + i) % draw->targets->len;
        bool broker = g_array_index(draw->targets, Target, next).kind == TARGET_BROKER;
        other = broker ? next : NOBODY;
    }
    for (guint i = 0; i < draw->targets->len; i++) {
        const Target *target = &g_array_index(draw->targets, Target, i);
        if (target->kind != TARGET_BROKER) {
            continue;
        }
        bool heads = stream_below(&draw->what, 2) == 0;
        bool left = i == chosen || (heads && i != other);
        g_array_append_val(left ? fault->left : fault->right, target->index);
    }
}

static GArray *started_brokers(const Draw *draw)
{
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(int32_t));
    for (guint i = 0; i < draw->reader->spec->brokers->len; i++) {
        if (broker_spec_at(draw, i)->started) {
            g_array_append_val(ids, broker_spec_at(draw, i)->id);
        }
    }
    return ids;
}

/* A partition of some topic that is there from the start, onto as many other brokers. */
static void move(Draw *draw, FaultSpec *fault)
{
    const ClusterSpec *spec = draw->reader->spec;
    MoveSpec wanted = {.topic = (int32_t)stream_below(&draw->what, spec->topics->len)};
    const TopicSpec *topic = g_ptr_array_index(spec->topics, (guint)wanted.topic);
    wanted.partition = (int32_t)stream_below(&draw->what, (uint32_t)topic->partitions);
    g_autoptr(GArray) ids = started_brokers(draw);
    const guint count = MIN((guint)topic->replication_factor, ids->len);
    for (guint i = 0; i < count; i++) {
        const guint chosen = i + (guint)stream_below(&draw->what, ids->len - i);
        const int32_t id = g_array_index(ids, int32_t, chosen);
        g_array_index(ids, int32_t, chosen) = g_array_index(ids, int32_t, i);
        wanted.replicas.ids[wanted.replicas.count++] = id;
    }
    fault->moves = g_array_new(FALSE, TRUE, sizeof(MoveSpec));
    fault->topic = wanted.topic;
    fault->partition = wanted.partition;
    g_array_append_val(fault->moves, wanted);
}

static bool is_of_the_cluster(FaultVerb verb)
{
    return verb == FAULT_REASSIGN || verb == FAULT_ELECT_PREFERRED || verb == FAULT_ROLLING_RESTART;
}

/* What an administrator asks for: of nobody in particular. */
static void ask(Draw *draw, FaultSpec *fault)
{
    fault->target = TARGET_NONE;
    fault->index = SPEC_NONE;
    if (fault->verb == FAULT_REASSIGN) {
        move(draw, fault);
    } else if (fault->verb == FAULT_ROLLING_RESTART) {
        fault->roll = timeline_roll_all(draw->reader->spec);
    }
}

static bool is_of_disks(FaultVerb verb)
{
    return verb == FAULT_DISK_FULL || verb == FAULT_FAIL_DISK;
}

static void set_amounts(Draw *draw, FaultSpec *fault)
{
    if (is_of_disks(fault->verb) && fault->target == TARGET_BROKER) {
        const int32_t dirs = broker_spec_at(draw, (guint)fault->index)->log_dirs;
        fault->log_dir = (int32_t)stream_below(&draw->what, (uint32_t)MAX(1, dirs));
    } else if (fault->verb == FAULT_CLOCK_SKEW) {
        fault->delay = get_amount(draw->reader, draw->at, "by", UNIT_DURATION, SIM_SEC(3600));
        fault->delay *= stream_below(&draw->what, 2) == 0 ? -1 : 1;
    }
    if (fault->verb == FAULT_SLOW_DISK || fault->verb == FAULT_SLOW_HOST) {
        fault->ppm = (int64_t)(get_number(draw->reader, draw->at, "factor", 10) * 1e6 + 0.5);
    } else if (fault->verb == FAULT_DROP) {
        fault->ppm = (int64_t)(get_number(draw->reader, draw->at, "loss", 0.1) * 1e6 + 0.5);
    } else if (fault->verb == FAULT_SLOW_NETWORK) {
        fault->delay = get_amount(draw->reader, draw->at, "delay", UNIT_DURATION, SIM_MS(100));
    }
}

static void place(Draw *draw, FaultVerb verb, guint chosen, SimTime at, SimDuration length)
{
    Target *target = &g_array_index(draw->targets, Target, chosen);
    FaultSpec *fault = fault_spec_new(verb, at);
    fault->random = true;
    fault->target = target->kind;
    fault->index = target->index;
    fault->pointer = cursor_pointer(draw->at);
    if (target->kind == TARGET_RACK) {
        fault->rack = g_strdup(host_at_index(draw, (guint)target->index)->rack);
        fault->index = SPEC_NONE;
    }
    if (verb == FAULT_PARTITION) {
        split(draw, fault, chosen);
    }
    g_ptr_array_add(draw->reader->spec->faults, fault);
    if (is_of_the_cluster(verb)) {
        ask(draw, fault);
        return;
    }
    set_amounts(draw, fault);
    if (verb == FAULT_CRASH || verb == FAULT_STOP || verb == FAULT_POWER_CUT) {
        timeline_restart_after(draw->reader, fault, length);
    } else {
        timeline_end_after(draw->reader, fault, length);
    }
    /* Who halted for it is started again; a directory of several is used from the next start on. */
    if (is_of_disks(verb)) {
        timeline_restart_after(draw->reader, fault, length);
    }
    SimTime end = fault->until;
    target->busy_until = end;
    g_array_append_val(draw->ends, end);
}

static bool fits(const Draw *draw, guint chosen, SimTime at)
{
    int64_t running = 0;
    for (guint i = 0; i < draw->ends->len; i++) {
        running += g_array_index(draw->ends, SimTime, i) > at;
    }
    return running < draw->at_once && g_array_index(draw->targets, Target, chosen).busy_until <= at;
}

static void forget_ended(Draw *draw, SimTime at)
{
    for (guint i = draw->ends->len; i-- > 0;) {
        if (g_array_index(draw->ends, SimTime, i) <= at) {
            g_array_remove_index_fast(draw->ends, i);
        }
    }
}

/* Too many to draw or to hold: nothing is left out silently. */
static bool is_too_much(const Draw *draw, int drawn)
{
    Cursor child;
    bool full = timeline_is_full(draw->reader->spec);
    if (!full && drawn < DRAWS_MAX) {
        return false;
    }
    const Cursor *at = get(draw->reader, draw->at, "every", &child) ? &child : draw->at;
    if (full) {
        timeline_refuse(draw->reader, at);
    } else {
        reader_error(draw->reader, at, "more than %d draws in one run", DRAWS_MAX);
    }
    return true;
}

/* What does not go with the target is not drawn: a full disk of a host, a slow rack. */
static bool suits(const Draw *draw, FaultVerb verb, guint chosen)
{
    static const char *const keys[] = {[TARGET_BROKER] = "broker",
                                       [TARGET_CONTROLLER] = "controller",
                                       [TARGET_HOST] = "host",
                                       [TARGET_RACK] = "rack"};
    const TargetKind kind = g_array_index(draw->targets, Target, chosen).kind;
    if (verb == FAULT_FAIL_DISK && kind == TARGET_CONTROLLER &&
        draw->reader->spec->controllers->len < 3) {
        return false; /* a new disk would be all that is left of the metadata */
    }
    return is_of_the_cluster(verb) || key_is_among(verb_rule(verb)->targets, keys[kind]) ||
           (verb == FAULT_PARTITION && kind == TARGET_BROKER);
}

static void draw_all(Draw *draw)
{
    SimTime at = draw->from;
    for (int drawn = 0; !is_too_much(draw, drawn); drawn++) {
        SimDuration gap = distribution_draw(&draw->every, &draw->when);
        at += MAX(gap, SIM_US(1));
        if (at >= draw->until) {
            return;
        }
        FaultVerb verb = g_array_index(
            draw->kinds, FaultVerb, (guint)stream_below(&draw->what, draw->kinds->len));
        guint chosen = (guint)stream_below(&draw->what, draw->targets->len);
        SimDuration length = MAX(SIM_MS(1), distribution_draw(&draw->length, &draw->long_));
        length = MIN(length, draw->until - at);
        forget_ended(draw, at);
        if (length > 0 && suits(draw, verb, chosen) && fits(draw, chosen, at)) {
            place(draw, verb, chosen, at, length);
        }
    }
}

static void check_draw(const Draw *draw)
{
    Cursor child;
    Reader *reader = draw->reader;
    if (strcmp(get_text(reader, draw->at, "among", "brokers"), "controllers") == 0 &&
        get(reader, draw->at, "among", &child)) {
        (void)other_era_refuses(reader, &child, "leave \"among\" out: brokers are meant then");
    }
    if (distribution_mean(&draw->every) < (double)SIM_MS(1) &&
        get(reader, draw->at, "every", &child)) {
        reader_error(reader, &child, "at most a fault each millisecond");
    }
    if (draw->from >= draw->until && get(reader, draw->at, "from", &child)) {
        reader_problem(reader, PROBLEM_WARNING, &child, false, NULL, "no time is left for a fault");
    }
    bool splits = false;
    for (guint i = 0; i < draw->kinds->len; i++) {
        splits = splits || g_array_index(draw->kinds, FaultVerb, i) == FAULT_PARTITION;
    }
    if (splits && reader->spec->brokers->len < 2 && get(reader, draw->at, "kinds", &child)) {
        reader_error(reader, &child, "a single broker cannot be cut apart");
    }
}

static void draw_clear(Draw *draw)
{
    g_array_unref(draw->kinds);
    g_array_unref(draw->targets);
    g_array_unref(draw->ends);
}

void build_random(Reader *reader, const Cursor *root)
{
    Cursor at;
    if (!get(reader, root, "random.faults", &at) || !cJSON_IsObject(at.node)) {
        return;
    }
    ClusterSpec *spec = reader->spec;
    Draw draw = {.reader = reader,
                 .at = &at,
                 .kinds = g_array_new(FALSE, FALSE, sizeof(FaultVerb)),
                 .targets = g_array_new(FALSE, TRUE, sizeof(Target)),
                 .ends = g_array_new(FALSE, FALSE, sizeof(SimTime)),
                 .at_once = get_integer(reader, &at, "max.at.once", 1),
                 .from = get_amount(reader, &at, "from", UNIT_DURATION, 0),
                 .until = get_amount(reader, &at, "until", UNIT_DURATION, spec->duration)};
    const Distribution minute = distribution_constant(SIM_SEC(60));
    const Distribution seconds = distribution_constant(SIM_SEC(5));
    draw.every = get_distribution(reader, &at, "every", UNIT_DURATION, minute);
    draw.length = get_distribution(reader, &at, "for", UNIT_DURATION, seconds);
    stream_init(&draw.when, spec->seed, "random faults/when");
    stream_init(&draw.what, spec->seed, "random faults/what");
    stream_init(&draw.long_, spec->seed, "random faults/length");
    find_kinds(&draw);
    find_targets(&draw);
    check_draw(&draw);
    if (draw.kinds->len > 0 && draw.targets->len > 0 && !problems_has_errors(reader->problems)) {
        draw_all(&draw);
        timeline_settle(spec);
    }
    draw_clear(&draw);
}
