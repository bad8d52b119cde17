/* fetcher_answer.c - what a follower does with its leader's answers: append, cut, ask, wait.
 *
 * The rules are PartitionFetchState's; here their outcome is carried out and told in words.
 * Mirrors: AbstractFetcherThread.processFetchRequest, .maybeTruncate,
 * ReplicaFetcherThread.processPartitionData. */
#include "models/broker/fetcher/fetcher_thread.h"

/* So many partitions before one is dealt with, its place is asked for; a while later what stands
 * there, and then what that names. */
#define APPLIED_AHEAD 12

static void fetch_ahead_of(const FetcherThread *self, const FetchResponse *response, int32_t at)
{
    const Broker *broker = self->broker;
    if (at + APPLIED_AHEAD < response->partition_count) {
        partition_table_fetch(&broker->partitions,
                              response->partitions[at + APPLIED_AHEAD].partition);
    }
    if (at + APPLIED_AHEAD * 2 / 3 < response->partition_count) {
        partition_fetch(
            broker_partition(broker, response->partitions[at + APPLIED_AHEAD * 2 / 3].partition));
    }
    if (at + APPLIED_AHEAD / 3 < response->partition_count) {
        const Partition *soon =
            broker_partition(broker, response->partitions[at + APPLIED_AHEAD / 3].partition);
        const FetchedPartition *fetched = soon != NULL ? soon->fetched : NULL;
        BITS_PREFETCH(fetched);
        BITS_PREFETCH((const char *)fetched + PARTITION_LINE_BYTES);
    }
}

static void log_cut(const FetchedPartition *fetched, const FetchOutcome *outcome, const char *why)
{
    Broker *broker = fetched->thread->broker;
    if (outcome->dropped == 0) {
        return;
    }
    char name[128];
    metadata_partition_name(
        broker->context.metadata, fetched->partition->index, name, sizeof(name));
    broker->counters.truncated_records += outcome->dropped;
    replica_watch_truncated(fetched->partition);
    actor_log(&broker->actor,
              "truncate",
              "%s to %" G_GINT64_FORMAT ": %" G_GINT64_FORMAT " record%s, %s",
              name,
              fetched->partition->log.log_end_offset,
              outcome->dropped,
              outcome->dropped == 1 ? " goes" : "s go",
              why);
}

static void log_error(const FetchedPartition *fetched, KafkaError error, const char *what)
{
    Broker *broker = fetched->thread->broker;
    char name[128];
    metadata_partition_name(
        broker->context.metadata, fetched->partition->index, name, sizeof(name));
    if (fetched->place == FETCHED_FAILED) {
        actor_log(&broker->actor,
                  "fetch error",
                  "%s: %s, waits for new metadata",
                  name,
                  kafka_error_name(error));
        return;
    }
    actor_log(&broker->actor,
              what,
              "%s: %s, again in %" G_GINT64_FORMAT " ms",
              name,
              kafka_error_name(error),
              broker->fetch_backoff_ns / SIM_MS(1));
}

static void carry_out(FetchedPartition *fetched,
                      const FetchOutcome *outcome,
                      KafkaError error,
                      const char *why_cut)
{
    switch (outcome->kind) {
    case FETCH_DID_NOTHING:
        break;
    case FETCH_APPENDED:
        if (outcome->appended > 0) {
            quotas_follower_took(
                fetched->thread->broker, fetched->partition->index, outcome->appended);
            storage_appended(fetched->partition, outcome->appended);
            fetcher_move(fetched, FETCHED_CHANGED);
        }
        break;
    case FETCH_TRUNCATED:
    case FETCH_STARTED_ANEW:
    case FETCH_KEPT:
        log_cut(fetched, outcome, why_cut);
        fetcher_move(fetched,
                     fetch_state_is_ready(&fetched->state) ? FETCHED_CHANGED : FETCHED_ASKING);
        break;
    case FETCH_MUST_ASK:
        fetcher_move(fetched, FETCHED_ASKING);
        break;
    case FETCH_DELAYED:
        fetcher_delay(fetched);
        log_error(fetched, error, "fetch error");
        break;
    case FETCH_GAVE_UP:
        fetcher_move(fetched, FETCHED_FAILED);
        log_error(fetched, error, "fetch error");
        break;
    }
}

/* What it lacks is in remote storage only: it begins behind that (KIP-405,
 * ReplicaFetcherTierStateMachine). */
static void start_after_remote(FetchedPartition *fetched, const FetchPartitionResponse *answer)
{
    Partition *partition = fetched->partition;
    FetchOutcome outcome = {.kind = FETCH_STARTED_ANEW, .completed = true};
    outcome.offset = answer->local_log_start_offset;
    outcome.dropped = partition_start_anew(partition, answer->local_log_start_offset);
    log_manager_start_after_remote(
        partition->stored, answer->local_log_start_offset, answer->log_start_offset);
    fetched->state = fetch_state_begin(partition);
    carry_out(fetched, &outcome, answer->error, "the rest is in remote storage");
}

