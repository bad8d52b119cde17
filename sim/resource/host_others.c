/* host_others.c - see host_others.h. */
#include "sim/resource/host_others.h"
#include <glib.h>

static void init_phases(OtherPrograms *self, const OtherProgramsProfile *profile)
{
    const int64_t share = stream_between(&self->phases, 0, profile->burst + profile->pause - 1);
    self->burst = distribution_exponential(profile->burst);
    self->pause = distribution_exponential(profile->pause);
    self->has_pauses = true;
    self->in_burst = share < profile->burst;
    self->until = distribution_draw(self->in_burst ? &self->burst : &self->pause, &self->phases);
}

void other_programs_init(OtherPrograms *self,
                         const OtherProgramsProfile *profile,
                         uint32_t cores,
                         uint64_t seed,
                         const char *host)
{
    *self = (OtherPrograms){.in_burst = true};
    if (profile->threads == 0 || profile->slice <= 0) {
        return;
    }
    g_autofree char *name = g_strconcat(host, "/other programs", NULL);
    g_autofree char *phases = g_strconcat(name, "/phases", NULL);
    stream_init(&self->turns, seed, name);
    stream_init(&self->phases, seed, phases);
    self->slice = profile->slice;
    double mean = (double)profile->slice * profile->threads / cores;
    double calm = mean;
    if (profile->burst > 0 && profile->pause > 0) {
        calm = mean / 2;
        mean += (mean - calm) * (double)profile->pause / (double)profile->burst;
        init_phases(self, profile);
    }
    self->turn = distribution_exponential((int64_t)MIN(mean, (double)SIM_SEC(3600)));
    self->calm_turn = distribution_exponential((int64_t)MIN(calm, (double)SIM_SEC(3600)));
}

static void advance(OtherPrograms *self, SimTime now)
{
    while (self->until <= now) {
        self->in_burst = !self->in_burst;
        self->until +=
            1 + distribution_draw(self->in_burst ? &self->burst : &self->pause, &self->phases);
    }
}

SimDuration other_programs_wait(OtherPrograms *self, SimTime now)
{
    if (self->has_pauses) {
        advance(self, now);
    }
    return distribution_draw(self->in_burst ? &self->turn : &self->calm_turn, &self->turns);
}
