/* assignor.h - who gets which partition: one pure function an assignor.
 *
 * Input: a group's members with their subscriptions and what they own, and the topics with as many
 * partitions as the caller knows of. Output: partition indices for each member. Nothing else is
 * read, nothing is kept, so that the client's leader and, later, the broker can use the same code.
 *
 * Mirrors: ConsumerPartitionAssignor and its implementations (clients.md §4), one file each:
 * range, roundrobin, sticky (and cooperative-sticky). Left out so far: rack awareness (KIP-881),
 * uniform. */
#ifndef KAFKASIM_MODELS_GROUP_ASSIGNORS_ASSIGNOR_H
#define KAFKASIM_MODELS_GROUP_ASSIGNORS_ASSIGNOR_H
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct AssignorTopic {
    const char *name;
    int32_t first_partition; /* partition index of its partition 0 */
    int32_t partitions;      /* 0: not known to the caller, ignored */
} AssignorTopic;

typedef struct AssignorMember {
    const char *member_id;
    const char *group_instance_id; /* NULL = dynamic */
    const int32_t *topics;         /* positions in AssignorInput.topics */
    int32_t topic_count;
    const int32_t *owned; /* partition indices, for sticky assignors */
    int32_t owned_count;
    int32_t generation; /* in which it owned them; -1 none */
} AssignorMember;

typedef struct AssignorInput {
    const AssignorTopic *topics;
    int32_t topic_count;
    const AssignorMember *members;
    int32_t member_count;
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

/* By short name or Java class name (with or without package or "class "); NULL when unknown.
 * `name` need not end after `bytes`. */
const Assignor *assignor_find(const char *name, size_t bytes);

AssignorResult *assignor_run(const Assignor *assignor, const AssignorInput *input);
void assignor_result_free(AssignorResult *result);

/* ---- For the assignors. */
/* Members in the order (*) of clients.md §4: static ones by group.instance.id, then dynamic ones
 * by member.id. `ret_order` holds member_count places. */
void assignor_sort_members(const AssignorInput *input, int32_t *ret_order);
bool assignor_is_subscribed(const AssignorMember *member, int32_t topic);
/* The topics by name. */
void assignor_sort_topics(const AssignorInput *input, int32_t *ret_order);
/* Gives partitions first .. first + count - 1 of a topic to a member. */
void assignor_give(AssignorResult *result,
                   int32_t member,
                   const AssignorTopic *topic,
                   int32_t first,
                   int32_t count);

void range_assign(const AssignorInput *input, AssignorResult *result);
void roundrobin_assign(const AssignorInput *input, AssignorResult *result);
void sticky_assign(const AssignorInput *input, AssignorResult *result);
void cooperative_sticky_assign(const AssignorInput *input, AssignorResult *result);

#endif