void fetcher_answer_apply(FetcherThread *self, FetchResponse *response)
{
    const RecordBatch *batches = fetch_response_batches(response);
    for (int32_t i = 0; i < response->partition_count; i++) {
        const FetchPartitionResponse *answer = &response->partitions[i];
        fetch_ahead_of(self, response, i);
        FetchedPartition *fetched = fetcher_thread_find(self, answer->partition);
        if (fetched == NULL || fetched->session != self->session) {
            continue; /* left this thread while the answer was under way */
        }
        if (answer->batch_count > 0 && storage_check(fetched->partition) != KAFKA_NONE) {
            fetcher_move(fetched, FETCHED_FAILED);
            log_error(fetched, KAFKA_KAFKA_STORAGE_ERROR, "fetch error");
            continue;
        }
        if (answer->error == KAFKA_OFFSET_MOVED_TO_TIERED_STORAGE) {
            start_after_remote(fetched, answer);
            continue;
        }
        FetchOutcome outcome = fetch_state_on_answer(&fetched->state,
                                                     fetched->partition,
                                                     &fetched->asked,
                                                     answer,
                                                     batches + answer->first_batch);
        carry_out(fetched, &outcome, answer->error, "the leader's epoch ends there");
    }
}

FetchedPartition *fetcher_answer_pending(FetcherThread *self)
{
    FetchedPartition *first;
    while ((first = self->places[FETCHED_ASKING].first) != NULL) {
        if (first->state.phase != FETCH_TRUNCATING ||
            fetch_state_asks_epoch(&first->state, first->partition)) {
            return first;
        }
        FetchOutcome outcome = fetch_state_truncate(&first->state, first->partition);
        carry_out(first, &outcome, KAFKA_NONE, "its own high watermark");
    }
    return NULL;
}

static RequestHeader *build_epoch_question(FetchedPartition *fetched)
{
    Broker *broker = fetched->thread->broker;
    bool says_epoch = partition_host_has(fetched->partition->host, ERA_KIP_320);
    OffsetsForLeaderEpochRequest *request =
        message_new(broker->context.sim,
                    KAFKA_MESSAGE_BYTES(OffsetsForLeaderEpochRequest, partitions, 1),
                    KAFKA_OFFSETS_FOR_LEADER_EPOCH);
    request->count = 1;
    request->partitions[0] = (EpochEndPartition){
        .partition = fetched->partition->index,
        .current_leader_epoch = says_epoch ? fetched->state.current_leader_epoch : -1,
        .leader_epoch = leader_epochs_latest(&fetched->partition->log.epochs),
    };
    return &request->header;
}

RequestHeader *fetcher_answer_build_question(FetchedPartition *fetched)
{
    if (fetched->state.phase == FETCH_TRUNCATING) {
        return build_epoch_question(fetched);
    }
    Broker *broker = fetched->thread->broker;
    bool latest = fetched->state.phase == FETCH_ASKS_LATEST;
    bool says_epoch = partition_host_has(fetched->partition->host, ERA_KIP_320);
    ListOffsetsRequest *request =
        message_new(broker->context.sim,
                    KAFKA_MESSAGE_BYTES(ListOffsetsRequest, partitions, 1),
                    KAFKA_LIST_OFFSETS);
    request->from_replica = true;
    request->count = 1;
    request->partitions[0] = (ListOffsetsPartition){
        .partition = fetched->partition->index,
        .current_leader_epoch = says_epoch ? fetched->state.current_leader_epoch : -1,
        .timestamp = latest ? LIST_OFFSETS_LATEST : LIST_OFFSETS_EARLIEST,
    };
    return &request->header;
}

static void to_epoch_question(FetchedPartition *fetched, const EpochEndPartition *answer)
{
    EpochEntry end = {answer->leader_epoch, answer->end_offset};
    FetchOutcome outcome =
        fetch_state_on_epoch_end(&fetched->state, fetched->partition, answer->error, end);
    carry_out(fetched, &outcome, answer->error, "the leader's epoch ends there");
}

void fetcher_answer_to_question(FetchedPartition *fetched, const ResponseHeader *response)
{
    if (response->base.type == (KAFKA_OFFSETS_FOR_LEADER_EPOCH | KAFKA_RESPONSE)) {
        to_epoch_question(fetched,
                          &((const OffsetsForLeaderEpochResponse *)response)->partitions[0]);
        return;
    }
    const ListOffsetsPartition *answer = &((const ListOffsetsResponse *)response)->partitions[0];
    bool latest = fetched->state.phase == FETCH_ASKS_LATEST;
    FetchOutcome outcome = (latest ? fetch_state_on_latest : fetch_state_on_earliest)(
        &fetched->state, fetched->partition, answer->error, answer->offset);
    carry_out(fetched,
              &outcome,
              answer->error,
              latest ? "the leader's log is shorter" : "the leader's log begins later");
}
