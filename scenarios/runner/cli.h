/* cli.h - the command line: which command, with which options, and what the process exits with. */
#ifndef KAFKASIM_SCENARIOS_RUNNER_CLI_H
#define KAFKASIM_SCENARIOS_RUNNER_CLI_H

int cli_main(int argc, char **argv);

#endif
