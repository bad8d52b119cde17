/* rules_timeline.c - the tables of the timeline: events, random faults, what each verb wants. */
#include "scenarios/runner/reader/rules.h"
#include <string.h>

#define SET(name, rules, one_of)                                                                   \
    {                                                                                              \
        name, rules, sizeof(rules) / sizeof((rules)[0]), one_of                                    \
    }
#define SEC INT64_C(1000000000)

/* clang-format off */
static const Rule one_text = {.shapes = SHAPE_TEXT};
static const Rule leader[] = {
    {.key = "topic", .shapes = SHAPE_NAME, .required = true, .help = "whose leader"},
    {.key = "partition", .shapes = SHAPE_INTEGER, .fallback = "0", .minimum = 0, .maximum = 99999, .help = "of which partition"},
};
const RuleSet rules_leader = SET("leader", leader, false);
static const Rule one_id = {.shapes = SHAPE_INTEGER, .minimum = 0, .maximum = INT32_MAX};
static const Rule one_side = {.shapes = SHAPE_LIST, .minimum = 1, .maximum = 1000, .items = &one_id};
static const Rule one_replica_list = {.shapes = SHAPE_LIST, .minimum = 1, .maximum = REPLICAS_MAX, .items = &one_id};
static const Rule move[] = {
    {.key = "topic", .shapes = SHAPE_NAME, .required = true, .help = "whose partition"},
    {.key = "partition", .shapes = SHAPE_INTEGER, .required = true, .minimum = 0, .maximum = 99999, .help = "which one"},
    {.key = "replicas", .shapes = SHAPE_LIST, .required = true, .minimum = 1, .maximum = REPLICAS_MAX, .items = &one_id, .help = "its new brokers, preferred leader first"},
    {.key = "log_dirs", .shapes = SHAPE_LIST, .minimum = 0, .maximum = REPLICAS_MAX, .items = &one_text, .help = "only \"any\": which directory of a broker a replica comes to is not chosen here"},
};
const RuleSet rules_move = SET("move", move, false);
static const Rule one_move = {.shapes = SHAPE_OBJECT, .object = &rules_move};
static const Rule plan[] = {
    {.key = "version", .shapes = SHAPE_INTEGER, .minimum = 1, .maximum = 1, .help = "1, as the tool writes it"},
    {.key = "partitions", .shapes = SHAPE_LIST, .required = true, .minimum = 1, .maximum = 100000, .items = &one_move, .help = "each partition that moves"},
};
const RuleSet rules_plan = SET("plan", plan, false);
static const Rule timeline[] = {
    {.key = "at", .shapes = SHAPE_DURATION, .required = true, .help = "when"},
    {.key = "do", .shapes = SHAPE_WORD, .required = true, .choices = "crash|stop|start|pause|resume|power.cut|partition|isolate|slow.network|drop|slow.disk|slow.host|clock.skew|scale|join|leave|rate|reassign|elect.preferred|elect|set.config|create.topic|delete.topic|add.partitions|unregister|remove.broker|disk.full|fail.disk|rolling.restart|seek|pause.partitions|resume.partitions|stall|note", .help = "what"},
    {.key = "broker", .shapes = SHAPE_INTEGER, .minimum = 0, .maximum = INT32_MAX, .help = "a broker's id"},
    {.key = "controller", .shapes = SHAPE_INTEGER | SHAPE_WORD, .minimum = 0, .maximum = INT32_MAX, .choices = "active", .help = "a controller's id, or \"active\": the one that is it then"},
    {.key = "leader", .shapes = SHAPE_OBJECT, .object = &rules_leader, .help = "the broker that leads a partition then"},
    {.key = "host", .shapes = SHAPE_NAME, .help = "one of cluster.hosts"},
    {.key = "rack", .shapes = SHAPE_NAME, .help = "all brokers and hosts of a rack"},
    {.key = "producer", .shapes = SHAPE_NAME, .help = "a producer's name"},
    {.key = "group", .shapes = SHAPE_NAME, .help = "a group's name"},
    {.key = "member", .shapes = SHAPE_NAME, .help = "a member's name"},
    {.key = "for", .shapes = SHAPE_DURATION, .minimum = 1, .maximum = 366 * 86400 * SEC, .help = "so long, then it ends by itself"},
    {.key = "restart.after", .shapes = SHAPE_DURATION, .minimum = 1, .maximum = 366 * 86400 * SEC, .help = "started again after this long (leave and rolling restart: after its process has ended; the latter by default 1s)"},
    {.key = "between", .shapes = SHAPE_LIST, .minimum = 2, .maximum = 2, .items = &one_side, .help = "two sets of broker and controller ids that no longer hear each other"},
    {.key = "one.way", .shapes = SHAPE_BOOLEAN, .help = "only from the first set to the second, or only what the target sends"},
    {.key = "factor", .shapes = SHAPE_NUMBER, .minimum = 1, .maximum = 1000, .help = "times slower"},
    {.key = "delay", .shapes = SHAPE_DURATION, .minimum = 0, .maximum = 3600 * SEC, .help = "added latency, one way"},
    {.key = "loss", .shapes = SHAPE_NUMBER, .minimum = 0, .maximum = 1, .help = "part of the packets that are lost"},
    {.key = "by", .shapes = SHAPE_DURATION, .help = "how far the clock is ahead"},
    {.key = "behind", .shapes = SHAPE_BOOLEAN, .help = "true: so far behind instead"},
    {.key = "members", .shapes = SHAPE_INTEGER, .minimum = 0, .maximum = 1000, .help = "so many members from now on"},
    {.key = "rate", .shapes = SHAPE_RATE, .minimum = 0, .maximum = INT64_C(100000000000), .help = "the new rate; \"0/s\" = silent"},
    {.key = "topic", .shapes = SHAPE_NAME, .help = "a topic's name"},
    {.key = "partitions", .shapes = SHAPE_INTEGER, .minimum = 1, .maximum = 100000, .help = "how many from now on"},
    {.key = "partition", .shapes = SHAPE_INTEGER, .minimum = 0, .maximum = 99999, .help = "which one (default: all of the topic)"},
    {.key = "replication.factor", .shapes = SHAPE_INTEGER, .minimum = 1, .maximum = REPLICAS_MAX, .help = "replicas of the new topic"},
    {.key = "assignment", .shapes = SHAPE_LIST, .minimum = 1, .maximum = 100000, .items = &one_replica_list, .help = "new broker ids of each partition"},
    {.key = "config", .shapes = SHAPE_CONFIG, .scopes = KAFKA_SCOPES_NODE | (1u << KAFKA_SCOPE_TOPIC), .help = "the options that change"},
    {.key = "replicas", .shapes = SHAPE_LIST, .minimum = 1, .maximum = REPLICAS_MAX, .items = &one_id, .help = "the partition's new brokers, preferred leader first"},
    {.key = "plan", .shapes = SHAPE_OBJECT, .object = &rules_plan, .help = "what kafka-reassign-partitions reads: {\"version\": 1, \"partitions\": [{\"topic\", \"partition\", \"replicas\"}]}"},
    {.key = "cancel", .shapes = SHAPE_BOOLEAN, .help = "true: a reassignment under way is taken back"},
    {.key = "throttle", .shapes = SHAPE_BANDWIDTH, .minimum = 1, .maximum = INT64_C(1000000000000), .help = "--throttle: the moving replicas are copied at this rate per broker, until a --verify, each second, finds them all there"},
    {.key = "election", .shapes = SHAPE_WORD, .choices = "preferred|unclean", .help = "the first replica if it is in sync, or, where there is no leader, any that lives (default: preferred)"},
    {.key = "log.dir", .shapes = SHAPE_INTEGER, .minimum = 0, .maximum = 15, .help = "which of the broker's log directories, from 0 (default: 0)"},
    {.key = "order", .shapes = SHAPE_LIST, .minimum = 1, .maximum = 1000, .items = &one_id, .help = "broker ids, one after the other (default: all, in their order)"},
    {.key = "pace", .shapes = SHAPE_DURATION, .minimum = 0, .maximum = 86400 * SEC, .help = "from a broker's return to the next one's stop (default: 0s)"},
    {.key = "gate", .shapes = SHAPE_WORD, .choices = "in.sync|none", .help = "what a rolling restart waits for before the pace: that no partition is under-replicated, or nothing but the start of the process (default: in.sync)"},
    {.key = "how", .shapes = SHAPE_WORD, .choices = "stop|crash", .help = "SIGTERM or kill -9 (default: stop)"},
    {.key = "to", .shapes = SHAPE_WORD, .choices = "beginning|end", .help = "seekToBeginning() or seekToEnd()"},
    {.key = "offset", .shapes = SHAPE_INTEGER, .minimum = 0, .maximum = INT64_C(1000000000000), .help = "seek() to this offset"},
    {.key = "timestamp", .shapes = SHAPE_DURATION, .help = "offsetsForTimes() and seek(): to the first record created at this time of the run, or later"},
    {.key = "say", .shapes = SHAPE_TEXT, .help = "shown in the summary and in pictures"},
};
const RuleSet rules_timeline = SET("event", timeline, false);

