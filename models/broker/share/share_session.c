/* share_session.c - which partitions a member fetches from this broker, and who it is.
 *
 * A session lives on its connection: when that closes, what the member had acquired is available
 * again at once. Mirrors: ShareSession, ShareSessionCache, SharePartitionManager.releaseSession. */
#include "models/broker/share/share_manager.h"
#include <string.h>

static ShareSession *find(const ShareManager *self, const ShareFetchRequest *request)
{
    /* Member ids are random (KIP-1082): no two groups have the same. */
    ShareSession *session = g_hash_table_lookup(self->sessions_by_member, request->member_id);
    return session != NULL && strcmp(session->group_id, request->group_id) == 0 ? session : NULL;
}

static void want(ShareSession *session, const ShareItem *item)
{
    for (guint i = 0; i < session->partitions->len; i++) {
        if (topic_id_partition_equal(g_array_index(session->partitions, TopicIdPartition, i),
                                     item->partition)) {
            if (item->kind == SHARE_ITEM_FORGET) {
                g_array_remove_index(session->partitions, i);
            }
            return;
        }
    }
    if (item->kind == SHARE_ITEM_FETCH) {
        g_array_append_val(session->partitions, item->partition);
    }
}

ShareSession *share_session_get(ShareManager *self, const ShareFetchRequest *request)
{
    ShareSession *session = find(self, request);
    if (session == NULL && request->session_epoch != SHARE_SESSION_OPENS) {
        return NULL;
    }
    if (session == NULL) {
        session = g_new0(ShareSession, 1);
        session->group_id = request->group_id;
        g_strlcpy(session->member_id, request->member_id, sizeof session->member_id);
        session->partitions = g_array_new(FALSE, FALSE, sizeof(TopicIdPartition));
        g_ptr_array_add(self->sessions, session);
        g_hash_table_insert(self->sessions_by_member, session->member_id, session);
    }
    if (request->session_epoch == SHARE_SESSION_OPENS) {
        g_array_set_size(session->partitions, 0);
    }
    session->connection = request->header.connection;
    for (int32_t i = 0; i < request->count; i++) {
        const ShareItem *item = &request->items[i];
        if (item->kind == SHARE_ITEM_FETCH || item->kind == SHARE_ITEM_FORGET) {
            want(session, item);
        }
    }
    return session;
}

void share_session_end(ShareManager *self, ShareSession *session)
{
    g_ptr_array_remove(self->sessions, session);
    g_hash_table_remove(self->sessions_by_member, session->member_id);
    for (guint i = 0; i < self->shares->len; i++) {
        BrokerShare *share = g_ptr_array_index(self->shares, i);
        if (share->state != NULL && strcmp(share->group_id, session->group_id) == 0 &&
            share_partition_release(share->state, session->member_id)) {
            share_manager_arm(share);
            share_fetch_write(self, share->group_id, partition_identity(share->partition));
            share_manager_retry(share);
        }
    }
    g_array_free(session->partitions, TRUE);
    g_free(session);
}
