/* raft_log.c - epochs of a log, and who writes the shared content. See the header. */
#include "models/raft/raft_log.h"

static RaftEpoch *epoch_at(const RaftLog *self, guint i)
{
    return &g_array_index(self->epochs, RaftEpoch, i);
}

static int64_t end_of(const RaftLog *self, guint i)
{
    return i + 1 < self->epochs->len ? epoch_at(self, i + 1)->start_offset : self->end_offset;
}

void raft_log_init(RaftLog *self)
{
    self->epochs = g_array_new(FALSE, FALSE, sizeof(RaftEpoch));
    self->end_offset = 0;
}

void raft_log_clear(RaftLog *self)
{
    g_array_free(self->epochs, TRUE);
    self->epochs = NULL;
}

int32_t raft_log_last_epoch(const RaftLog *self)
{
    return self->epochs->len > 0 ? epoch_at(self, self->epochs->len - 1)->epoch : 0;
}

void raft_log_append(RaftLog *self, int32_t epoch, int64_t end_offset)
{
    if (end_offset <= self->end_offset) {
        return;
    }
    if (raft_log_last_epoch(self) < epoch) {
        const RaftEpoch entry = {epoch, self->end_offset};
        g_array_append_val(self->epochs, entry);
    }
    self->end_offset = end_offset;
}

void raft_log_truncate(RaftLog *self, int64_t offset)
{
    while (self->epochs->len > 0 && epoch_at(self, self->epochs->len - 1)->start_offset >= offset) {
        g_array_set_size(self->epochs, self->epochs->len - 1);
    }
    self->end_offset = MIN(self->end_offset, offset);
}

RaftEpoch raft_log_end_of_epoch(const RaftLog *self, int32_t epoch)
{
    RaftEpoch answer = {0, 0};
    for (guint i = 0; i < self->epochs->len && epoch_at(self, i)->epoch <= epoch; i++) {
        answer = (RaftEpoch){epoch_at(self, i)->epoch, end_of(self, i)};
    }
    return answer;
}

int32_t raft_log_epoch_at(const RaftLog *self, int64_t offset, int64_t *ret_end)
{
    for (guint i = self->epochs->len; i-- > 0;) {
        if (epoch_at(self, i)->start_offset <= offset) {
            *ret_end = end_of(self, i);
            return epoch_at(self, i)->epoch;
        }
    }
    *ret_end = self->end_offset;
    return 0;
}

bool raft_log_validate(const RaftLog *self, int64_t offset, int32_t epoch, RaftEpoch *ret_diverging)
{
    *ret_diverging = raft_log_end_of_epoch(self, epoch);
    return ret_diverging->epoch == epoch && ret_diverging->start_offset >= offset;
}

int64_t raft_log_truncate_to(RaftLog *self, RaftEpoch diverging)
{
    RaftEpoch own = raft_log_end_of_epoch(self, diverging.epoch);
    bool same = own.epoch == diverging.epoch;
    raft_log_truncate(self,
                      same ? MIN(own.start_offset, diverging.start_offset) : own.start_offset);
    return self->end_offset;
}

int64_t raft_log_common_end(const RaftLog *a, const RaftLog *b)
{
    int64_t common = 0;
    for (guint i = 0; i < MIN(a->epochs->len, b->epochs->len); i++) {
        const RaftEpoch *one = epoch_at(a, i);
        const RaftEpoch *other = epoch_at(b, i);
        if (one->epoch != other->epoch || one->start_offset != other->start_offset) {
            break;
        }
        common = MIN(end_of(a, i), end_of(b, i));
    }
    return common;
}

RaftContent *raft_content_new(MetadataLog *metadata)
{
    RaftContent *self = g_new0(RaftContent, 1);
    self->metadata = metadata;
    raft_log_init(&self->log);
    return self;
}

void raft_content_free(RaftContent *self)
{
    if (self != NULL) {
        raft_log_clear(&self->log);
        g_free(self);
    }
}

void raft_content_note(RaftContent *self)
{
    raft_log_append(&self->log, self->writer_epoch, metadata_end_offset(self->metadata));
}

int64_t raft_content_take_over(RaftContent *self, RaftLog *log, int32_t epoch)
{
    raft_content_note(self);
    int64_t common = raft_log_common_end(&self->log, log);
    raft_log_truncate(log, common);
    raft_log_truncate(&self->log, common);
    metadata_truncate(self->metadata, common);
    self->writer_epoch = epoch;
    return common;
}
