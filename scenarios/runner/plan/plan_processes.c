/* plan_processes.c - which process stands on which host, and which clients there are. */
#include "scenarios/runner/plan/plan_processes.h"
#include "models/spec/streams.h"
#include "scenarios/runner/text.h"
#include <string.h>

#define LINES_SHOWN 200

/* "broker 1"; `racks`: and its broker.rack, where that is not its host's (three on one machine). */
static char *broker_name(const ClusterSpec *spec, const BrokerSpec *broker, bool racks)
{
    const HostSpec *host = spec->hosts->pdata[broker->host];
    GString *name = g_string_new(NULL);
    g_string_append_printf(name, "broker %d", broker->id);
    if (racks && broker->rack[0] != '\0' && strcmp(broker->rack, host->rack) != 0) {
        g_string_append_printf(name, " (broker.rack %s)", broker->rack);
    }
    return g_string_free(name, FALSE);
}

/* Fills names with "broker 1", "controller 101" ... of one host. */
static GPtrArray *processes_of(const ClusterSpec *spec, int32_t host, bool racks)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < spec->brokers->len; i++) {
        const BrokerSpec *broker = spec->brokers->pdata[i];
        if (broker->host == host) {
            g_ptr_array_add(names, broker_name(spec, broker, racks));
        }
    }
    for (guint i = 0; i < spec->controllers->len; i++) {
        const ControllerSpec *controller = spec->controllers->pdata[i];
        if (controller->host == host) {
            g_ptr_array_add(names, g_strdup_printf("controller %d", controller->id));
        }
    }
    for (guint i = 0; i < spec->producers->len; i++) {
        const ProducerSpec *producer = spec->producers->pdata[i];
        if (producer->host == host) {
            g_ptr_array_add(names, g_strdup_printf("producer %s", producer->name));
        }
    }
    for (guint g = 0; g < spec->groups->len; g++) {
        const GroupSpec *group = spec->groups->pdata[g];
        for (guint i = 0; i < group->members->len; i++) {
            const MemberSpec *member = group->members->pdata[i];
            if (member->host == host) {
                g_ptr_array_add(names, g_strdup(member->name));
            }
        }
    }
    return names;
}

void plan_hosts_text(const ClusterSpec *spec, GString *out)
{
    g_string_append(out, "\nHOSTS (clients that name none have one each)\n");
    for (guint i = 0; i < spec->hosts->len; i++) {
        const HostSpec *host = spec->hosts->pdata[i];
        g_autoptr(GPtrArray) names = processes_of(spec, (int32_t)i, true);
        g_string_append(out, "  ");
        text_visible(out, host->name);
        g_string_append_printf(out, ", %d cores", (int)host->cores);
        if (host->rack != NULL && host->rack[0] != '\0') {
            g_string_append(out, ", rack ");
            text_visible(out, host->rack);
        }
        for (guint n = 0; n < names->len; n++) {
            g_string_append(out, n == 0 ? ": " : ", ");
            text_visible(out, names->pdata[n]);
        }
        g_string_append_c(out, '\n');
    }
}

void plan_hosts_json(const ClusterSpec *spec, JsonWriter *json)
{
    json_begin_array(json, "hosts");
    for (guint i = 0; i < spec->hosts->len; i++) {
        const HostSpec *host = spec->hosts->pdata[i];
        g_autoptr(GPtrArray) names = processes_of(spec, (int32_t)i, false);
        json_begin_object(json, NULL);
        const bool has_rack = host->rack != NULL && host->rack[0] != '\0';
        json_string(json, "name", host->name);
        json_integer(json, "cores", host->cores);
        json_string(json, "rack", has_rack ? host->rack : NULL);
        json_begin_array(json, "processes");
        for (guint n = 0; n < names->len; n++) {
            json_string(json, NULL, names->pdata[n]);
        }
        json_end_array(json);
        json_end_object(json);
    }
    json_end_array(json);
}

/* ---- clients */

