/* check_partition_change.c - PartitionChangeBuilder.build and PartitionRegistration.merge. */
#include "models/controller/partition_change.h"
#include "tests/vectors/replica_vectors.h"
#include "tests/vectors/vectors.h"

enum { DIRECTORY_OLD = 1, DIRECTORY_NEW = 2 };

/* "4.1-IV1" -> its feature level. */
static int feature_level(const char *name)
{
    static const struct {
        const char *name;
        int first_level;
    } releases[] = {{"3.3-IV", 4},
                    {"3.4-IV", 8},
                    {"3.5-IV", 9},
                    {"3.6-IV", 12},
                    {"3.7-IV", 15},
                    {"3.8-IV", 20},
                    {"3.9-IV", 21},
                    {"4.0-IV", 22},
                    {"4.1-IV", 26}};
    for (size_t i = 0; i < G_N_ELEMENTS(releases); i++) {
        if (g_str_has_prefix(name, releases[i].name)) {
            return releases[i].first_level + (name[6] - '0');
        }
    }
    return 0;
}

static bool is_acceptable(void *user, int32_t broker)
{
    return replica_list_has(user, broker);
}

static PartitionRegistration read_registration(const cJSON *object)
{
    PartitionRegistration read = {
        .replicas = vector_replicas(object, "replicas"),
        .isr = vector_replicas(object, "isr"),
        .elr = vector_replicas(object, "elr"),
        .last_known_elr = vector_replicas(object, "lastKnownElr"),
        .removing = vector_replicas(object, "removing"),
        .adding = vector_replicas(object, "adding"),
        .leader = (int32_t)vector_integer(object, "leader", NO_LEADER),
        .leader_epoch = (int32_t)vector_integer(object, "leaderEpoch", 0),
        .partition_epoch = (int32_t)vector_integer(object, "partitionEpoch", 0),
    };
    bool recovering = g_strcmp0(vector_text(object, "recovery"), "RECOVERING") == 0;
    read.recovery = recovering ? LEADER_RECOVERING : LEADER_RECOVERED;
    return read;
}

static void read_target(const cJSON *vector, const char *name, ReplicaList *target)
{
    if (vector_is_set(vector, name)) {
        *target = vector_replicas(vector, name);
    }
}

static Election read_election(const char *name)
{
    if (g_strcmp0(name, "PREFERRED") == 0) {
        return ELECTION_PREFERRED;
    }
    return g_strcmp0(name, "UNCLEAN") == 0 ? ELECTION_UNCLEAN : ELECTION_ONLINE;
}

static PartitionChange read_change(const cJSON *vector, const PartitionRegistration *now)
{
    PartitionChange change = partition_change_of(now);
    change.election = read_election(vector_text(vector, "election"));
    change.min_isr = (int32_t)vector_integer(vector, "minIsr", 0);
    change.elr_enabled = vector_boolean(vector, "elrEnabled");
    change.without_last_known_leader = !vector_boolean(vector, "useLastKnownLeader");
    change.metadata_version = feature_level(vector_text(vector, "metadataVersion"));
    read_target(vector, "targetIsr", &change.target_isr);
    read_target(vector, "targetReplicas", &change.target_replicas);
    read_target(vector, "targetRemoving", &change.target_removing);
    read_target(vector, "targetAdding", &change.target_adding);
    read_target(vector, "uncleanShutdown", &change.unclean_shutdown_replicas);
    if (vector_is_set(vector, "targetRecovery")) {
        bool recovering = g_strcmp0(vector_text(vector, "targetRecovery"), "RECOVERING") == 0;
        change.target_recovery = recovering ? LEADER_RECOVERING : LEADER_RECOVERED;
    }
    return change;
}

static bool
same_field(GString *why, const cJSON *record, const char *name, bool set, const ReplicaList *got)
{
    if (!vector_is_set(record, name)) {
        return vector_same_integer(why, name, 0, set);
    }
    return vector_same_integer(why, name, 1, set) &&
           vector_same_replicas(why, name, cJSON_GetObjectItem(record, name), got);
}

