/* SPDX-License-Identifier: MIT */
/*
 * marker: what a line of a server's console says; see marker.h.
 *
 * A line is a prefix that the logger made, and content.  A marker's text stands at the very
 * beginning of the content, where players and plugins always have a name or a bracket of theirs;
 * only what the JVM itself prints has no prefix.  Two things nobody can tell apart, and nobody
 * tries: a chat format that has nothing but a colour between the name and what is said, and a
 * plugin that prints a player's text on a line of its own.
 */
#include "marker.h"

#include <string.h>

enum { MOST = 512, LONGEST_BRACKET = 160, LONGEST_NAME = 40, SHORTEST = 4 };

/* Whose line it is, by its prefix; a bit each. */
enum whose {
	OTHERS = 0,		/* a plugin's, a mod's, or that of a thread on which players chat */
	SERVERS = 1,
	JVMS = 2,		/* no prefix */
	BOTH = SERVERS | JVMS
};

/* In a text: figures (the last are the value), a player's name, anything. */
#define N	"\1"
#define NAME	"\2"
#define ANY	"\3"

/*
 * Kind, whose, text; first those that begin with what any line may begin with, then those that
 * begin with SHORTEST plain bytes.  No text may be a name that a player can have with ": " behind
 * it: who is called Exception may say anything.
 *
 * "Steve left the game" comes with "lost connection", if no plugin says something else instead.
 * "[Steve: Stopping the server]" comes with "Stopping server", and a chat format may look so.
 * BungeeCord's "[Steve] -> UpstreamBridge has disconnected" is what /say makes, too; and it closes its
 * listeners at a /greload as at its end.
 */
#define OPEN_ROWS(X) \
	X(JOINED, SERVERS, NAME "[" ANY "] logged in with entity id " N " at " ANY) \
	X(LEFT, SERVERS, NAME " lost connection: " ANY) \
	X(PROGRESS, SERVERS, N "% completed (" ANY)		/* rewriting an old world */
