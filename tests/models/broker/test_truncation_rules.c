/* test_truncation_rules.c - the examples of server.md 2.6 and 2.7: each test is the conversation of
 * a follower with its leader, line by line. */
#include "tests/models/broker/lone_partition.h"
#include "tests/run_suite.h"

typedef struct Talk {
    LonePartition leader;
    LonePartition follower;
    PartitionFetchState state;
    GString *said;
} Talk;

static Talk talk;

/* (epoch, first offset) pairs, then the end: a log with one record a batch. */
static void write_log(LonePartition *self, int count, const EpochEntry *epochs, int64_t end)
{
    lone_init(self, 0);
    for (int e = 0; e < count; e++) {
        int64_t to = e + 1 < count ? epochs[e + 1].start_offset : end;
        for (int64_t offset = epochs[e].start_offset; offset < to; offset++) {
            RecordBatch batch = {.count = 1, .bytes = 70, .producer_id = NO_PRODUCER_ID};
            record_log_append_as_leader(&self->partition->log, &batch, epochs[e].epoch);
        }
    }
}

static void begin(int32_t leader_epoch)
{
    PartitionRegistration registration = {
        .leader = 1, .leader_epoch = leader_epoch, .partition_epoch = leader_epoch};
    talk.leader.partition->role = PARTITION_LEADER;
    talk.leader.partition->leader_epoch = leader_epoch;
    partition_make_follower(talk.follower.partition, &registration);
    talk.state = fetch_state_begin(talk.follower.partition);
    talk.said = g_string_new(NULL);
}

static void tell(const FetchOutcome *outcome)
{
    static const char *const words[] = {[FETCH_DID_NOTHING] = "nothing",
                                        [FETCH_APPENDED] = "append",
                                        [FETCH_TRUNCATED] = "truncate",
                                        [FETCH_STARTED_ANEW] = "start anew at",
                                        [FETCH_KEPT] = "keep",
                                        [FETCH_MUST_ASK] = "ask",
                                        [FETCH_DELAYED] = "wait",
                                        [FETCH_GAVE_UP] = "give up"};
    g_string_append_printf(talk.said, " => %s", words[outcome->kind]);
    if (outcome->kind == FETCH_TRUNCATED || outcome->kind == FETCH_STARTED_ANEW) {
        g_string_append_printf(
            talk.said,
            " %d%s",
            (int)outcome->offset,
            outcome->completed || outcome->kind == FETCH_STARTED_ANEW ? "" : ", not done");
    }
    g_string_append_c(talk.said, '\n');
}

static FetchPartitionResponse answer_to(const FetchPartition *wanted, GArray *batches)
{
    const Partition *leader = talk.leader.partition;
    PartitionRead read = partition_read(leader, -1, wanted, true);
    FetchPartitionResponse answer = {
        .error = read.error,
        .high_watermark = read.high_watermark,
        .log_start_offset = read.log_start_offset,
        .diverging_epoch = read.diverges ? read.diverging.epoch : -1,
        .diverging_end_offset = read.diverging.start_offset,
    };
    if (read.error == KAFKA_NONE && !read.diverges) {
        partition_read_batches(
            leader, wanted->fetch_offset, read.log_end_offset, 1 << 20, true, batches);
        answer.batch_count = (int32_t)batches->len;
    }
    return answer;
}

/* One fetch and what comes of it, as "fetch (16, e1): diverging (0, 10) => truncate 10". */
static void fetch(void)
{
    FetchPartition wanted = fetch_state_wish(&talk.state, talk.follower.partition, 1 << 20);
    g_autoptr(GArray) batches = g_array_new(FALSE, FALSE, sizeof(RecordBatch));
    FetchPartitionResponse answer = answer_to(&wanted, batches);
    g_string_append_printf(talk.said, "fetch (%d", (int)wanted.fetch_offset);
    if (wanted.last_fetched_epoch >= 0) {
        g_string_append_printf(talk.said, ", e%d", wanted.last_fetched_epoch);
    }
    g_string_append(talk.said, "): ");
    if (answer.error != KAFKA_NONE) {
        g_string_append(talk.said, kafka_error_name(answer.error));
    } else if (answer.diverging_epoch >= 0) {
        g_string_append_printf(talk.said,
                               "diverging (%d, %d)",
                               answer.diverging_epoch,
                               (int)answer.diverging_end_offset);
    } else {
        g_string_append_printf(talk.said, "%u records", batches->len);
    }
    FetchOutcome outcome = fetch_state_on_answer(&talk.state,
                                                 talk.follower.partition,
                                                 &wanted,
                                                 &answer,
                                                 (const RecordBatch *)(void *)batches->data);
    tell(&outcome);
}

