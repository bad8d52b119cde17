/* log_manager_fixture.h - a process that is nothing but a log manager, for the tests beside it.
 *
 * Every replica's high watermark is `committed`; what the manager tells its broker is counted. */
#ifndef KAFKASIM_TESTS_MODELS_STORAGE_LOG_MANAGER_FIXTURE_H
#define KAFKASIM_TESTS_MODELS_STORAGE_LOG_MANAGER_FIXTURE_H
#include "models/storage/log_manager.h"
#include "sim/resource/host.h"
#include <check.h>
#include <stdlib.h>

enum { TIMER_STORAGE = 1, DONE_STORAGE = 1, DONE_OTHER };

static Sim *sim;
static Actor actor;
static HardwareProfile profile;
static MetadataLog *metadata;
static KafkaConfig *config;
static KafkaConfig *topic_config;
static LogManager *logs;
static int64_t committed; /* high watermark of every replica */
static int forgotten, moved, halted, failed_dirs;
static int closed;
static int64_t dropped_to;

static int64_t high_watermark(void *owner, const void *replica)
{
    (void)owner;
    (void)replica;
    return committed;
}

static void before_forgetting(void *owner, void *replica, int64_t new_start)
{
    (void)owner;
    (void)replica;
    (void)new_start;
    forgotten++;
}

static void log_start_moved(void *owner, void *replica)
{
    (void)owner;
    (void)replica;
    moved++;
}

static void dir_failed(void *owner, int32_t dir)
{
    (void)owner;
    failed_dirs += dir;
}

static void halt(void *owner, const char *why)
{
    (void)owner;
    (void)why;
    halted++;
}

static bool key_model(void *owner, int32_t topic, KeyModel *ret_keys)
{
    (void)owner;
    (void)topic;
    *ret_keys = (KeyModel){KEYS_IN_TURN, 300, 0, 1};
    return true;
}

static int64_t drop_superseded(void *owner, void *replica, int64_t end)
{
    (void)owner;
    (void)replica;
    dropped_to = end;
    return 0;
}

static void on_start(Actor *self)
{
    (void)self;
}

static void on_kill(Actor *self)
{
    (void)self;
    log_manager_reset(logs);
}

static void on_timer(Actor *self, Timer *timer)
{
    (void)self;
    ck_assert_int_eq(timer->kind, TIMER_STORAGE);
    log_manager_run(timer->owner);
}

static void on_done(Actor *self, uint16_t kind, void *data)
{
    (void)self;
    if (kind == DONE_STORAGE) {
        log_manager_run(data);
    }
}

static const ActorClass class = {
    .name = "broker",
    .on_start = on_start,
    .on_kill = on_kill,
    .on_timer = on_timer,
    .on_done = on_done,
};

static void setup(void)
{
    sim = sim_new(1, NULL);
    hardware_profile_init(&profile);
    const HostProfile host = {
        .name = "host",
        .rack = "",
        .cores = 8,
        .disk = {.write_bytes_per_sec = profile.disk_write,
                 .read_bytes_per_sec = profile.disk_read,
                 .fsync = distribution_constant(SIM_MS(1)),
                 .seek = distribution_constant(0)},
        .page_cache_bytes = INT64_C(1) << 30,
    };
    uint32_t index = host_new(sim, &host);
    actor_init(&actor, &class, sim, "broker-1", index);
    config = kafka_config_new(KAFKA_SCOPES_NODE, NULL);
    topic_config = kafka_config_new(1u << KAFKA_SCOPE_TOPIC, NULL);
    metadata = metadata_log_new();
    committed = INT64_MAX;
    forgotten = moved = halted = failed_dirs = closed = 0;
}

/* Once the options are set. */
static void start(void)
{
    metadata_add_topic(metadata, "orders", 8, false, topic_config);
    const LogManagerHost host = {
        .actor = &actor,
        .config = config,
        .profile = &profile,
        .metadata = metadata,
        .timer_kind = TIMER_STORAGE,
        .done_kind = DONE_STORAGE,
        .high_watermark = high_watermark,
        .before_forgetting = before_forgetting,
        .log_start_moved = log_start_moved,
        .dir_failed = dir_failed,
        .halt = halt,
        .key_model = key_model,
        .drop_superseded = drop_superseded,
    };
    logs = log_manager_new(&host);
    actor_start(&actor);
    log_manager_start(logs);
}

static void teardown(void)
{
    log_manager_free(logs);
    sim_free(sim);
    metadata_log_free(metadata);
    kafka_config_free(config);
    kafka_config_free(topic_config);
    logs = NULL;
}

typedef struct Replica {
    RecordLog log;
    StoredLog *stored;
} Replica;

static void replica_init(Replica *self, int32_t partition)
{
    record_log_init(&self->log);
    self->stored = log_manager_add(logs, &self->log, partition, self, 0);
}

/* One batch, created now. */
static void append(Replica *self, int32_t bytes)
{
    RecordBatch batch = {.bytes = bytes,
                         .count = 1,
                         .producer_id = NO_PRODUCER_ID,
                         .first_created = sim_now(sim),
                         .last_created = sim_now(sim)};
    record_log_append_as_leader(&self->log, &batch, 0);
    log_manager_appended(self->stored, bytes);
}

static void run_until(SimTime until)
{
    (void)kernel_run(sim->kernel, until);
}

#endif
