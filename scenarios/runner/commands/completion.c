/* completion.c - kafkasim completion: scripts for bash, zsh and fish, from the tables. */
#include "scenarios/runner/commands/commands.h"
#include <string.h>

typedef struct Keys {
    GString *out;
    char *last;
} Keys;

/* The keys come sorted; a name of two scopes is one word. What a shell would expand
 * or split ("$schema", names with a remark) is left out. */
static void append_key(void *user, const char *key)
{
    Keys *keys = user;
    if (g_strcmp0(keys->last, key) == 0 || strpbrk(key, "$ \"'") != NULL) {
        return;
    }
    g_string_append_printf(keys->out, "%s ", key);
    g_free(keys->last);
    keys->last = g_strdup(key);
}

static char *all_keys(void)
{
    Keys keys = {.out = g_string_new(NULL)};
    scenario_each_key(append_key, &keys);
    g_free(keys.last);
    return g_string_free(keys.out, FALSE);
}

static char *all_commands(void)
{
    GString *out = g_string_new(NULL);
    for (size_t i = 0; i < command_count(); i++) {
        g_string_append_printf(out, "%s ", command_at(i)->name);
    }
    return g_string_free(out, FALSE);
}

static void append_option_words(const Command *command, GString *out)
{
    for (size_t i = 0; i < option_count(); i++) {
        const OptionRow *row = option_at(i);
        if (!option_belongs_to(row, command)) {
            continue;
        }
        g_string_append_printf(out, "--%s ", row->name);
        if (row->letter != 0) {
            g_string_append_printf(out, "-%c ", row->letter);
        }
    }
}

static void append_bash(GString *out)
{
    g_autofree char *commands = all_commands();
    g_autofree char *keys = all_keys();
    g_string_append_printf(out,
                           "# bash completion for kafkasim\n"
                           "_kafkasim() {\n"
                           "    local cur=${COMP_WORDS[COMP_CWORD]} cmd=${COMP_WORDS[1]} words=\n"
                           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                           "        COMPREPLY=($(compgen -W \"%s--help --version\" -- \"$cur\"))\n"
                           "        return\n"
                           "    fi\n"
                           "    case $cmd in\n",
                           commands);
    for (size_t i = 0; i < command_count(); i++) {
        g_string_append_printf(out, "    %s) words=\"", command_at(i)->name);
        append_option_words(command_at(i), out);
        g_string_append(out, "\" ;;\n");
    }
    g_string_append_printf(
        out,
        "    esac\n"
        "    case $cur in -*)\n"
        "        COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")); return ;;\n"
        "    esac\n"
        "    case $cmd in\n"
        "    explain) COMPREPLY=($(compgen -W \"%s\" -- \"$cur\")) ;;\n"
        "    completion) COMPREPLY=($(compgen -W \"bash zsh fish\" -- \"$cur\")) ;;\n"
        "    describe) COMPREPLY=($(compgen -W \"topics brokers quorum groups members offsets "
        "transactions\" -- "
        "\"$cur\") "
        "$(compgen -f -X '!*.json' -- \"$cur\")) ;;\n"
        "    partition|assign) ;;\n"
        "    plot) COMPREPLY=($(compgen -d -- \"$cur\")) ;;\n"
        "    *) COMPREPLY=($(compgen -f -X '!*.json' -- \"$cur\") "
        "$(compgen -d -- \"$cur\")) ;;\n"
        "    esac\n"
        "}\n"
        "complete -o filenames -F _kafkasim kafkasim\n",
        keys);
}

/* Inside single quotes of zsh and fish; ':' and brackets are special in zsh's _arguments. */
static void append_quoted(GString *out, const char *text, bool zsh)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\'') {
            g_string_append(out, zsh ? "'\\''" : "\\'");
        } else if (zsh && strchr(":[]", *at) != NULL) {
            g_string_append_printf(out, "\\%c", *at);
        } else {
            g_string_append_c(out, *at);
        }
    }
}

static void append_zsh_option(const OptionRow *row, GString *out)
{
    g_string_append_printf(out, "        '--%s[", row->name);
    append_quoted(out, row->help, true);
    g_string_append_c(out, ']');
    if (row->argument != NULL) {
        g_string_append_printf(out, ":%s:_files", row->argument);
    }
    g_string_append(out, "' \\\n");
}

