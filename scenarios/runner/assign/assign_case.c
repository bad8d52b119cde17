/* assign_case.c - reads --assignor, --members, --topics, --subscribe, --owned. */
#include "scenarios/runner/assign/assign_case.h"
#include "scenarios/runner/commands/commands.h"
#include "scenarios/runner/text.h"
#include <string.h>

#define PARTITIONS_MAX 1000000
#define SERVER_PREFIX  "server-"

/* "range" is the client's, "server-range" the coordinator's; uniform there is one of. */
static const Assignor *find_assignor(const char *name)
{
    const Assignor *client = assignor_find(name, strlen(name));
    if (client != NULL) {
        return client;
    }
    const bool has_prefix = g_str_has_prefix(name, SERVER_PREFIX);
    return server_assignor_find(has_prefix ? name + strlen(SERVER_PREFIX) : name);
}

static bool read_assignor(AssignCase *self, const Options *options)
{
    static const char known[] =
        "range, roundrobin, sticky, cooperative-sticky, uniform or server-range";
    if (options->assignor == NULL) {
        command_complain("--assignor NAME is missing: %s", known);
        return false;
    }
    self->assignor = find_assignor(options->assignor);
    if (self->assignor == NULL) {
        static const char *const words[] = {
            "range", "roundrobin", "sticky", "cooperative-sticky", "uniform", "server-range"};
        g_autofree char *meant = text_did_you_mean(options->assignor, words, G_N_ELEMENTS(words));
        command_complain(
            "--assignor: expected %s, found \"%s\"%s", known, options->assignor, meant);
    }
    return self->assignor != NULL;
}

static int32_t topic_named(const AssignCase *self, const char *name)
{
    for (guint t = 0; t < self->topics->len; t++) {
        if (strcmp(g_array_index(self->topics, AssignorTopic, t).name, name) == 0) {
            return (int32_t)t;
        }
    }
    return ASSIGNOR_NOBODY;
}

static AssignMember *member_named(const AssignCase *self, const char *id)
{
    for (guint m = 0; m < self->members->len; m++) {
        AssignMember *member = g_ptr_array_index(self->members, m);
        if (strcmp(member->id, id) == 0) {
            return member;
        }
    }
    return NULL;
}

static bool has_instance(const AssignCase *self, const char *instance_id)
{
    for (guint m = 0; m < self->members->len; m++) {
        const AssignMember *member = g_ptr_array_index(self->members, m);
        if (g_strcmp0(member->instance_id, instance_id) == 0) {
            return true;
        }
    }
    return false;
}

static bool add_topic(AssignCase *self, const char *word)
{
    const char *colon = strrchr(word, ':');
    guint64 count = 0;
    if (colon == NULL || colon == word ||
        !g_ascii_string_to_unsigned(colon + 1, 10, 1, PARTITIONS_MAX, &count, NULL)) {
        command_complain("--topics: expected NAME:PARTITIONS, such as t0:5, found \"%s\"", word);
        return false;
    }
    g_autofree char *name = g_strndup(word, (gsize)(colon - word));
    if (topic_named(self, name) != ASSIGNOR_NOBODY) {
        command_complain("--topics: \"%s\" is there twice", name);
        return false;
    }
    const AssignorTopic topic = {.name = g_steal_pointer(&name), .partitions = (int32_t)count};
    g_array_append_val(self->topics, topic);
    return true;
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(((const AssignorTopic *)a)->name, ((const AssignorTopic *)b)->name);
}

/* Topic ids are random in a cluster; here they are in the order of the names. */
static bool read_topics(AssignCase *self, const Options *options)
{
    if (options->topics == NULL) {
        command_complain("--topics NAME:PARTITIONS,... is missing");
        return false;
    }
    bool fine = true;
    g_auto(GStrv) words = g_strsplit(options->topics, ",", -1);
    for (char **word = words; *word != NULL; word++) {
        fine = add_topic(self, *word) && fine;
    }
    g_array_sort(self->topics, compare_names);
    for (guint t = 0; t < self->topics->len; t++) {
        AssignorTopic *topic = &g_array_index(self->topics, AssignorTopic, t);
        topic->first_partition = self->partitions;
        topic->id.low = (int64_t)t + 1;
        self->partitions += topic->partitions;
    }
    return fine;
}

