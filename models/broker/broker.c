/* broker.c - the broker's actor: what comes in goes to the room it belongs to. */
#include "models/broker/broker_state.h"
#include "models/broker/metadata/publication.h"
#include "models/broker/metadata/stop_replicas.h"

/* ZooKeeper mode has no heartbeats: so often a process's two parts look at each other. */
#define PARTS_INTERVAL SIM_SEC(2)

static void handle_find_coordinator(Broker *self, FindCoordinatorRequest *request)
{
    FindCoordinatorResponse *response = message_new(self->context.sim,
                                                    sizeof(FindCoordinatorResponse),
                                                    KAFKA_FIND_COORDINATOR | KAFKA_RESPONSE);
    int32_t index = request->is_transaction
                        ? broker_transactions_partition_for(self, request->group_id)
                        : group_coordinator_partition_for(self->coordinator, request->group_id);
    const PartitionRegistration *known =
        index < 0 ? NULL : metadata_partition(self->context.metadata, index, self->applied_offset);
    if (known == NULL || known->leader == NO_LEADER) {
        response->error = KAFKA_COORDINATOR_NOT_AVAILABLE;
        response->broker = NO_LEADER;
    } else {
        response->broker = known->leader;
    }
    broker_respond(self, &request->header, &response->header);
}

static void handle_init_producer_id(Broker *self, RequestHeader *request)
{
    InitProducerIdResponse *response = message_new(
        self->context.sim, sizeof(InitProducerIdResponse), KAFKA_INIT_PRODUCER_ID | KAFKA_RESPONSE);
    response->producer_id = (*self->context.producer_ids)++;
    broker_respond(self, request, &response->header);
}

void broker_handle(Broker *self, RequestHeader *request)
{
    self->counters.requests[request->base.type]++;
    if (broker_transactions_handle(self, request)) {
        return;
    }
    switch (request->base.type) {
    case KAFKA_PRODUCE:
        produce_handle(self, (ProduceRequest *)request);
        break;
    case KAFKA_FETCH:
        fetch_handle(self, (FetchRequest *)request);
        break;
    case KAFKA_SHARE_FETCH:
    case KAFKA_SHARE_ACKNOWLEDGE:
        share_fetch_handle(self, (ShareFetchRequest *)request);
        break;
    case KAFKA_UPDATE_METADATA:
        metadata_cache_on_push(self, (UpdateMetadataRequest *)request);
        break;
    case KAFKA_STOP_REPLICA:
        stop_replicas_handle(self, (StopReplicaRequest *)request);
        break;
    case KAFKA_METADATA:
        metadata_cache_handle(self, (MetadataRequest *)request);
        break;
    case KAFKA_LIST_OFFSETS:
        list_offsets_handle(self, (ListOffsetsRequest *)request);
        break;
    case KAFKA_OFFSETS_FOR_LEADER_EPOCH:
        list_offsets_handle_epochs(self, (OffsetsForLeaderEpochRequest *)request);
        break;
    case KAFKA_FIND_COORDINATOR:
        handle_find_coordinator(self, (FindCoordinatorRequest *)request);
        break;
    case KAFKA_INIT_PRODUCER_ID:
        handle_init_producer_id(self, request);
        break;
    case KAFKA_API_VERSIONS:
        broker_respond(self,
                       request,
                       message_new(self->context.sim,
                                   sizeof(ApiVersionsResponse),
                                   KAFKA_API_VERSIONS | KAFKA_RESPONSE));
        break;
    default:
        group_coordinator_handle(self->coordinator, request);
    }
}

/* Answers to this broker's own requests. */
static void on_response(Broker *self, ConnectionId connection, ResponseHeader *response)
{
    uint16_t api = (uint16_t)(response->base.type & ~KAFKA_RESPONSE);
    if (api == KAFKA_FETCH || api == KAFKA_LIST_OFFSETS || api == KAFKA_OFFSETS_FOR_LEADER_EPOCH) {
        if (replica_fetcher_on_response(self, connection, response)) {
            return; /* it keeps the answer */
        }
    } else if (!lifecycle_is_closing(self) &&
               broker_transactions_on_response(self, connection, response)) {
        (void)0; /* taken */
    } else if (controller_channel_accepts(&self->metadata_channel, connection, response)) {
        metadata_cache_on_fetched(self, (const MetadataFetchResponse *)response);
    } else if (controller_channel_accepts(&self->alter_channel, connection, response)) {
        isr_on_answer(self, (AlterPartitionResponse *)response);
    } else if (controller_channel_accepts(&self->heartbeat_channel, connection, response)) {
        if (api == KAFKA_BROKER_REGISTRATION) {
            lifecycle_on_registration(self, (const BrokerRegistrationResponse *)response);
        } else {
            lifecycle_on_heartbeat(self, (const BrokerHeartbeatResponse *)response);
        }
    }
    message_free(self->context.sim, &response->base);
}

