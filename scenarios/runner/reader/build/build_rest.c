/* build_rest.c - lesson, sweep and output. */
#include "scenarios/runner/reader/reader.h"
#include <string.h>

#define RUNS_MAX 100000 /* cells times seeds of a sweep */

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

void build_lesson(Reader *reader, const Cursor *root)
{
    Cursor at, ask;
    if (!get(reader, root, "lesson", &at) || !cJSON_IsObject(at.node)) {
        return;
    }
    Lesson *lesson = g_new0(Lesson, 1);
    lesson->title = g_strdup(get_text(reader, &at, "title", ""));
    lesson->text = g_strdup(get_text(reader, &at, "text", NULL));
    lesson->questions = g_ptr_array_new_with_free_func(question_free);
    reader->scenario->lesson = lesson;
    int index = 0;
    for (cJSON *item = get(reader, &at, "ask", &ask) ? ask.node->child : NULL; item != NULL;
         item = item->next) {
        Cursor question = cursor_element(&ask, item, index++);
        build_question(reader, &question, lesson->questions);
    }
    g_ptr_array_sort(lesson->questions, compare_questions);
}

/* --- sweep --- */

static void axis_free(void *data)
{
    SweepAxis *axis = data;
    g_free(axis->pointer);
    g_ptr_array_unref(axis->values);
    g_ptr_array_unref(axis->texts);
    g_free(axis);
}

static void value_free(void *data)
{
    cJSON_Delete(data);
}

static void build_axis(Reader *reader, const Cursor *at, Sweep *sweep)
{
    if (!cJSON_IsArray(at->node) || at->node->child == NULL) {
        reader_error(reader, at, "expected a list of values");
        return;
    }
    bool inside = strncmp(at->key, "/sweep", 6) == 0 || strcmp(at->key, "/seed") == 0;
    if (inside || !pointer_can_be_set(reader->root, at->key)) {
        reader_problem(reader,
                       PROBLEM_ERROR,
                       at,
                       true,
                       inside ? "seeds stand under \"seeds\"" : NULL,
                       inside ? "this cannot be varied" : "this pointer leads nowhere");
        return;
    }
    SweepAxis *axis = g_new0(SweepAxis, 1);
    axis->pointer = g_strdup(at->key);
    axis->values = g_ptr_array_new_with_free_func(value_free);
    axis->texts = g_ptr_array_new_with_free_func(g_free);
    for (const cJSON *item = at->node->child; item != NULL; item = item->next) {
        GString *text = g_string_new(NULL);
        scenario_write_value(item, text);
        g_ptr_array_add(axis->values, cJSON_Duplicate(item, 1));
        g_ptr_array_add(axis->texts, g_string_free(text, FALSE));
    }
    g_ptr_array_add(sweep->vary, axis);
}

static void add_range(Reader *reader, const Cursor *seeds, GArray *out)
{
    const char *text = seeds->node->valuestring;
    uint64_t from = g_ascii_strtoull(text, NULL, 10);
    uint64_t to = g_ascii_strtoull(strstr(text, "..") + 2, NULL, 10);
    if (to < from || to - from >= 10000) {
        reader_error(reader, seeds, "a range goes up and holds at most 10000 seeds");
        return;
    }
    for (uint64_t seed = from; seed <= to; seed++) {
        g_array_append_val(out, seed);
    }
}

static void build_seeds(Reader *reader, const Cursor *at, Sweep *sweep)
{
    Cursor seeds;
    if (!get(reader, at, "seeds", &seeds)) {
        return;
    }
    if (cJSON_IsString(seeds.node)) {
        add_range(reader, &seeds, sweep->seeds);
        return;
    }
    for (const cJSON *item = seeds.node->child; item != NULL; item = item->next) {
        uint64_t seed = 0;
        parse_seed(item, &seed);
        g_array_append_val(sweep->seeds, seed);
    }
}

static void check_runs(Reader *reader, const Cursor *vary, const Sweep *sweep)
{
    double runs = sweep->seeds->len;
    for (guint i = 0; i < sweep->vary->len; i++) {
        runs *= ((SweepAxis *)g_ptr_array_index(sweep->vary, i))->values->len;
    }
    if (runs > RUNS_MAX) {
        reader_error(reader, vary, "%.0f runs in all, %d are allowed", runs, RUNS_MAX);
    }
}

void build_sweep(Reader *reader, const Cursor *root)
{
    Cursor at, vary, measures;
    if (!get(reader, root, "sweep", &at) || !cJSON_IsObject(at.node)) {
        return;
    }
    Sweep *sweep = g_new0(Sweep, 1);
    sweep->vary = g_ptr_array_new_with_free_func(axis_free);
    sweep->seeds = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    sweep->measures = g_ptr_array_new_with_free_func(g_free);
    reader->scenario->sweep = sweep;
    build_seeds(reader, &at, sweep);
    if (get(reader, &at, "vary", &vary) && cJSON_IsObject(vary.node)) {
        for (cJSON *item = vary.node->child; item != NULL; item = item->next) {
            Cursor axis = cursor_member(&vary, item);
            build_axis(reader, &axis, sweep);
        }
        check_runs(reader, &vary, sweep);
    }
    if (get(reader, &at, "measures", &measures)) {
        for (const cJSON *item = measures.node->child; item != NULL; item = item->next) {
            g_ptr_array_add(sweep->measures, g_strdup(item->valuestring));
        }
    }
}

/* --- output --- */

void build_output(Reader *reader, const Cursor *root)
{
    Cursor at;
    Output *output = &reader->scenario->output;
    *output = (Output){SIM_MS(100), OUTPUT_EVENTS_SAMPLED, 200000};
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
        if (reader->spec->duration / output->interval > 10000000) {
            reader_error(reader, &at, "more than 10,000,000 samples: raise \"interval\"");
        }
    }
    reader->spec->sample_interval = output->interval;
    reader->spec->events_max = output->events_max;
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

static void sweep_free(Sweep *sweep)
{
    if (sweep != NULL) {
        g_ptr_array_unref(sweep->vary);
        g_array_unref(sweep->seeds);
        g_ptr_array_unref(sweep->measures);
        g_free(sweep);
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
