/* interrupt.h - Ctrl-C asks for a clean stop; an abort ends with exit status 70, want of
 * memory with 71.
 *
 * The only process-wide state of kafkasim: a signal belongs to the process. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_INTERRUPT_H
#define KAFKASIM_SCENARIOS_RUNNER_INTERRUPT_H
#include <stdbool.h>

/* SIGINT and SIGTERM set a flag; a second one ends the process at once. SIGABRT (a failed
 * assertion) prints the command that repeats the run and exits with 70; memory that the system
 * refuses ends the process with 71. */
void interrupt_install(void);
/* From here on the flag is looked at, and SIGHUP (a terminal that is closed) sets it too, unless it
 * is ignored (nohup). Before, it ends the process: nobody is there to signal twice. */
void interrupt_take_hangups(void);
bool interrupt_was_asked(void);
/* Copied; shown after an abort. NULL: none. */
void interrupt_set_replay(const char *command);

#endif