/* --- faults by chance --- */

static const Rule one_kind = {.shapes = SHAPE_WORD, .choices = "crash|stop|pause|power.cut|isolate|partition|slow.network|drop|slow.disk|slow.host|disk.full|fail.disk|clock.skew|rolling.restart|reassign|elect.preferred"};
static const Rule random_faults[] = {
    {.key = "kinds", .shapes = SHAPE_LIST, .required = true, .minimum = 1, .maximum = 100, .items = &one_kind, .help = "which verbs of the timeline are drawn, each as often; one that stands twice, twice as often"},
    {.key = "every", .shapes = SHAPE_DURATION | SHAPE_OBJECT, .required = true, .object = &rules_distribution_ns, .help = "from one to the next"},
    {.key = "for", .shapes = SHAPE_DURATION | SHAPE_OBJECT, .fallback = "\"5s\"", .object = &rules_distribution_ns, .help = "how long each lasts, or a process stays down"},
    {.key = "max.at.once", .shapes = SHAPE_INTEGER, .fallback = "1", .minimum = 1, .maximum = 1000, .help = "one that would be more at once is left out"},
    {.key = "from", .shapes = SHAPE_DURATION, .fallback = "\"0s\"", .help = "none begins before"},
    {.key = "until", .shapes = SHAPE_DURATION, .help = "none begins after, and all have ended by then (default: the end of the run)"},
    {.key = "among", .shapes = SHAPE_WORD, .fallback = "\"brokers\"", .choices = "brokers|controllers|all|hosts|racks", .help = "whom they hit; of hosts and racks, what the timeline can do to them"},
    {.key = "factor", .shapes = SHAPE_NUMBER, .fallback = "10", .minimum = 1, .maximum = 1000, .help = "of slow.disk and slow.host"},
    {.key = "delay", .shapes = SHAPE_DURATION, .fallback = "\"100ms\"", .minimum = 0, .maximum = 3600 * SEC, .help = "of slow.network"},
    {.key = "loss", .shapes = SHAPE_NUMBER, .fallback = "0.1", .minimum = 0, .maximum = 1, .help = "of drop"},
    {.key = "by", .shapes = SHAPE_DURATION, .fallback = "\"1h\"", .minimum = 0, .help = "of clock.skew: ahead or behind, by a coin"},
};
const RuleSet rules_random = SET("random faults", random_faults, false);

