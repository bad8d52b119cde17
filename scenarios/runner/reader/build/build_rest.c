/* build_rest.c - lesson and output; freeing all. */
#include "scenarios/runner/reader/pointer.h"
#include "scenarios/runner/reader/reader.h"
#include <string.h>

#define SAMPLES_DEFAULT 6000
#define SAMPLES_MAX     100000000 /* values of all series together: bounds the memory of a run */

/* --- lesson --- */

static void question_free(void *data)
{
    Question *question = data;
    g_free(question->question);
    g_ptr_array_unref(question->choices);
    g_free(question->because);
    g_free(question);
}

static void build_question(Reader *reader, const Cursor *at, GPtrArray *questions)
{
    Cursor choices, answer;
    const char *text = get_text(reader, at, "question", NULL);
    if (text == NULL || !get(reader, at, "choices", &choices) ||
        !get(reader, at, "answer", &answer)) {
        return;
    }
    Question *question = g_new0(Question, 1);
    question->at = get_amount(reader, at, "at", UNIT_DURATION, 0);
    question->question = g_strdup(text);
    question->because = g_strdup(get_text(reader, at, "because", NULL));
    question->answer = (int32_t)answer.node->valuedouble;
    question->choices = g_ptr_array_new_with_free_func(g_free);
    for (const cJSON *item = choices.node->child; item != NULL; item = item->next) {
        g_ptr_array_add(question->choices, g_strdup(item->valuestring));
    }
    if (question->answer >= (int32_t)question->choices->len) {
        reader_error(reader, &answer, "the choices are numbered 0..%u", question->choices->len - 1);
    }
    g_ptr_array_add(questions, question);
}

static int compare_questions(const void *left, const void *right)
{
    const Question *a = *(const Question *const *)left, *b = *(const Question *const *)right;
    return a->at < b->at ? -1 : a->at > b->at;
}

static const cJSON *value_at(cJSON *root, const char *pointer)
{
    cJSON *at = root;
    while (at != NULL && *pointer == '/') {
        g_autofree char *token = pointer_token(&pointer);
        at = pointer_step(at, token);
    }
    return at;
}

/* Has the scenario one of the listed values there? */
static bool condition_holds(Reader *reader, const Cursor *values)
{
    if (!cJSON_IsArray(values->node) || values->node->child == NULL) {
        reader_error(reader, values, "expected a list of values");
        return false;
    }
    if (!pointer_can_be_set(reader->root, values->key)) {
        char *hint = NULL;
        g_autofree char *why = pointer_nowhere(reader->root, values->key, &hint);
        reader_problem(
            reader, PROBLEM_ERROR, values, true, hint, "this pointer leads nowhere: %s", why);
        g_free(hint);
        return false;
    }
    const cJSON *there = value_at(reader->root, values->key);
    for (const cJSON *item = values->node->child; item != NULL; item = item->next) {
        if (there != NULL && cJSON_Compare(item, there, true)) {
            return true;
        }
    }
    return false;
}

static bool case_fits(Reader *reader, const Cursor *at)
{
    Cursor conditions;
    bool fits = get(reader, at, "if", &conditions) && cJSON_IsObject(conditions.node);
    for (cJSON *item = fits ? conditions.node->child : NULL; item != NULL; item = item->next) {
        const Cursor values = cursor_member(&conditions, item);
        fits = condition_holds(reader, &values) && fits;
    }
    return fits;
}

/* --set of a pointer, or of what holds it, is what the case is of. */
static bool is_of_case(const Reader *reader, const Cursor *at, const char *set)
{
    Cursor conditions;
    const size_t length = strlen(set);
    cJSON *item = get(reader, at, "if", &conditions) ? conditions.node->child : NULL;
    for (; item != NULL; item = item->next) {
        const char *rest = g_str_has_prefix(item->string, set) ? item->string + length : "-";
        if (*rest == '\0' || *rest == '/') {
            return true;
        }
    }
    return false;
}

static void build_questions(Reader *reader, const Cursor *at, Lesson *lesson)
{
    Cursor ask;
    int index = 0;
    if (!get(reader, at, "ask", &ask)) {
        return;
    }
    g_ptr_array_set_size(lesson->questions, 0);
    for (cJSON *item = ask.node->child; item != NULL; item = item->next) {
        Cursor question = cursor_element(&ask, item, index++);
        build_question(reader, &question, lesson->questions);
    }
    g_ptr_array_sort(lesson->questions, compare_questions);
}

/* The words of the case take the place of the lesson's. */
static void tell_case(Reader *reader, const Cursor *at, Lesson *lesson)
{
    const char *title = get_text(reader, at, "title", NULL);
    const char *text = get_text(reader, at, "text", NULL);
    if (title != NULL) {
        g_free(lesson->title);
        lesson->title = g_strdup(title);
    }
    if (text != NULL) {
        g_free(lesson->text);
        lesson->text = g_strdup(text);
    }
    build_questions(reader, at, lesson);
    lesson->as_run = true;
    for (guint i = 0; i < reader->set_pointers->len; i++) {
        lesson->as_run = lesson->as_run && is_of_case(reader, at, reader->set_pointers->pdata[i]);
    }
}

