/* share_manager.c - share partitions of a broker: made, timed, persisted, given up. See
 * share_manager.h. */
#include "models/broker/share/share_manager.h"
#include <string.h>

/* Of things by partition: few groups share one out. */
static GHashTable *make_index(void)
{
    return g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
}

static GPtrArray *index_at(GHashTable *index, int32_t partition)
{
    return g_hash_table_lookup(index, GINT_TO_POINTER(partition));
}

static void index_add(GHashTable *index, int32_t partition, void *item)
{
    GPtrArray *items = index_at(index, partition);
    if (items == NULL) {
        items = g_ptr_array_new();
        g_hash_table_insert(index, GINT_TO_POINTER(partition), items);
    }
    g_ptr_array_add(items, item);
}

/* ---- The persister. */
ShareStateStore *share_state_store_new(bool has_topic)
{
    ShareStateStore *self = g_new0(ShareStateStore, 1);
    self->has_topic = has_topic;
    self->entries = g_ptr_array_new();
    self->by_partition = make_index();
    self->tallies = g_ptr_array_new_with_free_func(g_free);
    return self;
}

void share_state_store_free(ShareStateStore *self)
{
    for (guint i = 0; self != NULL && i < self->entries->len; i++) {
        ShareStateEntry *entry = g_ptr_array_index(self->entries, i);
        share_partition_free(entry->state);
        g_free(entry);
    }
    if (self != NULL) {
        g_ptr_array_free(self->entries, TRUE);
        g_ptr_array_free(self->tallies, TRUE);
        g_hash_table_destroy(self->by_partition);
    }
    g_free(self);
}

static ShareStateEntry *stored(const ShareStateStore *self, const char *group_id, int32_t partition)
{
    const GPtrArray *entries = self == NULL ? NULL : index_at(self->by_partition, partition);
    for (guint i = 0; entries != NULL && i < entries->len; i++) {
        ShareStateEntry *entry = g_ptr_array_index(entries, i);
        if (strcmp(entry->group_id, group_id) == 0) {
            return entry;
        }
    }
    return NULL;
}

int64_t
share_state_store_start_offset(const ShareStateStore *self, const char *group_id, int32_t partition)
{
    const ShareStateEntry *entry = stored(self, group_id, partition);
    return entry == NULL ? -1 : entry->state->start_offset;
}

static void add_counts(ShareCounts *into, const ShareCounts *counts)
{
    into->acquired += counts->acquired;
    into->redelivered += counts->redelivered;
    into->accepted += counts->accepted;
    into->archived += counts->archived;
    into->rejected += counts->rejected;
    into->spent += counts->spent;
    into->timed_out += counts->timed_out;
}

static ShareTally *tally_of(const ShareStateStore *self, const char *group_id)
{
    for (guint i = 0; i < self->tallies->len; i++) {
        ShareTally *tally = g_ptr_array_index(self->tallies, i);
        if (strcmp(tally->group_id, group_id) == 0) {
            return tally;
        }
    }
    ShareTally *tally = g_new0(ShareTally, 1);
    tally->group_id = group_id;
    g_ptr_array_add(self->tallies, tally);
    return tally;
}

void share_manager_add_counts(const ShareManager *self, const char *group_id, ShareCounts *into)
{
    for (guint i = 0; i < self->shares->len; i++) {
        const BrokerShare *share = g_ptr_array_index(self->shares, i);
        if (share->state != NULL && strcmp(share->group_id, group_id) == 0) {
            add_counts(into, &share->state->counts);
        }
    }
}

void share_state_store_add_counts(const ShareStateStore *self,
                                  const char *group_id,
                                  ShareCounts *into)
{
    add_counts(into, &tally_of(self, group_id)->counts);
}

/* Of the topics that this broker knows now, or of later ones. */
static bool is_of_present_topic(const Broker *broker, const ShareStateEntry *entry)
{
    const int64_t known =
        metadata_topic_id(broker->context.metadata, entry->partition, broker->applied_offset);
    return entry->topic_id == known || entry->topic_id >= broker->applied_offset;
}

