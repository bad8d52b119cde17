/* test_losses.c - records that are lost: each is told of once, with the nearest cause. */
#include "tests/run_suite.h"
#include "tests/scenarios/runner/story.h"

/* Brokers 1 to 3, one partition on all, acks=all, min.insync.replicas 2, 10 s of load. */
static Story trouble(const char *era, const char *topic, const char *timeline)
{
    g_autofree char *text = g_strdup_printf(
        "'duration': '90s', 'cluster': {'brokers': 3, 'era': {%s}}, 'topics': [{'name': 'orders', "
        "'assignment': [[1, 2, 3]], 'config': {'min.insync.replicas': 2%s}}], 'producers': [{"
        "'name': 'load', 'topic': 'orders', 'rate': '100/s', 'stop': '10s', 'config': {'acks': "
        "'all'}}], 'timeline': [%s]",
        era,
        topic,
        timeline);
    return story_run(text, 1);
}

/* Broker 1 is the last one standing for a minute; it comes back whatever it has lost (KIP-966). */
static Story trouble_of_the_last(const char *timeline)
{
    g_autofree char *all =
        g_strconcat("{'at': '12s', 'do': 'crash', 'broker': 2, 'restart.after': '60s'}, "
                    "{'at': '13s', 'do': 'crash', 'broker': 3, 'restart.after': '60s'}, ",
                    timeline,
                    NULL);
    return trouble("'KIP-966': false", "", all);
}

/* The report, whose losses add up. */
static const ClusterReport *told(Story *story)
{
    const ClusterReport *report = cluster_report(story->cluster);
    int64_t records = 0;
    for (int32_t i = 0; i < report->loss_count; i++) {
        records += report->losses[i].records;
    }
    ck_assert_int_gt(report->total.lost, 0);
    ck_assert_int_eq(records, report->total.lost);
    return report;
}

static const LossNote *only_loss(Story *story)
{
    const ClusterReport *report = told(story);
    for (int32_t i = 0; i < report->loss_count; i++) {
        if (report->losses[i].partition == 0) {
            return &report->losses[i];
        }
    }
    ck_abort_msg("records are lost, and nobody says why");
    return NULL;
}

START_TEST(a_new_disk_is_named)
{
    Story story =
        trouble_of_the_last("{'at': '25s', 'do': 'fail.disk', 'broker': 1, 'for': '10s'}, "
                            "{'at': '36s', 'do': 'start', 'broker': 1}");
    const LossNote *loss = only_loss(&story);
    ck_assert_int_eq(loss->reason, LOSS_NEW_DISK);
    ck_assert_int_eq(loss->leader, 1);
    ck_assert_int_eq(loss->broker, 1);
    ck_assert_int_eq(loss->since, SIM_SEC(35));
    ck_assert_int_gt(loss->at, SIM_SEC(35));
    ck_assert_int_eq(loss->from, 0);
    ck_assert_int_eq(loss->to, 1000);
    story_end(&story);
}
END_TEST

/* A power cut of a disk that is empty already takes nothing. */
START_TEST(what_takes_nothing_more_is_not_blamed)
{
    Story story =
        trouble_of_the_last("{'at': '25s', 'do': 'fail.disk', 'broker': 1, 'for': '3s'}, "
                            "{'at': '29s', 'do': 'power.cut', 'broker': 1, 'restart.after': '3s'}");
    const LossNote *loss = only_loss(&story);
    ck_assert_int_eq(loss->reason, LOSS_NEW_DISK);
    ck_assert_int_eq(loss->since, SIM_SEC(28));
    story_end(&story);
}
END_TEST

START_TEST(a_power_cut_is_named)
{
    Story story = trouble("",
                          "",
                          "{'at': '9900ms', 'do': 'power.cut', 'broker': 1, 'restart.after': "
                          "'9s'}, {'at': '9900ms', 'do': 'power.cut', 'broker': 2, "
                          "'restart.after': '9s'}, {'at': '9900ms', 'do': 'power.cut', 'broker': "
                          "3, 'restart.after': '9s'}");
    const LossNote *loss = only_loss(&story);
    ck_assert_int_eq(loss->reason, LOSS_POWER_CUT);
    ck_assert_int_eq(loss->since, SIM_MS(9900));
    ck_assert_int_eq(loss->broker, loss->leader);
    ck_assert(loss->last_known); /* ISR and ELR are empty */
    story_end(&story);
}
END_TEST

START_TEST(an_unclean_election_is_named)
{
    Story story = trouble("'KIP-966': false",
                          ", 'unclean.leader.election.enable': true",
                          "{'at': '2s', 'do': 'crash', 'broker': 2, 'restart.after': '50s'}, "
                          "{'at': '12s', 'do': 'crash', 'broker': 3}, "
                          "{'at': '40s', 'do': 'crash', 'broker': 1}");
    const LossNote *loss = only_loss(&story);
    ck_assert_int_eq(loss->reason, LOSS_UNCLEAN_ELECTION);
    ck_assert_int_eq(loss->leader, 2);
    ck_assert(!loss->last_known);
    story_end(&story);
}
END_TEST

