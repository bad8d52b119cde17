/* uniform_heterogeneous.c - the coordinator's uniform assignor, different subscriptions.
 *
 * Members keep what they had and still subscribe to. Topics with many partitions a subscriber come
 * first: what is unassigned goes to the least loaded subscriber. Then, up to 16 times over all
 * topics, the most loaded give their highest partitions to the least loaded, until a whole round
 * moved nothing. With overlapping subscriptions the end may be almost balanced: 9, 10, 11.
 *
 * Mirrors: UniformHeterogeneousAssignmentBuilder (clients.md §4.6). */
#include "models/group/assignors/load_levels.h"
#include "models/group/assignors/uniform.h"

#define ROUNDS_MAX 16

typedef struct Heterogeneous {
    const AssignorInput *input;
    const int32_t *order;
    AssignorSubscribers subscribers; /* by place in `order` */
    int32_t *loads;                  /* by place */
    int32_t *owners;                 /* of each partition: a place, or ASSIGNOR_NOBODY */
    int32_t *first;                  /* of each topic, in owners */
    LoadLevels levels;
    GArray *partitions; /* of int32_t: of one topic, those of one owner side by side */
    int32_t *start;     /* of each place, in partitions */
    int32_t *end;       /* exclusive */
} Heterogeneous;

static int32_t *owners_of(const Heterogeneous *self, int32_t topic)
{
    return &self->owners[self->first[topic]];
}

/* By partitions a subscriber, most first; then fewer subscribers; then id. */
static gint compare_topics(gconstpointer a, gconstpointer b, gpointer data)
{
    const Heterogeneous *self = data;
    const int32_t left = *(const int32_t *)a;
    const int32_t right = *(const int32_t *)b;
    const int64_t left_count = assignor_subscriber_count(&self->subscribers, left);
    const int64_t right_count = assignor_subscriber_count(&self->subscribers, right);
    const int64_t left_share = self->input->topics[left].partitions * right_count;
    const int64_t right_share = self->input->topics[right].partitions * left_count;
    if (left_share != right_share) {
        return left_share > right_share ? -1 : 1;
    }
    if (left_count != right_count) {
        return left_count < right_count ? -1 : 1;
    }
    return java_uuid_compare(self->input->topics[left].id, self->input->topics[right].id);
}

static GArray *sorted_topics(Heterogeneous *self, int32_t subscribers_min)
{
    GArray *topics = g_array_new(FALSE, FALSE, sizeof(int32_t));
    for (int32_t t = 0; t < self->input->topic_count; t++) {
        if (self->input->topics[t].partitions > 0 &&
            assignor_subscriber_count(&self->subscribers, t) >= subscribers_min) {
            g_array_append_val(topics, t);
        }
    }
    g_array_sort_with_data(topics, compare_topics, self);
    return topics;
}

static void keep_owned(Heterogeneous *self)
{
    const AssignorInput *input = self->input;
    for (int32_t place = 0; place < input->member_count; place++) {
        const int32_t member = self->order[place];
        const AssignorMember *spec = &input->members[member];
        for (int32_t i = 0; i < spec->owned_count; i++) {
            const int32_t topic = assignor_topic_of(input, spec->owned[i]);
            if (topic != ASSIGNOR_NOBODY &&
                assignor_is_subscribed(&self->subscribers, member, topic)) {
                const int32_t p = spec->owned[i] - input->topics[topic].first_partition;
                owners_of(self, topic)[p] = place;
                self->loads[place]++;
            }
        }
    }
}

static void give(Heterogeneous *self, int32_t *owner, int32_t place)
{
    if (*owner != ASSIGNOR_NOBODY) {
        self->loads[*owner]--;
    }
    *owner = place;
    self->loads[place]++;
}

static int32_t start_levels(Heterogeneous *self, int32_t topic)
{
    const AssignorSubscribers *all = &self->subscribers;
    return load_levels_start(
        &self->levels, &all->members[all->first[topic]], assignor_subscriber_count(all, topic));
}

static void assign_unassigned(Heterogeneous *self)
{
    GArray *topics = sorted_topics(self, 1);
    for (guint i = 0; i < topics->len; i++) {
        const int32_t topic = g_array_index(topics, int32_t, i);
        int32_t *owners = owners_of(self, topic);
        (void)start_levels(self, topic);
        for (int32_t p = 0; p < self->input->topics[topic].partitions; p++) {
            if (owners[p] == ASSIGNOR_NOBODY) {
                give(self, &owners[p], load_levels_next_least(&self->levels));
            }
        }
    }
    g_array_free(topics, TRUE);
}

static gint compare_owners(gconstpointer a, gconstpointer b, gpointer data)
{
    const int32_t *owners = data;
    const int32_t left = *(const int32_t *)a;
    const int32_t right = *(const int32_t *)b;
    if (owners[left] != owners[right]) {
        return owners[left] < owners[right] ? -1 : 1;
    }
    return (left > right) - (left < right);
}

