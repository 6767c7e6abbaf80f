/* SPDX-License-Identifier: MIT */
/*
 * cli: the command line, and the verbs; see cli.h.
 *
 * It must never be called once servers run: it may wait for a terminal or a disk.
 */
#include "cli.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "ask.h"
#include "backup.h"
#include "dropin.h"
#include "fmt.h"
#include "host.h"
#include "log.h"
#include "metrics.h"
#include "order.h"
#include "remote.h"
#include "status.h"
#include "talk.h"

enum { EXIT_NO_SUPERVISOR = 3, EXIT_USAGE = 64, EXIT_CONFIG = 78, OUT = 1, ERR = 2, ANY = INT_MAX };

static const char usage[] =
"Usage:\n"
"  mcinit [-c FILE] [-n] [-d] [-o SECTION.KEY=VALUE]...    run the servers of an INI file\n"
"  mcinit [-gsvw] [-p SIGNAL] [-e CODE]... -- PROGRAM [ARG]...\n"
"                                                     run one program, with no INI\n"
"  mcinit [-S SOCKET] VERB [ARG]...                   one of those below\n"
"\n"
"  -c FILE     the INI; else ./mcinit.ini, /data/mcinit.ini, /etc/mcinit.ini\n"
"  -n          check the INI, say every error in it, and do nothing\n"
"  -d          go into the background; return when the servers run, or why they do not is known\n"
"  -o S.K=V    set a key, for example -o server.heap=4G; may be repeated\n"
"  -S SOCKET   the control socket in the run_dir of the mcinit that a verb is for\n"
"  --trace F   write what is decided and why to F, for a bug report\n"
"  --help  --version\n"
"\n";

static void
put(const char *text)
{
	log_print(OUT, text);
}

static int
complain(const char *what, const char *word)
{
	char text[512];

	fmt_put(text, sizeof(text), "mcinit: %s%s. `mcinit help` shows what there is.\n", what, word);
	log_print(ERR, text);
	return EXIT_USAGE;
}

/* ---- verbs ---- */

static int verb_help(struct cli *cli);

static int
verb_check(struct cli *cli)
{
	if (cli->verb[1] != NULL)
		cli->request.file = cli->verb[1];
	return cli_check(cli);
}

static int
verb_keys(struct cli *cli)
{
	(void)cli;
	conf_print_keys(put);
	return 0;
}

static int
verb_sample(struct cli *cli)
{
	(void)cli;
	conf_print_sample(put);
	return 0;
}

static int
verb_version(struct cli *cli)
{
	(void)cli;
	put("mcinit " MCINIT_VERSION "\n");
	return 0;
}

static void
say_nothing(void *cookie, enum conf_severity severity, const char *line)
{
	(void)cookie;
	(void)severity;
	(void)line;
}

/* The directory of -S, else what the INI says; "" leaves the choice to the default places. */
static void
asked_run_dir(const struct cli *cli, char path[HOST_PATH])
{
	static _Alignas(64) struct load_text text;
	static _Alignas(64) struct conf conf;
	const char *slash = cli->socket != NULL ? strrchr(cli->socket, '/') : NULL;

	path[0] = '\0';
	if (slash != NULL)
		fmt_put(path, HOST_PATH, "%.*s", (int)(slash - cli->socket) + 1, cli->socket);
	else if (cli->socket != NULL)
		fmt_put(path, HOST_PATH, ".");
	else {
		/* Also of an INI that is broken by now: it may be just that which is to be mended. */
		load_read(&text, &conf, &cli->request, false, say_nothing, NULL);
		fmt_put(path, HOST_PATH, "%s", conf.mcinit.run_dir != NULL ? conf.mcinit.run_dir : "");
	}
}

static int
with_supervisor(struct cli *cli, int (*talk)(const char *, int, char *const *))
{
	char asked[HOST_PATH], path[HOST_PATH], text[1024];
	int rc;

	asked_run_dir(cli, asked);
	rc = host_find_run_dir(asked, path);
	if (rc == 0)
		return talk(path, cli->words, cli->verb);
	fmt_put(text, sizeof(text), "mcinit: no mcinit runs here%s%s%s. Start it, or name its INI (-c) "
	    "or its socket (-S)\n", *path != '\0' ? ", run_dir " : "", path,
	    rc == -EACCES ? ", which this user may not look into" : "");
	log_print(ERR, text);
	return EXIT_NO_SUPERVISOR;
}

static int
verb_logs(struct cli *cli)
{
	return with_supervisor(cli, talk_logs);
}

static int
verb_send(struct cli *cli)
{
	return with_supervisor(cli, talk_send);
}

static int
verb_console(struct cli *cli)
{
	return with_supervisor(cli, talk_console);
}