/* ShareCoordinatorService.onTopicsDeleted, of whichever broker hears of it first. */
void share_manager_on_partitions_deleted(const ShareManager *self, int32_t first, int32_t count)
{
    ShareStateStore *store = self->broker->context.share_states;
    for (guint i = store == NULL ? 0 : store->entries->len; i > 0; i--) {
        ShareStateEntry *entry = g_ptr_array_index(store->entries, i - 1);
        if (entry->partition >= first && entry->partition < first + count &&
            !is_of_present_topic(self->broker, entry)) {
            g_ptr_array_remove(index_at(store->by_partition, entry->partition), entry);
            g_ptr_array_remove_index(store->entries, i - 1);
            share_partition_free(entry->state);
            g_free(entry);
        }
    }
}

/* ShareCoordinatorShard.maybeGetWriteStateError: the coordinator keeps nothing of a topic that it
 * does not know. A leader may not have heard yet that its topic is gone. */
static bool is_of_deleted_topic(const BrokerShare *share)
{
    const MetadataLog *metadata = share->manager->broker->context.metadata;
    const Partition *partition = share->partition;
    return metadata_topic_id(metadata, partition->index, metadata_end_offset(metadata)) !=
           partition->topic_id;
}

void share_manager_persist(const BrokerShare *share)
{
    const ShareManager *self = share->manager;
    ShareStateStore *store = self->broker->context.share_states;
    ShareStateEntry *entry = stored(store, share->group_id, share->partition->index);
    if (store == NULL || is_of_deleted_topic(share)) {
        return;
    }
    if (entry == NULL) {
        entry = g_new0(ShareStateEntry, 1);
        entry->group_id = share->group_id;
        entry->partition = share->partition->index;
        g_ptr_array_add(store->entries, entry);
        index_add(store->by_partition, entry->partition, entry);
    }
    share_partition_free(entry->state);
    entry->topic_id = share->partition->topic_id;
    entry->state = share_partition_restore(&self->options, share->state);
}

/* ---- Share partitions. */
static const char *text_of(const BrokerShare *share, const char *name)
{
    const Broker *broker = share->manager->broker;
    return kafka_config_text(broker_group_config(broker, share->group_id, name), name);
}

static void read_group_options(BrokerShare *share)
{
    static const char lock[] = "share.record.lock.duration.ms";
    const char *policy = text_of(share, "share.auto.offset.reset");
    const KafkaConfig *config = broker_group_config(share->manager->broker, share->group_id, lock);
    share->from_earliest = strcmp(policy, "earliest") == 0;
    share->reset_ns = g_str_has_prefix(policy, "by_duration:")
                          ? kafka_duration_ns(policy + strlen("by_duration:"))
                          : 0;
    share->read_committed = strcmp(text_of(share, "share.isolation.level"), "read_committed") == 0;
    share->options = share->manager->options;
    if (kafka_config_is_set(config, lock)) {
        share->options.lock_ns = kafka_config_ms(config, lock);
    }
}

ShareManager *share_manager_new(Broker *broker)
{
    const KafkaConfig *config = broker->context.config;
    ShareManager *self = g_new0(ShareManager, 1);
    self->broker = broker;
    self->options = (SharePartitionOptions){
        .max_record_locks =
            (int32_t)kafka_config_integer(config, "group.share.partition.max.record.locks"),
        .delivery_count_limit =
            (int32_t)kafka_config_integer(config, "group.share.delivery.count.limit"),
        .lock_ns = kafka_config_ms(config, "group.share.record.lock.duration.ms"),
    };
    self->write_ns = SHARE_PERSISTER_WRITE;
    self->shares = g_ptr_array_new();
    self->by_partition = make_index();
    self->sessions = g_ptr_array_new();
    self->sessions_by_member = g_hash_table_new(g_str_hash, g_str_equal);
    self->waits = g_ptr_array_new();
    self->batches = g_array_new(FALSE, FALSE, sizeof(RecordBatch));
    self->acquired = g_array_new(FALSE, FALSE, sizeof(ShareAcquired));
    return self;
}

static void free_share(BrokerShare *share)
{
    const ShareStateStore *store = share->manager->broker->context.share_states;
    if (share->state != NULL && store != NULL) {
        add_counts(&tally_of(store, share->group_id)->counts, &share->state->counts);
    }
    actor_disarm(&share->manager->broker->actor, &share->timer);
    share_partition_free(share->state);
    g_ptr_array_free(share->fetches, TRUE);
    g_free(share);
}

