/* actor.h - processes on a virtual clock: a broker, a controller, a client.
 *
 * An actor is one process. It has one run-to-completion handler per kind of event, a life
 * (dead, alive, frozen) and an incarnation: each start is a new one, and whatever was sent to or
 * armed by an earlier incarnation is dropped, visibly (counted, and logged at debug level).
 *
 *     dead --start--> alive --freeze--> frozen --thaw--> alive;  alive or frozen --kill--> dead
 *
 * A handler changes only its own actor; it acts on the world through the calls below (arm, send,
 * log, count) and never calls another actor. A frozen process (SIGSTOP, a long GC pause) neither
 * reads nor fires timers: its events wait in order and are handled at the thaw. On a host whose
 * cores other programs use too (host.h), a process of one thread wakes up late: its events wait
 * for that in the same way.
 *
 * Sim owns everything of one run: kernel, pool, log, network, hosts, actors. No globals. */
#ifndef KAFKASIM_SIM_ACTOR_ACTOR_H
#define KAFKASIM_SIM_ACTOR_ACTOR_H
#include "sim/chance/stream.h"
#include "sim/kernel/kernel.h"
#include "sim/kernel/pool.h"
#include "sim/watch/event_log.h"

typedef struct Actor Actor;
typedef struct Sim Sim;
struct Network;

/* A message on a connection. Models embed it as the first member of their own structs and
 * allocate with message_new; it is flat (no inner pointers to free). */
typedef struct Message {
    uint32_t allocated_bytes; /* of the whole struct, set by message_new */
    uint32_t wire_bytes;      /* what links and NICs carry; set by the sender */
    uint16_t type;            /* belongs to the models */
    uint32_t connection;      /* the network's own: the receiver's name of the connection */
} Message;

/* One side's name of a connection between two processes; see sim/resource/network.h. 0 is none. */
typedef uint32_t ConnectionId;

/* A timer of an actor, embedded where its owner lives. `kind` and `owner` are the actor's own.
 * A kill voids it: it then counts as disarmed, and its old event is recognised by incarnation. */
typedef struct Timer {
    EventHandle handle;    /* 0 when disarmed */
    uint16_t kind;         /* which timer */
    uint16_t incarnation;  /* of the actor when it was armed */
    Actor *actor;          /* who armed it */
    void *owner;           /* which of them (a fetcher, a connection), or NULL */
    SimTime deadline;      /* when it fires; meaningless when disarmed */
    struct Timer *sibling; /* next timer that belongs to the same state (state.h) */
} Timer;

typedef struct ActorClass {
    const char *name;
    bool is_one_thread; /* its events are handled by a thread that sleeps in between (a client) */
    /* A new incarnation begins (process started). Volatile state must be reset here. */
    void (*on_start)(Actor *self);
    /* The process was killed: drop what lives in its memory. May not send, arm or log. */
    void (*on_kill)(Actor *self);
    /* A message arrived. Ownership passes to the handler: message_free it or keep it. */
    void (*on_mail)(Actor *self, ConnectionId connection, Message *message);
    void (*on_timer)(Actor *self, Timer *timer);
    /* Work given to a resource (host, disk) is finished; kind and data as given. */
    void (*on_done)(Actor *self, uint16_t kind, void *data);
    /* A connection this actor opened is usable; or one it accepted exists. */
    void (*on_connected)(Actor *self, ConnectionId connection);
    /* A connection broke, was closed by the peer, or was refused. The id is dead afterwards. */
    void (*on_disconnected)(Actor *self, ConnectionId connection);
    /* What it has sent there is in the buffers: network_has_taken_all said that it was not. */
    void (*on_writable)(Actor *self, ConnectionId connection);
} ActorClass;

typedef enum ActorLife { ACTOR_DEAD, ACTOR_ALIVE, ACTOR_FROZEN } ActorLife;

/* Kernel event kinds of actors; resources schedule these. */
enum {
    ACTOR_EVENT_MAIL = 1,       /* data: Message, its connection set */
    ACTOR_EVENT_TIMER,          /* data: Timer */
    ACTOR_EVENT_CONNECTED,      /* data: connection id as integer */
    ACTOR_EVENT_DISCONNECTED,   /* data: connection id as integer */
    ACTOR_EVENT_THAW,           /* handle the next event that waited; no data */
    ACTOR_EVENT_WAKE,           /* handle all that waited for a core; no data */
    ACTOR_EVENT_WRITABLE,       /* data: connection id as integer */
    ACTOR_EVENT_DONE_BASE = 64, /* + kind of the finished work; data as given */
};

/* Embedded as the first member of every model actor. Read-only outside actor.c. */
struct Actor {
    const ActorClass *class;
    Sim *sim;
    const char *name; /* "broker-1"; owned by the Sim */
    uint32_t id;      /* kernel target */
    uint32_t host;    /* index of its host, see sim/resource/host.h */
    uint16_t incarnation;
    bool keeps; /* events may have to wait: it is frozen, or crowded, or `frozen` is not empty */
    ActorLife life;
    SimTime frozen_at;    /* the last time; 0 never */
    SimTime thawed_at;    /* likewise */
    bool is_crowded;      /* its one thread has to wait for a core */
    bool is_waking;       /* and does so now */
    GArray *frozen;       /* events that wait for the thaw, in order */
    uint32_t frozen_head; /* how many of them are handled */
    uint32_t connections; /* the network's own: first of this process's connections */
};