/* Each case is looked at, for its errors; the first that fits is told. */
static void build_cases(Reader *reader, const Cursor *at, Lesson *lesson)
{
    Cursor cases;
    int index = 0;
    bool told = false;
    cJSON *item = get(reader, at, "cases", &cases) ? cases.node->child : NULL;
    for (; item != NULL; item = item->next) {
        Cursor one = cursor_element(&cases, item, index++);
        if (case_fits(reader, &one) && !told) {
            tell_case(reader, &one, lesson);
            told = true;
        }
    }
}

void build_lesson(Reader *reader, const Cursor *root)
{
    Cursor at;
    if (!get(reader, root, "lesson", &at) || !cJSON_IsObject(at.node)) {
        return;
    }
    Lesson *lesson = g_new0(Lesson, 1);
    lesson->title = g_strdup(get_text(reader, &at, "title", ""));
    lesson->text = g_strdup(get_text(reader, &at, "text", NULL));
    lesson->questions = g_ptr_array_new_with_free_func(question_free);
    reader->scenario->lesson = lesson;
    lesson->as_run = reader->set_pointers->len == 0;
    build_questions(reader, &at, lesson);
    build_cases(reader, &at, lesson);
}

/* --- output --- */

/* About so many columns are sampled; their values stay in memory until the run ends. */
static int64_t samples_each(const ClusterSpec *spec)
{
    int64_t columns = 10 + 10 * (int64_t)spec->brokers->len + 10 * (int64_t)spec->producers->len +
                      5 * (int64_t)spec->groups->len;
    return SAMPLES_MAX / columns;
}

/* 100 ms as long as that makes at most 6000 samples a series: a day is sampled each 15 s. */
static SimDuration default_interval(const ClusterSpec *spec)
{
    static const int64_t steps_ms[] = {100,
                                       200,
                                       500,
                                       1000,
                                       2000,
                                       5000,
                                       10000,
                                       15000,
                                       30000,
                                       60000,
                                       120000,
                                       300000,
                                       600000,
                                       1800000,
                                       3600000};
    int64_t most = MIN(SAMPLES_DEFAULT, samples_each(spec));
    for (size_t i = 0; i < G_N_ELEMENTS(steps_ms); i++) {
        if (spec->duration / SIM_MS(steps_ms[i]) <= most) {
            return SIM_MS(steps_ms[i]);
        }
    }
    return SIM_SEC(7200);
}

static void check_samples(Reader *reader, const Cursor *at, SimDuration interval)
{
    const ClusterSpec *spec = reader->spec;
    int64_t most = samples_each(spec);
    if (spec->duration / interval > most) {
        GString *least = g_string_new("at least ");
        units_format(UNIT_DURATION, (spec->duration / most / SIM_MS(1) + 1) * SIM_MS(1), least);
        reader_problem(reader,
                       PROBLEM_ERROR,
                       at,
                       false,
                       least->str,
                       "so long a run of so many processes wants a longer \"interval\"");
        g_string_free(least, TRUE);
    }
}

static void build_fidelity(Reader *reader, const Cursor *root)
{
    const char *fidelity = get_text(reader, root, "fidelity", "batch");
    reader->spec->record_by_record = strcmp(fidelity, "record") == 0;
}

void build_output(Reader *reader, const Cursor *root)
{
    Cursor at;
    Output *output = &reader->scenario->output;
    build_fidelity(reader, root);
    *output = (Output){default_interval(reader->spec), OUTPUT_EVENTS_SAMPLED, 200000};
    if (get(reader, root, "output", &at) && cJSON_IsObject(at.node)) {
        const char *events = get_text(reader, &at, "events", "sampled");
        output->interval = get_amount(reader, &at, "interval", UNIT_DURATION, output->interval);
        output->events_max = (uint32_t)get_integer(reader, &at, "events.max", output->events_max);
        if (strcmp(events, "all") == 0) {
            output->events = OUTPUT_EVENTS_ALL;
            output->events_max = 16000000;
        } else if (strcmp(events, "none") == 0) {
            output->events = OUTPUT_EVENTS_NONE;
            output->events_max = 0;
        }
        reader->spec->invariants = get_boolean(reader, &at, "invariants", true);
        check_samples(reader, &at, output->interval);
    }
    reader->spec->sample_interval = output->interval;
    reader->spec->events_max = output->events_max;
    reader->spec->trace_batches = output->events == OUTPUT_EVENTS_ALL;
}

/* --- freeing --- */

static void lesson_free(Lesson *lesson)
{
    if (lesson != NULL) {
        g_free(lesson->title);
        g_free(lesson->text);
        g_ptr_array_unref(lesson->questions);
        g_free(lesson);
    }
}

void scenario_free(Scenario *scenario)
{
    if (scenario == NULL) {
        return;
    }
    cluster_spec_free(scenario->spec);
    g_ptr_array_unref(scenario->goals);
    lesson_free(scenario->lesson);
    sweep_free(scenario->sweep);
    g_ptr_array_unref(scenario->not_simulated);
    cJSON_Delete(scenario->json);
    g_free(scenario->hash);
    g_free(scenario);
}