static int
ask_server(const char *run_dir, int count, char *const words[])
{
	(void)count;
	(void)words;
	return remote_rcon(run_dir);
}

static int
verb_rcon(struct cli *cli)
{
	int code = remote_read(cli->words, cli->verb);

	if (code != 0)
		return code;
	return remote_needs_mcinit() ? with_supervisor(cli, ask_server) : remote_rcon(NULL);
}

static int
verb_reexec(struct cli *cli)
{
	return with_supervisor(cli, ask_reexec);
}

static int
verb_status(struct cli *cli)
{
	return with_supervisor(cli, status_show);
}

/* Who asks knows two answers. */
static int
verb_health(struct cli *cli)
{
	int code = with_supervisor(cli, status_health);

	return code == EXIT_NO_SUPERVISOR ? 1 : code;
}

static int
verb_metrics(struct cli *cli)
{
	return with_supervisor(cli, metrics_show);
}

static int
verb_start(struct cli *cli)
{
	return with_supervisor(cli, order_start);
}

static int
verb_stop(struct cli *cli)
{
	return with_supervisor(cli, order_stop);
}

static int
verb_restart(struct cli *cli)
{
	return with_supervisor(cli, order_restart);
}

static int
verb_kill(struct cli *cli)
{
	return with_supervisor(cli, order_kill);
}

static int
verb_shutdown(struct cli *cli)
{
	return with_supervisor(cli, order_shutdown);
}

static int
verb_backup(struct cli *cli)
{
	return with_supervisor(cli, backup_main);
}

static int
verb_reload(struct cli *cli)
{
	return with_supervisor(cli, order_reload);
}

static int
verb_rotate(struct cli *cli)
{
	return with_supervisor(cli, order_rotate);
}

/* name, what may follow it, all its options, so many words at most (itself included), what does it, help */
#define VERBS(X) \
	X("status", "[NAME] [--json] [--watch]", "--json --watch", ANY, verb_status, \
	    "how mcinit and its servers are") \
	X("health", "[NAME] [--live|--ready]", "--live --ready", ANY, verb_health, \
	    "exit code 0: well, 1: not") \
	X("metrics", "", "", 1, verb_metrics, \
	    "the same for Prometheus; see metrics_file") \
	X("start", "[NAME]", "--no-wait --timeout", ANY, verb_start, \
	    "start a server, and wait until players can join") \
	X("stop", "[NAME] [--now]", "--now --no-wait --timeout", ANY, verb_stop, \
	    "stop a server, or all; mcinit stays") \
	X("restart", "[NAME] [--now]", "--now --no-wait --timeout", ANY, verb_restart, \
	    "stop a server, and start it") \
	X("kill", "[NAME]", "--no-wait --timeout", ANY, verb_kill, \
	    "end a server by SIGKILL, unsaved") \
	X("shutdown", "", "--no-wait --timeout", ANY, verb_shutdown, \
	    "stop all servers, and mcinit") \
	X("logs", "[-f] [-n LINES] [NAME]", "-f -n", 5, verb_logs, \
	    "print what a server printed, -f: go on") \
	X("send", "[NAME] COMMAND...", "", ANY, verb_send, \
	    "type one command on a server's console") \
	X("console", "[NAME]", "", 2, verb_console, \
	    "follow a server's console and type on it") \
	X("rcon", "[NAME] COMMAND...", "-e --host --port --password-file --timeout --json --raw --no-color", ANY, verb_rcon, \
	    "ask by RCON; -e, -, --host, --json...: see README") \
	X("backup", "[NAME] -- COMMAND...", "--timeout", ANY, verb_backup, \
	    "run a command while the server does not save") \
	X("reload", "", "--no-wait --timeout", ANY, verb_reload, \
	    "read the INI again") \
	X("rotate", "", "", ANY, verb_rotate, \
	    "go on in new log files") \
	X("reexec", "[PATH]", "", 2, verb_reexec, \
	    "go on in a new binary; servers do not notice") \
	X("check", "[FILE]", "", 2, verb_check, \
	    "check the INI, say every error in it") \
	X("keys", "", "", 1, verb_keys, \
	    "list every key of the INI with its default and range") \
	X("sample", "", "", 1, verb_sample, \
	    "print an INI to begin with") \
	X("version", "", "", 1, verb_version, \
	    "print the version") \
	X("help", "", "", 1, verb_help, \
	    "print this")

/* The texts apart: a table with pointers in it costs each process pages of its own. */
static const struct verb {
	char name[10], words[27], help[60];
	int most;
} verbs[] = {
#define X(name, words, options, most, run, help) { name, words, help, most },
	VERBS(X)
#undef X
};

#define X(name, words, options, most, run, help) run,
static int (*const run_verb[])(struct cli *cli) = { VERBS(X) };
#undef X

