/* build_load.c - see build_load.h. */
#include "scenarios/runner/reader/load/build_load.h"
#include <string.h>

static int64_t millionths(double factor)
{
    return (int64_t)(factor * (double)LOAD_FACTOR_ONE + 0.5);
}

/* --- shapes of the rate --- */

static void build_on_off(Reader *reader, const Cursor *law, LoadShape *shape)
{
    shape->repeats = true;
    load_shape_add(
        shape, LOAD_FACTOR_ONE, get_amount(reader, law, "on", UNIT_DURATION, SIM_SEC(1)));
    load_shape_add(shape, 0, get_amount(reader, law, "off", UNIT_DURATION, SIM_SEC(1)));
}

static void build_mmpp(Reader *reader, const Cursor *law, LoadShape *shape)
{
    int index = 0;
    shape->repeats = true;
    shape->is_random = true;
    for (cJSON *item = law->node->child; item != NULL; item = item->next) {
        Cursor state = cursor_element(law, item, index++);
        load_shape_add(shape,
                       millionths(get_number(reader, &state, "factor", 1)),
                       get_amount(reader, &state, "mean", UNIT_DURATION, SIM_SEC(1)));
    }
}

static void build_curve(Reader *reader, const Cursor *law, LoadShape *shape)
{
    Cursor factors;
    if (!get(reader, law, "factors", &factors) || !cJSON_IsArray(factors.node)) {
        return;
    }
    g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(double));
    for (const cJSON *item = factors.node->child; item != NULL; item = item->next) {
        g_array_append_val(values, item->valuedouble);
    }
    shape->repeats = true;
    SimDuration period = get_amount(reader, law, "period", UNIT_DURATION, SIM_SEC(86400));
    if (values->len > 0) {
        load_shape_add_curve(shape,
                             (const double *)(void *)values->data,
                             (int32_t)values->len,
                             period / values->len);
    }
}

static void build_ramp(Reader *reader, const Cursor *law, LoadShape *shape)
{
    const double factors[] = {1, get_number(reader, law, "to", 1)};
    load_shape_add_curve(
        shape, factors, 2, get_amount(reader, law, "over", UNIT_DURATION, SIM_SEC(1)));
}

static void build_shape(Reader *reader, const Cursor *at, const Cursor *law, ProducerSpec *producer)
{
    static const struct {
        const char *key;
        void (*build)(Reader *reader, const Cursor *law, LoadShape *shape);
    } laws[] = {{"on.off", build_on_off},
                {"mmpp", build_mmpp},
                {"curve", build_curve},
                {"ramp", build_ramp}};
    for (size_t i = 0; i < G_N_ELEMENTS(laws); i++) {
        if (strcmp(law->key, laws[i].key) == 0) {
            laws[i].build(reader, law, &producer->load);
        }
    }
    if (strcmp(law->key, "trace") == 0 && cJSON_IsString(law->node)) {
        producer->arrival = ARRIVAL_TRACE;
        build_trace(reader, at, law, &producer->trace);
    }
}

/* --- what goes with what --- */

static void lacks_rate(Reader *reader, const Cursor *at)
{
    g_autoptr(GString) expected = g_string_new(NULL);
    for (size_t i = 0; i < rules_producer.count; i++) {
        if (strcmp(rules_producer.rules[i].key, "rate") == 0) {
            rule_expected(&rules_producer.rules[i], expected);
        }
    }
    reader_error(reader, at, "the producer lacks \"rate\": %s", expected->str);
}

static void refuse_beside(Reader *reader, const Cursor *at, const char *key, const char *what)
{
    Cursor child;
    if (get(reader, at, key, &child)) {
        reader_problem(reader,
                       PROBLEM_ERROR,
                       &child,
                       true,
                       NULL,
                       "%s says when records come: there is no \"%s\" beside it",
                       what,
                       key);
    }
}

/* Its records come when the application of a consumer sends them. */
static void build_worker(Reader *reader, const Cursor *at, ProducerSpec *producer)
{
    producer->worker = g_strdup(get_text(reader, at, "worker", NULL));
    producer->arrival = ARRIVAL_CLOSED;
    producer->outstanding = 0;
    refuse_beside(reader, at, "rate", "\"worker\"");
    refuse_beside(reader, at, "load", "\"worker\"");
    refuse_beside(reader, at, "outstanding", "\"worker\"");
}

static void build_closed(Reader *reader, const Cursor *at, ProducerSpec *producer)
{
    producer->outstanding = get_integer(reader, at, "outstanding", 1);
    producer->arrival = ARRIVAL_CLOSED;
    refuse_beside(reader, at, "rate", "\"outstanding\"");
    refuse_beside(reader, at, "load", "\"outstanding\"");
}

void build_load(Reader *reader, const Cursor *at, ProducerSpec *producer)
{
    Cursor child;
    const char *arrival = get_text(reader, at, "arrival", "constant");
    producer->arrival = strcmp(arrival, "poisson") == 0 ? ARRIVAL_POISSON : ARRIVAL_CONSTANT;
    producer->rate_milli = get_amount(reader, at, "rate", UNIT_RATE, 0);
    if (cJSON_GetObjectItemCaseSensitive(at->node, "worker") != NULL) {
        build_worker(reader, at, producer);
        return;
    }
    if (cJSON_GetObjectItemCaseSensitive(at->node, "outstanding") != NULL) {
        build_closed(reader, at, producer);
        return;
    }
    if (get(reader, at, "load", &child) && cJSON_IsObject(child.node) &&
        child.node->child != NULL) {
        Cursor law = cursor_member(&child, child.node->child);
        build_shape(reader, at, &law, producer);
    }
    if (producer->arrival == ARRIVAL_TRACE) {
        refuse_beside(reader, at, "rate", "a trace");
    } else if (cJSON_GetObjectItemCaseSensitive(at->node, "rate") == NULL) {
        lacks_rate(reader, at);
    }
}
