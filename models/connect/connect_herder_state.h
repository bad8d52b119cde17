/* connect_herder_state.h - what the files of this folder share: the memory of a worker. */
#ifndef KAFKASIM_MODELS_CONNECT_CONNECT_HERDER_STATE_H
#define KAFKASIM_MODELS_CONNECT_CONNECT_HERDER_STATE_H
#include "models/connect/connect_assignor.h"
#include "models/connect/connect_herder.h"

struct ConnectHerder {
    const GroupSpec *spec;
    const char *const *protocols; /* that it supports, in order of preference */
    ConnectTasks tasks;
    Consumer *member;
    ConnectAssignor *assignor; /* of use while it leads */
    bool is_eager;             /* the protocol of the last rebalance; at first its own */
    GArray *assignment;        /* int32_t: units, as it says when it joins */
    GArray *runs;              /* int32_t: those of them that it has started */
    GArray *stopping;          /* int32_t: tasks that it waits for */
    SimTime stop_deadline;
    struct {
        bool is_there; /* an assignment whose units start when the old ones have ended */
        bool revoked;
        SimDuration delay;
        int32_t generation;
    } given;
    int32_t completed_generation;
    SimTime alone_at; /* if no coordinator is found by then; SIM_TIME_MAX: there is one */
};

/* ConnectProtocolCompatibility.EAGER's name in the group. */
#define CONNECT_PROTOCOL_V0 "default"

/* connect_leader.c: onLeaderElected; of the MemberWork. */
SyncGroupRequest *connect_leader_assign(void *owner, const JoinGroupResponse *response);

#endif