#define PROCESS "broker|controller|leader|producer|member"
static const VerbRule verbs[FAULT_VERB_COUNT] = {
    {FAULT_CRASH, PROCESS "|host|rack", "", "restart.after|say", "kill -9 of a process, or of all of a host or rack"},
    {FAULT_STOP, PROCESS, "", "restart.after|say", "an orderly stop: controlled shutdown, close()"},
    {FAULT_START, "broker|controller|producer|member", "", "say", "starts a process that does not run"},
    {FAULT_PAUSE, PROCESS, "", "for|say", "SIGSTOP, or a long garbage collection"},
    {FAULT_RESUME, "broker|controller|producer|member", "", "say", "SIGCONT"},
    {FAULT_POWER_CUT, "broker|controller|host|rack", "", "restart.after|say", "all processes there die and the page cache is lost"},
    {FAULT_PARTITION, "", "between", "one.way|for|say", "cuts the network between two sets of brokers and controllers"},
    {FAULT_ISOLATE, "broker|controller|host|rack", "", "one.way|for|say", "cuts one off from everybody; a rack from the others"},
    {FAULT_SLOW_NETWORK, "?broker|controller|host", "delay", "one.way|for|say", "adds latency"},
    {FAULT_DROP, "?broker|controller|host", "loss", "one.way|for|say", "loses packets, which TCP sends again later"},
    {FAULT_SLOW_DISK, "broker|controller|host", "factor", "for|say", "a disk that is so many times slower"},
    {FAULT_SLOW_HOST, "broker|controller|host", "factor", "for|say", "cores that are so many times slower"},
    {FAULT_CLOCK_SKEW, "broker|host|producer", "by", "behind|for|say", "a wall clock that is wrong: brokers there delete and compact records by age too early, or too late, and refuse timestamps too far from it; producers there stamp their records with it; timers do not see it"},
    {FAULT_SCALE, "group", "members", "say", "more or fewer members"},
    {FAULT_JOIN, "group|member", "", "say", "one more member of a group starts"},
    {FAULT_LEAVE, "group|member", "", "restart.after|say", "one member of a group closes"},
    {FAULT_RATE, "producer", "rate", "for|say", "a producer's rate changes"},
    {FAULT_REASSIGN, "", "", "topic|partition|replicas|assignment|plan|cancel|throttle|say", "moves replicas, as kafka-reassign-partitions does"},
    {FAULT_ELECT_PREFERRED, "", "", "topic|partition|say", "gives leadership back to the preferred replicas"},
    {FAULT_ELECT, "", "", "election|topic|partition|say", "an election, as kafka-leader-election asks for it"},
    {FAULT_SET_CONFIG, "?broker|topic", "config", "say", "changes options at run time; of no target: the default of all brokers"},
    {FAULT_CREATE_TOPIC, "", "topic", "partitions|replication.factor|assignment|config|say", "creates a topic"},
    {FAULT_DELETE_TOPIC, "topic", "", "say", "deletes a topic"},
    {FAULT_ADD_PARTITIONS, "topic", "partitions", "assignment|say", "raises the number of partitions"},
    {FAULT_UNREGISTER, "broker", "", "say", "strikes a broker off the metadata, whether it runs or not"},
    {FAULT_REMOVE_BROKER, "broker", "", "say", "stops a broker for good: SIGTERM, then it is unregistered"},
    {FAULT_DISK_FULL, "broker|controller", "", "log.dir|for|say", "a log directory's disk is full: the directory goes offline, a controller halts"},
    {FAULT_FAIL_DISK, "broker|controller", "", "log.dir|for|say", "a log directory's disk fails: the directory goes offline, a controller halts; after \"for\" there is a new, empty disk, which the process uses when it starts next (a controller has no vote with it until a majority of the quorum has taken it in: the quorum is dynamic, kraft.version 1)"},
    {FAULT_ROLLING_RESTART, "", "", "order|restart.after|pace|gate|how|say", "restarts brokers one after the other"},
    {FAULT_SEEK, "group|member", "", "topic|partition|to|offset|timestamp|say", "consumers read from another position on: replay, or skip"},
    {FAULT_PAUSE_PARTITIONS, "group|member", "", "topic|partition|for|say", "pause(): consumers keep partitions without fetching from them"},
    {FAULT_RESUME_PARTITIONS, "group|member", "", "topic|partition|say", "resume()"},
    {FAULT_STALL, "group|member", "for", "say", "the application is busy so long with one record of its next poll(): it does not poll again, but its heartbeats go on"},
    {FAULT_NOTE, "", "say", "", "says something, does nothing"},
};

