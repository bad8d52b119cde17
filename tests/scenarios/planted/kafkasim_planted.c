/* kafkasim_planted.c - the program with a bug in it: its read_committed consumers pass nothing
 * over. In place of models/consumer/aborted.c, so that what it says of a broken invariant can be
 * read. */
#include "models/consumer/consumer_state.h"
#include "scenarios/runner/cli.h"

void fetch_buffer_skip_aborted(RecordBatch *batches,
                               int32_t count,
                               const AbortedTransaction *aborted,
                               int32_t aborted_count)
{
    (void)batches;
    (void)count;
    (void)aborted;
    (void)aborted_count;
}

int main(int argc, char **argv)
{
    return cli_main(argc, argv);
}