static bool add_member(AssignCase *self, const char *word)
{
    const char *slash = strchr(word, '/');
    g_autofree char *id = slash == NULL ? g_strdup(word) : g_strndup(word, (gsize)(slash - word));
    if (id[0] == '\0' || (slash != NULL && slash[1] == '\0')) {
        command_complain("--members: expected ID or ID/GROUP.INSTANCE.ID, found \"%s\"", word);
        return false;
    }
    if (member_named(self, id) != NULL) {
        command_complain("--members: \"%s\" is there twice", id);
        return false;
    }
    if (slash != NULL && has_instance(self, slash + 1)) {
        command_complain("--members: group.instance.id \"%s\" is there twice", slash + 1);
        return false;
    }
    AssignMember *member = g_new0(AssignMember, 1);
    member->id = g_steal_pointer(&id);
    member->instance_id = slash == NULL ? NULL : g_strdup(slash + 1);
    member->topics = g_array_new(FALSE, FALSE, sizeof(int32_t));
    member->owned = g_array_new(FALSE, FALSE, sizeof(int32_t));
    g_ptr_array_add(self->members, member);
    return true;
}

static bool read_members(AssignCase *self, const Options *options)
{
    if (options->members == NULL) {
        command_complain("--members ID,... is missing");
        return false;
    }
    bool fine = true;
    g_auto(GStrv) words = g_strsplit(options->members, ",", -1);
    for (char **word = words; *word != NULL; word++) {
        fine = add_member(self, *word) && fine;
    }
    return fine;
}

/* "a=REST": the member, and where the rest begins. NULL after a complaint. */
static AssignMember *
member_of(const AssignCase *self, const char *option, const char *word, const char **ret_rest)
{
    const char *equals = strchr(word, '=');
    if (equals == NULL) {
        command_complain("%s: expected MEMBER=..., found \"%s\"", option, word);
        return NULL;
    }
    g_autofree char *id = g_strndup(word, (gsize)(equals - word));
    AssignMember *member = member_named(self, id);
    if (member == NULL) {
        command_complain("%s: \"%s\" is none of --members", option, id);
    }
    *ret_rest = equals + 1;
    return member;
}

static bool read_subscription(AssignCase *self, const char *text)
{
    const char *rest = NULL;
    AssignMember *member = member_of(self, "--subscribe", text, &rest);
    if (member == NULL) {
        return false;
    }
    g_auto(GStrv) words = g_strsplit(rest, ",", -1);
    for (char **word = words; *word != NULL; word++) {
        const int32_t topic = topic_named(self, *word);
        if (topic == ASSIGNOR_NOBODY) {
            command_complain("--subscribe: \"%s\" is none of --topics", *word);
            return false;
        }
        g_array_append_val(member->topics, topic);
    }
    return true;
}

static void subscribe_the_rest(AssignCase *self)
{
    for (guint m = 0; m < self->members->len; m++) {
        AssignMember *member = g_ptr_array_index(self->members, m);
        const guint all = member->topics->len == 0 ? self->topics->len : 0;
        for (guint t = 0; t < all; t++) {
            g_array_append_val(member->topics, t);
        }
    }
}

static const char *owner_named(const AssignCase *self, int32_t partition)
{
    for (guint m = 0; m < self->members->len; m++) {
        const AssignMember *member = g_ptr_array_index(self->members, m);
        for (guint i = 0; i < member->owned->len; i++) {
            if (g_array_index(member->owned, int32_t, i) == partition) {
                return member->id;
            }
        }
    }
    return NULL;
}

/* All own by one generation, and that gave each partition to one of them. */
static bool
take(const AssignCase *self, AssignMember *member, const AssignorTopic *topic, int32_t p)
{
    const int32_t partition = topic->first_partition + p;
    const char *owner = owner_named(self, partition);
    if (owner == NULL) {
        g_array_append_val(member->owned, partition);
    } else if (strcmp(owner, member->id) == 0) {
        command_complain("--owned: %s-%d of \"%s\" is there twice", topic->name, p, owner);
    } else {
        command_complain(
            "--owned: %s-%d has two owners, \"%s\" and \"%s\"", topic->name, p, owner, member->id);
    }
    return owner == NULL;
}

static bool add_owned(AssignCase *self, AssignMember *member, const char *word)
{
    const char *colon = strrchr(word, ':');
    g_autofree char *name = colon == NULL ? NULL : g_strndup(word, (gsize)(colon - word));
    const int32_t topic = name == NULL ? ASSIGNOR_NOBODY : topic_named(self, name);
    if (topic == ASSIGNOR_NOBODY) {
        command_complain("--owned: expected TOPIC:PARTITION of --topics, found \"%s\"", word);
        return false;
    }
    const AssignorTopic *spec = &g_array_index(self->topics, AssignorTopic, (guint)topic);
    g_auto(GStrv) ends = g_strsplit(colon + 1, "-", 2);
    guint64 first = 0;
    const guint64 most = (guint64)spec->partitions - 1;
    bool fine = ends[0] != NULL && g_ascii_string_to_unsigned(ends[0], 10, 0, most, &first, NULL);
    guint64 last = first;
    fine = fine &&
           (ends[1] == NULL || g_ascii_string_to_unsigned(ends[1], 10, first, most, &last, NULL));
    if (!fine) {
        command_complain("--owned: %s has partitions 0 to %d, found \"%s\"",
                         spec->name,
                         spec->partitions - 1,
                         colon + 1);
        return false;
    }
    self->is_owned_named = true;
    for (guint64 p = first; p <= last && fine; p++) {
        fine = take(self, member, spec, (int32_t)p);
    }
    return fine;
}

