/* streams_host.c - the instances of Kafka Streams applications: made, and what their Admin client
 * is told. Internal topics are created by way of the world's own timer, as an administrator's are.
 */
#include "models/streams/state_updater.h"
#include "models/streams/stream_thread.h"
#include "models/world/cluster_state.h"

/* As the leader knows it. */
static int64_t end_offset(void *owner, int32_t partition, bool committed)
{
    Cluster *self = owner;
    const TopicInfo *topic = metadata_topic_of(self->metadata, partition);
    const Broker *leader = history_living_leader(self, partition);
    if (leader == NULL || topic == NULL) {
        return -1;
    }
    return committed ? cluster_last_stable_offset(self, partition)
                     : cluster_high_watermark(self, partition);
}

static bool topic_exists(void *owner, int32_t topic)
{
    const Cluster *self = owner;
    return metadata_topic_partitions(self->metadata, topic, metadata_end_offset(self->metadata)) >
           0;
}

static void create_topic(void *owner, int32_t topic)
{
    Cluster *self = owner;
    for (guint i = 0; i < self->topics_to_create->len; i++) {
        if (g_array_index(self->topics_to_create, int32_t, i) == topic) {
            return;
        }
    }
    if (!admin_is_creating(self, topic)) {
        g_array_append_val(self->topics_to_create, topic);
        actor_arm(&self->actor, &self->task_timer, 0);
    }
}

void streams_carry_out(Cluster *self)
{
    for (guint i = 0; i < self->topics_to_create->len; i++) {
        admin_create_topic(self, g_array_index(self->topics_to_create, int32_t, i));
    }
    g_array_set_size(self->topics_to_create, 0);
}

void applications_init(Cluster *self)
{
    connect_init(self);
    self->streams_apps = g_ptr_array_new_with_free_func((GDestroyNotify)streams_app_free);
    self->stream_threads = g_ptr_array_new_with_free_func((GDestroyNotify)stream_thread_free);
    self->topics_to_create = g_array_new(FALSE, FALSE, sizeof(int32_t));
}

StreamsApp *applications_add(Cluster *self, const GroupSpec *spec)
{
    const StreamsAdmin admin = {self, end_offset, topic_exists, create_topic};
    StreamsApp *app = spec->streams == NULL ? NULL : streams_app_new(spec, self->metadata, &admin);
    g_ptr_array_add(self->streams_apps, app);
    return app;
}

static Consumer *
make_restorer(Cluster *self, const ConsumerContext *context, StreamThread *thread, uint32_t host)
{
    const GroupSpec *spec = context->spec->streams->restorer;
    const MemberSpec *member = spec->members->pdata[context->member_index];
    const ConsumerContext restorer = {
        .sim = self->sim,
        .brokers = &self->book,
        .topics = self->metadata,
        .ledger = self->ledger,
        .spec = spec,
        .group_index = -1,
        .member_index = context->member_index,
        .profile = context->profile,
        .era = &self->spec->era,
        .program = &state_updater_program,
        .work_owner = stream_thread_updater(thread),
    };
    return consumer_new(&restorer, member->name, host);
}

/* A UUID that the first thread of a process drew is the process's. */
static int32_t process_id(const Cluster *self, const GroupSpec *spec, int32_t member)
{
    const MemberSpec *thread = spec->members->pdata[member];
    const MemberSpec *first = spec->members->pdata[thread->process];
    g_autofree char *name = g_strdup_printf("%s/process id", first->name);
    Stream chance;
    stream_init(&chance, self->spec->seed, name);
    return (int32_t)(stream_u32(&chance) >> 1);
}

static Consumer *streams_make_thread(Cluster *self,
                                     StreamsApp *app,
                                     const ConsumerContext *context,
                                     const char *name,
                                     uint32_t host,
                                     StreamThread **ret_thread)
{
    StreamThread *thread = stream_thread_new(app, context->member_index);
    ConsumerContext own = *context;
    own.work = &stream_thread_work;
    own.program = &stream_thread_program;
    own.work_owner = thread;
    Consumer *member = consumer_new(&own, name, host);
    stream_thread_set_consumers(thread,
                                member,
                                make_restorer(self, context, thread, host),
                                process_id(self, context->spec, context->member_index));
    g_ptr_array_add(self->stream_threads, thread);
    *ret_thread = thread;
    return member;
}

Consumer *applications_make_member(Cluster *self,
                                   StreamsApp *app,
                                   const ConsumerContext *context,
                                   const char *name,
                                   uint32_t host,
                                   StreamThread **ret_thread)
{
    if (app != NULL) {
        return streams_make_thread(self, app, context, name, host, ret_thread);
    }
    return context->spec->connectors != NULL ? connect_make_worker(self, context, name, host)
                                             : consumer_new(context, name, host);
}
