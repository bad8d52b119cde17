/* interrupt.c - signals, and memory that is refused. Signal handlers use only what is
 * async-signal-safe. */
#include "scenarios/runner/interrupt.h"
#include "scenarios/runner/options.h"
#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* One wish may arrive twice (a tool that signals a process and its group); a person's second Ctrl-C
 * does not come this soon. */
#define SAME_WISH_MS 300

static volatile sig_atomic_t asked;
static bool writes_log;
static char replay[2048];

static struct timespec asked_at;

static long ms_since(const struct timespec *then)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - then->tv_sec) * 1000 + (now.tv_nsec - then->tv_nsec) / 1000000;
}

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    if (!asked) {
        clock_gettime(CLOCK_MONOTONIC, &asked_at);
        asked = 1;
    } else if (ms_since(&asked_at) > SAME_WISH_MS) {
        _exit(EXIT_STATUS_INTERRUPTED);
    }
}

static void say(const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t written = write(STDERR_FILENO, text, left);
        if (written <= 0) {
            return;
        }
        text += written;
        left -= (size_t)written;
    }
}

static void on_abort(int signal_number)
{
    (void)signal_number;
    say("kafkasim: this is a bug in kafkasim, not in your scenario.\n");
    if (replay[0] != '\0') {
        say("to repeat it: ");
        say(replay);
        say("\n");
    }
    _exit(EXIT_STATUS_BUG);
}

/* GLib logs its last words when memory is refused, and its default writer would end in a trap. */
static GLogWriterOutput
on_log(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer user)
{
    for (gsize i = 0; (level & G_LOG_LEVEL_ERROR) != 0 && i < count; i++) {
        if (strcmp(fields[i].key, "MESSAGE") == 0 && fields[i].length < 0 &&
            strstr(fields[i].value, "failed to allocate") != NULL) {
            say("kafkasim: error: the system gives no more memory; no results were written\n"
                "  = hint: fewer partitions, a shorter run or fewer jobs (-j), or a higher limit "
                "(ulimit -v)\n");
            _exit(EXIT_STATUS_MEMORY);
        }
    }
    return g_log_writer_default(level, fields, count, user);
}

/* Without this a result would be opened as the standard output or error that the caller closed,
 * and messages would go into it. Opened the wrong way round, so that using one still fails. */
static void hold_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) == -1) {
            (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        }
    }
}

void interrupt_install(void)
{
    hold_standard_streams();
    if (!writes_log) { /* GLib takes one writer a process */
        g_log_set_writer_func(on_log, NULL, NULL);
        writes_log = true;
    }
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_interrupt;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = on_abort;
    sigaction(SIGABRT, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL); /* a write that fails says so */
    sigaction(SIGXFSZ, &action, NULL);
}

void interrupt_take_hangups(void)
{
    struct sigaction action;
    if (sigaction(SIGHUP, NULL, &action) == 0 && action.sa_handler != SIG_IGN) { /* no nohup */
        memset(&action, 0, sizeof action);
        sigemptyset(&action.sa_mask);
        action.sa_handler = on_interrupt;
        sigaction(SIGHUP, &action, NULL);
    }
}

bool interrupt_was_asked(void)
{
    return asked != 0;
}

void interrupt_set_replay(const char *command)
{
    size_t length = command != NULL ? strlen(command) : 0;
    if (length >= sizeof replay) {
        length = 0;
    }
    memcpy(replay, command != NULL ? command : "", length);
    replay[length] = '\0';
}
