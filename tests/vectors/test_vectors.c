/* test_vectors.c - test_vectors [NAME...]: every vector of every file, one line a file.
 *
 *     partition-change: 1194 passed, 0 failed
 *
 * KAFKASIM_VECTORS=DIR reads the files of that folder instead of tests/vectors: those named, or all
 * that it has (what it lacks is said on standard error). A file that cannot be read, or is missing
 * otherwise, counts as one failure, and so does a folder with none of them. Exit 0 only if nothing
 * failed. */
#include "tests/vectors/vectors.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define FAILURES_SHOWN 3

typedef struct VectorFile {
    const char *name;
    VectorCheck check;
} VectorFile;

static const VectorFile files[] = {
    {"partition-change", check_partition_change},
    {"controller-sequences", check_controller_sequence},
    {"broker-heartbeats", check_broker_heartbeats},
    {"placement", check_placement},
    {"leader-epochs", check_leader_epochs},
    {"follower-truncation", check_follower_truncation},
    {"fetch-divergence", check_fetch_divergence},
    {"leader-isr-hw", check_leader_isr_hw},
    {"raft-quorum-state", check_raft_quorum_state},
    {"quotas-rate", check_quotas_rate},
    {"quotas-tokenbucket", check_quotas_tokenbucket},
    {"producer-state-1", check_producer_state},
    {"producer-state-2", check_producer_state},
    {"producer-state-3", check_producer_state},
    {"exponential-backoff", check_exponential_backoff},
    {"murmur2-vectors", check_murmur2},
    {"record-sizes", check_record_sizes},
    {"compression-ratio", check_compression_ratio},
    {"builtin-partitioner", check_builtin_partitioner},
    {"accumulator-1", check_accumulator},
    {"accumulator-2", check_accumulator},
    {"assignor-vectors", check_assignor},
    {"client-assignor-chains-sticky", check_sticky_chain},
    {"client-assignor-chains-cooperative", check_cooperative_chain},
    {"server-assignors-chains", check_server_assignor},
    {"server-assignors-large", check_server_assignor},
    {"classic-group", check_classic_group},
    {"member-reconciliation", check_member_reconciliation},
    {"member-reconciliation-chains", check_reconciliation_chain},
    {"consumer-group-heartbeats-1", check_consumer_group},
    {"consumer-group-heartbeats-2", check_consumer_group},
};

/* Plain or compressed: gzread takes both. */
static char *read_text(const char *path)
{
    gzFile file = gzopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    GString *text = g_string_new(NULL);
    char buffer[65536];
    int got;
    while ((got = gzread(file, buffer, sizeof(buffer))) > 0) {
        g_string_append_len(text, buffer, got);
    }
    bool closed = gzclose(file) == Z_OK;
    bool whole = got == 0 && closed;
    return g_string_free(text, !whole);
}

/* The file's path, compressed or plain, or NULL when there is neither. */
static char *find_path(const char *name)
{
    static const char *const endings[] = {".json.gz", ".json"};
    const char *folder = g_getenv("KAFKASIM_VECTORS");
    for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
        char *path = g_strconcat(folder != NULL ? folder : KAFKASIM_SOURCE_DIR "/tests/vectors",
                                 "/",
                                 name,
                                 endings[i],
                                 NULL);
        if (g_file_test(path, G_FILE_TEST_EXISTS)) {
            return path;
        }
        g_free(path);
    }
    return NULL;
}

static cJSON *load(const char *name)
{
    g_autofree char *path = find_path(name);
    g_autofree char *text = path != NULL ? read_text(path) : NULL;
    return text != NULL ? cJSON_Parse(text) : NULL;
}

static int run_vectors(const VectorFile *file, const cJSON *vectors)
{
    int passed = 0;
    int failed = 0;
    int index = 0;
    const cJSON *vector;
    cJSON_ArrayForEach(vector, vectors)
    {
        g_autoptr(GString) why = g_string_new(NULL);
        if (file->check(vector, why)) {
            passed++;
        } else if (failed++ < FAILURES_SHOWN) {
            (void)fprintf(stderr, "%s[%d]: %s\n", file->name, index, why->str);
        }
        index++;
    }
    (void)printf("%s: %d passed, %d failed\n", file->name, passed, failed);
    return failed;
}

static int run_file(const VectorFile *file)
{
    cJSON *document = load(file->name);
    const cJSON *vectors =
        cJSON_IsArray(document) ? document : cJSON_GetObjectItemCaseSensitive(document, "vectors");
    int failed = 1;
    if (cJSON_GetArraySize(vectors) > 0) {
        failed = run_vectors(file, vectors);
    } else {
        (void)fprintf(stderr, "%s: no vectors could be read\n", file->name);
        (void)printf("%s: 0 passed, 1 failed\n", file->name);
    }
    cJSON_Delete(document);
    return failed;
}

static const VectorFile *find_file(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        if (strcmp(files[i].name, name) == 0) {
            return &files[i];
        }
    }
    (void)fprintf(stderr, "test_vectors: no vectors named %s\n", name);
    return NULL;
}

/* All files, but of a folder that was given only those that it has. */
static int run_all(void)
{
    int failed = 0;
    size_t run = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = find_path(files[i].name);
        if (path == NULL && g_getenv("KAFKASIM_VECTORS") != NULL) {
            (void)fprintf(stderr, "%s: not in the folder\n", files[i].name);
            continue;
        }
        failed += run_file(&files[i]);
        run++;
    }
    return run > 0 ? failed : 1;
}

int main(int argc, char **argv)
{
    int failed = argc < 2 ? run_all() : 0;
    for (int i = 1; i < argc; i++) {
        const VectorFile *file = find_file(argv[i]);
        failed += file != NULL ? run_file(file) : 1;
    }
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
