/* partition_excuses.c - see the header. */
#include "tests/properties/partition_excuses.h"
#include <string.h>

static bool has_replica(const PartitionReport *partition, int32_t broker)
{
    for (int32_t i = 0; i < partition->replica_count; i++) {
        if (partition->replicas[i] == broker) {
            return true;
        }
    }
    return false;
}

static bool is_of_topic(const PartitionReport *partition, int32_t topic)
{
    g_autofree char *name = g_strdup_printf("topic-%d", topic);
    return strcmp(name, partition->topic) == 0;
}

static bool is_to_be_deleted(const Case *the_case, const PartitionReport *partition)
{
    const Trouble *wish = case_next(the_case, FAULT_DELETE_TOPIC, NULL);
    while (wish != NULL && !is_of_topic(partition, wish->topic)) {
        wish = case_next(the_case, FAULT_DELETE_TOPIC, wish);
    }
    return wish != NULL;
}

/* The last one in sync is deleted by a reassignment that is taken back. Or a topic is to be deleted
 * when its reassignment is over, and until then nobody is elected for it
 * (PartitionStateMachine.triggerOnlinePartitionStateChange): a partition that had no leader then
 * never gets the one that its new replicas would need. Case 545 of seed 11, without KRaft. */
static bool excuse_with_zookeeper(const Case *the_case, const PartitionReport *partition)
{
    return (partition->isr_count == 1 && !has_replica(partition, partition->isr[0])) ||
           (partition->adding_count > 0 && is_to_be_deleted(the_case, partition));
}

/* With eligible leader replicas a new min.insync.replicas forgets them: who was the last to leave
 * is not elected any more (ConfigurationControlManager, ClearElrRecord). */
bool excuse_leaderless(const Case *the_case, const PartitionReport *partition)
{
    if (case_has_zookeeper(the_case)) {
        return excuse_with_zookeeper(the_case, partition);
    }
    bool set = false;
    for (int32_t i = 0; i < the_case->topic_count; i++) {
        set = set || (is_of_topic(partition, i) && case_changes(the_case, i, SETTING_MIN_ISR));
    }
    return set && the_case->era.on[ERA_KIP_966] && partition->isr_count == 0;
}
