/* rules_story.c - the tables of load, goals, lesson, sweep and output. */
#include "scenarios/runner/reader/rules.h"

#define SET(name, rules, one_of)                                                                   \
    {                                                                                              \
        name, rules, sizeof(rules) / sizeof((rules)[0]), one_of                                    \
    }
#define SEC INT64_C(1000000000)

static const Rule one_text = {.shapes = SHAPE_TEXT};

/* clang-format off */
/* --- producers --- */

static const Rule keys_zipf[] = {
    {.key = "s", .shapes = SHAPE_NUMBER, .required = true, .minimum = 0, .maximum = 10, .help = "exponent: rank r has weight r^-s"},
    {.key = "n", .shapes = SHAPE_INTEGER, .required = true, .minimum = 1, .maximum = 1000000000, .help = "how many keys"},
};
const RuleSet rules_keys_zipf = SET("zipf", keys_zipf, false);
static const Rule keys_hot[] = {
    {.key = "share", .shapes = SHAPE_NUMBER, .required = true, .minimum = 0, .maximum = 1, .help = "of the records that key-0 gets"},
    {.key = "n", .shapes = SHAPE_INTEGER, .required = true, .minimum = 1, .maximum = 1000000000, .help = "how many keys; the others are alike"},
};
const RuleSet rules_keys_hot = SET("hot", keys_hot, false);
static const Rule keys[] = {
    {.key = "uniform", .shapes = SHAPE_INTEGER, .minimum = 1, .maximum = 1000000000, .help = "so many keys, all alike"},
    {.key = "zipf", .shapes = SHAPE_OBJECT, .object = &rules_keys_zipf, .help = "few keys are frequent"},
    {.key = "hot", .shapes = SHAPE_OBJECT, .object = &rules_keys_hot, .help = "one key is frequent"},
    {.key = "sequence", .shapes = SHAPE_INTEGER, .minimum = 1, .maximum = 1000000000, .help = "so many keys, one after the other"},
    {.key = "constant", .shapes = SHAPE_TEXT, .help = "always this key"},
};
const RuleSet rules_keys = SET("keys", keys, true);
static const Rule record[] = {
    {.key = "size", .shapes = SHAPE_BYTES | SHAPE_OBJECT, .fallback = "\"100B\"", .object = &rules_distribution_bytes, .help = "of the value"},
    {.key = "compression.ratio", .shapes = SHAPE_NUMBER, .minimum = 0, .maximum = 1, .help = "compressed by plain bytes, with compression.type (default: published for logs: gzip 0.28, snappy 0.43, lz4 0.55, zstd 0.22)"},
    {.key = "keys", .shapes = SHAPE_WORD | SHAPE_OBJECT, .fallback = "\"none\"", .choices = "none", .object = &rules_keys, .help = "which keys records have"},
    {.key = "key.size", .shapes = SHAPE_BYTES, .minimum = 0, .maximum = 1000000, .help = "of the key (default: 8B when there are keys)"},
};
const RuleSet rules_record = SET("record", record, false);
static const Rule load_on_off[] = {
    {.key = "on", .shapes = SHAPE_DURATION, .required = true, .minimum = 1000000, .maximum = 86400 * SEC, .help = "so long at the rate"},
    {.key = "off", .shapes = SHAPE_DURATION, .required = true, .minimum = 1000000, .maximum = 86400 * SEC, .help = "so long nothing"},
};
const RuleSet rules_on_off = SET("on.off", load_on_off, false);
static const Rule load_state[] = {
    {.key = "factor", .shapes = SHAPE_NUMBER, .required = true, .minimum = 0, .maximum = 1000, .help = "the rate in this state, as a multiple"},
    {.key = "mean", .shapes = SHAPE_DURATION, .required = true, .minimum = 1000000, .maximum = 86400 * SEC, .help = "how long it lasts in the mean (exponential)"},
};
const RuleSet rules_load_state = SET("state", load_state, false);
static const Rule one_state = {.shapes = SHAPE_OBJECT, .object = &rules_load_state};
static const Rule one_factor = {.shapes = SHAPE_NUMBER, .minimum = 0, .maximum = 1000};
static const Rule load_curve[] = {
    {.key = "period", .shapes = SHAPE_DURATION, .fallback = "\"86400s\"", .minimum = SEC / 10, .maximum = 86400 * SEC, .help = "after which it begins again"},
    {.key = "factors", .shapes = SHAPE_LIST, .required = true, .minimum = 1, .maximum = 1000, .items = &one_factor, .help = "multiples of the rate, evenly spread over the period, straight lines between"},
};
const RuleSet rules_load_curve = SET("curve", load_curve, false);
static const Rule load_ramp[] = {
    {.key = "to", .shapes = SHAPE_NUMBER, .required = true, .minimum = 0, .maximum = 1000, .help = "the last multiple of the rate; it stays"},
    {.key = "over", .shapes = SHAPE_DURATION, .required = true, .minimum = SEC / 10, .maximum = 86400 * SEC, .help = "so long on the way"},
};
const RuleSet rules_load_ramp = SET("ramp", load_ramp, false);
static const Rule load[] = {
    {.key = "on.off", .shapes = SHAPE_OBJECT, .object = &rules_on_off, .help = "bursts of fixed length"},
    {.key = "mmpp", .shapes = SHAPE_LIST, .minimum = 2, .maximum = 100, .items = &one_state, .help = "bursts of random length: states that follow each other by chance (Markov-modulated)"},
    {.key = "curve", .shapes = SHAPE_OBJECT, .object = &rules_load_curve, .help = "a curve of the day"},
    {.key = "ramp", .shapes = SHAPE_OBJECT, .object = &rules_load_ramp, .help = "more and more, or less and less"},
    {.key = "trace", .shapes = SHAPE_TEXT, .help = "a CSV file beside the scenario: time_ms and of records, size, key what is known; dealt to the instances in turn"},
};
const RuleSet rules_load = SET("load", load, true);
static const Rule transaction[] = {
    {.key = "records", .shapes = SHAPE_INTEGER, .fallback = "0", .minimum = 0, .maximum = INT64_C(1000000000), .help = "a transaction ends after so many records; 0 = no such bound"},
    {.key = "every", .shapes = SHAPE_DURATION, .fallback = "\"0s\"", .help = "a transaction ends so long after its first record; 0 = no such bound"},
    {.key = "abort.every", .shapes = SHAPE_INTEGER, .fallback = "0", .minimum = 0, .maximum = 1000000, .help = "every n-th transaction is aborted; 0 = none"},
};
const RuleSet rules_transaction = SET("transaction", transaction, false);
static const Rule producer[] = {
    {.key = "name", .shapes = SHAPE_NAME, .required = true, .help = "its name; also client.id"},
    {.key = "user", .shapes = SHAPE_TEXT, .help = "as whom it is authenticated, for quotas (default: ANONYMOUS)"},
    {.key = "topic", .shapes = SHAPE_NAME, .required = true, .help = "where it writes"},
    {.key = "count", .shapes = SHAPE_INTEGER, .fallback = "1", .minimum = 1, .maximum = 1000, .help = "so many alike, which share the rate"},
    {.key = "host", .shapes = SHAPE_NAME, .help = "one of cluster.hosts (default: a host of its own)"},
    {.key = "rate", .shapes = SHAPE_RATE, .minimum = 1, .maximum = INT64_C(100000000000), .help = "records per second of all instances together (without \"outstanding\" or a trace: required); a client's CPU per record is not charged: one producer does millions of records/s here, a real one some 300,000 to 900,000/s"},
    {.key = "arrival", .shapes = SHAPE_WORD, .fallback = "\"constant\"", .choices = "constant|poisson", .help = "even gaps or random ones"},
    {.key = "load", .shapes = SHAPE_OBJECT, .object = &rules_load, .help = "how the rate changes with time"},
    {.key = "trace.hash", .shapes = SHAPE_TEXT, .help = "of the trace's text; written into results, and checked when it stands here"},
    {.key = "outstanding", .shapes = SHAPE_INTEGER, .minimum = 1, .maximum = 100000, .help = "a closed loop: each instance has so many records unanswered and sends the next one in a callback; 1 = waits for each (a sync send)"},
    {.key = "records", .shapes = SHAPE_INTEGER, .fallback = "0", .minimum = 0, .maximum = INT64_C(1000000000000), .help = "stop after so many; 0 = no limit"},
    {.key = "start", .shapes = SHAPE_DURATION, .fallback = "\"0s\"", .help = "first record"},
    {.key = "stop", .shapes = SHAPE_DURATION, .help = "no new records from here on (default: never)"},
    {.key = "partition", .shapes = SHAPE_INTEGER | SHAPE_WORD, .minimum = 0, .maximum = 99999, .choices = "cycle", .help = "given explicitly: a number, or record number mod partitions (default: the client's partitioner)"},
    {.key = "record", .shapes = SHAPE_OBJECT, .fallback = "{}", .object = &rules_record, .help = "what it writes"},
    {.key = "labels", .shapes = SHAPE_LIST, .minimum = 1, .maximum = 1000, .items = &one_text, .help = "names of the first records, for lessons"},
    {.key = "worker", .shapes = SHAPE_NAME, .help = "a group's member: its application sends a record here for each that it has processed, to the same partition number; the two are one process (instead of a rate)"},
    {.key = "transaction", .shapes = SHAPE_OBJECT, .object = &rules_transaction, .help = "how the application ends its transactions (wants transactional.id; without bounds each ends once it has a record)"},
    {.key = "config", .shapes = SHAPE_CONFIG, .fallback = "{}", .scopes = 1u << KAFKA_SCOPE_PRODUCER, .help = "producer options, by Kafka's names"},
};
const RuleSet rules_producer = SET("producer", producer, false);