#define CLOSED_ROWS(X) \
	X(JOINED, SERVERS, "[connected player] " NAME " (" ANY ") has connected") \
	X(LEFT, SERVERS, "[connected player] " NAME " (" ANY ") has disconnected" ANY) \
	X(JOINED, SERVERS, "Player connected: " ANY) \
	X(LEFT, SERVERS, "Player disconnected: " ANY) \
	X(STARTING, SERVERS, "Starting minecraft server " ANY) \
	X(STARTING, SERVERS, "Booting up Velocity " ANY) \
	X(STARTING, SERVERS, "Enabled BungeeCord version " ANY) \
	X(STARTING, SERVERS, "Enabled Waterfall version " ANY) \
	X(STARTING, SERVERS, "Starting Server") \
	X(PROGRESS, SERVERS, "Preparing spawn area: " N "%") \
	X(PROGRESS, SERVERS, "Preparing spawn area for " ANY ", " N "%") \
	X(PROGRESS, SERVERS, "Converting... " N "%") \
	X(READY, SERVERS, "Done (" N "s)!") \
	X(READY, SERVERS, "Done (" N "s)! For help, " ANY) \
	X(READY, SERVERS, "Done (" N "ns)! For help, " ANY) \
	X(READY, SERVERS, "Listening on /" ANY ":" N) \
	X(READY, SERVERS, "Server started.") \
	X(RCON_UP, SERVERS, "RCON running on " ANY ":" N) \
	X(STOPPING, SERVERS, "Stopping server") \
	X(STOPPING, SERVERS, "Stopping server...") \
	X(STOPPING, SERVERS, "Stopping the server") \
	X(STOPPING, SERVERS, "Stopping the server..") \
	X(STOPPING, SERVERS, "Shutting down the proxy...") \
	X(STOPPING, SERVERS, "Server stop requested.") \
	X(SAVED, SERVERS, "ThreadedAnvilChunkStorage: All " ANY) \
	X(SAVED, SERVERS, "All dimensions are saved") \
	X(FLUSHING, SERVERS, "Flushing Chunk IO")			/* Paper, until 1.21 */ \
	X(SAVED, SERVERS, "Closing Thread Pool")			/* ... and behind that */ \
	X(FLUSHING, SERVERS, "Waiting for all RegionFile I/O tasks " ANY)	/* Paper, since */ \
	X(SAVED, SERVERS, "All RegionFile I/O tasks to complete") \
	X(PAUSED, SERVERS, "Server empty for " N " seconds, pausing") \
	X(SAVED, JVMS, "Quit correctly")				/* Bedrock */ \
	X(CRASH_REPORT, SERVERS, "This crash report has been " ANY) \
	X(CRASH_REPORT, SERVERS, "We were unable to save this crash " ANY) \
	X(CRASH_REPORT, SERVERS, "Crash report saved to " ANY) \
	X(CRASH_REPORT, SERVERS, "Encountered an unexpected exception" ANY) \
	X(CRASH_REPORT, SERVERS, "Failed to start the minecraft " ANY) \
	X(OOM, BOTH, "java.lang.OutOfMemoryError" ANY) \
	X(EULA, SERVERS, "You need to agree to the EULA " ANY) \
	X(BIND, SERVERS, "**** FAILED TO BIND TO PORT!") \
	X(BIND, SERVERS, "Can't bind to /" ANY ":" N) \
	X(BIND, SERVERS, "Could not bind to host /" ANY ":" N) \
	X(BIND, SERVERS, "Network port occupied, " ANY) \
	X(SESSION_LOCK, SERVERS, "Failed to check session lock, " ANY) \
	X(SESSION_LOCK, SERVERS, "The save is being accessed from " ANY) \
	X(RESTART_ASKED, SERVERS, "Attempting to restart with " ANY) \
	X(RESTART_ASKED, SERVERS, "Startup script '" ANY "' does not exist! " ANY) \
	X(JVM_OPTION, JVMS, "Unrecognized VM option " ANY) \
	X(JVM_OPTION, JVMS, "Unrecognized option: " ANY) \
	X(JVM_OPTION, JVMS, "Invalid " ANY " heap size: " ANY) \
	X(JVM_OPTION, JVMS, "Error: Could not create the Java " ANY) \
	X(JVM_OPTION, JVMS, "Error occurred during init" ANY) \
	X(NO_JAR, JVMS, "Error: Unable to access jarfile " ANY) \
	X(NO_JAR, JVMS, "Error: Invalid or corrupt jarfile " ANY) \
	X(OLD_JAVA, JVMS, "java.lang.UnsupportedClassVersionError: " ANY "version " N ")" ANY) \
	X(OLD_JAVA, JVMS, "Minecraft " N " requires " ANY "Java " N " or " ANY)	/* Paper */ \
	X(FATAL, JVMS, "# A fatal error has been " ANY) \
	X(FATAL, JVMS, "# There is insufficient memory " ANY) \
	X(WATCHDOG, SERVERS, "A single server tick took " N " seconds " ANY) \
	X(WATCHDOG, SERVERS, "Considering it to be crashed, " ANY) \
	X(WATCHDOG, SERVERS, "The server has stopped responding!" ANY)

/* One string: an array of arrays would be half padding, one of pointers would need relocations. */
#define X(kind, whose, text) text
static const char texts[] = OPEN_ROWS(X) CLOSED_ROWS(X);
#undef X
#define X(kind, whose, text) { MARKER_##kind, whose, sizeof(text) - 1, (text)[0] },
static const struct row {
	uint8_t kind, whose, bytes;
	char first;
} rows[] = { OPEN_ROWS(X) CLOSED_ROWS(X) };
#undef X