static void list_offsets(int64_t timestamp)
{
    ListOffsetsPartition wanted = {.current_leader_epoch = talk.state.current_leader_epoch,
                                   .timestamp = timestamp};
    bool latest = timestamp == LIST_OFFSETS_LATEST;
    int64_t offset;
    KafkaError error =
        partition_list_offset(talk.leader.partition, &wanted, FETCH_LOG_END, &offset);
    g_string_append_printf(talk.said, "%s: %d", latest ? "latest" : "earliest", (int)offset);
    FetchOutcome outcome = (latest ? fetch_state_on_latest : fetch_state_on_earliest)(
        &talk.state, talk.follower.partition, error, offset);
    tell(&outcome);
}

/* OffsetsForLeaderEpoch, before KIP-595. */
static void ask_epoch(void)
{
    int32_t asked = leader_epochs_latest(&talk.follower.partition->log.epochs);
    ck_assert(fetch_state_asks_epoch(&talk.state, talk.follower.partition));
    EpochEntry end;
    KafkaError error = partition_epoch_end(talk.leader.partition, -1, asked, &end);
    g_string_append_printf(
        talk.said, "end of e%d: (%d, %d)", asked, end.epoch, (int)end.start_offset);
    FetchOutcome outcome =
        fetch_state_on_epoch_end(&talk.state, talk.follower.partition, error, end);
    tell(&outcome);
}

static void logs(const EpochEntry *leader,
                 int a,
                 int64_t leader_end,
                 const EpochEntry *follower,
                 int b,
                 int64_t follower_end)
{
    write_log(&talk.leader, a, leader, leader_end);
    write_log(&talk.follower, b, follower, follower_end);
}
#define EPOCHS(...)                                                                                \
    ((const EpochEntry[]){__VA_ARGS__}),                                                           \
        (int)(sizeof((const EpochEntry[]){__VA_ARGS__}) / sizeof(EpochEntry))

START_TEST(ex1_one_round)
{
    logs(EPOCHS({0, 0}, {2, 10}), 20, EPOCHS({0, 0}, {1, 10}), 16);
    begin(2);
    fetch();
    fetch();
    ck_assert_str_eq(talk.said->str,
                     "fetch (16, e1): diverging (0, 10) => truncate 10\n"
                     "fetch (10, e0): 10 records => append\n");
}
END_TEST

START_TEST(ex2_two_rounds)
{
    logs(EPOCHS({0, 0}, {2, 8}, {4, 15}), 20, EPOCHS({0, 0}, {1, 5}, {3, 12}), 14);
    begin(4);
    fetch();
    fetch();
    fetch();
    ck_assert_str_eq(talk.said->str,
                     "fetch (14, e3): diverging (2, 15) => truncate 12, not done\n"
                     "fetch (12, e1): diverging (0, 8) => truncate 5\n"
                     "fetch (5, e0): 15 records => append\n");
}
END_TEST

START_TEST(s3_what_only_the_old_leader_had_goes)
{
    logs(EPOCHS({1, 0}, {2, 102}), 110, EPOCHS({1, 0}), 105);
    begin(2);
    fetch();
    ck_assert_str_eq(talk.said->str, "fetch (105, e1): diverging (1, 102) => truncate 102\n");
}
END_TEST

START_TEST(an_epoch_that_led_without_writing_is_answered_too)
{
    logs(EPOCHS({1, 0}), 10, EPOCHS({1, 0}, {2, 10}), 12);
    leader_epochs_assign(&talk.leader.partition->log.epochs, 3, 10);
    begin(3);
    fetch();
    ck_assert_str_eq(talk.said->str, "fetch (12, e2): diverging (1, 10) => truncate 10\n");
}
END_TEST

START_TEST(a_future_epoch_is_out_of_range_and_the_longer_log_is_cut)
{
    logs(EPOCHS({1, 0}), 8, EPOCHS({1, 0}, {5, 6}), 12);
    begin(2);
    fetch();
    list_offsets(LIST_OFFSETS_LATEST);
    ck_assert_str_eq(talk.said->str,
                     "fetch (12, e5): OFFSET_OUT_OF_RANGE => ask\n"
                     "latest: 8 => truncate 8\n");
}
END_TEST

START_TEST(a_log_that_ends_before_the_leader_s_begins_starts_anew)
{
    logs(EPOCHS({1, 0}), 50, EPOCHS({1, 0}), 5);
    record_log_advance_start(&talk.leader.partition->log, 30);
    begin(1);
    fetch();
    list_offsets(LIST_OFFSETS_LATEST);
    list_offsets(LIST_OFFSETS_EARLIEST);
    fetch();
    ck_assert_str_eq(talk.said->str,
                     "fetch (5, e1): OFFSET_OUT_OF_RANGE => ask\n"
                     "latest: 50 => ask\n"
                     "earliest: 30 => start anew at 30\n"
                     "fetch (30): 20 records => append\n");
}
END_TEST