void share_manager_reset(ShareManager *self)
{
    while (self->waits->len > 0) {
        share_fetch_drop_wait(g_ptr_array_index(self->waits, 0));
    }
    for (guint i = 0; i < self->shares->len; i++) {
        free_share(g_ptr_array_index(self->shares, i));
    }
    for (guint i = 0; i < self->sessions->len; i++) {
        ShareSession *session = g_ptr_array_index(self->sessions, i);
        g_array_free(session->partitions, TRUE);
        g_free(session);
    }
    g_ptr_array_set_size(self->shares, 0);
    g_ptr_array_set_size(self->sessions, 0);
    g_hash_table_remove_all(self->sessions_by_member);
    g_hash_table_remove_all(self->by_partition);
}

void share_manager_free(ShareManager *self)
{
    share_manager_reset(self);
    g_ptr_array_free(self->shares, TRUE);
    g_ptr_array_free(self->sessions, TRUE);
    g_ptr_array_free(self->waits, TRUE);
    g_hash_table_destroy(self->by_partition);
    g_hash_table_destroy(self->sessions_by_member);
    g_array_free(self->batches, TRUE);
    g_array_free(self->acquired, TRUE);
    g_free(self);
}

BrokerShare *
share_manager_find(const ShareManager *self, const char *group_id, TopicIdPartition partition)
{
    const GPtrArray *shares = index_at(self->by_partition, partition.index);
    for (guint i = 0; shares != NULL && i < shares->len; i++) {
        BrokerShare *share = g_ptr_array_index(shares, i);
        if (share->partition->topic_id == partition.topic_id &&
            strcmp(share->group_id, group_id) == 0) {
            return share;
        }
    }
    return NULL;
}

BrokerShare *share_manager_get(ShareManager *self, const char *group_id, Partition *partition)
{
    BrokerShare *share = share_manager_find(self, group_id, partition_identity(partition));
    if (share == NULL) {
        share = g_new0(BrokerShare, 1);
        share->manager = self;
        share->group_id = group_id;
        share->partition = partition;
        share->fetches = g_ptr_array_new();
        read_group_options(share);
        timer_init(&share->timer, BROKER_TIMER_SHARE_PARTITION, share);
        actor_arm(&self->broker->actor, &share->timer, self->write_ns);
        g_ptr_array_add(self->shares, share);
        index_add(self->by_partition, partition->index, share);
    }
    return share;
}

void share_manager_arm(BrokerShare *share)
{
    Actor *actor = &share->manager->broker->actor;
    const SimTime next = share_partition_next_expiry(share->state);
    if (next == SIM_TIME_MAX) {
        actor_disarm(actor, &share->timer);
    } else if (!timer_is_armed(&share->timer) || share->timer.deadline != next) {
        actor_arm_at(actor, &share->timer, next);
    }
}

static void say(const BrokerShare *share, const char *what, int64_t records)
{
    Broker *broker = share->manager->broker;
    char name[128];
    metadata_partition_name(broker->context.metadata, share->partition->index, name, sizeof name);
    actor_log(&broker->actor,
              what,
              "%s of %s: %" G_GINT64_FORMAT " records, start offset %" G_GINT64_FORMAT,
              name,
              share->group_id,
              records,
              share->state->start_offset);
}

void share_manager_tell_spent(const BrokerShare *share, int64_t spent)
{
    const ShareCounts *counts = &share->state->counts;
    Broker *broker = share->manager->broker;
    char name[128];
    if (counts->spent == spent) {
        return;
    }
    metadata_partition_name(broker->context.metadata, share->partition->index, name, sizeof name);
    const int64_t records = counts->spent - spent;
    g_autofree char *more = records == 1
                                ? g_strdup("")
                                : g_strdup_printf("%" G_GINT64_FORMAT " records up to ", records);
    actor_log(&broker->actor,
              "archived",
              "%soffset %" G_GINT64_FORMAT " of %s: delivered %d times to group %s",
              more,
              counts->spent_at,
              name,
              share->manager->options.delivery_count_limit,
              share->group_id);
}

