/* era.h - which of Kafka's later fixes are in force: one switch each, all as in 4.1 by default.
 *
 * With a switch off the cluster behaves as before that improvement, so that its published bug can
 * be seen on the same seed. The names in a scenario are those of era_switch_name. */
#ifndef KAFKASIM_MODELS_PROTOCOL_ERA_H
#define KAFKASIM_MODELS_PROTOCOL_ERA_H
#include <stdbool.h>

typedef enum EraSwitch {
    ERA_KIP_101,     /* followers truncate by leader epoch; off: to their own high watermark */
    ERA_KIP_279,     /* the answer names the epoch that it is of; off: only an end offset */
    ERA_KIP_320,     /* fetches carry the leader epoch; off: a stale one is not noticed */
    ERA_KIP_345,     /* static members; off: group.instance.id means nothing */
    ERA_KIP_392,     /* consumers may fetch from followers; off: never */
    ERA_KIP_394,     /* a new member comes back with its id; off: it is in the group at once */
    ERA_KIP_429,     /* incremental cooperative rebalancing; off: the sticky assignor, eager */
    ERA_KIP_480,     /* unkeyed records stick to a partition; off: one after the other */
    ERA_KIP_497,     /* AlterPartition; off (ZooKeeper only): the leader writes the ISR itself */
    ERA_KIP_679,     /* acks=all and idempotence by default; off: acks=1 and none */
    ERA_KIP_794,     /* the sticky partition changes by bytes; off: at each new batch */
    ERA_KIP_890,     /* transactions v2: a new epoch for each; off: v1 */
    ERA_KIP_903,     /* broker epochs of followers are checked; off: a restart is not noticed */
    ERA_KIP_951,     /* errors name the new leader; off: clients ask for metadata */
    ERA_KIP_966,     /* eligible leader replicas; off: the last ISR member stays listed */
    ERA_KIP_996,     /* pre-vote in the metadata quorum */
    ERA_KIP_1166,    /* observers learn a new high watermark at once; off: up to 500 ms late */
    ERA_KAFKA_9965,  /* a partitioner is asked once a record; off: again for a new batch */
    ERA_KAFKA_15583, /* the high watermark stands still below min.insync.replicas */
    ERA_KAFKA_18688, /* uniform leaves the extra partition; off: the first members get it */
    ERA_KRAFT,       /* off: the metadata are ZooKeeper's */
    ERA_SWITCH_COUNT,
} EraSwitch;

typedef struct Era {
    bool on[ERA_SWITCH_COUNT];
} Era;

Era era_default(void);                      /* everything on, as in 4.1 */
const char *era_switch_name(EraSwitch era); /* "KIP-101" */
const char *era_switch_help(EraSwitch era); /* one line: what is different when it is off */
/* ERA_SWITCH_COUNT when there is none of that name. */
EraSwitch era_switch_find(const char *name);

#endif
