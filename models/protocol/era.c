/* era.c - the table of era switches. */
#include "models/protocol/era.h"
#include <string.h>

static const struct {
    const char *name;
    const char *help;
} switches[ERA_SWITCH_COUNT] = {
    [ERA_KIP_101] = {"KIP-101", "off: a follower truncates its log to its own high watermark"},
    [ERA_KIP_279] = {"KIP-279", "off: the answer to an epoch names only an end offset"},
    [ERA_KIP_320] = {"KIP-320", "off: fetches carry no leader epoch, a stale one is not noticed"},
    [ERA_KIP_345] = {"KIP-345", "off: group.instance.id means nothing, all members are dynamic"},
    [ERA_KIP_392] = {"KIP-392", "off: consumers never fetch from followers"},
    [ERA_KIP_394] = {"KIP-394", "off: who joins without an id is in the group at once"},
    [ERA_KIP_429] = {"KIP-429", "off: cooperative-sticky is the eager sticky assignor"},
    [ERA_KIP_480] = {"KIP-480", "off: records without a key go to one partition after the other"},
    [ERA_KIP_497] = {"KIP-497", "off: leaders write ISR changes to ZooKeeper themselves"},
    [ERA_KIP_679] = {"KIP-679", "off: producers have acks=1 and no idempotence by default"},
    [ERA_KIP_794] = {"KIP-794",
                     "off: each new batch goes to another partition, slow ones get more"},
    [ERA_KIP_890] = {"KIP-890", "off: transactions v1, one epoch for all of a producer's"},
    [ERA_KIP_903] = {"KIP-903", "off: nobody notices that an ISR member has restarted"},
    [ERA_KIP_951] = {"KIP-951", "off: errors do not name the new leader"},
    [ERA_KIP_966] = {"KIP-966", "off: no eligible leader replicas; the last ISR member stays"},
    [ERA_KIP_996] = {"KIP-996", "off: no pre-vote before an election of the metadata quorum"},
    [ERA_KIP_1166] = {"KIP-1166", "off: brokers hear of committed metadata up to 500 ms late"},
    [ERA_KAFKA_9965] = {"KAFKA-9965", "off: RoundRobinPartitioner is asked again for a new batch"},
    [ERA_KAFKA_15583] = {"KAFKA-15583",
                         "off: the high watermark moves below min.insync.replicas too"},
    [ERA_KAFKA_18688] = {"KAFKA-18688", "off: uniform gives extra partitions to the first members"},
    [ERA_KRAFT] = {"KRaft", "off: ZooKeeper keeps the metadata, a broker is the controller"},
};

Era era_default(void)
{
    Era era;
    for (int i = 0; i < ERA_SWITCH_COUNT; i++) {
        era.on[i] = true;
    }
    return era;
}

const char *era_switch_name(EraSwitch era)
{
    return switches[era].name;
}

const char *era_switch_help(EraSwitch era)
{
    return switches[era].help;
}

EraSwitch era_switch_find(const char *name)
{
    int found = 0;
    while (found < ERA_SWITCH_COUNT && strcmp(switches[found].name, name) != 0) {
        found++;
    }
    return (EraSwitch)found;
}
