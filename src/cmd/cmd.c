/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd.c - the way from the command line to a command: help, version, completion, errors.
 */
#define _GNU_SOURCE
#include "cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "report/text.h"
#include "sys/file.h"

static const struct opt global_options[] = {
	{"help", 'h', NULL, "show this help", NULL},
	{"version", 'V', NULL, "show the version", NULL},
	{"completion", 0, "SHELL", "print the completion script of a shell (bash)",
	 "bash"},
	OPT_END,
};

int cmd_print(const char *text, struct error *err)
{
	if (sys_fd_write(STDOUT_FILENO, text, strlen(text), err) != 0)
		return error_frame(err, "standard output");
	return 0;
}

static void add_command_help(const struct cmd *cmd, struct str *out)
{
	str_addf(out, "Usage: moult %s [OPTION]... %s\n%s\n\n%s\n\nOptions:\n", cmd->name,
		 cmd->arguments, cmd->summary, cmd->description);
	opt_help(cmd->options, out);
}

static void add_global_help(const struct cmd *const *cmd, struct str *out)
{
	str_add(out, "Usage: moult COMMAND [OPTION]... [ARGUMENT]...\n"
		     "Give a machine a new operating system, and prove what that "
		     "bought.\n\nCommands:\n");
	for (; *cmd != NULL; cmd++)
		str_addf(out, "  %-10s %s\n", (*cmd)->name, (*cmd)->summary);
	str_add(out, "\nOptions:\n");
	opt_help(global_options, out);
	str_add(out,
		"\n\"moult COMMAND --help\" tells more; so does the manual page "
		"moult(1).\n"
		"Exit status: 0 done, 1 system failure, 2 usage, 3 bad input, 4 "
		"refused,\n"
		"5 verification failed, 6 failed after writing began, 7 partial result,\n"
		"8 regression (--gate), 130 interrupted.\n");
}

static void add_completion_case(const struct cmd *cmd, struct str *out)
{
	const struct opt *row;

	str_addf(out, "\t%s)\n\t\tcase $before in\n", cmd->name);
	for (row = cmd->options; row->name != NULL; row++) {
		if (row->argument == NULL)
			continue;
		str_addf(out, "\t\t--%s", row->name);
		if (row->letter != 0)
			str_addf(out, "|-%c", row->letter);
		if (row->values == NULL)
			str_add(out, ") return ;;\n");
		else if (strcmp(row->values, "FILE") == 0 ||
			 strcmp(row->values, "DIR") == 0)
			str_addf(out,
				 ") COMPREPLY=($(compgen -%c -- \"$word\")); return ;;\n",
				 row->values[0] == 'F' ? 'f' : 'd');
		else
			str_addf(out,
				 ") COMPREPLY=($(compgen -W \"%s\" -- \"$word\")); "
				 "return ;;\n",
				 row->values);
	}
	str_add(out, "\t\tesac\n\t\twords=\"");
	for (row = cmd->options; row->name != NULL; row++)
		str_addf(out, "%s--%s", row == cmd->options ? "" : " ", row->name);
	str_add(out, "\" ;;\n");
}

static void add_completion(const struct cmd *const *table, struct str *out)
{
	const struct cmd *const *cmd;

	str_add(out, "# bash completion of moult, made from its option tables by: moult "
		     "--completion bash\n"
		     "_moult()\n{\n\tlocal word=${COMP_WORDS[COMP_CWORD]} "
		     "before=${COMP_WORDS[COMP_CWORD-1]} words=\n"
		     "\tCOMPREPLY=()\n\tcase $COMP_CWORD:${COMP_WORDS[1]} in\n\t1:*) "
		     "words=\"");
	for (cmd = table; *cmd != NULL; cmd++)
		str_addf(out, "%s ", (*cmd)->name);
	str_add(out, "--help --version\" ;;\n\tesac\n\t[ $COMP_CWORD -gt 1 ] && case "
		     "${COMP_WORDS[1]} in\n");
	for (cmd = table; *cmd != NULL; cmd++)
		add_completion_case(*cmd, out);
	str_add(out, "\tesac\n\tCOMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\n"
		     "complete -F _moult moult\n");
}

static int run_global(const struct cmd *const *table, int argc, char **argv,
		      struct error *err)
{
	autostr struct str text = STR_EMPTY;
	const char *word = argc > 1 ? argv[1] : "";

	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
		str_add(&text, "moult " MOULT_VERSION "\n");
	else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
		 strcmp(word, "help") == 0)
		add_global_help(table, &text);
	else if (strcmp(word, "--completion") == 0 && argc == 3 &&
		 strcmp(argv[2], "bash") == 0)
		add_completion(table, &text);
	else if (argc < 2)
		return error_set(err, ERROR_USAGE, "no command given (see moult --help)");
	else
		return error_set(err, ERROR_USAGE, "unknown %s '%s' (see moult --help)",
				 word[0] == '-' ? "option" : "command", word);
	return cmd_print(text.bytes, err);
}

static const struct cmd *find_command(const struct cmd *const *cmd, const char *name)
{
	for (; *cmd != NULL; cmd++)
		if (strcmp((*cmd)->name, name) == 0)
			return *cmd;
	return NULL;
}

/* "--help" anywhere before "--" shows the help, whatever else is on the line. */
static int run_command(const struct cmd *cmd, int argc, char **argv, struct error *err)
{
	autostr struct str text = STR_EMPTY;
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") != 0 && strcmp(argv[i], "-h") != 0)
			continue;
		add_command_help(cmd, &text);
		return cmd_print(text.bytes, err);
	}
	if (cmd->run(argc, argv, err) != 0)
		return error_frame(err, "%s", cmd->name);
	return 0;
}

/* Descriptors 0 to 2 are always open: a file that got one of them would receive our
 * messages. One that was closed becomes unusable for what it is for, so that its use is
 * an error and not silence. */
static void open_standard_streams(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)open("/dev/null",
				   fd == 0 ? O_WRONLY
					   : O_RDONLY); /* the lowest number is fd */
}

int cmd_main(const struct cmd *const *table, int argc, char **argv)
{
	const struct cmd *cmd = argc > 1 ? find_command(table, argv[1]) : NULL;
	struct error err = {0};
	autostr struct str clean = STR_EMPTY;
	char text[600];
	int result;

	open_standard_streams();
	if (cmd != NULL)
		result = run_command(cmd, argc - 1, argv + 1, &err);
	else
		result = run_global(table, argc, argv, &err);
	if (result == 0)
		return 0;
	/* a message may quote what somebody else wrote */
	(void)error_text(&err, text, sizeof(text));
	report_add_clean(&clean, text, strlen(text));
	(void)fprintf(stderr, "moult: %s\n", clean.bytes);
	return err.kind != ERROR_NONE ? (int)err.kind : (int)ERROR_SYSTEM;
}