/* clang-format on */

const VerbRule *verb_rule(FaultVerb verb)
{
    return &verbs[verb];
}

int verb_named(const char *name)
{
    for (int verb = 0; verb < FAULT_VERB_COUNT; verb++) {
        if (strcmp(fault_verb_name((FaultVerb)verb), name) == 0) {
            return verb;
        }
    }
    return -1;
}

/* What people write who come from other tools. */
const char *verb_synonym(const char *word)
{
    static const struct {
        const char *word;
        FaultVerb verb;
    } synonyms[] = {{"kill", FAULT_CRASH},
                    {"kill.broker", FAULT_CRASH},
                    {"fail", FAULT_CRASH},
                    {"shutdown", FAULT_STOP},
                    {"terminate", FAULT_STOP},
                    {"restart", FAULT_START},
                    {"boot", FAULT_START},
                    {"add.broker", FAULT_START},
                    {"freeze", FAULT_PAUSE},
                    {"gc", FAULT_PAUSE},
                    {"thaw", FAULT_RESUME},
                    {"unpause", FAULT_RESUME},
                    {"poweroff", FAULT_POWER_CUT},
                    {"split", FAULT_PARTITION},
                    {"cut", FAULT_PARTITION},
                    {"latency", FAULT_SLOW_NETWORK},
                    {"delay", FAULT_SLOW_NETWORK},
                    {"loss", FAULT_DROP},
                    {"move", FAULT_REASSIGN},
                    {"election", FAULT_ELECT},
                    {"config", FAULT_SET_CONFIG},
                    {"alter.config", FAULT_SET_CONFIG},
                    {"remove", FAULT_REMOVE_BROKER},
                    {"decommission", FAULT_REMOVE_BROKER},
                    {"disk.fail", FAULT_FAIL_DISK},
                    {"roll", FAULT_ROLLING_RESTART},
                    {"replay", FAULT_SEEK},
                    {"reset.offsets", FAULT_SEEK},
                    {"hang", FAULT_STALL},
                    {"block", FAULT_STALL},
                    {"say", FAULT_NOTE}};
    for (size_t i = 0; i < sizeof(synonyms) / sizeof(synonyms[0]); i++) {
        if (strcmp(synonyms[i].word, word) == 0) {
            return fault_verb_name(synonyms[i].verb);
        }
    }
    return NULL;
}
