/* batch.c - see batch.h. */
#include "models/producer/batch.h"

void batch_list_init(BatchList *list, BatchLink link)
{
    *list = (BatchList){.link = link};
}

void batch_list_insert(BatchList *list, ProducerBatch *batch, ProducerBatch *place)
{
    BatchLink link = list->link;
    ProducerBatch *before = place == NULL ? list->last : place->previous[link];
    batch->next[link] = place;
    batch->previous[link] = before;
    if (before == NULL) {
        list->first = batch;
    } else {
        before->next[link] = batch;
    }
    if (place == NULL) {
        list->last = batch;
    } else {
        place->previous[link] = batch;
    }
    batch->linked[link] = true;
    list->count++;
}

void batch_list_remove(BatchList *list, ProducerBatch *batch)
{
    BatchLink link = list->link;
    if (!batch->linked[link]) {
        return;
    }
    ProducerBatch *before = batch->previous[link];
    ProducerBatch *after = batch->next[link];
    if (before == NULL) {
        list->first = after;
    } else {
        before->next[link] = after;
    }
    if (after == NULL) {
        list->last = before;
    } else {
        after->previous[link] = before;
    }
    batch->linked[link] = false;
    list->count--;
}

bool batch_is_full(const ProducerBatch *batch)
{
    return batch->closed || (batch->fill.count > 0 && batch->fill.bytes >= batch->fill.limit);
}
