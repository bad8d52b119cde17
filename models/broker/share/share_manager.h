/* share_manager.h - share groups at the leaders of their partitions.
 *
 * A leader keeps one share partition (models/group/share) for each group that fetches from it. It
 * is made by the first fetch: its state is read from the persister, or begins where
 * share.auto.offset.reset says. A ShareFetch acknowledges, then acquires what there is; else it
 * parks until records come or are available again. It is answered when its acknowledgements are
 * persisted.
 *
 *     (none) --first fetch--> reading --the persister's answer--> active --other leader--> (none)
 *     ShareFetch: [write of acknowledgements] and [acquire | park] --both done--> answered
 *
 * Partitions go by the topic's id: of a topic that was deleted, and perhaps created again, nothing
 * is handed out, acknowledged or persisted any more.
 *
 * The persister (__share_group_state and its coordinator) is a cost: what is written is kept for
 * the next leader after the time of a coordinator's append, and never fails; but where its topic
 * wants more brokers than there are no share group's partition is ever initialized.
 *
 * Mirrors: SharePartitionManager, DelayedShareFetch, ShareSession, DefaultStatePersister (KIP-932,
 * as in 4.1). With share.isolation.level=read_committed a fetch reads up to the last stable offset,
 * and what it acquired of aborted transactions is archived. Left out: INVALID_SHARE_SESSION_EPOCH,
 * the limit of sessions, remote storage. */
#ifndef KAFKASIM_MODELS_BROKER_SHARE_SHARE_MANAGER_H
#define KAFKASIM_MODELS_BROKER_SHARE_SHARE_MANAGER_H
#include "models/broker/broker_state.h"
#include "models/group/share/share_partition.h"

/* What the persister keeps, for all brokers of a cluster. */
struct ShareStateStore {
    bool has_topic;           /* __share_group_state could be created */
    GPtrArray *entries;       /* of ShareStateEntry */
    GHashTable *by_partition; /* partition -> GPtrArray of those of its groups; look-up only */
    GPtrArray *tallies;       /* of ShareTally: what leaders that are none any more had counted */
};
typedef struct ShareTally {
    const char *group_id;
    ShareCounts counts;
} ShareTally;
typedef struct ShareStateEntry {
    const char *group_id;
    int32_t partition;
    int64_t topic_id; /* which topic of that name */
    SharePartition *state;
} ShareStateEntry;

typedef struct BrokerShare {
    struct ShareManager *manager;
    const char *group_id;
    Partition *partition;
    SharePartition *state; /* NULL: the persister is being asked */
    /* The group's own. */
    SharePartitionOptions options;
    bool from_earliest;
    SimDuration reset_ns; /* share.auto.offset.reset=by_duration; 0 none */
    bool read_committed;
    GPtrArray *fetches; /* of ShareWait: parked, in order of arrival */
    Timer timer;        /* its answer; then the next lock that is due */
} BrokerShare;

typedef struct ShareSession {
    ConnectionId connection;
    const char *group_id;
    char member_id[MEMBER_ID_BYTES];
    GArray *partitions; /* of TopicIdPartition; the next request begins one further */
} ShareSession;

/* A request, or (NULL) a change of states that nobody waits for. */
typedef struct ShareWait {
    struct ShareManager *manager;
    ShareFetchRequest *request;
    ShareSession *session; /* NULL: it fetches nothing */
    GArray *results;       /* of ShareResult */
    GArray *touched;       /* of TopicIdPartition: whose change is being written */
    const char *group_id;
    bool is_writing;
    bool is_fetching;
    Timer expiry;  /* of the fetch */
    Timer written; /* by the persister */
} ShareWait;

struct ShareManager {
    Broker *broker;
    SharePartitionOptions options;
    SimDuration write_ns;
    GPtrArray *shares;        /* of BrokerShare, in order of creation */
    GHashTable *by_partition; /* partition -> GPtrArray of those of its groups; look-up only */
    GPtrArray *sessions;      /* of ShareSession */
    GHashTable *sessions_by_member; /* look-up only */
    GPtrArray *waits;               /* of ShareWait, in order of arrival */
    GArray *batches;                /* of RecordBatch: scratch */
    GArray *acquired;               /* of ShareAcquired: scratch */
};

/* share_manager.c */
/* NULL: there is none of this topic. */
BrokerShare *
share_manager_find(const ShareManager *self, const char *group_id, TopicIdPartition partition);
/* The share partition, made if need be. */
BrokerShare *share_manager_get(ShareManager *self, const char *group_id, Partition *partition);
/* Arms its timer for the next lock. */
void share_manager_arm(BrokerShare *share);
/* Its state is with the persister from now on. */
void share_manager_persist(const BrokerShare *share);

/* Says which records were given up for good since `spent` were. */
void share_manager_tell_spent(const BrokerShare *share, int64_t spent);

/* Fetches that are parked at it look again. */
void share_manager_retry(const BrokerShare *share);

/* share_fetch.c: these parked fetches (ShareWait) look again; one of the share partitions at which
 * they were parked is gone. */
void share_fetch_retry(const GPtrArray *fetches, bool is_one_gone);
/* Nobody waits for its records any more. */
void share_fetch_unpark(ShareWait *wait);
/* States of it have changed: they are written, for nobody. */
void share_fetch_write(ShareManager *self, const char *group_id, TopicIdPartition partition);
void share_fetch_on_timer(ShareWait *wait, Timer *timer);
void share_fetch_drop_wait(ShareWait *wait);

/* share_session.c */
ShareSession *share_session_get(ShareManager *self, const ShareFetchRequest *request);
/* Its records are released. */
void share_session_end(ShareManager *self, ShareSession *session);

#endif
