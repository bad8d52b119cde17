/* client_faults.c - groups grow and shrink, rates change. See timeline.c. */
#include "models/world/cluster_state.h"

ConsumerProcess *cluster_member(Cluster *self, int32_t group, int32_t member)
{
    for (guint i = 0; i < self->consumers->len; i++) {
        ConsumerProcess *process = &g_array_index(self->consumers, ConsumerProcess, i);
        if (process->group == group && process->member == member) {
            return process;
        }
    }
    return NULL;
}

static void start_member(const ConsumerProcess *process)
{
    actor_start(consumer_actor(process->consumer));
}

static void close_member(const ConsumerProcess *process)
{
    consumer_close(process->consumer);
}

/* A member, or all threads of a Streams instance. */
static void
each_of_member(Cluster *self, const FaultSpec *fault, void (*act)(const ConsumerProcess *process))
{
    const GroupSpec *group = self->spec->groups->pdata[fault->index];
    for (guint m = 0; m < group->members->len; m++) {
        const MemberSpec *member = group->members->pdata[m];
        if ((int32_t)m == fault->member ||
            (group->streams != NULL && member->process == fault->member)) {
            act(cluster_member(self, fault->index, (int32_t)m));
        }
    }
}

/* The next member that is not running joins. */
static void join_one(Cluster *self, int32_t group)
{
    for (guint i = 0; i < self->consumers->len; i++) {
        ConsumerProcess *process = &g_array_index(self->consumers, ConsumerProcess, i);
        if (process->group == group && consumer_actor(process->consumer)->life == ACTOR_DEAD) {
            start_member(process);
            return;
        }
    }
}

void faults_scale(Cluster *self, const FaultSpec *fault)
{
    int64_t running = 0;
    for (guint i = 0; i < self->consumers->len; i++) {
        ConsumerProcess *process = &g_array_index(self->consumers, ConsumerProcess, i);
        if (process->group != fault->index) {
            continue;
        }
        bool alive = consumer_actor(process->consumer)->life == ACTOR_ALIVE;
        if (alive && running >= fault->number) {
            consumer_close(process->consumer); /* the last ones go */
        } else if (alive) {
            running++;
        }
    }
    for (; running < fault->number; running++) {
        join_one(self, fault->index);
    }
}

void faults_join(Cluster *self, const FaultSpec *fault)
{
    if (fault->target == TARGET_MEMBER) {
        each_of_member(self, fault, start_member);
    } else {
        join_one(self, fault->index);
    }
}

void faults_leave(Cluster *self, const FaultSpec *fault)
{
    if (fault->target == TARGET_MEMBER) {
        ConsumerProcess *process = cluster_member(self, fault->index, fault->member);
        const bool is_running = consumer_actor(process->consumer)->life == ACTOR_ALIVE;
        process->back_after = is_running ? fault->delay : 0;
        each_of_member(self, fault, close_member);
        return;
    }
    for (guint i = self->consumers->len; i-- > 0;) {
        ConsumerProcess *process = &g_array_index(self->consumers, ConsumerProcess, i);
        if (process->group == fault->index &&
            consumer_actor(process->consumer)->life == ACTOR_ALIVE) {
            consumer_close(process->consumer);
            return;
        }
    }
}

void faults_set_rate(Cluster *self, const FaultSpec *fault)
{
    const ProducerSpec *spec = self->spec->producers->pdata[fault->index];
    int64_t rate = fault->ends ? spec->rate_milli : fault->number;
    for (guint i = 0; i < self->producers->len; i++) {
        ProducerProcess *process = self->producers->pdata[i];
        if (process->spec == fault->index) {
            producer_set_rate(process->producer, rate / spec->count);
        }
    }
}

static ConsumerRequestKind request_kind(const FaultSpec *fault)
{
    if (fault->verb != FAULT_SEEK) {
        bool pauses = fault->verb == FAULT_PAUSE_PARTITIONS && !fault->ends;
        return pauses ? CONSUMER_PAUSE : CONSUMER_RESUME;
    }
    return fault->seek == SEEK_BEGINNING ? CONSUMER_SEEK_BEGINNING
           : fault->seek == SEEK_END     ? CONSUMER_SEEK_END
           : fault->seek == SEEK_TIME    ? CONSUMER_SEEK_TIME
                                         : CONSUMER_SEEK_OFFSET;
}

static bool is_meant(const FaultSpec *fault, const ConsumerProcess *process)
{
    return process->group == fault->index &&
           (fault->target == TARGET_GROUP || process->member == fault->member) &&
           consumer_actor(process->consumer)->life == ACTOR_ALIVE;
}

void faults_stall(Cluster *self, const FaultSpec *fault)
{
    for (guint i = 0; !fault->ends && i < self->consumers->len; i++) {
        const ConsumerProcess *process = &g_array_index(self->consumers, ConsumerProcess, i);
        if (is_meant(fault, process)) {
            consumer_stall(process->consumer, fault->until - fault->at);
        }
    }
}

/* Each member is asked for what it owns; of all the group's topics when none is named. */
void faults_request(Cluster *self, const FaultSpec *fault)
{
    const GArray *topics = self->group_topics->pdata[fault->index];
    ConsumerRequest request = {
        .kind = request_kind(fault), .partition = -1, .value = fault->number};
    for (guint i = 0; i < self->consumers->len; i++) {
        const ConsumerProcess *process = &g_array_index(self->consumers, ConsumerProcess, i);
        if (!is_meant(fault, process)) {
            continue;
        }
        for (guint t = 0; t < topics->len; t++) {
            request.topic = g_array_index(topics, int32_t, t);
            const TopicInfo *topic = metadata_topic(self->metadata, request.topic);
            request.partition =
                fault->partition < 0 ? -1 : topic->first_partition + fault->partition;
            if (fault->topic == SPEC_NONE || fault->topic == request.topic) {
                consumer_request(process->consumer, &request);
            }
        }
    }
}