static void on_mail(Actor *actor, ConnectionId connection, Message *message)
{
    Broker *self = (Broker *)actor;
    if ((message->type & KAFKA_RESPONSE) != 0) {
        on_response(self, connection, (ResponseHeader *)message);
    } else {
        request_path_receive(self, connection, (RequestHeader *)message);
    }
}

/* A process that closes its logs handles no request and applies no metadata any more. */
static bool is_too_late(Broker *self, uint16_t kind, void *data)
{
    if (!lifecycle_is_closing(self)) {
        return false;
    }
    if (kind == BROKER_DONE_HANDLE || kind == BROKER_DONE_FLUSHED) {
        message_free(self->context.sim, data);
        return true;
    }
    return kind == BROKER_DONE_APPLY || kind == BROKER_DONE_PUBLISH;
}

static void on_done(Actor *actor, uint16_t kind, void *data)
{
    Broker *self = (Broker *)actor;
    if (is_too_late(self, kind, data)) {
        return;
    }
    switch (kind) {
    case BROKER_DONE_NETWORK:
        request_path_on_network_done(self, data);
        break;
    case BROKER_DONE_HANDLE:
        request_path_on_handle_done(self, data);
        break;
    case BROKER_DONE_STORAGE:
        log_manager_run(data);
        break;
    case BROKER_DONE_DISK_READ:
        request_path_on_read(self, data);
        break;
    case BROKER_DONE_FETCHED_FLUSHED:
        storage_on_fetched_flushed(self, data);
        break;
    case BROKER_DONE_FLUSHED:
        request_path_resume_append(self, data);
        break;
    case BROKER_DONE_FETCHER:
        replica_fetcher_on_work_done(data);
        break;
    case BROKER_DONE_APPLY:
        metadata_cache_on_applied(self);
        break;
    case BROKER_DONE_PUBLISH:
        publication_on_done(self);
        break;
    case BROKER_DONE_SNAPSHOT:
        snapshot_generator_on_done(&self->snapshots);
        break;
    case BROKER_DONE_START:
        lifecycle_on_start_done(self);
        break;
    default:
        SIM_BUG(actor->sim, "unknown work");
    }
}

static void on_coordinator_timer(Broker *self, Timer *timer)
{
    if (lifecycle_is_closing(self)) {
        return;
    }
    SIM_ASSERT(self->context.sim,
               share_manager_on_timer(timer) || broker_transactions_on_timer(self, timer) ||
                   group_coordinator_on_timer(self->coordinator, timer));
}

static void on_timer(Actor *actor, Timer *timer)
{
    Broker *self = (Broker *)actor;
    switch (timer->kind) {
    case BROKER_TIMER_FETCH_EXPIRY:
        fetch_on_expiry(timer->owner);
        break;
    case BROKER_TIMER_PRODUCE_EXPIRY:
        purgatory_on_timeout(timer->owner);
        break;
    case BROKER_TIMER_HW_CHECKPOINT:
        replica_manager_on_checkpoint(self);
        break;
    case BROKER_TIMER_ISR_CHECK:
        replica_manager_on_isr_check(self);
        break;
    case BROKER_TIMER_UNMUTE:
        request_path_on_unmute(timer->owner);
        break;
    case BROKER_TIMER_ALTER_RETRY:
        isr_on_retry(self);
        break;
    case BROKER_TIMER_FETCHER_BACKOFF:
        replica_fetcher_on_backoff(timer->owner);
        break;
    case BROKER_TIMER_FETCHER_TIMEOUT:
        replica_fetcher_on_timeout(timer->owner);
        break;
    case BROKER_TIMER_STORAGE:
        log_manager_run(timer->owner);
        break;
    case BROKER_TIMER_THROTTLE:
        storage_on_throttle(self);
        break;
    case BROKER_TIMER_HALT:
        log_dirs_on_halt_timer(self);
        break;
    case BROKER_TIMER_DIR_FAILURE:
        log_dirs_on_timeout(self);
        break;
    case BROKER_TIMER_START:
        lifecycle_on_start_timer(self);
        break;
    case BROKER_TIMER_HEARTBEAT:
        lifecycle_on_heartbeat_timer(self);
        break;
    case BROKER_TIMER_RECOVERY:
        lifecycle_on_recovered(self);
        break;
    case BROKER_TIMER_STOP:
        lifecycle_on_stop(self);
        break;
    case BROKER_TIMER_CHANNEL:
        controller_channel_on_timer(timer->owner);
        break;
    default:
        on_coordinator_timer(self, timer);
    }
}