void
cli_each_verb(void (*see)(const char *name, const char *words, const char *options, const char *help))
{
#define X(name, words, options, most, run, help) see(name, words, options, help);
	VERBS(X)
#undef X
}

static int
verb_help(struct cli *cli)
{
	char line[128];

	(void)cli;
	put(usage);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		fmt_put(line, sizeof(line), "  %-8s %-25s %s\n", verbs[i].name, verbs[i].words,
		    verbs[i].help);
		put(line);
	}
	put("\n  start, stop, restart, kill, shutdown and reload wait for the outcome: --no-wait, --timeout TIME;\n"
	    "  stop and restart --now: no warnings.\n");
	put("\nWith `--`, as the small container inits:\n");
	put(dropin_help);
	return 0;
}

int
cli_verb(struct cli *cli)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(cli->verb[0], verbs[i].name) != 0)
			continue;
		return cli->words > verbs[i].most ?
		    complain("one word too many: ", cli->verb[verbs[i].most]) : run_verb[i](cli);
	}
	return complain("there is no verb ", cli->verb[0]);
}

/* ---- options ---- */

static char *const help_words[] = { (char[]){ "help" }, NULL };
static char *const version_words[] = { (char[]){ "version" }, NULL };

/* The value of option `letter` at argv[*i]: behind it or the next word; NULL if there is none. */
static const char *
value_of(char *argv[], int *i)
{
	if (argv[*i][1] != '-' && argv[*i][2] != '\0')
		return argv[*i] + 2;
	return argv[*i + 1] != NULL ? argv[++*i] : NULL;
}

static bool
take_value(struct cli *cli, const char *word, const char *value)
{
	if (value == NULL)
		return complain("a value is missing behind ", word), false;
	if (word[1] == 'c') {
		cli->request.file = value;
	} else if (word[1] == 'S') {
		cli->socket = value;
	} else if (word[1] == '-') {
		cli->trace = value;
	} else {
		if (cli->request.count == CLI_OVERRIDES)
			return complain("too many times ", word), false;
		cli->overrides[cli->request.count++] = value;
	}
	return true;
}

static bool
take_option(struct cli *cli, char *argv[], int *i)
{
	const char *word = argv[*i];

	if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0)
		cli->verb = help_words;
	else if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0)
		cli->verb = version_words;
	else if (strcmp(word, "-n") == 0)
		cli->check_only = true;
	else if (strcmp(word, "-d") == 0)
		cli->daemon = true;
	else if (word[1] == 'c' || word[1] == 'o' || word[1] == 'S' || strcmp(word, "--trace") == 0)
		return take_value(cli, word, value_of(argv, i));
	else
		return complain("there is no option ", word), false;
	return true;
}

bool
cli_parse(struct cli *cli, int argc, char *argv[])
{
	memset(cli, 0, sizeof(*cli));
	cli->request.overrides = cli->overrides;
	for (int i = 1; i < argc && cli->verb == NULL; i++) {
		if (argv[i][0] != '-' || argv[i][1] == '\0') {
			cli->verb = argv + i;
			cli->words = argc - i;
		} else if (strcmp(argv[i], "--") == 0) {
			cli->exit_code = complain("no program behind ", argv[i]);
			return false;
		} else if (!take_option(cli, argv, &i)) {
			cli->exit_code = EXIT_USAGE;
			return false;
		}
	}
	if (cli->socket != NULL && cli->verb == NULL)
		cli->exit_code = complain("there is no verb for -S ", cli->socket);
	if (cli->daemon && (cli->verb != NULL || cli->check_only))
		cli->exit_code = complain("-d is for running servers, and not beside ",
		    cli->verb != NULL ? cli->verb[0] : "-n");
	else if (cli->daemon && host_mode() != MODE_SERVICE)
		cli->exit_code = complain("process 1 has no background to go to: leave out ", "-d");
	return cli->exit_code == 0;
}

/* ---- check ---- */

static void
print_complaint(void *cookie, enum conf_severity severity, const char *line)
{
	char text[2048];

	(void)cookie;
	fmt_put(text, sizeof(text), "%s%s\n", severity == CONF_WARNING ? "warning: " : "", line);
	log_print(ERR, text);
}

int
cli_check(struct cli *cli)
{
	static _Alignas(64) struct load_text text;
	static _Alignas(64) struct conf conf;
	int errors = load_read(&text, &conf, &cli->request, true, print_complaint, NULL);
	char line[LOAD_PATH + 64];

	if (errors > 0)
		return EXIT_CONFIG;
	fmt_put(line, sizeof(line), "%s: configuration OK, %d server%s\n",
	    text.file[0] != '\0' ? text.file : "defaults", conf.servers, conf.servers == 1 ? "" : "s");
	put(line);
	return 0;
}
