/* partition_excuses.c - see the header. */
#include "tests/properties/partition_excuses.h"
#include <string.h>

/* With ZooKeeper the last one in sync may be deleted by a reassignment that is taken back. */
static bool has_replica(const PartitionReport *partition, int32_t broker)
{
    for (int32_t i = 0; i < partition->replica_count; i++) {
        if (partition->replicas[i] == broker) {
            return true;
        }
    }
    return false;
}

/* With eligible leader replicas a new min.insync.replicas forgets them: who was the last to leave
 * is not elected any more (ConfigurationControlManager, ClearElrRecord). */
bool excuse_leaderless(const Case *the_case, const PartitionReport *partition)
{
    if (case_has_zookeeper(the_case)) {
        return partition->isr_count == 1 && !has_replica(partition, partition->isr[0]);
    }
    bool set = false;
    for (int32_t i = 0; i < the_case->topic_count; i++) {
        g_autofree char *name = g_strdup_printf("topic-%d", i);
        set = set ||
              (strcmp(name, partition->topic) == 0 && case_changes(the_case, i, SETTING_MIN_ISR));
    }
    return set && the_case->era.on[ERA_KIP_966] && partition->isr_count == 0;
}