static void on_connected(Actor *actor, ConnectionId connection)
{
    Broker *self = (Broker *)actor;
    if (!replica_fetcher_on_connected(self, connection) &&
        !broker_transactions_on_connected(self, connection) &&
        !controller_channel_on_connected(&self->metadata_channel, connection) &&
        !controller_channel_on_connected(&self->alter_channel, connection) &&
        !controller_channel_on_connected(&self->heartbeat_channel, connection)) {
        request_path_accept(self, connection);
    }
}

static void on_disconnected(Actor *actor, ConnectionId connection)
{
    Broker *self = (Broker *)actor;
    if (!replica_fetcher_on_disconnected(self, connection) &&
        !broker_transactions_on_disconnected(self, connection) &&
        !controller_channel_on_disconnected(&self->metadata_channel, connection) &&
        !controller_channel_on_disconnected(&self->alter_channel, connection) &&
        !controller_channel_on_disconnected(&self->heartbeat_channel, connection)) {
        request_path_on_disconnected(self, connection);
    }
}

static void on_start(Actor *actor)
{
    lifecycle_start((Broker *)actor);
}

static void on_kill(Actor *actor)
{
    Broker *self = (Broker *)actor;
    share_manager_reset(self->shares);
    request_path_reset(self);
    metadata_cache_reset(self);
    purgatory_reset(self);
    replica_fetcher_reset(self);
    replica_manager_reset(self);
    quotas_reset(self);
    controller_channel_reset(&self->alter_channel);
    controller_channel_reset(&self->heartbeat_channel);
    controller_channel_reset(&self->metadata_channel);
    group_host_reset(self);
    broker_transactions_reset(self);
    storage_reset(self);
    self->state.now = BROKER_NOT_RUNNING;
}

static const ActorClass broker_class = {
    .name = "broker",
    .on_start = on_start,
    .on_kill = on_kill,
    .on_mail = on_mail,
    .on_timer = on_timer,
    .on_done = on_done,
    .on_connected = on_connected,
    .on_disconnected = on_disconnected,
};

static void init_options(Broker *self)
{
    const KafkaConfig *config = self->context.config;
    self->replica_lag_ns = kafka_config_ms(config, "replica.lag.time.max.ms");
    self->fetcher_count_per_source = (int32_t)kafka_config_integer(config, "num.replica.fetchers");
    self->fetch_backoff_ns = kafka_config_ms(config, "replica.fetch.backoff.ms");
    const char *selector = kafka_config_text(config, "replica.selector.class");
    self->selects_by_rack =
        g_strcmp0(selector, "org.apache.kafka.common.replica.RackAwareReplicaSelector") == 0;
    self->fetch_max_bytes = (int32_t)kafka_config_integer(config, "fetch.max.bytes");
    self->fetch_timeout_ns = kafka_config_ms(config, "replica.socket.timeout.ms");
    self->fetch_wait_ns = kafka_config_ms(config, "replica.fetch.wait.max.ms");
    self->fetch_min_bytes = (int32_t)kafka_config_integer(config, "replica.fetch.min.bytes");
    self->fetch_bytes_max = (int32_t)kafka_config_integer(config, "replica.fetch.max.bytes");
    self->receive_buffer_bytes =
        (int32_t)kafka_config_integer(config, "socket.receive.buffer.bytes");
    self->fetch_response_bytes_max =
        (int32_t)kafka_config_integer(config, "replica.fetch.response.max.bytes");
    self->heartbeat_interval_ns = broker_has_zookeeper(self)
                                      ? PARTS_INTERVAL
                                      : kafka_config_ms(config, "broker.heartbeat.interval.ms");
    self->session_timeout_ns = kafka_config_ms(config, "broker.session.timeout.ms");
    self->registration_timeout_ns =
        kafka_config_ms(config, "initial.broker.registration.timeout.ms");
    server_init(
        &self->network_threads, (uint32_t)kafka_config_integer(config, "num.network.threads"), 0);
    server_init(&self->handlers,
                (uint32_t)kafka_config_integer(config, "num.io.threads"),
                (uint32_t)kafka_config_integer(config, "queued.max.requests"));
}

