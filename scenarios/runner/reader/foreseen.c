/* foreseen.c - what the timeline asks for in vain, as far as the file alone can tell: requests that
 * the controller will refuse, processes that run already. Warnings: the run shows it, too. */
#include "models/protocol/topic_name.h"
#include "models/spec/topic_refusal.h"
#include "scenarios/runner/reader/reader.h"
#include <stdlib.h>
#include <string.h>

typedef struct Foresight {
    Reader *reader;
    const Cursor *timeline;
    bool *started;       /* by broker: it has run at some time */
    bool *ran_on;        /* by broker: nothing that could have ended its process has happened */
    int32_t *partitions; /* by topic: 0, it does not exist */
    GPtrArray *options;  /* KafkaConfig* by topic: its own then */
} Foresight;

static void warn(const Foresight *self, const FaultSpec *fault, const char *key, const char *text)
{
    int index = atoi(strrchr(fault->pointer, '/') + 1);
    Cursor child;
    Cursor at =
        cursor_element(self->timeline, cJSON_GetArrayItem(self->timeline->node, index), index);
    bool there = key != NULL && get(self->reader, &at, key, &child);
    reader_problem(self->reader, PROBLEM_WARNING, there ? &child : &at, false, NULL, "%s", text);
}

static void note_process(Foresight *self, const FaultSpec *fault)
{
    guint brokers = self->reader->spec->brokers->len;
    if (fault->verb == FAULT_START && fault->target == TARGET_BROKER) {
        bool written = fault->undoes == NULL;
        if (written && self->started[fault->index] && self->ran_on[fault->index]) {
            warn(self, fault, "broker", "its process runs already then: nothing is started");
        }
        self->started[fault->index] = true;
        self->ran_on[fault->index] = true;
    } else if (fault->verb == FAULT_START) {
        for (guint i = 0; i < brokers; i++) {
            self->started[i] = true;
        }
    } else if (fault->verb == FAULT_CRASH || fault->verb == FAULT_STOP ||
               fault->verb == FAULT_POWER_CUT || fault->verb == FAULT_ROLLING_RESTART ||
               fault->verb == FAULT_REMOVE_BROKER || fault->verb == FAULT_DISK_FULL ||
               fault->verb == FAULT_FAIL_DISK) {
        for (guint i = 0; i < brokers; i++) {
            bool other = fault->target == TARGET_BROKER && fault->index != (int32_t)i;
            self->ran_on[i] = self->ran_on[i] && other;
        }
    }
}

/* Of what is created: is there a topic by then whose name is too much like it? */
static bool is_taken(const Foresight *self, const FaultSpec *fault)
{
    const GPtrArray *topics = self->reader->spec->topics;
    const TopicSpec *topic = g_ptr_array_index(topics, (guint)fault->topic);
    for (guint i = 0; strpbrk(topic->name, "._") != NULL && i < topics->len; i++) {
        const TopicSpec *other = g_ptr_array_index(topics, i);
        if (other != topic && self->partitions[i] > 0 &&
            topic_name_collides(topic->name, other->name)) {
            return true;
        }
    }
    return false;
}

static void set_option(void *user, const KafkaOption *option, const char *text)
{
    (void)kafka_config_set(user, option->name, text);
}

static KafkaConfig *copy_of(const KafkaConfig *config)
{
    KafkaConfig *copy = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
    if (config != NULL) {
        kafka_config_each_set(config, set_option, copy);
    }
    return copy;
}

static void free_options(gpointer config)
{
    kafka_config_free(config);
}

/* What its topic has by then counts, too. */
static bool has_refused_options(const Foresight *self, const FaultSpec *fault)
{
    const bool created = fault->verb == FAULT_CREATE_TOPIC;
    if (fault->config == NULL || !(created || fault->verb == FAULT_SET_CONFIG)) {
        return false;
    }
    const char *why =
        topic_refusal(fault->config,
                      created ? NULL : g_ptr_array_index(self->options, (guint)fault->topic),
                      self->reader->spec->config,
                      &self->reader->spec->era);
    if (why != NULL) {
        g_autofree char *text = g_strdup_printf("%s: the answer will be INVALID_CONFIG", why);
        warn(self, fault, "config", text);
    }
    return why != NULL;
}

static void note_options(Foresight *self, const FaultSpec *fault)
{
    gpointer *own = &self->options->pdata[fault->topic];
    if (fault->verb == FAULT_SET_CONFIG && fault->config != NULL) {
        kafka_config_each_set(fault->config, set_option, *own);
    } else if (fault->verb == FAULT_CREATE_TOPIC) {
        kafka_config_free(*own);
        *own = copy_of(fault->config);
    }
}