/* One byte for the SHORTEST of a text, and a bit for each that a closed row has: most lines fit none. */
#define KEY(text) (uint8_t)((text)[0] + 3 * (text)[1] + 5 * (text)[2] + 7 * (text)[3])
#define BIT(text, part) | (KEY(text) / 64 == (part) ? UINT64_C(1) << KEY(text) % 64 : 0)
#define X0(kind, whose, text) BIT(text, 0)
#define X1(kind, whose, text) BIT(text, 1)
#define X2(kind, whose, text) BIT(text, 2)
#define X3(kind, whose, text) BIT(text, 3)
static const uint64_t keys[] = { 0 CLOSED_ROWS(X0), 0 CLOSED_ROWS(X1), 0 CLOSED_ROWS(X2),
	0 CLOSED_ROWS(X3) };

#define X(kind, whose, text) + 1
enum { OPEN = OPEN_ROWS(X), ROWS = OPEN CLOSED_ROWS(X) };
#undef X

#define X(name, often, word) often,
enum { EACH, ONCE };
static const uint8_t often[] = { MARKERS(X) };
#undef X
#define X(name, often, word) word "\0"
static const char words[] = MARKERS(X);
#undef X

bool
marker_is_once(int kind)
{
	return kind >= 0 && kind < MARKER_COUNT && often[kind] == ONCE;
}

const char *
marker_word(int kind)
{
	const char *word = words;

	if (kind < 0 || kind >= MARKER_COUNT)
		return "?";
	while (kind-- > 0)
		word += strlen(word) + 1;
	return word;
}

/* A piece of a line. */
struct piece {
	const char *at;
	size_t bytes;
};

static struct piece
behind(struct piece p, size_t bytes)
{
	return (struct piece){ p.at + bytes, p.bytes - bytes };
}

/* The length of the text in a list "one\0two\0" with which p begins or ends, or 0. */
static size_t
has_one(struct piece p, const char *list, bool at_end)
{
	for (size_t n; (n = strlen(list)) > 0; list += n + 1)
		if (p.bytes >= n && memcmp(at_end ? p.at + p.bytes - n : p.at, list, n) == 0)
			return n;
	return 0;
}

static bool
skip(struct piece *p, const char *text, size_t bytes)
{
	if (p->bytes < bytes || memcmp(p->at, text, bytes) != 0)
		return false;
	*p = behind(*p, bytes);
	return true;
}

#define SKIP(p, text)	skip(p, text, sizeof(text) - 1)

static bool
is_in(const char *set, char c)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* ---- the prefix ---- */

/* "[...]" at the beginning: its length, or 0. */
static size_t
bracket(struct piece p)
{
	const char *end;
	size_t most = p.bytes < LONGEST_BRACKET ? p.bytes : LONGEST_BRACKET;

	if (p.bytes == 0 || *p.at != '[')
		return 0;
	end = memchr(p.at, ']', most);
	return end == NULL ? 0 : (size_t)(end - p.at) + 1;
}

/* "12:34:56 [INFO] ", "2021-01-09 01:41:09 [INFO] ": the old and the proxies' way. */
static enum whose
skip_plain_time(struct piece *p)
{
	size_t i = 0, level;
	struct piece rest;

	while (i < p->bytes && i < 24 && (is_digit(p->at[i]) || is_in("-: .,", p->at[i])))
		i++;
	if (i < 9)
		return JVMS;
	rest = behind(*p, i);
	level = bracket(rest);
	rest = behind(rest, level);
	if (level == 0 || level > 24 || !SKIP(&rest, " "))
		return JVMS;
	(void)SKIP(&rest, "[Minecraft-Server] ");	/* Forge before 1.7 */
	*p = rest;
	return SERVERS;
}

/* "[12:34:56 INFO]", "[Server thread/WARN]": the shortest level has four letters. */
static bool
has_level(struct piece bracket)
{
	size_t n = bracket.bytes - 1;

	while (n > 0 && bracket.at[n - 1] >= 'A' && bracket.at[n - 1] <= 'Z')
		n--;
	return bracket.bytes - 1 - n >= 4;
}

/*
 * "[12:34:56] [Server thread/INFO]: ", "[12:34:56 INFO]: ", Forge's third bracket for the logger,
 * Fabric's parentheses, Bedrock's one bracket without a colon.  A first bracket that does not begin
 * with a digit is a plugin's or a player's; a third that is not the game's is a mod's.
 */