static void init_timers(Broker *self)
{
    const uint16_t kind = BROKER_TIMER_CHANNEL;
    self->hw_checkpoint_interval_ns =
        kafka_config_ms(self->context.config, "replica.high.watermark.checkpoint.interval.ms");
    timer_init(&self->hw_checkpoint, BROKER_TIMER_HW_CHECKPOINT, NULL);
    timer_init(&self->isr_check, BROKER_TIMER_ISR_CHECK, NULL);
    timer_init(&self->alter_retry, BROKER_TIMER_ALTER_RETRY, NULL);
    timer_init(&self->start, BROKER_TIMER_START, NULL);
    timer_init(&self->heartbeat, BROKER_TIMER_HEARTBEAT, NULL);
    timer_init(&self->recovery, BROKER_TIMER_RECOVERY, NULL);
    timer_init(&self->stop, BROKER_TIMER_STOP, NULL);
    controller_channel_init(&self->alter_channel,
                            self,
                            kind,
                            isr_build_request,
                            metadata_cache_isr_keeper,
                            SIM_MS(50),
                            SIM_SEC(30));
    controller_channel_init(&self->heartbeat_channel,
                            self,
                            kind,
                            lifecycle_build_request,
                            metadata_cache_registrar,
                            SIM_MS(100),
                            self->session_timeout_ns / 2);
    self->heartbeat_channel.lost = lifecycle_on_channel_lost;
    controller_channel_init(
        &self->metadata_channel,
        self,
        kind,
        metadata_cache_build_fetch,
        metadata_cache_fetch_target,
        SIM_MS(20),
        kafka_config_ms(self->context.config, "controller.quorum.request.timeout.ms"));
    self->metadata_channel.lost = metadata_cache_on_unreachable;
}

Broker *broker_new(const BrokerContext *context, int32_t id, uint32_t host)
{
    Broker *self = g_aligned_alloc0(1, sizeof(Broker), 64);
    self->context = *context;
    self->id = id;
    self->quorum_leader = context->first_leader;
    self->quorum_epoch = 1;
    self->failed_voter = -1;
    self->connections = g_ptr_array_new();
    self->hosted = g_ptr_array_new();
    self->led = g_ptr_array_new();
    self->hw_dirty = g_array_new(FALSE, FALSE, sizeof(Partition *));
    self->fetchers = g_ptr_array_new();
    self->purgatory = g_ptr_array_new();
    self->alter_waiting = g_ptr_array_new();
    self->scratch_partitions = g_array_new(FALSE, TRUE, sizeof(FetchPartitionResponse));
    self->scratch_aborted = g_array_new(FALSE, TRUE, sizeof(AbortedTransaction));
    self->scratch_batches = g_array_new(FALSE, TRUE, sizeof(RecordBatch));
    self->touched = g_array_new(FALSE, FALSE, sizeof(int32_t));
    self->deleted_topics = g_array_new(FALSE, FALSE, sizeof(int32_t));
    g_queue_init(&self->blocked_reads);
    g_queue_init(&self->blocked_appends);
    init_options(self);
    replica_manager_init(self);
    quotas_init(self);
    init_timers(self);
    g_autofree char *name = g_strdup_printf("broker-%d", id);
    actor_init(&self->actor, &broker_class, context->sim, name, host);
    actor_stream(&self->actor, "lifecycle", &self->stream);
    snapshot_generator_init(&self->snapshots,
                            &self->actor,
                            BROKER_DONE_SNAPSHOT,
                            context->metadata,
                            context->config,
                            context->profile->cpu_metadata_apply);
    storage_init(self);
    group_host_init(self);
    broker_transactions_init(self);
    self->shares = share_manager_new(self);
    return self;
}

void broker_free(Broker *self)
{
    if (self == NULL) {
        return;
    }
    share_manager_free(self->shares);
    request_path_reset(self);
    metadata_cache_reset(self);
    purgatory_reset(self);
    replica_fetcher_reset(self);
    replica_fetcher_free_all(self);
    quotas_clear(self);
    group_coordinator_free(self->coordinator);
    group_host_free(self);
    broker_transactions_free(self);
    log_manager_free(self->logs);
    log_dirs_free(self);
    for (guint i = 0; i < self->hosted->len; i++) {
        partition_free(self->hosted->pdata[i]);
    }
    partition_table_clear(&self->partitions);
    g_ptr_array_free(self->connections, TRUE);
    g_ptr_array_free(self->hosted, TRUE);
    g_ptr_array_free(self->led, TRUE);
    g_array_free(self->hw_dirty, TRUE);
    g_ptr_array_free(self->purgatory, TRUE);
    g_ptr_array_free(self->alter_waiting, TRUE);
    g_array_free(self->scratch_partitions, TRUE);
    g_array_free(self->scratch_aborted, TRUE);
    g_array_free(self->scratch_batches, TRUE);
    g_array_free(self->touched, TRUE);
    g_array_free(self->deleted_topics, TRUE);
    server_clear(&self->network_threads);
    server_clear(&self->handlers);
    actor_clear(&self->actor);
    g_aligned_free(self);
}

void broker_add_share_counts(const Broker *self, const char *group_id, struct ShareCounts *into)
{
    share_manager_add_counts(self->shares, group_id, into);
}