static void note_topic(Foresight *self, const FaultSpec *fault)
{
    if (fault->topic == SPEC_NONE) {
        return;
    }
    int32_t *partitions = &self->partitions[fault->topic];
    if (fault->verb == FAULT_CREATE_TOPIC && is_taken(self, fault)) {
        warn(self,
             fault,
             "topic",
             "the name collides with that of another topic, as metrics write '.' as '_': the "
             "answer will be INVALID_TOPIC_EXCEPTION");
        return;
    }
    const bool unknown = *partitions == 0 && fault->verb != FAULT_CREATE_TOPIC;
    if (!unknown && has_refused_options(self, fault)) {
        return;
    }
    note_options(self, fault);
    if (fault->verb == FAULT_CREATE_TOPIC || fault->verb == FAULT_ADD_PARTITIONS) {
        *partitions = MAX(*partitions, (int32_t)fault->number);
    } else if (fault->verb == FAULT_DELETE_TOPIC) {
        *partitions = 0;
    } else if (*partitions == 0 &&
               (fault->verb == FAULT_ELECT || fault->verb == FAULT_ELECT_PREFERRED ||
                fault->verb == FAULT_SET_CONFIG)) {
        warn(self,
             fault,
             "topic",
             "the topic does not exist at this time: the answer will be "
             "UNKNOWN_TOPIC_OR_PARTITION");
    }
}

char *foresee_min_isr(const ClusterSpec *spec, int64_t least, int32_t replication_factor)
{
    g_autofree char *what =
        g_strdup_printf("min.insync.replicas %d is more than replication.factor %d",
                        (int)least,
                        replication_factor);
    return spec->era.on[ERA_KAFKA_15583]
               ? g_strdup_printf("%s: Kafka takes %d, and refuses acks=all while a replica is out "
                                 "of sync",
                                 what,
                                 replication_factor)
               : g_strdup_printf("%s: before KAFKA-15583 Kafka refuses all that is sent with "
                                 "acks=all (NOT_ENOUGH_REPLICAS)",
                                 what);
}

static bool is_compacted(const ClusterSpec *spec, const TopicSpec *topic)
{
    const char *policy = kafka_config_is_set(topic->config, "cleanup.policy")
                             ? kafka_config_text(topic->config, "cleanup.policy")
                             : kafka_config_text(spec->config, "log.cleanup.policy");
    return strstr(policy, "compact") != NULL;
}

/* A worker's records bear the keys of what it has read, those of a trace may have some. */
static bool is_without_keys(const ProducerSpec *producer)
{
    return producer->keys == KEY_NONE && producer->worker == NULL &&
           producer->trace.records == NULL;
}

void foresee_keys(Reader *reader, const Cursor *at, const ProducerSpec *producer)
{
    Cursor child;
    const ClusterSpec *spec = reader->spec;
    if (producer->topic != SPEC_NONE && is_without_keys(producer) &&
        is_compacted(spec, g_ptr_array_index(spec->topics, (guint)producer->topic)) &&
        get(reader, at, "topic", &child)) {
        reader_problem(reader,
                       PROBLEM_WARNING,
                       &child,
                       false,
                       "\"record\": { \"keys\": { \"uniform\": 1000 } }",
                       "a producer without keys writes to a compacted topic: Kafka refuses its "
                       "records (INVALID_RECORD)");
    }
}

static void check_keys(const Foresight *self, const FaultSpec *fault)
{
    static const char option[] = "cleanup.policy";
    const GPtrArray *producers = self->reader->spec->producers;
    if (fault->verb != FAULT_SET_CONFIG || fault->topic == SPEC_NONE || fault->config == NULL ||
        !kafka_config_is_set(fault->config, option) ||
        strstr(kafka_config_text(fault->config, option), "compact") == NULL) {
        return;
    }
    for (guint i = 0; i < producers->len; i++) {
        const ProducerSpec *producer = g_ptr_array_index(producers, i);
        if (producer->topic == fault->topic && is_without_keys(producer) &&
            producer->stop > fault->at) {
            warn(self,
                 fault,
                 "config",
                 "a producer without keys writes to the topic: Kafka refuses its records from here "
                 "on (INVALID_RECORD)");
            return;
        }
    }
}