static void append_zsh_command(const Command *command, const char *keys, GString *out)
{
    g_string_append_printf(out, "    %s) _arguments -s \\\n", command->name);
    for (size_t i = 0; i < option_count(); i++) {
        if (option_belongs_to(option_at(i), command)) {
            append_zsh_option(option_at(i), out);
        }
    }
    if (strcmp(command->name, "explain") == 0) {
        g_string_append_printf(out, "        '*:key:(%s)' ;;\n", keys);
    } else if (strcmp(command->name, "completion") == 0) {
        g_string_append(out, "        '*:shell:(bash zsh fish)' ;;\n");
    } else if (strcmp(command->name, "partition") == 0) {
        g_string_append(out, "        '*:key:' ;;\n");
    } else if (strcmp(command->name, "assign") == 0) {
        g_string_append(out, "        '*:owned:' ;;\n");
    } else if (strcmp(command->name, "plot") == 0) {
        g_string_append(out, "        '*:directory:_files -/' ;;\n");
    } else {
        g_string_append(out, "        '*:scenario:_files -g \"*.json\"' ;;\n");
    }
}

static void append_zsh(GString *out)
{
    g_autofree char *keys = all_keys();
    g_string_append(out, "#compdef kafkasim\n_kafkasim() {\n    local -a commands\n");
    g_string_append(out, "    commands=(\n");
    for (size_t i = 0; i < command_count(); i++) {
        g_string_append_printf(out, "        '%s:", command_at(i)->name);
        append_quoted(out, command_at(i)->help, true);
        g_string_append(out, "'\n");
    }
    g_string_append(out,
                    "    )\n"
                    "    if (( CURRENT == 2 )); then\n"
                    "        _describe command commands\n"
                    "        return\n"
                    "    fi\n"
                    "    local command=$words[2]\n"
                    "    shift words; (( CURRENT-- ))\n"
                    "    case $command in\n");
    for (size_t i = 0; i < command_count(); i++) {
        append_zsh_command(command_at(i), keys, out);
    }
    g_string_append(out, "    esac\n}\n_kafkasim \"$@\"\n");
}

static void append_fish_option(const OptionRow *row, GString *out)
{
    g_string_append(out, "complete -c kafkasim");
    if (row->commands != NULL) {
        g_string_append_printf(out, " -n '__fish_seen_subcommand_from %s'", row->commands);
    }
    g_string_append_printf(out, " -l %s", row->name);
    if (row->letter != 0) {
        g_string_append_printf(out, " -s %c", row->letter);
    }
    g_string_append(out, row->argument != NULL ? " -r -d '" : " -d '");
    append_quoted(out, row->help, false);
    g_string_append(out, "'\n");
}

static void append_fish(GString *out)
{
    g_autofree char *keys = all_keys();
    g_string_append(out, "# fish completion for kafkasim\n");
    for (size_t i = 0; i < command_count(); i++) {
        g_string_append_printf(out,
                               "complete -c kafkasim -f -n __fish_use_subcommand -a %s -d '",
                               command_at(i)->name);
        append_quoted(out, command_at(i)->help, false);
        g_string_append(out, "'\n");
    }
    for (size_t i = 0; i < option_count(); i++) {
        append_fish_option(option_at(i), out);
    }
    g_string_append_printf(
        out,
        "complete -c kafkasim -f -n '__fish_seen_subcommand_from explain' -a '%s'\n"
        "complete -c kafkasim -f -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'\n",
        keys);
}

ExitStatus command_completion(Options *options)
{
    const char *shell = options->operands->pdata[0];
    g_autoptr(GString) out = g_string_new(NULL);
    if (strcmp(shell, "bash") == 0) {
        append_bash(out);
    } else if (strcmp(shell, "zsh") == 0) {
        append_zsh(out);
    } else if (strcmp(shell, "fish") == 0) {
        append_fish(out);
    } else {
        command_complain("completion: expected bash, zsh or fish, found \"%s\"", shell);
        return EXIT_STATUS_USAGE;
    }
    return command_print(out->str);
}