static bool same_directories(GString *why, const cJSON *record, const PartitionChangeRecord *got)
{
    const cJSON *expected = cJSON_GetObjectItem(record, "directories");
    if (!vector_is_set(record, "directories")) {
        return vector_same_integer(why, "directories", 0, got->has_directories);
    }
    if (!vector_same_integer(
            why, "directories", cJSON_GetArraySize(expected), got->directory_count)) {
        return false;
    }
    for (int i = 0; i < got->directory_count; i++) {
        const char *name = got->directories[i] == DIRECTORY_NEW ? "NEW" : "A";
        const char *wanted = cJSON_GetArrayItem(expected, i)->valuestring;
        if (!vector_same_text(why, "directory", wanted, name)) {
            return false;
        }
    }
    return true;
}

static bool same_record(GString *why, const cJSON *record, const PartitionChangeRecord *got)
{
    const char *recovery = got->recovery == LEADER_RECOVERING ? "RECOVERING" : "RECOVERED";
    bool leader = vector_is_set(record, "leader");
    return same_field(why, record, "isr", got->has_isr, &got->isr) &&
           vector_same_integer(why, "leader is set", leader, got->has_leader) &&
           (!leader || vector_same_integer(
                           why, "leader", vector_integer(record, "leader", -3), got->leader)) &&
           same_field(why, record, "replicas", got->has_replicas, &got->replicas) &&
           same_field(why, record, "removing", got->has_removing, &got->removing) &&
           same_field(why, record, "adding", got->has_adding, &got->adding) &&
           vector_same_text(why,
                            "recovery",
                            vector_text(record, "recovery"),
                            got->has_recovery ? recovery : NULL) &&
           same_field(why, record, "elr", got->has_elr, &got->elr) &&
           same_field(why, record, "lastKnownElr", got->has_last_known_elr, &got->last_known_elr) &&
           same_directories(why, record, got) &&
           vector_same_integer(why, "version", vector_integer(record, "version", -1), got->version);
}

static bool same_registration(GString *why, const cJSON *expected, const PartitionRegistration *got)
{
    const PartitionRegistration wanted = read_registration(expected);
    return vector_same_replicas(
               why, "merged replicas", cJSON_GetObjectItem(expected, "replicas"), &got->replicas) &&
           vector_same_replicas(
               why, "merged isr", cJSON_GetObjectItem(expected, "isr"), &got->isr) &&
           vector_same_replicas(
               why, "merged elr", cJSON_GetObjectItem(expected, "elr"), &got->elr) &&
           vector_same_replicas(why,
                                "merged lastKnownElr",
                                cJSON_GetObjectItem(expected, "lastKnownElr"),
                                &got->last_known_elr) &&
           vector_same_replicas(
               why, "merged removing", cJSON_GetObjectItem(expected, "removing"), &got->removing) &&
           vector_same_replicas(
               why, "merged adding", cJSON_GetObjectItem(expected, "adding"), &got->adding) &&
           vector_same_integer(why, "merged leader", wanted.leader, got->leader) &&
           vector_same_integer(
               why, "merged leader epoch", wanted.leader_epoch, got->leader_epoch) &&
           vector_same_integer(
               why, "merged partition epoch", wanted.partition_epoch, got->partition_epoch) &&
           vector_same_integer(why, "merged recovery", wanted.recovery, got->recovery);
}

bool check_partition_change(const cJSON *vector, GString *why)
{
    const cJSON *out = cJSON_GetObjectItemCaseSensitive(vector, "out");
    const cJSON *record = cJSON_GetObjectItemCaseSensitive(out, "record");
    const PartitionRegistration now =
        read_registration(cJSON_GetObjectItemCaseSensitive(vector, "partition"));
    ReplicaList acceptable = vector_replicas(vector, "acceptable");
    int32_t directories[REPLICAS_MAX];
    for (int i = 0; i < REPLICAS_MAX; i++) {
        directories[i] = DIRECTORY_OLD;
    }
    PartitionChange change = read_change(vector, &now);
    change.is_acceptable_leader = is_acceptable;
    change.user = &acceptable;
    change.directories = directories;
    change.default_directory = DIRECTORY_NEW;
    PartitionChangeRecord got;
    bool changed = partition_change_record(&change, &got);
    PartitionRegistration merged = changed ? partition_change_merge(&now, &got) : now;
    if (!vector_same_integer(why, "a record", cJSON_IsObject(record), changed)) {
        return false;
    }
    return (!changed || same_record(why, record, &got)) &&
           same_registration(why, cJSON_GetObjectItemCaseSensitive(out, "merged"), &merged);
}
