/* timeline_endings.c - "for" and "restart.after" become events of their own, so that the models
 * know only instants; then all are put in order and told how long they last. */
#include "scenarios/runner/reader/reader.h"
#include <string.h>

static FaultSpec *add_fault(Reader *reader, FaultVerb verb, SimTime time, const FaultSpec *like)
{
    FaultSpec *fault = fault_spec_new(verb, time);
    fault->target = like->target;
    fault->index = like->index;
    fault->member = like->member;
    fault->topic = like->topic;
    fault->partition = like->partition;
    fault->rack = g_strdup(like->rack);
    fault->left = like->left != NULL ? g_array_ref(like->left) : NULL;
    fault->right = like->right != NULL ? g_array_ref(like->right) : NULL;
    fault->one_way = like->one_way;
    fault->log_dir = like->log_dir;
    fault->random = like->random;
    fault->undoes = like;
    fault->pointer = g_strdup(like->pointer);
    g_ptr_array_add(reader->spec->faults, fault);
    return fault;
}

static bool lost_power(const ClusterSpec *spec, const FaultSpec *cut, int32_t host)
{
    if (host < 0) {
        return false;
    }
    if (cut->target == TARGET_RACK) {
        const HostSpec *stands = g_ptr_array_index(spec->hosts, (guint)host);
        return strcmp(stands->rack, cut->rack) == 0;
    }
    if (cut->target == TARGET_BROKER) {
        return host == ((BrokerSpec *)g_ptr_array_index(spec->brokers, (guint)cut->index))->host;
    }
    if (cut->target == TARGET_CONTROLLER) {
        const ControllerSpec *controller = g_ptr_array_index(spec->controllers, (guint)cut->index);
        return host == controller->host;
    }
    return cut->target == TARGET_HOST && host == cut->index;
}

static void start_again(
    Reader *reader, const FaultSpec *cut, TargetKind kind, guint index, guint member, SimTime time)
{
    FaultSpec like = {.target = kind,
                      .index = (int32_t)index,
                      .member = kind == TARGET_MEMBER ? (int32_t)member : SPEC_NONE,
                      .random = cut->random,
                      .topic = SPEC_NONE,
                      .partition = SPEC_NONE};
    add_fault(reader, FAULT_START, time, &like)->undoes = cut;
}

/* A host that has power again does not start its processes by itself: each gets an event. Where
 * only the run shows which host it is, they get one together. */
static void start_processes(Reader *reader, const FaultSpec *cut, SimTime time)
{
    const ClusterSpec *spec = reader->spec;
    if (cut->target == TARGET_ACTIVE_CONTROLLER) {
        add_fault(reader, FAULT_START, time, cut);
        return;
    }
    for (guint i = 0; i < spec->controllers->len; i++) {
        const ControllerSpec *controller = g_ptr_array_index(spec->controllers, i);
        if (lost_power(spec, cut, controller->host)) {
            start_again(reader, cut, TARGET_CONTROLLER, i, 0, time);
        }
    }
    for (guint i = 0; i < spec->brokers->len; i++) {
        const BrokerSpec *broker = g_ptr_array_index(spec->brokers, i);
        if (broker->started && lost_power(spec, cut, broker->host)) {
            start_again(reader, cut, TARGET_BROKER, i, 0, time);
        }
    }
    for (guint i = 0; i < spec->producers->len; i++) {
        const ProducerSpec *producer = g_ptr_array_index(spec->producers, i);
        if (lost_power(spec, cut, producer->host)) {
            start_again(reader, cut, TARGET_PRODUCER, i, 0, time);
        }
    }
    for (guint i = 0; i < spec->groups->len; i++) {
        const GroupSpec *group = g_ptr_array_index(spec->groups, i);
        for (guint m = 0; m < group->members->len; m++) {
            const MemberSpec *member = g_ptr_array_index(group->members, m);
            if (lost_power(spec, cut, member->host) && member->start != SIM_TIME_MAX) {
                start_again(reader, cut, TARGET_MEMBER, i, m, time);
            }
        }
    }
}

void timeline_end_after(Reader *reader, FaultSpec *fault, SimDuration length)
{
    bool pause = fault->verb == FAULT_PAUSE;
    fault->until = fault->at + length;
    FaultSpec *end = add_fault(reader, pause ? FAULT_RESUME : fault->verb, fault->until, fault);
    end->ends = !pause;
}

