/* profile.h - what things cost: the hardware and software constants of one kind of machine.
 *
 * One table names every constant, its unit, where it comes from (protocol: follows from Kafka's
 * code; calibrated: from a measurement; assumed: a plausible guess) and what it means. Scenarios
 * override entries under cluster.model; results list the sources. Everything here is time or
 * size; behaviour is in Kafka's options. */
#ifndef KAFKASIM_MODELS_SPEC_PROFILE_H
#define KAFKASIM_MODELS_SPEC_PROFILE_H
#include "models/protocol/record_batch.h"
#include "sim/chance/distribution.h"
#include "sim/kernel/kernel.h"
#include <stddef.h>

/* Of one core, in bytes of plain records a second. */
typedef struct CodecSpeed {
    int64_t compress;
    int64_t decompress;
} CodecSpeed;

typedef struct HardwareProfile {
    Distribution network_latency;          /* one way, between hosts */
    Distribution network_loopback_latency; /* one way, on one host */
    SimDuration network_cross_rack_extra;
    int64_t network_bandwidth; /* bytes/s of each NIC and direction */
    int64_t disk_write;        /* bytes/s */
    int64_t disk_read;         /* bytes/s */
    Distribution disk_fsync;
    Distribution disk_seek;
    int64_t host_cores;
    int64_t host_page_cache;           /* bytes */
    int64_t disk_read_ahead;           /* bytes of a file, with the first page that is touched */
    Distribution host_memory_fill;     /* the kernel fills 1 MiB of file pages; of each process */
    int64_t host_other_threads;        /* of other programs, that want to run, in the mean */
    SimDuration host_other_burst;      /* they come in bursts of this mean length */
    SimDuration host_other_pause;      /* with a calm of this mean length between two */
    SimDuration host_slice;            /* of one of them, before another's turn */
    SimDuration cpu_network_request;   /* a network thread reads one request */
    SimDuration cpu_network_response;  /* and writes one response */
    SimDuration cpu_request;           /* a handler thread, any request */
    SimDuration cpu_produce_batch;     /* plus per batch appended */
    SimDuration cpu_fetch_partition;   /* plus per partition with data */
    int64_t cpu_produce_bytes_per_sec; /* checksum and copy of appended bytes */
    SimDuration cpu_replica_append;    /* follower: per batch appended */
    Distribution remote_latency;       /* tiered storage: of one request */
    int64_t remote_bandwidth;          /* bytes/s of one copy or read */
    int64_t cpu_cleaner_bytes_per_sec; /* log cleaner: of what it reads */
    SimDuration cpu_metadata_apply;    /* broker: per metadata record applied */
    SimDuration cpu_controller_event;  /* controller: per event of its queue */
    Distribution cpu_first_run;        /* a rare path, once in a process's life */
    SimDuration zookeeper_write;       /* ZooKeeper mode: a partition's state is written */
    SimDuration zookeeper_read;        /* and read */
    CodecSpeed codec[CODECS];
    SimDuration cpu_client_request; /* client: builds one request, or reads one answer */
    SimDuration cpu_client_wake;    /* client: its sleeping thread looks what there is to send */
    SimDuration cpu_client_send;    /* client: the application's thread sends one record */
    int64_t cpu_warm_percent;       /* of a step's cost that is left when it has just run */
    SimDuration cpu_cools;          /* after so long all of it is due again */
    Distribution process_exit;      /* kill -9 of a server to its sockets' reset */
    SimDuration broker_start;       /* CPU: process start to first registration (JVM) */
    SimDuration broker_ready;       /* CPU from there to ready to be unfenced, without its logs */
    SimDuration broker_recovery;    /* a thread recovers one segment after an unclean stop */
    Distribution broker_publish;    /* CPU of a broker until it leads what it is told to lead */
    Distribution broker_publish_followers; /* and until it then follows what it is to follow */
    Distribution broker_stop;              /* SIGTERM to the request for a controlled shutdown */
    Distribution broker_close;             /* shutdown granted to the end of the process */
    Distribution client_late; /* a client's thread whose sleep ends wakes up after it */
    SimDuration client_start; /* CPU of a client from its start to its first request */
} HardwareProfile;

typedef enum ProfileType {
    PROFILE_DISTRIBUTION, /* of ns: "5ms" or {"lognormal": {"median": "2ms", "p99": "20ms"}} */
    PROFILE_DURATION,     /* ns: "5ms" */
    PROFILE_BANDWIDTH,    /* bytes/s: "200MB/s", "10Gbit/s" */
    PROFILE_BYTES,        /* "8GiB" */
    PROFILE_COUNT,        /* a number, at least 1 */
    PROFILE_NUMBER,       /* a number, or 0 */
} ProfileType;

typedef struct ProfileEntry {
    const char *group; /* "network": the object under cluster.model */
    const char *key;   /* "latency" */
    ProfileType type;
    size_t offset;      /* in HardwareProfile */
    const char *source; /* "protocol", "calibrated" or "assumed" */
    const char *help;
} ProfileEntry;

size_t profile_entry_count(void);
const ProfileEntry *profile_entry_at(size_t index);
/* CPU for so many bytes of plain records; 0 without a codec. */
SimDuration
profile_compress_ns(const HardwareProfile *profile, CompressionCodec codec, int64_t bytes);
SimDuration
profile_decompress_ns(const HardwareProfile *profile, CompressionCodec codec, int64_t bytes);
/* Of a step that last began so long ago: its code and data leave the caches while others run. */
SimDuration profile_warm_ns(const HardwareProfile *profile, SimDuration work, SimDuration idle);
/* Fills in the defaults of the profile "provisional". */
void hardware_profile_init(HardwareProfile *profile);

#endif