/* What actors need of the resources, which stand one room above. NULL: no such resource. */
typedef struct SimHostCalls {
    bool (*can_start)(const Actor *actor);                            /* its host has power */
    void (*life_changed)(Actor *actor, ActorLife from, ActorLife to); /* stop or drop its work */
    bool (*is_crowded)(const Actor *actor);        /* other programs use its host's cores */
    SimDuration (*wake_delay)(const Actor *actor); /* until a thread gets one; drawn */
} SimHostCalls;
typedef struct SimNetworkCalls {
    void (*process_died)(struct Network *network, Actor *actor, bool peers_are_told);
    void (*disconnect_seen)(struct Network *network, ConnectionId connection);
    bool (*is_known)(const struct Network *network, ConnectionId connection);
    void (*mail_read)(struct Network *network, const Message *message); /* that was kept */
    void (*free)(struct Network *network);
} SimNetworkCalls;

/* Which lane serves a constant delay; direct-mapped, filled as delays are met. */
#define SIM_LANE_CACHE 32
typedef struct SimLane {
    SimDuration delay;
    LaneId lane;
    bool known;
} SimLane;

/* One run. `seed` feeds every stream. */
struct Sim {
    Kernel *kernel;
    Pool *pool;
    EventLog *log;
    GPtrArray *actors;       /* Actor*, borrowed, in id order */
    struct Network *network; /* set by network_new; NULL in tests without one */
    GPtrArray *hosts;        /* Host*, owned, in index order */
    uint64_t seed;
    uint64_t dropped_mail;   /* mail to dead incarnations */
    uint64_t dropped_events; /* their timers and finished work */
    const SimHostCalls *host_calls;
    const SimNetworkCalls *network_calls;
    void (*on_death)(void *owner); /* a process has died, maybe in its own handler; or NULL */
    void *death_owner;
    GPtrArray *names; /* of actors, owned; they outlive the log */
    char *bug_note;   /* sim_on_bug */
    SimLane lanes[SIM_LANE_CACHE];
};

/* Events that the log keeps; those past it are counted as left out. */
#define SIM_LOGGED_EVENTS_MAX 4000000

Sim *sim_new(uint64_t seed, const KernelLimits *limits);
/* Frees all of it, actors' structs excepted: models own those. Either free them after the Sim, or
 * actor_clear each before. */
void sim_free(Sim *sim);
SimTime sim_now(const Sim *sim);

/* Registers an actor, dead. `name` is copied. `self` is borrowed and must outlive the Sim, or be
 * cleared before the struct is freed; no event may be run after that. */
void actor_init(Actor *self, const ActorClass *class, Sim *sim, const char *name, uint32_t host);
void actor_clear(Actor *self);

/* Life. Each is a no-op with a false return when the life does not allow it. kill breaks the
 * process's connections as the kernel of a living host would (peers see a reset after the link's
 * latency); host_fail in resource/host.h is for a power cut, which nobody is told of. */
bool actor_start(Actor *self);
bool actor_kill(Actor *self);
bool actor_freeze(Actor *self);
bool actor_thaw(Actor *self);

SimTime actor_now(const Actor *self);

/* A stream of chance of this actor's own: (seed, "name/purpose"). */
void actor_stream(const Actor *self, const char *purpose, Stream *stream);

/* Arms a timer `delay` >= 0 ns from now; re-arms if armed. timer_init first. The lane form is
 * for delays that are the same constant every time. */
void timer_init(Timer *timer, uint16_t kind, void *owner);
bool timer_is_armed(const Timer *timer);
void actor_arm(Actor *self, Timer *timer, SimDuration delay);
void actor_arm_at(Actor *self, Timer *timer, SimTime at);
void actor_arm_constant(Actor *self, Timer *timer, SimDuration delay);
void actor_disarm(Actor *self, Timer *timer);
/* The timers that are the next to fire of those armed with this constant delay; NULL for one of an
 * actor of another class, or for none. Who knows what they will touch may fetch that ahead of its
 * use (BITS_PREFETCH); nothing else may depend on it. */
#define ACTOR_TIMERS_AHEAD 2u
void actor_timers_ahead(const Actor *self,
                        SimDuration delay,
                        const Timer *ret_timers[ACTOR_TIMERS_AHEAD]);

/* Messages. new: zeroed, from the Sim's pool. */
void *message_new(Sim *sim, size_t bytes, uint16_t type);
void message_free(Sim *sim, Message *message);

/* Logs a semantic event of this actor (what: a constant lower-case word or two, "isr shrink").
 * The event gets an id, its cause is the event being handled, and it becomes the cause of
 * whatever this handler schedules from here on. Returns the id (0 when the log is full). */
uint32_t actor_log(Actor *self, const char *what, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Our bug: prints what, seed, virtual time, event number and the last log lines, then aborts.
 * Always on. The runner adds scenario and replay command through sim_on_bug. */
#define SIM_ASSERT(sim, condition)                                                                 \
    ((condition) ? (void)0 : sim_bug((sim), __FILE__, __LINE__, #condition))
/* Text for that report, copied: the scenario and the command that repeats the run. */
void sim_on_bug(Sim *sim, const char *scenario_and_replay_command);
#define SIM_BUG(sim, what) sim_bug((sim), __FILE__, __LINE__, (what))
_Noreturn void sim_bug(const Sim *sim, const char *file, int line, const char *what);

#endif