static void group_by_owner(Heterogeneous *self, int32_t topic)
{
    int32_t *owners = owners_of(self, topic);
    const int32_t count = self->input->topics[topic].partitions;
    for (int32_t place = 0; place < self->input->member_count; place++) {
        self->start[place] = self->end[place] = 0;
    }
    g_array_set_size(self->partitions, 0);
    for (int32_t p = 0; p < count; p++) {
        g_array_append_val(self->partitions, p);
    }
    g_array_sort_with_data(self->partitions, compare_owners, owners);
    for (int32_t i = 0; i < count; i++) {
        const int32_t owner = owners[g_array_index(self->partitions, int32_t, (guint)i)];
        if (self->end[owner] == 0) {
            self->start[owner] = i;
        }
        self->end[owner] = i + 1;
    }
}

/* The most loaded subscriber that has a partition of this topic, or ASSIGNOR_NOBODY. */
static int32_t next_giver(Heterogeneous *self)
{
    int32_t place = load_levels_next_most(&self->levels);
    while (place >= 0 && self->end[place] <= self->start[place]) {
        load_levels_exclude_most(&self->levels);
        place = load_levels_next_most(&self->levels);
    }
    return place;
}

/* True when it moved something. */
static bool balance_topic(Heterogeneous *self, int32_t topic)
{
    if (start_levels(self, topic) <= 1) {
        return false;
    }
    group_by_owner(self, topic);
    bool moved = false;
    while (!load_levels_is_balanced(&self->levels)) {
        const int32_t giver = next_giver(self);
        if (giver < 0) {
            break;
        }
        const int32_t p = g_array_index(self->partitions, int32_t, (guint)--self->end[giver]);
        const int32_t taker = load_levels_next_least(&self->levels);
        if (load_levels_is_balanced(&self->levels)) {
            break;
        }
        give(self, &owners_of(self, topic)[p], taker);
        moved = true;
    }
    return moved;
}

/* Ends when the topic that was balanced last comes round again. */
static void balance(Heterogeneous *self)
{
    GArray *topics = sorted_topics(self, 2);
    guint last = G_MAXUINT;
    for (int round = 0; round < ROUNDS_MAX; round++) {
        for (guint i = 0; i < topics->len; i++) {
            if (i == last) {
                g_array_free(topics, TRUE);
                return;
            }
            if (balance_topic(self, g_array_index(topics, int32_t, i)) || last == G_MAXUINT) {
                last = i;
            }
        }
    }
    g_array_free(topics, TRUE);
}

static void list_partitions(Heterogeneous *self)
{
    const AssignorInput *input = self->input;
    int32_t total = 0;
    self->first = g_new0(int32_t, (gsize)input->topic_count + 1);
    for (int32_t t = 0; t < input->topic_count; t++) {
        self->first[t] = total;
        total += input->topics[t].partitions;
    }
    self->owners = g_new(int32_t, (gsize)total + 1);
    for (int32_t i = 0; i < total; i++) {
        self->owners[i] = ASSIGNOR_NOBODY;
    }
}

/* Subscribers are named by their places, which order them. */
static void list_subscribers(Heterogeneous *self)
{
    const AssignorInput *input = self->input;
    int32_t *place_of = g_new0(int32_t, (gsize)input->member_count + 1);
    for (int32_t place = 0; place < input->member_count; place++) {
        place_of[self->order[place]] = place;
    }
    assignor_subscribers_init(&self->subscribers, input, self->order);
    for (int32_t i = 0; i < self->subscribers.first[input->topic_count]; i++) {
        self->subscribers.members[i] = place_of[self->subscribers.members[i]];
    }
    g_free(place_of);
}

static void give_result(const Heterogeneous *self, AssignorResult *result)
{
    for (int32_t t = 0; t < self->input->topic_count; t++) {
        for (int32_t p = 0; p < self->input->topics[t].partitions; p++) {
            const int32_t place = owners_of(self, t)[p];
            if (place != ASSIGNOR_NOBODY) {
                assignor_give(result, self->order[place], &self->input->topics[t], p, 1);
            }
        }
    }
}

void uniform_assign_heterogeneous(const AssignorInput *input,
                                  const int32_t *order,
                                  AssignorResult *result)
{
    const gsize members = (gsize)input->member_count + 1;
    Heterogeneous self = {
        .input = input,
        .order = order,
        .loads = g_new0(int32_t, members),
        .start = g_new0(int32_t, members),
        .end = g_new0(int32_t, members),
        .partitions = g_array_new(FALSE, FALSE, sizeof(int32_t)),
    };
    list_partitions(&self);
    list_subscribers(&self);
    load_levels_init(&self.levels, self.loads);
    keep_owned(&self);
    assign_unassigned(&self);
    balance(&self);
    give_result(&self, result);
    load_levels_clear(&self.levels);
    assignor_subscribers_clear(&self.subscribers);
    g_array_free(self.partitions, TRUE);
    g_free(self.owners);
    g_free(self.first);
    g_free(self.end);
    g_free(self.start);
    g_free(self.loads);
}
