/* describe_json.c - a ClusterView as one JSON document. See describe.c. */
#include "scenarios/runner/commands/describe_text.h"
#include "scenarios/runner/describe/document.h"
#include <string.h>

static void write_list(JsonWriter *json, const char *key, const ReplicaList *list)
{
    json_integers(json, key, list->ids, list->count);
}

static void write_partition(JsonWriter *json, const PartitionView *partition)
{
    const PartitionRegistration *now = partition->registration;
    json_begin_object(json, NULL);
    json_integer(json, "partition", partition->partition);
    json_integer(json, "leader", now->leader);
    json_integer(json, "leader_epoch", now->leader_epoch);
    json_integer(json, "partition_epoch", now->partition_epoch);
    write_list(json, "replicas", &now->replicas);
    write_list(json, "isr", &now->isr);
    write_list(json, "adding", &now->adding);
    write_list(json, "removing", &now->removing);
    write_list(json, "elr", &now->elr);
    write_list(json, "last_known_elr", &now->last_known_elr);
    json_end_object(json);
}

static void write_option(void *user, const KafkaOption *option, const char *text)
{
    json_string(user, option->name, text);
}

static void write_topics(JsonWriter *json, const ClusterView *view, const DescribeFilter *filter)
{
    json_begin_array(json, "topics");
    for (int32_t t = 0; t < view->topic_count; t++) {
        const TopicView *topic = &view->topics[t];
        if (filter->topic != NULL && strcmp(filter->topic, topic->name) != 0) {
            continue;
        }
        json_begin_object(json, NULL);
        json_string(json, "name", topic->name);
        json_string(json, "id", topic->id);
        json_begin_object(json, "config");
        if (topic->config != NULL) {
            kafka_config_each_set(topic->config, write_option, json);
        }
        json_end_object(json);
        json_begin_array(json, "partitions");
        for (int32_t p = 0; p < topic->partition_count; p++) {
            if (describe_shows(view, topic, &topic->partitions[p], filter)) {
                write_partition(json, &topic->partitions[p]);
            }
        }
        json_end_array(json);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_brokers(JsonWriter *json, const ClusterView *view)
{
    json_begin_array(json, "brokers");
    for (int32_t i = 0; i < view->broker_count; i++) {
        const BrokerView *broker = &view->brokers[i];
        json_begin_object(json, NULL);
        json_integer(json, "id", broker->id);
        json_string(json, "host", broker->host);
        json_string(json, "rack", broker->rack[0] != '\0' ? broker->rack : NULL);
        json_string(json, "state", broker->state);
        json_integer(json, "epoch", broker->epoch);
        json_string(json, "process", broker->process);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_quorum(JsonWriter *json, const ClusterView *view)
{
    json_string(json, "cluster_id", view->cluster_id);
    json_integer(json, "leader", view->leader);
    json_integer(json, "leader_epoch", view->leader_epoch);
    json_integer(json, "high_watermark", view->high_watermark);
    json_begin_array(json, "members");
    for (int32_t i = 0; i < view->member_count; i++) {
        const QuorumMemberView *member = &view->members[i];
        json_begin_object(json, NULL);
        json_integer(json, "id", member->id);
        json_string(json, "directory_id", member->directory);
        json_boolean(json, "voter", member->voter);
        document_known(json, "log_end_offset", member->log_end_offset);
        json_integer(
            json, "last_fetch_ms", member->last_fetch < 0 ? -1 : member->last_fetch / SIM_MS(1));
        json_integer(json,
                     "last_caught_up_ms",
                     member->last_caught_up < 0 ? -1 : member->last_caught_up / SIM_MS(1));
        if (member->state != NULL) {
            json_string(json, "state", member->state);
        }
        json_end_object(json);
    }
    json_end_array(json);
}

void describe_json(const char *what,
                   const ClusterView *view,
                   const DescribeFilter *filter,
                   GString *out)
{
    JsonWriter json;
    document_begin(&json, view->at, out);
    if (strcmp(what, "topics") == 0) {
        write_topics(&json, view, filter);
    } else if (strcmp(what, "brokers") == 0) {
        write_brokers(&json, view);
    } else {
        write_quorum(&json, view);
    }
    json_end_object(&json);
}