static gint compare_partitions(gconstpointer a, gconstpointer b)
{
    const int32_t left = *(const int32_t *)a;
    const int32_t right = *(const int32_t *)b;
    return (left > right) - (left < right);
}

static bool read_owned(AssignCase *self, const char *text)
{
    const char *rest = NULL;
    AssignMember *member = member_of(self, "--owned", text, &rest);
    bool fine = member != NULL;
    g_auto(GStrv) words = g_strsplit(fine ? rest : "", ",", -1);
    for (char **word = words; *word != NULL && fine; word++) {
        fine = **word == '\0' || add_owned(self, member, *word);
    }
    if (fine) {
        g_array_sort(member->owned, compare_partitions);
    }
    return fine;
}

/* `generation`: of the round before; of the first one only who owns something has seen it. */
static void build_input(AssignCase *self, int32_t generation)
{
    g_free(self->specs);
    self->specs = g_new0(AssignorMember, self->members->len + 1);
    self->input = (AssignorInput){
        .topics = (const AssignorTopic *)(const void *)self->topics->data,
        .topic_count = (int32_t)self->topics->len,
        .members = self->specs,
        .member_count = (int32_t)self->members->len,
    };
    for (guint m = 0; m < self->members->len; m++) {
        AssignMember *member = g_ptr_array_index(self->members, m);
        const int32_t seen = member->owned->len > 0 || generation > 1 ? generation : -1;
        assignor_sort_owned(
            &self->input, (int32_t *)(void *)member->owned->data, (int32_t)member->owned->len);
        self->specs[m] = (AssignorMember){
            .member_id = member->id,
            .group_instance_id = member->instance_id,
            .topics = (const int32_t *)(const void *)member->topics->data,
            .topic_count = (int32_t)member->topics->len,
            .owned = (const int32_t *)(const void *)member->owned->data,
            .owned_count = (int32_t)member->owned->len,
            .generation = seen,
            .claimed_generation = seen,
        };
    }
}

static void free_member(gpointer data)
{
    AssignMember *member = data;
    g_free(member->id);
    g_free(member->instance_id);
    g_array_free(member->topics, TRUE);
    g_array_free(member->owned, TRUE);
    g_free(member);
}

bool assign_case_read(AssignCase *self, const Options *options)
{
    *self = (AssignCase){
        .topics = g_array_new(FALSE, FALSE, sizeof(AssignorTopic)),
        .members = g_ptr_array_new_with_free_func(free_member),
    };
    bool fine = read_assignor(self, options);
    fine = read_topics(self, options) && fine;
    fine = read_members(self, options) && fine;
    for (guint i = 0; i < options->subscribe->len && fine; i++) {
        fine = read_subscription(self, options->subscribe->pdata[i]);
    }
    subscribe_the_rest(self);
    for (guint i = 0; i < options->owned->len && fine; i++) {
        fine = read_owned(self, options->owned->pdata[i]);
    }
    for (guint i = 0; i < options->operands->len && fine; i++) {
        fine = read_owned(self, options->operands->pdata[i]);
    }
    if (fine) {
        build_input(self, 1);
    }
    return fine;
}

void assign_case_next_round(AssignCase *self, const AssignorResult *given)
{
    for (guint m = 0; m < self->members->len; m++) {
        AssignMember *member = g_ptr_array_index(self->members, m);
        const GArray *now = given->partitions[m];
        g_array_set_size(member->owned, 0);
        g_array_append_vals(member->owned, now->data, now->len);
    }
    build_input(self, 2);
}

void assign_case_clear(AssignCase *self)
{
    for (guint t = 0; t < self->topics->len; t++) {
        g_free((gpointer)(guintptr)g_array_index(self->topics, AssignorTopic, t).name);
    }
    g_array_free(self->topics, TRUE);
    g_ptr_array_free(self->members, TRUE);
    g_free(self->specs);
}

char *assign_case_name(const AssignCase *self, int32_t partition)
{
    const AssignorTopic *topic = &self->input.topics[assignor_topic_of(&self->input, partition)];
    return g_strdup_printf("%s-%d", topic->name, partition - topic->first_partition);
}

int32_t assign_case_owner(const AssignCase *self, int32_t partition)
{
    for (int32_t m = 0; m < self->input.member_count; m++) {
        for (int32_t i = 0; i < self->specs[m].owned_count; i++) {
            if (self->specs[m].owned[i] == partition) {
                return m;
            }
        }
    }
    return ASSIGNOR_NOBODY;
}