static enum whose
skip_prefix(struct piece *p)
{
	struct piece rest = *p, one;
	bool level = false;

	(void)SKIP(&rest, "NO LOG FILE! - ");		/* Bedrock, where it keeps none */
	if (rest.bytes < 3 || *rest.at != '[' || !is_digit(rest.at[1]))
		return skip_plain_time(p);
	for (int i = 0; i < 2 && !level; i++) {
		one = (struct piece){ rest.at, bracket(rest) };
		if (one.bytes == 0)
			return OTHERS;
		level = has_level(one);
		rest = behind(rest, one.bytes);
		if (i > 0 && SKIP(&one, "[Async Chat Thread"))
			return OTHERS;
		if (level && SKIP(&rest, ": ")) {
			*p = rest;
			return SERVERS;
		}
		if (!SKIP(&rest, " "))
			return OTHERS;
	}
	one = (struct piece){ rest.at, bracket(rest) };
	rest = behind(rest, one.bytes);
	if (one.bytes == 0)
		(void)SKIP(&rest, "(Minecraft) ");
	else if (!has_one(one, "[minecraft/\0[net.minecraft.\0[ne.mi.\0", false) ||
	    !SKIP(&rest, ": "))
		return OTHERS;
	*p = rest;
	return level ? SERVERS : OTHERS;
}

/* What comes before the class of an exception. */
static bool
skip_thrown(struct piece *p, enum whose whose)
{
	const char *quote;
	size_t n;

	/* Most lines are done with here, those of a stack among them. */
	if (p->bytes < 2 || (*p->at == '\t' ? p->at[1] != 'j' :
	    *p->at != 'C' && *p->at != 'T' && *p->at != 'A' && *p->at != 'E'))
		return false;
	n = has_one(*p, "Caused by: \0Terminating due to \0Aborting due to \0", false);
	if (n == 0 && whose == JVMS)
		n = has_one(*p, "\t\0Exception: \0", false);
	*p = behind(*p, n);
	if (n > 0 || !SKIP(p, "Exception in thread \""))
		return n > 0;
	if ((quote = memchr(p->at, '"', p->bytes)) == NULL)
		return false;
	*p = behind(*p, (size_t)(quote + 1 - p->at));
	return SKIP(p, " ");
}

/* ---- the content ---- */

/*
 * No space, which chat formats and death messages have behind a name; and neither 0xc2 nor 0xe2,
 * with which arrows, bullets and section signs begin.
 */
