/* pending.c - stands in until the controller takes requests and the storage loses power. */
#include "models/world/cluster_state.h"

__attribute__((weak)) void controller_admin(Controller *self, const AdminRequest *request)
{
    (void)self;
    (void)request;
}
