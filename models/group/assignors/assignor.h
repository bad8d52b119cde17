/* assignor.h - who gets which partition: one pure function an assignor.
 *
 * Input: a group's members with their subscriptions and what they own, and the topics with as many
 * partitions as the caller knows of. Output: partition indices for each member. Nothing else is
 * read, nothing is kept, so that the client's leader (classic groups), the coordinator (KIP-848)
 * and the command line use the same code.
 *
 * Mirrors: ConsumerPartitionAssignor and the server's PartitionAssignor (clients.md §4). Files:
 * range, range_racks, roundrobin, sticky (constrained: equal subscriptions; general: different
 * ones); of the server uniform (homogeneous, heterogeneous) and server_range. */
#ifndef KAFKASIM_MODELS_GROUP_ASSIGNORS_ASSIGNOR_H
#define KAFKASIM_MODELS_GROUP_ASSIGNORS_ASSIGNOR_H
#include "models/group/assignors/java_hash.h"
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define ASSIGNOR_NOBODY (-1)

typedef struct AssignorTopic {
    const char *name;
    int32_t first_partition; /* partition index of its partition 0 */
    int32_t partitions;      /* 0: not known to the caller, ignored */
    JavaUuid id;             /* orders topics in the server's assignors */
} AssignorTopic;

typedef struct AssignorMember {
    const char *member_id;
    const char *group_instance_id; /* NULL = dynamic */
    const int32_t *topics;         /* positions in AssignorInput.topics */
    int32_t topic_count;
    const int32_t *owned; /* partition indices: what sticky assignors shall keep; of the server's
                           * in the order in which Java walks them (assignor_sort_owned) */
    int32_t owned_count;
    int32_t generation;         /* in which it owned them; -1 none */
    int32_t claimed_generation; /* that of the subscription itself: the same, unless the owned
                                 * ones are the sticky assignor's own memory (S0) */
    uint64_t rack;              /* one bit of AssignorInput.racks_of; 0 = client.rack not set */
} AssignorMember;

typedef struct AssignorInput {
    const AssignorTopic *topics;
    int32_t topic_count;
    const AssignorMember *members; /* in the order in which they were put into Kafka's map */
    int32_t member_count;
    /* The racks that hold a replica of a partition, a bit each; NULL: no racks (KIP-881). */
    uint64_t (*racks_of)(const void *owner, int32_t partition);
    const void *owner;
    bool extra_goes_to_first; /* uniform before KAFKA-18688 */
} AssignorInput;

/* One a member, in the order of the input: its partition indices, ascending. */
typedef struct AssignorResult {
    int32_t member_count;
    GArray **partitions; /* of int32_t */
} AssignorResult;

typedef struct Assignor {
    const char *name; /* as in JoinGroup: "range" */
    const char *class_name;
    bool cooperative; /* supports the COOPERATIVE rebalance protocol (KIP-429) */
    void (*assign)(const AssignorInput *input, AssignorResult *result);
} Assignor;

/* A client's, by short name or Java class name (with or without package or "class "); NULL when
 * unknown. `name` need not end after `bytes`. */
const Assignor *assignor_find(const char *name, size_t bytes);
/* One of the group coordinator's (KIP-848): "uniform", "range". */
const Assignor *server_assignor_find(const char *name);

AssignorResult *assignor_run(const Assignor *assignor, const AssignorInput *input);
void assignor_result_free(AssignorResult *result);
/* Brings a member's target into the order in which Java walks a Map<Uuid, Set<Integer>> that was
 * made from a record. */
void assignor_sort_owned(const AssignorInput *input, int32_t *owned, int32_t count);

/* ---- For the assignors. */
/* Members in the order (*) of clients.md §4: static ones by group.instance.id, then dynamic ones
 * by member.id. `ret_order` holds member_count places. */
void assignor_sort_members(const AssignorInput *input, int32_t *ret_order);
/* As a java.util.HashMap by member.id gives them. */
void assignor_sort_as_java(const AssignorInput *input, int32_t *ret_order);
/* The place of each member when all are sorted by member.id alone. */
void assignor_rank_by_id(const AssignorInput *input, int32_t *ret_rank);
/* The topics by name. */
void assignor_sort_topics(const AssignorInput *input, int32_t *ret_order);
/* Which topic of the input a partition index belongs to, or ASSIGNOR_NOBODY. */
int32_t assignor_topic_of(const AssignorInput *input, int32_t partition);
/* Do all members subscribe to the same topics? */
bool assignor_is_homogeneous(const AssignorInput *input, const int32_t *order);
uint64_t assignor_racks_of(const AssignorInput *input, int32_t topic, int32_t number);
/* Gives partitions first .. first + count - 1 of a topic to a member. */
void assignor_give(AssignorResult *result,
                   int32_t member,
                   const AssignorTopic *topic,
                   int32_t first,
                   int32_t count);

/* Who subscribes to what, both ways. */
typedef struct AssignorSubscribers {
    int32_t *first;   /* of topic t: members[first[t]] .. members[first[t + 1]] */
    int32_t *members; /* in the order given */
    uint64_t *bits;   /* of member m: words from m * words on */
    size_t words;
} AssignorSubscribers;
/* `order`: in which members are listed; NULL = as in the input. */
void assignor_subscribers_init(AssignorSubscribers *self,
                               const AssignorInput *input,
                               const int32_t *order);
void assignor_subscribers_clear(AssignorSubscribers *self);
static inline bool
assignor_is_subscribed(const AssignorSubscribers *self, int32_t member, int32_t topic)
{
    const size_t t = (size_t)topic;
    return (self->bits[(size_t)member * self->words + t / 64] >> (t % 64) & 1) != 0;
}
static inline int32_t assignor_subscriber_count(const AssignorSubscribers *self, int32_t topic)
{
    return self->first[topic + 1] - self->first[topic];
}

void range_assign(const AssignorInput *input, AssignorResult *result);
void roundrobin_assign(const AssignorInput *input, AssignorResult *result);
void sticky_assign(const AssignorInput *input, AssignorResult *result);
void cooperative_sticky_assign(const AssignorInput *input, AssignorResult *result);
void uniform_assign(const AssignorInput *input, AssignorResult *result);
void server_range_assign(const AssignorInput *input, AssignorResult *result);

#endif
