/* ledger_throttle.c - how long quotas told clients to wait. See ledger.h. */
#include "models/ledger/ledger_state.h"

static void add_throttle(ThrottleTotals *totals, SimDuration throttle)
{
    totals->answers++;
    totals->sum += throttle;
    totals->max = MAX(totals->max, throttle);
}

void ledger_producer_throttled(Ledger *self, int32_t producer, SimDuration throttle, SimTime now)
{
    if (now >= self->warmup) {
        add_throttle(&self->producers[producer].throttle, throttle);
    }
}

void ledger_group_throttled(Ledger *self, int32_t group, SimDuration throttle, SimTime now)
{
    if (now >= self->warmup) {
        add_throttle(&self->groups[group].throttle, throttle);
    }
}