/* Of the topic that is meant, or of the first that goes by the brokers' option. */
static void check_min_isr(const Foresight *self, const FaultSpec *fault)
{
    static const char option[] = "min.insync.replicas";
    const GPtrArray *topics = self->reader->spec->topics;
    if (fault->verb != FAULT_SET_CONFIG || fault->config == NULL ||
        !kafka_config_is_set(fault->config, option)) {
        return;
    }
    if (fault->target == TARGET_BROKER && self->reader->spec->era.on[ERA_KIP_966]) {
        warn(self,
             fault,
             "config",
             "min.insync.replicas of one broker cannot be altered with eligible leader replicas "
             "(KIP-966): the answer will be INVALID_CONFIG");
        return;
    }
    int64_t least = kafka_config_integer(fault->config, option);
    for (guint i = 0; i < topics->len; i++) {
        const TopicSpec *topic = g_ptr_array_index(topics, i);
        bool meant = fault->topic == SPEC_NONE ? !kafka_config_is_set(topic->config, option)
                                               : fault->topic == (int32_t)i;
        if (meant && least > topic->replication_factor) {
            g_autofree char *text =
                foresee_min_isr(self->reader->spec, least, topic->replication_factor);
            warn(self, fault, "config", text);
            return;
        }
    }
}

static void check_move(const Foresight *self, const FaultSpec *fault, const MoveSpec *move)
{
    if (self->partitions[move->topic] == 0) {
        warn(self,
             fault,
             "topic",
             "the topic does not exist at this time: the answer will be "
             "UNKNOWN_TOPIC_OR_PARTITION");
        return;
    }
    for (int32_t i = 0; i < move->replicas.count; i++) {
        int32_t broker = find_broker(self->reader->spec, move->replicas.ids[i]);
        if (broker != SPEC_NONE && !self->started[broker]) {
            g_autofree char *text =
                g_strdup_printf("broker %d has not been started by then: the answer will be "
                                "INVALID_REPLICA_ASSIGNMENT",
                                move->replicas.ids[i]);
            warn(self, fault, NULL, text);
            return;
        }
    }
}

static bool is_stall(const FaultSpec *fault)
{
    return fault->verb == FAULT_STALL && !fault->ends;
}

/* Of a member, or of a group and one of its members. */
static bool is_of_one_member(const FaultSpec *one, const FaultSpec *other)
{
    return one->index == other->index &&
           (one->target != TARGET_MEMBER || other->target != TARGET_MEMBER ||
            one->member == other->member);
}

/* Who is busy with a record is not busy with another one meanwhile. */
static void check_stall(const Foresight *self, const FaultSpec *fault)
{
    const GPtrArray *faults = self->reader->spec->faults;
    for (guint i = 0; is_stall(fault) && i < faults->len; i++) {
        const FaultSpec *other = g_ptr_array_index(faults, i);
        if (other == fault) {
            return; /* each pair once */
        }
        if (is_stall(other) && is_of_one_member(fault, other) && other->at < fault->until &&
            fault->at < other->until) {
            warn(self,
                 fault,
                 "at",
                 "it stalls for another entry at this time: the two add up, one after the other, "
                 "and it goes on later than is told");
            return;
        }
    }
}

void foresee(Reader *reader, const Cursor *timeline)
{
    const ClusterSpec *spec = reader->spec;
    Foresight self = {.reader = reader,
                      .timeline = timeline,
                      .started = g_new0(bool, spec->brokers->len + 1),
                      .ran_on = g_new0(bool, spec->brokers->len + 1),
                      .partitions = g_new0(int32_t, spec->topics->len + 1),
                      .options = g_ptr_array_new_with_free_func(free_options)};
    for (guint i = 0; i < spec->brokers->len; i++) {
        self.started[i] = ((const BrokerSpec *)g_ptr_array_index(spec->brokers, i))->started;
        self.ran_on[i] = self.started[i];
    }
    for (guint i = 0; i < spec->topics->len; i++) {
        const TopicSpec *topic = g_ptr_array_index(spec->topics, i);
        self.partitions[i] = topic->created_later ? 0 : topic->partitions;
        g_ptr_array_add(self.options, copy_of(topic->config));
    }
    for (guint i = 0; i < spec->faults->len && !problems_has_errors(reader->problems); i++) {
        const FaultSpec *fault = g_ptr_array_index(spec->faults, i);
        if (fault->pointer == NULL) {
            continue;
        }
        note_process(&self, fault);
        note_topic(&self, fault);
        check_min_isr(&self, fault);
        check_keys(&self, fault);
        check_stall(&self, fault);
        for (guint m = 0; fault->moves != NULL && m < fault->moves->len; m++) {
            check_move(&self, fault, &g_array_index(fault->moves, MoveSpec, m));
        }
    }
    g_free(self.started);
    g_free(self.ran_on);
    g_free(self.partitions);
    g_ptr_array_free(self.options, TRUE);
}
