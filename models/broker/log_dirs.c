/* log_dirs.c - what a broker does about a log directory that failed (server.md 2.9).
 *
 *   online --I/O error--> offline, replicas dropped --next heartbeat--> the controller knows
 *                            |--not within log.dir.failure.timeout.ms--> the process halts
 *   the metadata log's directory, or the last one --> the process halts
 *
 * A broker of the ZooKeeper era has no metadata log; it notifies the controller through ZooKeeper,
 * however long that takes, and names the replicas when the controller asks.
 *
 * Mirrors: ReplicaManager.handleLogDirFailure, BrokerLifecycleManager.propagateDirectoryFailure,
 * KIP-858. */
#include "models/broker/broker_state.h"

void log_dirs_init(Broker *self)
{
    self->dir_failure_timeout_ns =
        kafka_config_ms(self->context.config, "log.dir.failure.timeout.ms");
    self->offline = g_array_new(FALSE, FALSE, sizeof(int32_t));
    timer_init(&self->dir_failure, BROKER_TIMER_DIR_FAILURE, NULL);
    timer_init(&self->halt, BROKER_TIMER_HALT, NULL);
}

void log_dirs_free(Broker *self)
{
    g_array_free(self->offline, TRUE);
}

/* Not at once: whoever met the error is in the middle of its work. */
void log_dirs_halt(void *owner, const char *why)
{
    Broker *self = owner;
    actor_log(&self->actor, "halt", "%s", why);
    self->dir_failed = false;
    actor_arm(&self->actor, &self->halt, 0);
}

void log_dirs_on_failure(void *owner, int32_t dir)
{
    Broker *self = owner;
    (void)dir;
    self->dir_failed = true;
    actor_arm(&self->actor, &self->halt, 0);
}

static void find_offline(Broker *self)
{
    g_array_set_size(self->offline, 0);
    for (guint i = 0; i < self->hosted->len; i++) {
        const Partition *partition = self->hosted->pdata[i];
        if (partition->stored->offline) {
            g_array_append_val(self->offline, partition->index);
        }
    }
}

static void drop_offline_replicas(Broker *self)
{
    find_offline(self);
    for (guint i = 0; i < self->offline->len; i++) {
        Partition *partition = broker_partition(self, g_array_index(self->offline, int32_t, i));
        if (partition->role != PARTITION_NONE) {
            replica_manager_drop(self, partition, KAFKA_KAFKA_STORAGE_ERROR);
        }
    }
}

void log_dirs_start(Broker *self)
{
    self->dir_failed = false;
    self->dirs_reporting = false;
    find_offline(self);
    self->dirs_unreported = self->offline->len > 0;
    const char *why = log_manager_unusable(self->logs);
    if (why != NULL) {
        log_dirs_halt(self, why);
    }
}

void log_dirs_report(Broker *self, BrokerHeartbeatRequest *request)
{
    request->offline_count = (int32_t)self->offline->len;
    for (guint i = 0; i < self->offline->len; i++) {
        request->offline_partitions[i] = g_array_index(self->offline, int32_t, i);
    }
    self->dirs_reporting = self->dirs_unreported;
}

/* Whoever met the error is done: now the rest. */
void log_dirs_on_halt_timer(Broker *self)
{
    if (!self->dir_failed) {
        lifecycle_halt(self);
        return;
    }
    self->dir_failed = false;
    drop_offline_replicas(self);
    self->dirs_unreported = true;
    self->dirs_reporting = false;
    if (!broker_has_zookeeper(self) && !timer_is_armed(&self->dir_failure)) {
        actor_arm(&self->actor, &self->dir_failure, self->dir_failure_timeout_ns);
    }
    controller_channel_send(&self->heartbeat_channel);
}

void log_dirs_on_reported(Broker *self)
{
    if (!self->dirs_reporting) {
        return; /* it had been sent before */
    }
    self->dirs_reporting = false;
    self->dirs_unreported = false;
    actor_disarm(&self->actor, &self->dir_failure);
}

void log_dirs_on_timeout(Broker *self)
{
    if (self->dirs_unreported) {
        actor_log(&self->actor, "halt", "no controller heard of the failed directory in time");
        lifecycle_halt(self);
    }
}

/* ---- what the world does */

int32_t broker_log_dir_count(const Broker *self)
{
    return log_manager_dir_count(self->logs);
}

void broker_fail_log_dir(Broker *self, int32_t dir)
{
    log_manager_break_dir(self->logs, dir);
}

void broker_replace_log_dir(Broker *self, int32_t dir)
{
    log_manager_replace_dir(self->logs, dir);
    storage_bound_high_watermarks(self);
}

void broker_set_disk_full(Broker *self, int32_t dir, bool full)
{
    log_manager_set_full(self->logs, dir, full);
}

void broker_set_clock(Broker *self, SimDuration skew_ns)
{
    self->partition_host.clock_skew_ns = skew_ns;
    log_manager_set_clock(self->logs, skew_ns);
}

void log_dirs_stamp(const Broker *self, RecordBatch *batch)
{
    record_batch_shift_times(batch, self->partition_host.clock_skew_ns);
}