void timeline_restart_after(Reader *reader, FaultSpec *fault, SimDuration length)
{
    fault->until = fault->at + length;
    if (fault->verb == FAULT_POWER_CUT) {
        add_fault(reader, FAULT_POWER_CUT, fault->until, fault)->ends = true;
        start_processes(reader, fault, fault->until);
    } else if (fault->target == TARGET_HOST || fault->target == TARGET_RACK) {
        start_processes(reader, fault, fault->until);
    } else {
        add_fault(reader, FAULT_START, fault->until, fault);
    }
}

/* Amounts are limited to a quarter of the range, so that these sums cannot overflow. */
void timeline_add_endings(Reader *reader, const Cursor *at, FaultSpec *fault)
{
    SimDuration length = get_amount(reader, at, "for", UNIT_DURATION, 0);
    SimDuration restart = get_amount(reader, at, "restart.after", UNIT_DURATION, 0);
    if (length > 0) {
        timeline_end_after(reader, fault, length);
    }
    if (restart > 0 && fault->verb == FAULT_LEAVE) {
        fault->delay = restart; /* from the end of close(), which nobody knows yet */
        if (fault->target != TARGET_MEMBER) {
            reader_error(reader, at, "\"restart.after\" of \"leave\" wants a \"member\"");
        }
    } else if (restart > 0 && fault->verb != FAULT_ROLLING_RESTART) {
        timeline_restart_after(reader, fault, restart);
    }
}

/* --- order and lengths --- */

static bool undoes(const FaultSpec *later, const FaultSpec *fault)
{
    FaultVerb wanted = fault->verb == FAULT_PAUSE ? FAULT_RESUME : FAULT_START;
    return later->verb == wanted && later->target == fault->target &&
           later->index == fault->index && later->member == fault->member && later->at >= fault->at;
}

/* A state without an end of its own lasts until something undoes it, else to the end. */
static void settle_length(const ClusterSpec *spec, guint index)
{
    FaultSpec *fault = g_ptr_array_index(spec->faults, index);
    bool state = (fault->verb <= FAULT_PAUSE && fault->verb != FAULT_START) ||
                 (fault->verb >= FAULT_POWER_CUT && fault->verb <= FAULT_CLOCK_SKEW) ||
                 fault->verb == FAULT_DISK_FULL || fault->verb == FAULT_FAIL_DISK;
    if (!state || fault->ends || fault->until != fault->at) {
        return;
    }
    fault->until = MAX(fault->at, spec->duration);
    guint looked = MIN(spec->faults->len, index + 1000);
    for (guint i = index + 1; i < looked; i++) {
        const FaultSpec *later = g_ptr_array_index(spec->faults, i);
        if (undoes(later, fault)) {
            fault->until = later->at;
            return;
        }
    }
}

/* A member without a "start" of its own runs from the beginning, unless the first thing that the
 * timeline does with it is to let it join or start. */
static void settle_members(ClusterSpec *spec)
{
    for (guint i = 0; i < spec->faults->len; i++) {
        const FaultSpec *fault = g_ptr_array_index(spec->faults, i);
        if (fault->target != TARGET_MEMBER || fault->member == SPEC_NONE) {
            continue;
        }
        const GroupSpec *group = g_ptr_array_index(spec->groups, (guint)fault->index);
        MemberSpec *member = g_ptr_array_index(group->members, (guint)fault->member);
        if (member->start == MEMBER_START_OPEN) {
            bool comes = fault->verb == FAULT_JOIN || fault->verb == FAULT_START;
            member->start = comes ? SIM_TIME_MAX : 0;
        }
    }
    for (guint g = 0; g < spec->groups->len; g++) {
        const GroupSpec *group = g_ptr_array_index(spec->groups, g);
        for (guint m = 0; m < group->members->len; m++) {
            MemberSpec *member = g_ptr_array_index(group->members, m);
            const MemberSpec *first =
                group->streams == NULL ? member : group->members->pdata[member->process];
            member->start = member->start != MEMBER_START_OPEN  ? member->start
                            : first->start == MEMBER_START_OPEN ? 0
                                                                : first->start;
        }
    }
}

void timeline_settle(ClusterSpec *spec)
{
    cluster_spec_sort_faults(spec);
    settle_members(spec);
    for (guint i = 0; i < spec->faults->len; i++) {
        settle_length(spec, i);
    }
}
