/* main.c - kafkasim. */
#include "scenarios/runner/cli.h"

int main(int argc, char **argv)
{
    return cli_main(argc, argv);
}
