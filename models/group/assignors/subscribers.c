/* subscribers.c - who subscribes to which topic, both ways; made once an assignment. */
#include "models/group/assignors/assignor.h"

void assignor_subscribers_init(AssignorSubscribers *self,
                               const AssignorInput *input,
                               const int32_t *order)
{
    self->words = ((size_t)input->topic_count + 63) / 64;
    self->bits = g_new0(uint64_t, self->words * (size_t)input->member_count + 1);
    self->first = g_new0(int32_t, (gsize)input->topic_count + 2);
    for (int32_t m = 0; m < input->member_count; m++) {
        const AssignorMember *member = &input->members[m];
        for (int32_t i = 0; i < member->topic_count; i++) {
            const size_t t = (size_t)member->topics[i];
            self->bits[(size_t)m * self->words + t / 64] |= UINT64_C(1) << (t % 64);
            self->first[t + 1]++;
        }
    }
    for (int32_t t = 0; t < input->topic_count; t++) {
        self->first[t + 1] += self->first[t];
    }
    int32_t *next = g_memdup2(self->first, sizeof(int32_t) * ((gsize)input->topic_count + 1));
    self->members = g_new0(int32_t, (gsize)self->first[input->topic_count] + 1);
    for (int32_t i = 0; i < input->member_count; i++) {
        const int32_t m = order == NULL ? i : order[i];
        for (int32_t k = 0; k < input->members[m].topic_count; k++) {
            self->members[next[input->members[m].topics[k]]++] = m;
        }
    }
    g_free(next);
}

void assignor_subscribers_clear(AssignorSubscribers *self)
{
    g_free(self->bits);
    g_free(self->first);
    g_free(self->members);
}

/* Kafka compares with the first that has any topic at all, in the order of its map. */
bool assignor_is_homogeneous(const AssignorInput *input, const int32_t *order)
{
    bool *wanted = g_new0(bool, (gsize)input->topic_count + 1);
    int32_t count = 0;
    bool is_equal = true;
    for (int32_t i = 0; i < input->member_count && is_equal; i++) {
        const AssignorMember *member = &input->members[order[i]];
        if (count == 0) {
            for (int32_t k = 0; k < member->topic_count; k++) {
                wanted[member->topics[k]] = true;
            }
            count = member->topic_count;
            continue;
        }
        is_equal = member->topic_count == count;
        for (int32_t k = 0; k < member->topic_count && is_equal; k++) {
            is_equal = wanted[member->topics[k]];
        }
    }
    g_free(wanted);
    return is_equal;
}