static bool
is_of_name(unsigned char c)
{
	return is_digit((char)c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
	    c == '.' || (c >= 0x80 && c != 0xc2 && c != 0xe2);
}

/* How many bytes what stands in a text takes, figures with their points and commas; 0: none. */
static size_t
takes(char what, struct piece p, int32_t *value)
{
	size_t n = 0;

	if (p.bytes == 0)
		return 0;
	if (what == *NAME) {
		while (n < p.bytes && is_of_name((unsigned char)p.at[n]))
			n++;
		return n <= LONGEST_NAME ? n : 0;
	}
	if (what != *N)
		return *p.at == what;
	for (*value = 0; n < p.bytes && n < 6 && is_digit(p.at[n]); n++)
		*value = *value * 10 + (p.at[n] - '0');
	while (n > 0 && n < p.bytes && (is_digit(p.at[n]) || p.at[n] == '.' || p.at[n] == ','))
		n++;
	return n;
}

static bool
is_like(struct piece p, const char *text, size_t bytes, int32_t *value)
{
	const char *end = text + bytes, *any = NULL;
	struct piece from = { 0 };

	while (text < end || p.bytes > 0) {
		size_t n = 0;

		if (text < end && *text == *ANY) {
			any = ++text;
			from = p;
			if (text == end)
				return true;
			continue;
		}
		if (text < end)
			n = takes(*text, p, value);
		if (n > 0) {
			p = behind(p, n);
			text++;
			continue;
		}
		if (any == NULL || from.bytes == 0)
			return false;
		from = behind(from, 1);
		p = from;
		text = any;
	}
	return true;
}

/* Whether it can be the value of that kind. */
static bool
is_sane(int kind, int32_t *value)
{
	switch (kind) {
	case MARKER_PROGRESS:
		return *value <= 100;
	case MARKER_RCON_UP:
		return *value > 0 && *value <= 65535;
	case MARKER_OLD_JAVA:
		/* Of Java 21, version 65, and so on since Java 1.1. */
		*value += *value < 44 ? 44 : 0;
		return *value > 44 && *value < 1000;
	}
	*value = 0;
	return true;
}

/* Whether one of the open rows may fit: behind a name, or figures, which are one, too. */
static bool
is_open(struct piece p)
{
	int32_t none;
	size_t n = takes(*NAME, p, &none);

	return n > 0 && p.bytes > n + 1 && (p.at[n] == '[' || p.at[n] == '%' ||
	    (p.at[n] == ' ' && p.at[n + 1] == 'l'));
}

static enum marker_kind
kind_of(struct piece p, enum whose whose, int32_t *value)
{
	const char *text = texts;
	bool open, closed;

	if (p.bytes < SHORTEST)
		return MARKER_NONE;
	open = is_open(p);
	closed = keys[KEY(p.at) / 64] >> KEY(p.at) % 64 & 1;
	for (const struct row *row = rows; open || closed; text += row++->bytes) {
		if (row == rows + (closed ? ROWS : OPEN))
			break;
		if ((row < rows + OPEN ? open : row->first == *p.at) && row->whose & whose &&
		    is_like(p, text, row->bytes, value) && is_sane(row->kind, value))
			return (enum marker_kind)row->kind;
	}
	*value = 0;
	return MARKER_NONE;
}

/* An exception with its class, which is not the same in any two versions of the server. */
static bool
is_locked(struct piece p)
{
	return p.bytes > 0 && is_in(")g", p.at[p.bytes - 1]) &&
	    has_one(p, ": already locked (possibly by other Minecraft instance?)\0"
	    ": Failed to check session lock, aborting\0"
	    " is being accessed from another location, aborting\0", true);
}

/* ---- the line ---- */

/*
 * What a prompt left behind goes, in front and at the end only: whoever looked behind a carriage
 * return in the middle would hear players who send one.
 */
static enum marker_kind
plain(struct piece p, int32_t *value)
{
	enum marker_kind kind;
	enum whose whose;

	while (p.bytes > 0 && (p.at[p.bytes - 1] == '\r' || p.at[p.bytes - 1] == ' '))
		p.bytes--;
	while (p.bytes > 0 && (*p.at == '\r' || *p.at == '\b' || *p.at == '>' || *p.at == ' '))
		p = behind(p, 1);
	whose = skip_prefix(&p);
	if (whose == OTHERS)
		return MARKER_NONE;
	kind = kind_of(p, whose, value);
	if (kind == MARKER_NONE && skip_thrown(&p, whose))
		kind = kind_of(p, JVMS, value);
	return kind == MARKER_NONE && whose == JVMS && is_locked(p) ? MARKER_SESSION_LOCK : kind;
}

/* Without colours and other escapes.  Apart, because the compiler clears the room at each call. */
static enum marker_kind
coloured(struct piece p, int32_t *value)
{
	char room[MOST];
	size_t n = 0;

	for (size_t i = 0; i < p.bytes; i++) {
		if (p.at[i] != 0x1b) {
			room[n++] = p.at[i];
			continue;
		}
		if (i + 1 < p.bytes && p.at[i + 1] == '[')
			for (i += 2; i < p.bytes && (p.at[i] < '@' || p.at[i] > '~'); i++)
				;
		else
			i++;
	}
	return plain((struct piece){ room, n }, value);
}

enum marker_kind
marker_of(const char *line, size_t bytes, int32_t *value)
{
	struct piece p = { line, bytes < MOST ? bytes : MOST };

	*value = 0;
	return memchr(p.at, 0x1b, p.bytes) == NULL ? plain(p, value) : coloured(p, value);
}