/* KIP-101, its first scenario: who was elected is dead, and its follower leads next. */
START_TEST(a_cut_at_the_high_watermark_is_named)
{
    Story story = trouble("'KIP-101': false",
                          "",
                          "{'at': '3100ms', 'do': 'crash', 'broker': 1}, "
                          "{'at': '7s', 'do': 'crash', 'broker': 2}");
    const LossNote *loss = only_loss(&story);
    ck_assert_int_eq(loss->reason, LOSS_CUT);
    ck_assert_int_eq(loss->broker, 3);
    story_end(&story);
}
END_TEST

/* Three brokers, one partition that broker 1 leads, 25 s of load. */
static Story load(const char *acks, const char *replicas, const char *timeline)
{
    g_autofree char *text = g_strdup_printf(
        "'duration': '60s', 'cluster': {'brokers': 3, 'controllers': 1}, 'topics': [{'name': "
        "'orders', 'assignment': [%s], 'config': {'unclean.leader.election.enable': true}}], "
        "'producers': [{'name': 'load', 'topic': 'orders', 'rate': '100/s', 'stop': '25s', "
        "'config': {'acks': '%s'}}], 'timeline': [%s]",
        replicas,
        acks,
        timeline);
    return story_run(text, 1);
}

/* Nobody cuts a log: who led takes records after its pause, and hears of the new leader then. */
START_TEST(what_only_the_old_leader_had_is_told)
{
    Story story = load("1", "[1, 2, 3]", "{'at': '5s', 'do': 'pause', 'broker': 1, 'for': '15s'}");
    const ClusterReport *report = told(&story);
    bool late = false;
    for (int32_t i = 0; i < report->loss_count; i++) {
        const LossNote *loss = &report->losses[i];
        ck_assert_int_eq(loss->reason, LOSS_UNREPLICATED);
        ck_assert_int_eq(loss->broker, 1);
        ck_assert_int_ne(loss->leader, 1);
        ck_assert(!loss->committed && !loss->unheard);
        ck_assert_int_ge(loss->to - loss->from, loss->records);
        ck_assert_int_ge(loss->at, loss->late ? SIM_SEC(20) : SIM_SEC(5));
        late = late || loss->late;
    }
    ck_assert(late);
    story_end(&story);
}
END_TEST

START_TEST(what_went_with_the_only_replica_is_told)
{
    Story story =
        load("1", "[1]", "{'at': '18s', 'do': 'power.cut', 'broker': 1, 'restart.after': '5s'}");
    const LossNote *loss = only_loss(&story);
    ck_assert_int_eq(loss->reason, LOSS_POWER_CUT);
    ck_assert_int_eq(loss->broker, 1);
    ck_assert_int_eq(loss->since, SIM_SEC(18));
    story_end(&story);
}
END_TEST

/* Settled long before, and nobody leads any more: their disk is another one, and its broker keeps
 * away. */
START_TEST(what_was_gone_when_nobody_led_any_more_is_told)
{
    Story story = load("0",
                       "[1], [2], [3]",
                       "{'at': '19371ms', 'do': 'pause', 'broker': 2, 'for': '15s'},"
                       "{'at': '21259ms', 'do': 'fail.disk', 'broker': 2, 'for': '2s'}, "
                       "{'at': '32259ms', 'do': 'start', 'broker': 2}");
    const ClusterReport *report = told(&story);
    ck_assert_int_lt(report->partitions[1].leader, 0);
    int64_t in_logs = 0;
    for (int32_t p = 0; p < 3; p++) {
        in_logs += report->partitions[p].log_end_offset;
    }
    ck_assert_int_eq(in_logs, report->total.acked - report->total.lost);
    const LossNote *gone = NULL;
    for (int32_t i = 0; i < report->loss_count; i++) {
        const LossNote *loss = &report->losses[i];
        gone = loss->reason == LOSS_NEW_DISK ? loss : gone;
    }
    ck_assert_ptr_nonnull(gone);
    ck_assert(gone->unheard && gone->committed);
    ck_assert_int_eq(gone->at, SIM_MS(23259)); /* not when it was seen: at the end */
    ck_assert_int_eq(gone->records, gone->to - gone->from);
    story_end(&story);
}
END_TEST

/* With ZooKeeper it leads on in its old epoch, with an empty log: what comes then is not lost, what
 * was there, settled long ago or not, is. */
START_TEST(what_a_leader_of_the_same_epoch_came_back_without_is_told)
{
    Story story = story_run(
        "'duration': '90s', 'cluster': {'brokers': 1, 'controllers': 1, 'era': {'KRaft': false}}, "
        "'topics': [{'name': 'orders', 'assignment': [[1]]}], 'producers': [{'name': 'load', "
        "'topic': 'orders', 'rate': '10/s', 'stop': '80s', 'config': {'acks': 'all'}}], "
        "'timeline': [{'at': '25091ms', 'do': 'power.cut', 'broker': 1, 'restart.after': '22s'}]",
        1);
    const ClusterReport *report = told(&story);
    ck_assert_int_gt(report->total.lost, 200);
    ck_assert_int_eq(report->total.acked - report->total.lost,
                     report->partitions[0].log_end_offset - report->total.failed_in_log -
                         report->total.duplicated);
    ck_assert_int_eq(only_loss(&story)->reason, LOSS_POWER_CUT);
    story_end(&story);
}
END_TEST