/* --- goals, lesson, sweep, output --- */

static const Rule where[] = {
    {.key = "producer", .shapes = SHAPE_NAME, .help = "only this producer"},
    {.key = "group", .shapes = SHAPE_NAME, .help = "only this group"},
    {.key = "topic", .shapes = SHAPE_NAME, .help = "only this topic"},
    {.key = "partition", .shapes = SHAPE_INTEGER, .minimum = 0, .maximum = 99999, .help = "only this partition of the topic"},
};
const RuleSet rules_where = SET("where", where, false);
#define LIMIT SHAPE_NUMBER | SHAPE_DURATION | SHAPE_RATE | SHAPE_BANDWIDTH
static const Rule one_moment = {.shapes = SHAPE_DURATION};
static const Rule goal[] = {
    {.key = "metric", .shapes = SHAPE_METRIC, .required = true, .help = "what is measured"},
    {.key = "where", .shapes = SHAPE_OBJECT, .object = &rules_where, .help = "whose: one producer, group, topic ... of all that the metric counts"},
    {.key = "max", .shapes = LIMIT, .help = "at most this"},
    {.key = "min", .shapes = LIMIT, .help = "at least this"},
    {.key = "equals", .shapes = LIMIT, .help = "exactly this"},
    {.key = "during", .shapes = SHAPE_LIST, .minimum = 2, .maximum = 2, .items = &one_moment, .help = "only this part of the run: [\"58s\", \"60s\"]"},
};
const RuleSet rules_goal = SET("goal", goal, false);