START_TEST(an_old_epoch_is_fenced_and_waits_for_metadata)
{
    logs(EPOCHS({1, 0}), 8, EPOCHS({1, 0}), 4);
    begin(1);
    talk.leader.partition->leader_epoch = 2;
    fetch();
    ck_assert_str_eq(talk.said->str, "fetch (4, e1): FENCED_LEADER_EPOCH => give up\n");
    ck_assert_int_eq(talk.state.phase, FETCH_FAILED);
}
END_TEST

START_TEST(a_leader_that_does_not_know_yet_is_asked_again)
{
    logs(EPOCHS({1, 0}), 8, EPOCHS({1, 0}), 4);
    begin(2);
    talk.leader.partition->leader_epoch = 1;
    fetch();
    ck_assert_str_eq(talk.said->str, "fetch (4, e1): UNKNOWN_LEADER_EPOCH => wait\n");
}
END_TEST

START_TEST(an_answer_to_an_earlier_offset_changes_nothing)
{
    logs(EPOCHS({1, 0}), 8, EPOCHS({1, 0}), 4);
    begin(1);
    FetchPartition old = fetch_state_wish(&talk.state, talk.follower.partition, 1 << 20);
    fetch();
    FetchPartitionResponse late = {.diverging_epoch = 0, .diverging_end_offset = 0};
    FetchOutcome outcome =
        fetch_state_on_answer(&talk.state, talk.follower.partition, &old, &late, NULL);
    ck_assert_int_eq(outcome.kind, FETCH_DID_NOTHING);
    ck_assert_int_eq(talk.follower.partition->log.log_end_offset, 8);
}
END_TEST

/* ---- earlier eras */

START_TEST(before_kip_101_a_follower_cuts_at_its_own_high_watermark)
{
    logs(EPOCHS({0, 0}), 20, EPOCHS({0, 0}), 16);
    talk.follower.era.on[ERA_KIP_101] = false;
    talk.follower.partition->high_watermark = 12;
    begin(1);
    ck_assert(!fetch_state_asks_epoch(&talk.state, talk.follower.partition));
    FetchOutcome outcome = fetch_state_truncate(&talk.state, talk.follower.partition);
    tell(&outcome);
    fetch();
    ck_assert_str_eq(talk.said->str,
                     " => truncate 12\n"
                     "fetch (12): 8 records => append\n");
}
END_TEST

START_TEST(with_kip_279_the_answer_names_its_epoch)
{
    logs(EPOCHS({0, 0}, {1, 10}, {3, 14}), 20, EPOCHS({0, 0}, {2, 10}), 16);
    talk.follower.era.on[ERA_KIP_320] = false;
    begin(3);
    ask_epoch();
    ask_epoch();
    ck_assert_str_eq(talk.said->str,
                     "end of e2: (1, 14) => truncate 10, not done\n"
                     "end of e0: (0, 10) => truncate 10\n");
}
END_TEST

START_TEST(without_kip_279_what_differs_below_the_end_stays)
{
    logs(EPOCHS({0, 0}, {1, 10}, {3, 14}), 20, EPOCHS({0, 0}, {2, 10}), 16);
    talk.follower.era.on[ERA_KIP_279] = false;
    talk.leader.era.on[ERA_KIP_279] = false;
    begin(3);
    ask_epoch();
    ck_assert_str_eq(talk.said->str, "end of e2: (-1, 14) => truncate 14\n");
}
END_TEST

static void teardown(void)
{
    g_string_free(talk.said, TRUE);
    lone_clear(&talk.leader);
    lone_clear(&talk.follower);
}

static Suite *suite(void)
{
    Suite *made = suite_create("truncation rules");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, NULL, teardown);
    tcase_add_test(all, ex1_one_round);
    tcase_add_test(all, ex2_two_rounds);
    tcase_add_test(all, s3_what_only_the_old_leader_had_goes);
    tcase_add_test(all, an_epoch_that_led_without_writing_is_answered_too);
    tcase_add_test(all, a_future_epoch_is_out_of_range_and_the_longer_log_is_cut);
    tcase_add_test(all, a_log_that_ends_before_the_leader_s_begins_starts_anew);
    tcase_add_test(all, an_old_epoch_is_fenced_and_waits_for_metadata);
    tcase_add_test(all, a_leader_that_does_not_know_yet_is_asked_again);
    tcase_add_test(all, an_answer_to_an_earlier_offset_changes_nothing);
    tcase_add_test(all, before_kip_101_a_follower_cuts_at_its_own_high_watermark);
    tcase_add_test(all, with_kip_279_the_answer_names_its_epoch);
    tcase_add_test(all, without_kip_279_what_differs_below_the_end_stays);
    suite_add_tcase(made, all);
    return made;
}

int main(void)
{
    return run_suite(suite());
}