/* acks=0: nobody has acknowledged them, and most have no offsets. */
START_TEST(what_no_broker_took_is_told)
{
    Story story = load("0", "[1, 2, 3]", "{'at': '5s', 'do': 'crash', 'broker': 1}");
    const ClusterReport *report = told(&story);
    ck_assert_int_eq(report->total.lost_acks_0, report->total.lost);
    ck_assert_int_eq(report->total.sent_acks_0, report->total.acked);
    for (int32_t i = 0; i < report->loss_count; i++) {
        const LossNote *loss = &report->losses[i];
        ck_assert(loss->unheard);
        ck_assert_int_eq(loss->from < 0, loss->reason != LOSS_UNREPLICATED);
    }
    story_end(&story);
}
END_TEST

/* Broker 1 is alone in the ISR and hears no controller: it goes on acknowledging acks=all while
 * another leads. */
START_TEST(what_a_leader_acknowledged_that_had_been_replaced_is_told)
{
    Story story = load("all",
                       "[1, 2]",
                       "{'at': '1s', 'do': 'crash', 'broker': 2, 'restart.after': '11s'}, "
                       "{'at': '11s', 'do': 'partition', 'between': [[1], [101]], 'for': '20s'}, "
                       "{'at': '11s', 'do': 'partition', 'between': [[1], [2]], 'for': '20s'}");
    const ClusterReport *report = told(&story);
    int late = 0;
    for (int32_t i = 0; i < report->loss_count; i++) {
        const LossNote *loss = &report->losses[i];
        ck_assert_int_eq(loss->reason, LOSS_UNCLEAN_ELECTION);
        ck_assert_int_eq(loss->leader, 2);
        late += loss->late ? 1 : 0;
    }
    ck_assert_int_gt(late, 0);
    story_end(&story);
}
END_TEST

/* One partition, acks=0, 10 s of load; who is elected uncleanly is broker 2. */
static UnheardLosses unheard(const char *config, const char *timeline)
{
    g_autofree char *text = g_strdup_printf(
        "'duration': '60s', 'cluster': {'brokers': 2}, 'topics': [{'name': 'orders', "
        "'assignment': [[1, 2]], 'config': {%s}}], 'producers': [{'name': 'load', 'topic': "
        "'orders', 'rate': '100/s', 'stop': '10s', 'config': {'acks': '0'}}], 'timeline': [%s]",
        config,
        timeline);
    Story story = story_run(text, 1);
    const ProducerReport *producer = &cluster_report(story.cluster)->producers[0];
    const UnheardLosses lost = producer->unheard;
    ck_assert_int_gt(producer->fates.lost, 0);
    ck_assert_int_eq(lost.unreceived + lost.refused + lost.cut, producer->fates.lost);
    story_end(&story);
    return lost;
}

START_TEST(where_records_of_acks_0_went_is_known)
{
    UnheardLosses lost = unheard("'cleanup.policy': 'compact'", "");
    ck_assert_int_gt(lost.refused, 900); /* they have no keys */
    ck_assert_int_eq(lost.cut, 0);
    lost = unheard("",
                   "{'at': '5s', 'do': 'pause', 'broker': 1, 'for': '3s'}, "
                   "{'at': '8s', 'do': 'crash', 'broker': 1}");
    ck_assert_int_gt(lost.unreceived, 0);
    ck_assert_int_eq(lost.refused + lost.cut, 0);
    lost = unheard("'unclean.leader.election.enable': true",
                   "{'at': '3s', 'do': 'crash', 'broker': 2, 'restart.after': '30s'}, "
                   "{'at': '20s', 'do': 'crash', 'broker': 1}");
    ck_assert_int_gt(lost.cut, 500);
    ck_assert_int_eq(lost.refused + lost.unreceived, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("losses");
    TCase *tests = tcase_create("all");
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, a_new_disk_is_named);
    tcase_add_test(tests, what_takes_nothing_more_is_not_blamed);
    tcase_add_test(tests, a_power_cut_is_named);
    tcase_add_test(tests, an_unclean_election_is_named);
    tcase_add_test(tests, a_cut_at_the_high_watermark_is_named);
    tcase_add_test(tests, what_only_the_old_leader_had_is_told);
    tcase_add_test(tests, what_went_with_the_only_replica_is_told);
    tcase_add_test(tests, what_a_leader_of_the_same_epoch_came_back_without_is_told);
    tcase_add_test(tests, what_was_gone_when_nobody_led_any_more_is_told);
    tcase_add_test(tests, what_no_broker_took_is_told);
    tcase_add_test(tests, what_a_leader_acknowledged_that_had_been_replaced_is_told);
    tcase_add_test(tests, where_records_of_acks_0_went_is_known);
    return run_suite(suite);
}