static int32_t count_tasks(const ClusterSpec *spec, const GroupSpec *group)
{
    int32_t tasks = 0;
    for (guint s = 0; s < group->streams->subtopologies->len; s++) {
        const SubtopologySpec *sub = group->streams->subtopologies->pdata[s];
        int32_t most = 0;
        for (guint i = 0; i < sub->sources->len; i++) {
            const TopicSpec *topic = spec->topics->pdata[g_array_index(sub->sources, int32_t, i)];
            most = MAX(most, topic->partitions);
        }
        tasks += most;
    }
    return tasks;
}

static void append_streams(const ClusterSpec *spec, const GroupSpec *group, GString *out)
{
    int32_t instances = 0;
    for (guint m = 0; m < group->members->len; m++) {
        instances += ((const MemberSpec *)group->members->pdata[m])->process == (int32_t)m;
    }
    g_string_append(out, ": ");
    text_counted(out, instances, "instance, ", "instances, ");
    text_counted(out, group->members->len, "thread", "threads");
    g_string_append(out, " (of each a consumer, a restore consumer, a producer), ");
    text_counted(out, count_tasks(spec, group), "task", "tasks");
    const GArray *internal = group->streams->internal_topics;
    for (guint i = 0; i < internal->len; i++) {
        const TopicSpec *topic = spec->topics->pdata[g_array_index(internal, int32_t, i)];
        g_string_append(out, i == 0 ? "; internal topics " : ", ");
        text_visible(out, topic->name);
        g_string_append(out, " (");
        text_counted(out, topic->partitions, "partition)", "partitions)");
    }
}

static void append_connect(const GroupSpec *group, GString *out)
{
    g_string_append(out, ": ");
    text_counted(out, group->members->len, "worker", "workers");
    for (guint i = 0; i < group->connectors->len; i++) {
        const ConnectorSpec *connector = group->connectors->pdata[i];
        g_string_append(out, i == 0 ? "; connectors " : ", ");
        text_visible(out, connector->name);
        g_string_append(out, " (");
        text_counted(out, connector->tasks, "task)", "tasks)");
    }
}

static void append_group(const ClusterSpec *spec, const GroupSpec *group, GString *out)
{
    g_string_append(out,
                    group->streams != NULL        ? "  Kafka Streams "
                    : group->connectors != NULL   ? "  Connect "
                    : group->kind == GROUP_SHARES ? "  share group "
                                                  : "  group ");
    text_visible(out, group->name);
    if (group->streams != NULL) {
        append_streams(spec, group, out);
    } else if (group->connectors != NULL) {
        append_connect(group, out);
    } else {
        g_string_append(out, ": ");
        text_counted(out, group->members->len, "consumer", "consumers");
    }
    g_string_append_c(out, '\n');
}

int64_t plan_count_clients(const ClusterSpec *spec)
{
    int64_t count = 0;
    for (guint i = 0; i < spec->producers->len; i++) {
        count += ((const ProducerSpec *)spec->producers->pdata[i])->count;
    }
    for (guint i = 0; i < spec->groups->len; i++) {
        const GroupSpec *group = spec->groups->pdata[i];
        count += (group->streams != NULL ? 2 : 1) * (int64_t)group->members->len;
    }
    return count;
}

/* Those that the timeline brings up later are counted. */
void plan_clients_text(const ClusterSpec *spec, GString *out)
{
    g_string_append(out, "\nCLIENTS: ");
    text_counted(
        out, plan_count_clients(spec), "consumer or producer\n", "consumers and producers\n");
    guint shown = 0;
    for (guint i = 0; i < spec->producers->len && shown < LINES_SHOWN; i++) {
        const ProducerSpec *producer = spec->producers->pdata[i];
        if (producer->worker != NULL) {
            continue; /* its group says so */
        }
        g_string_append(out, "  producer ");
        text_visible(out, producer->name);
        g_string_append_printf(
            out, producer->count > 1 ? ": %d instances\n" : "\n", producer->count);
        shown++;
    }
    for (guint i = 0; i < spec->groups->len && shown < 2 * LINES_SHOWN; i++, shown++) {
        append_group(spec, spec->groups->pdata[i], out);
    }
}