static const Rule question[] = {
    {.key = "at", .shapes = SHAPE_DURATION, .required = true, .help = "when it is asked"},
    {.key = "question", .shapes = SHAPE_TEXT, .required = true, .help = "the question"},
    {.key = "choices", .shapes = SHAPE_LIST, .required = true, .minimum = 2, .maximum = 10, .items = &one_text, .help = "possible answers"},
    {.key = "answer", .shapes = SHAPE_INTEGER, .required = true, .minimum = 0, .maximum = 9, .help = "which is right, from 0"},
    {.key = "because", .shapes = SHAPE_TEXT, .help = "why"},
};
const RuleSet rules_question = SET("question", question, false);
static const Rule one_question = {.shapes = SHAPE_OBJECT, .object = &rules_question};
static const Rule lesson_case[] = {
    {.key = "if", .shapes = SHAPE_VARY, .required = true, .help = "JSON pointer -> list of values: told when the scenario, as it runs, has one of them at each"},
    {.key = "title", .shapes = SHAPE_TEXT, .help = "in place of the lesson's"},
    {.key = "text", .shapes = SHAPE_TEXT, .help = "in place of the lesson's"},
    {.key = "ask", .shapes = SHAPE_LIST, .minimum = 0, .maximum = 100, .items = &one_question, .help = "in place of the lesson's"},
};
const RuleSet rules_lesson_case = SET("lesson case", lesson_case, false);
static const Rule one_lesson_case = {.shapes = SHAPE_OBJECT, .object = &rules_lesson_case};
static const Rule lesson[] = {
    {.key = "title", .shapes = SHAPE_TEXT, .required = true, .help = "of the lesson"},
    {.key = "text", .shapes = SHAPE_TEXT, .help = "what to watch"},
    {.key = "ask", .shapes = SHAPE_LIST, .fallback = "[]", .minimum = 0, .maximum = 100, .items = &one_question, .help = "questions: check --plan and run --no-answers ask them, run answers them too"},
    {.key = "cases", .shapes = SHAPE_LIST, .fallback = "[]", .minimum = 0, .maximum = 100, .items = &one_lesson_case, .help = "what is told when something is set otherwise; the first that fits"},
};
const RuleSet rules_lesson = SET("lesson", lesson, false);

static const Rule one_seed = {.shapes = SHAPE_SEED};
static const Rule one_metric = {.shapes = SHAPE_METRIC};
static const Rule sweep[] = {
    {.key = "vary", .shapes = SHAPE_VARY, .fallback = "{}", .help = "JSON pointer -> list of values; all combinations are run"},
    {.key = "seeds", .shapes = SHAPE_SEED_RANGE | SHAPE_LIST, .fallback = "\"1..5\"", .minimum = 1, .maximum = 10000, .items = &one_seed, .help = "each combination is run with each seed"},
    {.key = "measures", .shapes = SHAPE_LIST, .minimum = 1, .maximum = 100, .items = &one_metric, .help = "metrics kept of each run (default: those of the goals)"},
};
const RuleSet rules_sweep = SET("sweep", sweep, false);

static const Rule output[] = {
    {.key = "interval", .shapes = SHAPE_DURATION, .minimum = 1000000, .maximum = 86400 * SEC, .help = "between two samples of a series (default: 100ms; longer in a run of more than ten minutes, so that a series has at most 6,000 samples)"},
    {.key = "events", .shapes = SHAPE_WORD, .fallback = "\"sampled\"", .choices = "sampled|all|none", .help = "which events are kept: up to events.max; all, with every batch's answer; none"},
    {.key = "invariants", .shapes = SHAPE_BOOLEAN, .fallback = "true", .help = "whether invariants are watched while the run goes on; the run goes on when one breaks, and exits with status 3"},
    {.key = "events.max", .shapes = SHAPE_INTEGER, .fallback = "200000", .minimum = 0, .maximum = 16000000, .help = "most events kept"},
};
const RuleSet rules_output = SET("output", output, false);
/* clang-format on */
