/* version.c - which kafkasim this is; the build fills in KAFKASIM_VERSION and the commit. */
#include "scenarios/runner/version.h"
#include "kafkasim_commit.h"

const char *version_number(void)
{
    return KAFKASIM_VERSION;
}

const char *version_commit(void)
{
    return KAFKASIM_COMMIT;
}
