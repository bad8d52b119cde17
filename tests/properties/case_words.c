/* case_words.c - a case in words, for whoever has to find out what went wrong. */
#include "tests/properties/case.h"

static double seconds(SimTime time)
{
    return (double)time / (double)SIM_SEC(1);
}

static void tell_wish(const Trouble *wish, GString *out)
{
    char replicas[128];
    g_string_append_printf(
        out, "  %7.3f s  %s topic-%d", seconds(wish->at), fault_verb_name(wish->verb), wish->topic);
    if (wish->verb == FAULT_REASSIGN) {
        g_string_append_printf(
            out,
            " partition %d to %s at %d B/s",
            wish->partition,
            wish->replicas.count == 0
                ? "what it was"
                : replica_list_text(&wish->replicas, ',', replicas, sizeof(replicas)),
            wish->number);
    } else if (wish->verb == FAULT_ELECT) {
        g_string_append_printf(out, " partition %d unclean", wish->partition);
    } else if (wish->verb == FAULT_SET_CONFIG) {
        static const char *const settings[SETTING_COUNT] = {"min.insync.replicas",
                                                            "unclean.leader.election.enable",
                                                            "retention 8 s;",
                                                            "replication.throttled.rate"};
        g_string_append_printf(out, " %s %d", settings[wish->setting], wish->number);
    } else if (wish->verb == FAULT_ADD_PARTITIONS) {
        g_string_append_printf(out, " up to %d", wish->number);
    }
    g_string_append_c(out, '\n');
}

static void tell_target(const Trouble *trouble, GString *out)
{
    switch ((int)trouble->target) {
    case TARGET_CONTROLLER:
        g_string_append_printf(out, " controller %d", 101 + trouble->index);
        break;
    case TARGET_ACTIVE_CONTROLLER:
        g_string_append(out, " the active controller");
        break;
    case TARGET_LEADER:
        g_string_append_printf(
            out, " the leader of topic-%d-%d", trouble->topic, trouble->partition);
        break;
    case TARGET_MEMBER:
        g_string_append_printf(out, " reader-%d", trouble->index);
        break;
    case TARGET_RACK:
        g_string_append_printf(out, " rack %d", trouble->index);
        break;
    default:
        g_string_append_printf(out, " broker %d", trouble->index + 1);
        break;
    }
}

static void tell_trouble(const Case *self, const Trouble *trouble, GString *out)
{
    g_string_append_printf(out,
                           "  %7.3f s .. %7.3f s  %s",
                           seconds(trouble->at),
                           seconds(MIN(trouble->until, self->heal)),
                           fault_verb_name(trouble->verb));
    if (trouble->verb == FAULT_PARTITION) {
        g_string_append(out, " brokers");
        for (int32_t i = 0; i < self->brokers; i++) {
            if ((trouble->others >> i & 1) != 0) {
                g_string_append_printf(out, " %d", i + 1);
            }
        }
        g_string_append(out, " from the others");
    } else {
        tell_target(trouble, out);
    }
    if (trouble->ppm > 0) {
        g_string_append_printf(out, " %.1f %%", (double)trouble->ppm / 1e4);
    }
    if (trouble->delay != 0) {
        g_string_append_printf(out, " %+.3f s", seconds(trouble->delay));
    }
    if (trouble->verb == FAULT_ROLLING_RESTART) {
        g_string_append_printf(out,
                               " all after it, %s%s",
                               trouble->one_way ? "kill -9" : "SIGTERM",
                               trouble->gate ? ", gated" : "");
    } else if (trouble->verb == FAULT_DISK_FULL || trouble->verb == FAULT_FAIL_DISK) {
        g_string_append_printf(out, " log directory %d", trouble->log_dir);
    } else if (trouble->one_way) {
        g_string_append(out, " one way");
    }
    g_string_append_c(out, '\n');
}

static void tell_cluster(const Case *self, GString *out)
{
    g_string_append_printf(out,
                           "case %d of seed %" G_GUINT64_FORMAT
                           ": %d brokers (%d racks, %d log directories), %d controllers, "
                           "%s time-outs",
                           self->number,
                           self->seed,
                           self->brokers,
                           self->racks,
                           self->log_dirs,
                           self->controllers,
                           self->quick ? "short" : "default");
    for (int i = 0; i < ERA_SWITCH_COUNT; i++) {
        if (!self->era.on[i]) {
            g_string_append_printf(out, ", %s off", era_switch_name((EraSwitch)i));
        }
    }
    g_string_append_c(out, '\n');
}

static void tell_topics(const Case *self, GString *out)
{
    static const char *const cleanup[] = {"", ", retention 8 s", ", compacted"};
    for (int32_t i = 0; i < self->topic_count; i++) {
        const CaseTopic *topic = &self->topics[i];
        g_string_append_printf(out,
                               "  topic-%d: %d partitions, replication factor %d, "
                               "min.insync.replicas %d, unclean election %s%s%s\n",
                               i,
                               topic->partitions,
                               topic->replication_factor,
                               topic->min_isr,
                               topic->unclean ? "on" : "off",
                               cleanup[topic->cleanup],
                               topic->later ? ", not there at first" : "");
    }
}

void case_tell(const Case *self, GString *out)
{
    tell_cluster(self, out);
    tell_topics(self, out);
    for (int32_t i = 0; i < self->producer_count; i++) {
        const CaseProducer *producer = &self->producers[i];
        g_string_append_printf(out,
                               "  producer-%d to topic-%d: acks=%s%s, %d records/s\n",
                               i,
                               producer->topic,
                               producer->acks,
                               producer->idempotence ? ", idempotent" : "",
                               (int)(producer->rate_milli / 1000));
    }
    case_tell_group(self, out);
    for (int32_t i = 0; i < self->trouble_count; i++) {
        if (self->troubles[i].dropped || self->troubles[i].at >= self->heal) {
            continue;
        }
        if (self->troubles[i].is_wish) {
            tell_wish(&self->troubles[i], out);
        } else {
            tell_trouble(self, &self->troubles[i], out);
        }
    }
    g_string_append_printf(
        out, "  all mended at %.3f s, end at %.3f s\n", seconds(self->heal), seconds(self->end));
}
