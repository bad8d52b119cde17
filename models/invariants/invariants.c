/* invariants.c - the memory of the invariants, and what they say; see the header. */
#include "models/invariants/invariants_state.h"
#include <string.h>

static bool fix(const Invariants *self, EraSwitch which)
{
    return self->context.era == NULL || self->context.era->on[which];
}

Invariants *invariants_new(const InvariantsContext *context)
{
    Invariants *self = g_new0(Invariants, 1);
    self->context = *context;
    self->isr_memberships = g_array_new(FALSE, TRUE, sizeof(int32_t));
    self->broker_places = g_hash_table_new(g_direct_hash, g_direct_equal);
    self->touched_brokers = g_array_new(FALSE, FALSE, sizeof(int32_t));
    bool loose = !fix(self, ERA_KIP_320) || !fix(self, ERA_KIP_279);
    self->cuts_by_high_watermark = !fix(self, ERA_KIP_101) || loose;
    loose = loose || (context->elr && !fix(self, ERA_KAFKA_15583));
    self->suspect_after = loose ? 1 : INT32_MAX;
    self->one_loss_is_enough = !context->elr || !fix(self, ERA_KIP_966) ||
                               !fix(self, ERA_KIP_903) || !fix(self, ERA_KRAFT) ||
                               !fix(self, ERA_KAFKA_15583);
    invariants_watch_replicas(self);
    invariants_make_groups(self);
    invariants_make_coordinators(self);
    self->outcomes = g_array_new(FALSE, FALSE, sizeof(TransactionOutcome));
    invariants_make_ends(self);
    self->losses = g_array_new(FALSE, FALSE, sizeof(LossNote));
    return self;
}

static void free_proof(PartitionProof *proof)
{
    if (proof != NULL) {
        committed_log_clear(&proof->committed);
        invariants_free_transactions(proof);
        g_free(proof->replicas);
        g_free(proof);
    }
}

void invariants_free(Invariants *self)
{
    if (self == NULL) {
        return;
    }
    for (int32_t p = 0; p < self->partition_count; p++) {
        free_proof(self->partitions[p]);
    }
    invariants_free_groups(self);
    invariants_free_coordinators(self);
    g_array_free(self->outcomes, TRUE);
    invariants_free_ends(self);
    g_array_free(self->losses, TRUE);
    g_free(self->partitions);
    g_free(self->changed_at);
    g_free(self->topic_ids);
    g_array_free(self->isr_memberships, TRUE);
    g_array_free(self->touched_brokers, TRUE);
    g_hash_table_destroy(self->broker_places);
    g_free(self);
}

const ReplicaWatch *invariants_replica_watch(const Invariants *self)
{
    return &self->watch;
}

/* Partitions may be declared until the run starts. */
static void make_room(Invariants *self, int32_t partition)
{
    int32_t old = self->partition_count;
    if (partition < old) {
        return;
    }
    int32_t wanted = MAX(partition + 1, metadata_partition_count(self->context.metadata));
    self->partitions = g_renew(PartitionProof *, self->partitions, (gsize)wanted);
    self->changed_at = g_renew(int64_t, self->changed_at, (gsize)wanted);
    self->topic_ids = g_renew(int64_t, self->topic_ids, (gsize)wanted);
    for (int32_t p = old; p < wanted; p++) {
        self->partitions[p] = NULL;
        self->changed_at[p] = -1;
        self->topic_ids[p] = NO_TOPIC_ID;
    }
    self->partition_count = wanted;
}

PartitionProof *invariants_known_partition(const Invariants *self, int32_t partition)
{
    return partition < self->partition_count ? self->partitions[partition] : NULL;
}

/* Ids may be any number: a table, not an array. All brokers are there before the first look. */
int32_t invariants_broker_place(Invariants *self, int32_t id)
{
    const GPtrArray *brokers = self->context.brokers;
    for (guint i = g_hash_table_size(self->broker_places); i < brokers->len; i++) {
        g_hash_table_insert(self->broker_places,
                            GINT_TO_POINTER(broker_id(brokers->pdata[i])),
                            GUINT_TO_POINTER(i + 1));
    }
    return GPOINTER_TO_INT(g_hash_table_lookup(self->broker_places, GINT_TO_POINTER(id))) - 1;
}

Broker *invariants_find_broker(Invariants *self, int32_t id)
{
    int32_t place = invariants_broker_place(self, id);
    return place >= 0 ? self->context.brokers->pdata[place] : NULL;
}

PartitionProof *invariants_partition(Invariants *self, int32_t partition)
{
    make_room(self, partition);
    if (self->partitions[partition] == NULL) {
        PartitionProof *proof = g_new0(PartitionProof, 1);
        committed_log_init(&proof->committed);
        proof->min_isr = REPLICAS_MAX;
        proof->led_epoch = -1;
        proof->unclean_epoch = -1;
        proof->last_known_epoch = -1;
        proof->exposed_epoch = -1;
        const TopicInfo *topic = metadata_topic_of(self->context.metadata, partition);
        proof->internal = topic->internal;
        proof->has_offsets = strcmp(topic->name, "__consumer_offsets") == 0;
        proof->has_transactions = strcmp(topic->name, "__transaction_state") == 0;
        for (int i = 0; i < EPOCHS_KEPT; i++) {
            proof->leaders[i].epoch = -1;
        }
        self->partitions[partition] = proof;
    }
    return self->partitions[partition];
}

void invariants_excuse(Invariants *self, PartitionProof *proof)
{
    proof->excused = true;
    proof->losses++;
    self->any_excused = true;
    self->coordinators_excused = self->coordinators_excused || proof->internal;
}

void invariants_begin_anew(Invariants *self, TopicIdPartition partition)
{
    make_room(self, partition.index);
    free_proof(self->partitions[partition.index]);
    self->partitions[partition.index] = NULL;
    self->topic_ids[partition.index] = partition.topic_id;
    invariants_forget_commits(self, partition.index);
}

TopicIdPartition invariants_present(const Invariants *self, int32_t partition)
{
    const int64_t id = partition < self->partition_count ? self->topic_ids[partition] : NO_TOPIC_ID;
    return (TopicIdPartition){id, partition};
}

void invariants_violated(
    Invariants *self, const char *name, int32_t partition, const char *format, ...)
{
    char where[256];
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    metadata_partition_name(self->context.metadata, partition, where, sizeof(where));
    checks_violated(self->context.checks, name, "%s: %s", where, text);
}

bool invariants_any_excused(const Invariants *self)
{
    return self->any_excused;
}

int64_t invariants_lost(const Invariants *self)
{
    return self->lost;
}