void share_manager_retry(const BrokerShare *share)
{
    g_autoptr(GPtrArray) fetches = g_ptr_array_copy(share->fetches, NULL, NULL);
    share_fetch_retry(fetches, false);
}

/* share.auto.offset.reset. With by_duration and no record so young Kafka fails until there is one,
 * which is then the first: the next. */
static int64_t initial_offset(const BrokerShare *share)
{
    const Partition *partition = share->partition;
    if (share->from_earliest) {
        return partition->log.log_start_offset;
    }
    const SimTime since = actor_now(&share->manager->broker->actor) - share->reset_ns;
    const int64_t found =
        share->reset_ns > 0 ? log_manager_offset_for_time(partition->stored, MAX(0, since)) : -1;
    return found < 0 ? partition->high_watermark : MIN(found, partition->high_watermark);
}

/* The persister has answered. */
static void activate(BrokerShare *share)
{
    ShareManager *self = share->manager;
    const Partition *partition = share->partition;
    const ShareStateEntry *entry =
        stored(self->broker->context.share_states, share->group_id, partition->index);
    if (entry != NULL && entry->topic_id == partition->topic_id) {
        share->state = share_partition_restore(&share->options, entry->state);
    } else {
        share->state = share_partition_new(&share->options, initial_offset(share));
        share_manager_persist(share);
    }
    say(share, "share partition", share->state->next_new - share->state->start_offset);
    share_manager_retry(share);
}

static void on_partition_timer(BrokerShare *share)
{
    if (share->state == NULL) {
        activate(share);
        return;
    }
    const int64_t before = share->state->counts.timed_out;
    const int64_t spent = share->state->counts.spent;
    if (share_partition_expire(share->state, actor_now(&share->manager->broker->actor))) {
        say(share, "record locks timed out", share->state->counts.timed_out - before);
        share_manager_tell_spent(share, spent);
        share_fetch_write(share->manager, share->group_id, partition_identity(share->partition));
    }
    share_manager_arm(share);
    share_manager_retry(share);
}

/* ---- What the broker tells. */
bool share_manager_on_timer(Timer *timer)
{
    if (timer->kind == BROKER_TIMER_SHARE_PARTITION) {
        on_partition_timer(timer->owner);
    } else if (timer->kind == BROKER_TIMER_SHARE_FETCH) {
        share_fetch_on_timer(timer->owner, timer);
    } else {
        return false;
    }
    return true;
}

void share_manager_on_high_watermark(ShareManager *self, const Partition *partition)
{
    const GPtrArray *shares = index_at(self->by_partition, partition->index);
    for (guint i = 0; shares != NULL && i < shares->len; i++) {
        share_manager_retry(g_ptr_array_index(shares, i));
    }
}

void share_manager_on_role_change(ShareManager *self, const Partition *partition)
{
    GPtrArray *shares = index_at(self->by_partition, partition->index);
    if (shares == NULL) {
        return;
    }
    g_autoptr(GPtrArray) fetches = g_ptr_array_new();
    for (guint i = 0; i < shares->len; i++) {
        BrokerShare *share = g_ptr_array_index(shares, i);
        g_ptr_array_extend(fetches, share->fetches, NULL, NULL);
        g_ptr_array_remove(self->shares, share);
        free_share(share);
    }
    g_hash_table_remove(self->by_partition, GINT_TO_POINTER(partition->index));
    share_fetch_retry(fetches, true);
}

void share_manager_on_disconnected(ShareManager *self, ConnectionId connection)
{
    for (guint i = self->waits->len; i > 0; i--) {
        ShareWait *wait = g_ptr_array_index(self->waits, i - 1);
        if (wait->session != NULL && wait->session->connection == connection) {
            share_fetch_unpark(wait);
            wait->session = NULL;
            actor_disarm(&self->broker->actor, &wait->expiry);
            if (!wait->is_writing) {
                share_fetch_drop_wait(wait);
            }
        }
    }
    for (guint i = self->sessions->len; i > 0; i--) {
        ShareSession *session = g_ptr_array_index(self->sessions, i - 1);
        if (session->connection == connection) {
            share_session_end(self, session);
        }
    }
}
