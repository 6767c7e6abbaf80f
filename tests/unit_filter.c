/* SPDX-License-Identifier: MIT */
/*
 * What becomes of console bytes, as filter.h promises it, however their stream is cut.
 */
#include "filter_lab.h"

/* ---- raw ---- */

static void
raw_is_byte_for_byte(void **state)
{
	char all[1024];
	struct row row = { all, sizeof(all), all, sizeof(all) };

	(void)state;
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)(i * 7 + i / 256);
	check_whole(&raw, &row);
	check_cut(&raw, &row);
	check_cut(&(struct filter_form){ .name = "lobby", .raw = true, .json = true }, &row);
	CHECK(&raw, SAME("a\r\n\033[31mb"), SAME("2026 mcinit: x\n"), SAME("\xff\0\n"));
}

/* ---- text ---- */

static void
ordinary_lines_pass(void **state)
{
	(void)state;
	CHECK(&text, SAME("a"), SAME("\n"), SAME("a\n\n\nb\n"),
	    SAME("[12:00:00] [Server thread/INFO]: Done (2.5s)! For help, type \"help\"\n"),
	    SAME("java.lang.Error: x\\y\n~}|{`^ !\n"), SAME("a\tb\n"));
}

static void
control_bytes_are_shown(void **state)
{
	(void)state;
	CHECK(&text, ROW("a\0b\n", "a^@b\n"), ROW("\001\a\b\v\f\016\037\n", "^A^G^H^K^L^N^_\n"),
	    ROW("a\177\n", "a^?\n"), ROW("\033\n", "^[\n"), ROW("\x1c", "^\\"));
}

static void
carriage_return_before_newline_goes_and_others_are_shown(void **state)
{
	(void)state;
	CHECK(&text, ROW("a\r\nb\r\n", "a\nb\n"), ROW("\r\n", "\n"), ROW("a\rb\n", "a^Mb\n"),
	    ROW("\r\r\n", "^M\n"), ROW("a\r\r\r\n\n", "a^M^M\n\n"), ROW("a\r\033[0mb\n", "a^Mb\n"),
	    ROW("a\r", "a"), ROW("\r\xc3\xa9\n", "^M\xc3\xa9\n"));
}

static void
c1_is_shown_as_utf8_and_as_lone_bytes(void **state)
{
	(void)state;
	CHECK(&text, ROW("a\xc2\x9b""31mb\n", "a\\x9b31mb\n"), ROW("\xc2\x80\xc2\x85\xc2\x9f\n",
	    "\\x80\\x85\\x9f\n"), ROW("a\x9b""31m\x80\x9f\n", "a\\x9b31m\\x80\\x9f\n"),
	    SAME("\xc2\xa0\n"));
}

static void
utf8_passes_wherever_it_is_cut(void **state)
{
	(void)state;
	CHECK(&text, SAME("\xc3\xa9t\xc3\xa9\n"), SAME("\xe2\x82\xac \xe4\xb8\xad\xe6\x96\x87\n"),
	    SAME("\xf0\x9f\x98\x80\n"), SAME("\xc2\xa7""6gold\n"), SAME("\xdf\xbf\xe0\xa0\x80\n"),
	    SAME("\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\n"),
	    SAME("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\n"),
	    /* In the middle of a letter such bytes are no C1. */
	    SAME("\xe2\x80\x9b\xf0\x9f\x9b\x9b\n"));
}

static void
bytes_of_no_utf8_pass_from_a0_on(void **state)
{
	(void)state;
	CHECK(&text, SAME("caf\xe9\n"), SAME("\xa0\xbf\xc0\xc1\xf5\xfe\xff\n"),
	    /* Cut short, too long for what they say, a surrogate, and past the last. */
	    ROW("\xe2\x82\n\xf0\x9f\x98x\n", "\xe2\\x82\n\xf0\\x9f\\x98x\n"),
	    ROW("\xe0\x80\xaf\xe0\x9f\xbf\n", "\xe0\\x80\xaf\xe0\\x9f\xbf\n"),
	    ROW("\xf0\x80\x80\xaf\xf0\x8f\xbf\n", "\xf0\\x80\\x80\xaf\xf0\\x8f\xbf\n"),
	    ROW("\xed\xa0\x80\xed\xbf\xbf\n", "\xed\xa0\\x80\xed\xbf\xbf\n"),
	    ROW("\xf4\x90\x80\x80\n", "\xf4\\x90\\x80\\x80\n"),
	    ROW("\xc0\x80\xc1\x9b\n", "\xc0\\x80\xc1\\x9b\n"),
	    ROW("\xf5\x80\x80\x80\n", "\xf5\\x80\\x80\\x80\n"),
	    /* What cuts a letter short may itself begin one. */
	    ROW("\xe2\x82\xc3\xa9\n", "\xe2\\x82\xc3\xa9\n"), ROW("\xf0\xc2\x9b\n", "\xf0\\x9b\n"),
	    ROW("\xc2\033[31m\x9b\n", "\xc2\\x9b\n"), ROW("\xc2\r\n", "\xc2\n"));
}

/* ---- colours ---- */

static void
colours_stay_if_they_are_wanted(void **state)
{
	(void)state;
	CHECK(&colored, SAME("\033[31mred\033[0m\n"), SAME("a\033[1;38;2;1;22;255mb\033[mc\n"),
	    SAME("a\033[38:5:1mb\033[0m\n"), SAME("a\033[0m\n"), SAME("\033[31m\033[0m"));
}

static void
colours_go_if_not(void **state)
{
	(void)state;
	CHECK(&text, ROW("\033[31mred\033[0m\n", "red\n"),
	    ROW("a\033[1;38;2;1;22;255mb\033[mc\n", "abc\n"),
	    ROW("\033[m\033[1m\n", "\n"), ROW("a\033[m", "a"), ROW("a\n\033[0m", "a\n"));
}

/* 61 parameter bytes. */
#define LONG	"1;2;3;4;5;6;7;8;9;0;11;22;33;44;55;66;77;88;99;00;12;13;14:15"

static void
longest_sequence_has_64_bytes(void **state)
{
	assert_int_equal(sizeof("\033[" LONG "m") - 1, FILTER_SGR);
	(void)state;
	CHECK(&text, ROW("a\033[" LONG "mb\n", "ab\n"),
	    ROW("a\033[" LONG "1mb\n", "a^[[" LONG "1mb\n"),
	    ROW("a\033[" LONG "\n", "a^[[" LONG "\n"));
	CHECK(&colored, SAME("a\033[" LONG "mb\033[m\n"),
	    ROW("a\033[" LONG "1mb\n", "a^[[" LONG "1mb\n"));
}

#define OTHERS									\
	ROW("\033[2J\033[H\033[K>\n", "^[[2J^[[H^[[K>\n"),			\
	ROW("a\033]0;title\ab\033\\\n", "a^[]0;title^Gb^[\\\n"),		\
	ROW("\033c\033(0\0337\n", "^[c^[(0^[7\n"),				\
	ROW("\033[?25l\033[>4;1m\033[1 m\n", "^[[?25l^[[>4;1m^[[1 m\n"),	\
	ROW("\033\033[\033[1\033[\n", "^[^[[^[[1^[[\n"),			\
	ROW("a\033\nb\033[\nc\033[3\nd", "a^[\nb^[[\nc^[[3\nd"),		\
	ROW("\033[1\r\n\033[\xc3\xa9\n", "^[[1\n^[[\xc3\xa9\n"),		\
	ROW("\033[3\x9b""1m\n", "^[[3\\x9b1m\n")

static void
other_escapes_are_shown(void **state)
{
	(void)state;
	CHECK(&text, OTHERS);
	CHECK(&colored, OTHERS);
}

static void
colour_ends_with_its_line(void **state)
{
	(void)state;
	CHECK(&colored, ROW("\033[31mred\nplain\n", "\033[31mred\033[0m\nplain\n"),
	    ROW("\033[31mred\r\n", "\033[31mred\033[0m\n"), ROW("\033[31m\n", "\033[31m\033[0m\n"),
	    ROW("\033[0m\033[1m\033[ma\033[0;1mb\n", "\033[1m\033[ma\033[0;1mb\033[0m\n"));
	CHECK(&prefixed_colored, ROW("\033[31mred\nplain\n",
	    "lobby: \033[31mred\033[0m\nlobby: plain\n"));
}

static void
reset_begins_no_line(void **state)
{
	(void)state;
	CHECK(&colored, ROW("a\n\033[0m", "a\n"), ROW("a\n\033[m\033[0mb\n", "a\nb\n"));
	CHECK(&prefixed_colored, ROW("a\n\033[m", "lobby: a\n"));
	CHECK(&prefixed, ROW("a\n\033[31m", "lobby: a\n"));
	CHECK(&json, ROW("a\n\033[31m", OPEN "a" CLOSE));
}

/* ---- whose line it is ---- */

static void
prefix_stands_before_each_line(void **state)
{
	(void)state;
	CHECK(&prefixed, ROW("a\nb\r\n\nc", "lobby: a\nlobby: b\nlobby: \nlobby: c"),
	    ROW("\x80\n\033\n\r\r\n\xe9\n", "lobby: \\x80\nlobby: ^[\nlobby: ^M\nlobby: \xe9\n"),
	    ROW(TIME " mcinit: a\n12", "lobby: " TIME " mcinit: a\nlobby: 12"), ROW("\r", ""));
}

static void
own_lines_of_a_server_get_its_name(void **state)
{
	static const struct row rows[] = {
		ROW(TIME " mcinit: x\n", "lobby: " TIME " mcinit: x\n"),
		ROW("a\n" TIME " mcinit: x\n", "a\nlobby: " TIME " mcinit: x\n"),
		ROW("\n\nmcinit: x\n", "\n\nlobby: mcinit: x\n"),
		ROW("mcinit: ", "lobby: mcinit: "),
		ROW(" \t 2026-11-25 12:00:00.5+01:00 mcinit: x",
		    "lobby:  \t 2026-11-25 12:00:00.5+01:00 mcinit: x"),
		ROW("{\"time\":1}\n", "lobby: {\"time\":1}\n"),
		ROW(" \t{\"time\"", "lobby:  \t{\"time\""),
		/* A colour or a reset hides nothing. */
		ROW("\033[1m2026\033[0m mc\033[mi\033[0;" "0mnit: x\n", "lobby: 2026 mcinit: x\n"),
		ROW("\033[1m{\"\033[mtime\"\n", "lobby: {\"time\"\n"),
		/* Exactly 64 visible bytes. */
		ROW("12345678901234567890123456789012345678901234567890123456mcinit: \n",
		    "lobby: 12345678901234567890123456789012345678901234567890123456mcinit: \n"),
		/* More colours than are looked through. */
		ROW("1\033[" LONG "m2\033[" LONG "m3\033[" LONG "m Hello\n", "lobby: 123 Hello\n"),
	};

	(void)state;
	check_rows_whole(&text, rows, COUNT(rows));
	CHECK(&prefixed, ROW("mcinit: x\n", "lobby: mcinit: x\n"),
	    ROW("{\"time\"\n", "lobby: {\"time\"\n"));
}

static void
own_lines_with_colours_get_the_name_before_what_is_seen(void **state)
{
	static const struct row rows[] = {
		ROW("\033[31m" TIME " mcinit: x\n", "\033[31mlobby: " TIME " mcinit: x\033[0m\n"),
		ROW("\033[0m" TIME " mc\033[1minit: x", "lobby: " TIME " mc\033[1minit: x"),
	};

	(void)state;
	check_rows_whole(&colored, rows, COUNT(rows));
}

static void
other_lines_do_not(void **state)
{
	static const struct row rows[] = {
		SAME("[12:00:00] mcinit: x\n"), SAME("12 mcinit:x\n"), SAME("12 mcinit : x\n"),
		SAME("2026 x mcinit: x\n"), SAME("12 mmcinit: x\n"), SAME("x{\"time\":1}\n"),
		SAME("1{\"time\":1}\n"), SAME("{\"times\":1}\n"), SAME("{ \"time\":1}\n"),
		SAME("\tat net.minecraft.Server.run(Server.java:1)\n"), SAME("2026-11-25\n"),
		SAME("12%"), SAME("m\n"), SAME("{\n"), SAME("mcinit:\n"), SAME("   \n"),
		ROW("\033mcinit: x\n", "^[mcinit: x\n"), ROW("\rmcinit: x\n", "^Mmcinit: x\n"),
		ROW("12\r\n", "12\n"), ROW("12\rmcinit: x\n", "12^Mmcinit: x\n"),
		ROW("12\033[2Kmcinit: x\n", "12^[[2Kmcinit: x\n"),
		ROW("1\033[" LONG "1mmcinit: \n", "1^[[" LONG "1mmcinit: \n"),
		SAME("1\xe2\x82\xacmcinit: x\n"),
		/* One visible byte too many. */
		SAME("123456789012345678901234567890123456789012345678901234567mcinit: \n"),
		SAME("                                                                x"),
	};

	(void)state;
	check_rows_whole(&text, rows, COUNT(rows));
}

/* All that depends on how a stream is cut: nothing that may become such a line gets through. */
static void
beginnings_that_are_cut_off_get_the_name_too(void **state)
{
	static const char line[] = TIME " mcinit: forged\n", object[] = "  {\"time\":0}\n",
	    harmless[] = "12 h\n";

	(void)state;
	for (size_t cut = 1; cut < sizeof(line); cut++) {
		begin(&text, FILTER_ROOM);
		feed(line, sizeof(line) - 1, cut, 1);
		check("lobby: " TIME " mcinit: forged\n", sizeof(line) - 1 + 7);
	}
	for (size_t cut = 1; cut < sizeof(object); cut++) {
		begin(&text, FILTER_ROOM);
		feed(object, sizeof(object) - 1, cut, 1);
		check("lobby:   {\"time\":0}\n", sizeof(object) - 1 + 7);
	}
	begin(&text, FILTER_ROOM);
	feed(harmless, sizeof(harmless) - 1, 3, 1);
	check("lobby: 12 h\n", sizeof(harmless) - 1 + 7);
	begin(&text, FILTER_ROOM);
	feed(harmless, sizeof(harmless) - 1, 4, 1);
	check(harmless, sizeof(harmless) - 1);
}

/* ---- JSON ---- */

static void
each_line_is_an_object(void **state)
{
	(void)state;
	CHECK(&json, ROW("a\nb\r\n\nc", OPEN "a" CLOSE OPEN "b" CLOSE OPEN CLOSE OPEN "c"),
	    ROW(TIME " mcinit: a\n", OPEN TIME " mcinit: a" CLOSE),
	    ROW("{\"time\":1}\n", OPEN "{\\\"time\\\":1}" CLOSE));
}

static void
objects_escape_what_json_requires(void **state)
{
	(void)state;
	CHECK(&json, ROW("\"\\/\b\t\0\177\n", OPEN "\\\"\\\\/\\u0008\\u0009\\u0000\\u007f" CLOSE),
	    ROW("a\rb\033[2J\033\n", OPEN "a\\u000db\\u001b[2J\\u001b" CLOSE),
	    ROW("\xc2\x9b\xc2\x80\xc2\xa0\n", OPEN "\\u009b\\u0080\xc2\xa0" CLOSE),
	    ROW("\xf0\x9f\x98\x80\xe2\x82\xac\n", OPEN "\xf0\x9f\x98\x80\xe2\x82\xac" CLOSE),
	    ROW("\x80\xa0\xff\n", OPEN "\\ufffd\\ufffd\\ufffd" CLOSE),
	    ROW("\xe2\x82\xed\xa0\x80\n", OPEN "\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd" CLOSE),
	    ROW("\xed\xbf\xbf\n", OPEN "\\ufffd\\ufffd\\ufffd" CLOSE),
	    ROW("a\xe2\x82\n", OPEN "a\\ufffd\\ufffd" CLOSE));
}

static void
objects_have_colours_if_they_are_wanted(void **state)
{
	(void)state;
	CHECK(&json, ROW("\033[31mred\033[0m\n", OPEN "red" CLOSE));
	CHECK(&json_colored, ROW("\033[31mred\n\033[0mb\n",
	    OPEN "\\u001b[31mred" CLOSE OPEN "\\u001b[0mb" CLOSE));
}

static void
objects_have_the_time_of_their_beginning(void **state)
{
	static const struct { int64_t ms; const char *time; } rows[] = {
		{ INT64_MIN, "1970-01-01T00:00:00.000Z" }, { -1, "1970-01-01T00:00:00.000Z" },
		{ 0, "1970-01-01T00:00:00.000Z" }, { 946684799001, "1999-12-31T23:59:59.001Z" },
		{ 951782400000, "2000-02-29T00:00:00.000Z" }, { noon, TIME },
		{ 1709164800000, "2024-02-29T00:00:00.000Z" },
		{ 4107542399999, "2100-02-28T23:59:59.999Z" },
		{ 253402300799999, "9999-12-31T23:59:59.999Z" },
	};
	char out[FILTER_ROOM], expected[FILTER_ROOM], *when = malloc(FMT_TIME);
	size_t used;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct filter_state now = { 0 };
		size_t n = filter_put(&json, &now, "a", 1, rows[i].ms, out, sizeof(out), &used);

		snprintf(expected, sizeof(expected),
		    "{\"time\":\"%s\",\"server\":\"lobby\",\"line\":\"a", rows[i].time);
		assert_int_equal(n, strlen(expected));
		assert_memory_equal(out, expected, n);
		n = filter_put(&json, &now, "b\n", 2, 0, out, sizeof(out), &used);
		assert_int_equal(n, 4);
		assert_memory_equal(out, "b\"}\n", n);
		fmt_time(when, FMT_TIME, rows[i].ms);
		assert_string_equal(when, rows[i].time);
	}
	free(when);
}

/* ---- ends, gaps, changes ---- */

static void
check_end(const struct filter_form *form, const char *in, const char *out)
{
	begin(form, FILTER_ROOM);
	feed(in, strlen(in), strlen(in), 1);
	assert_int_equal(filter_is_inside(&lab.state), form->raw ? in[0] != '\0' &&
	    in[strlen(in) - 1] != '\n' : lab.filled > 0 && lab.out[lab.filled - 1] != '\n');
	end();
	check(out, strlen(out));
	assert_false(filter_is_inside(&lab.state));
	end();
	check(out, strlen(out));
}

static void
end_closes_what_is_open_and_nothing_else(void **state)
{
	(void)state;
	check_end(&raw, "", "");
	check_end(&raw, "a\n", "a\n");
	check_end(&raw, "a\r", "a\r\n");
	check_end(&text, "", "");
	check_end(&text, "a\n", "a\n");
	check_end(&text, "a", "a\n");
	check_end(&colored, "\033[31mred", "\033[31mred\033[0m\n");
	check_end(&colored, "\033[31mred\033[m", "\033[31mred\033[m\n");
	check_end(&prefixed, "a", "lobby: a\n");
	check_end(&json, "a", OPEN "a" CLOSE);
	check_end(&json, "a\n", OPEN "a" CLOSE);
	check_end(&json_colored, "\033[31ma", OPEN "\\u001b[31ma" CLOSE);
}

static void
end_shows_what_was_held_in_a_line_and_forgets_the_rest(void **state)
{
	(void)state;
	check_end(&text, "a\r", "a^M\n");
	check_end(&text, "a\033", "a^[\n");
	check_end(&text, "a\033[1;2", "a^[[1;2\n");
	check_end(&text, "a\xe2\x82", "a\xe2\\x82\n");
	check_end(&json, "a\xe2\x82", OPEN "a\\ufffd\\ufffd" CLOSE);
	check_end(&json, "a\033[1", OPEN "a\\u001b[1" CLOSE);
	check_end(&text, "a\n\033[1", "a\n");
	check_end(&prefixed, "\xe2", "");
	check_end(&json, "\r", "");
}

static void
after_an_end_a_line_begins(void **state)
{
	(void)state;
	begin(&prefixed, FILTER_ROOM);
	feed("a\033[3", 4, 4, 1);
	end();
	feed("1mb\n", 4, 4, 1);
	check("lobby: a^[[3\nlobby: 1mb\n", 24);
	begin(&text, FILTER_ROOM);
	feed("\xe2", 1, 1, 1);
	end();
	feed("\x82\xac\n", 3, 3, 1);
	check("\\x82\xac\n", 6);
	/* Else a gap would be a way to forge a line. */
	begin(&text, FILTER_ROOM);
	feed("x", 1, 1, 1);
	end();
	feed("12 mcinit: y\n", 13, 13, 1);
	check("x\nlobby: 12 mcinit: y\n", 22);
}

static void
another_form_ends_the_line_that_is_open(void **state)
{
	static const struct { const struct filter_form *from, *to; const char *out; } rows[] = {
		{ &text, &json, "a\n" OPEN "b" CLOSE }, { &json, &text, OPEN "a" CLOSE "b\n" },
		{ &json, &raw, OPEN "a" CLOSE "b\n" }, { &raw, &json, "a\n" OPEN "b" CLOSE },
		{ &raw, &text, "ab\n" }, { &text, &raw, "ab\n" }, { &text, &prefixed, "ab\n" },
		{ &prefixed, &text, "lobby: ab\n" }, { &json, &json_colored, OPEN "ab" CLOSE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		begin(rows[i].from, FILTER_ROOM);
		feed("a", 1, 1, 1);
		lab.form = rows[i].to;
		feed("b\n", 2, 2, 1);
		check(rows[i].out, strlen(rows[i].out));
	}
	begin(&raw, FILTER_ROOM);
	feed("1", 1, 1, 1);
	lab.form = &text;
	feed("2", 1, 1, 1);
	check("12", 2);
	begin(&text, FILTER_ROOM);
	feed("a\033[1", 4, 4, 1);
	lab.form = &raw;
	feed("mb", 2, 2, 1);
	check("a^[[1\nmb", 8);
}

/* ---- room ---- */

static void
lines_may_be_longer_than_the_room(void **state)
{
	static const struct filter_form *const forms[] = { &raw, &text, &colored, &prefixed,
		&prefixed_colored, &json, &json_colored };
	static const char *const bits[] = { "ordinary ", "\033[1m", "\xe2\x82\xac", "\r", "\t",
		"\"", "\xff", "\x80", "\033[" LONG "1", "\n", "2026 mcinit: ", "\001",
		"\033[" LONG "m", "\r\n" };
	static char in[8192], whole[LARGE];
	size_t bytes = 0, filled;

	(void)state;
	for (unsigned n = 1; bytes + 100 < sizeof(in); n = n * 1103515245 + 12345) {
		const char *bit = bits[(n >> 16) % COUNT(bits)];

		/* Long lines, and among them a heap of short ones. */
		if (strchr(bit, '\n') != NULL && bytes % 2000 < 1600)
			continue;
		memcpy(in + bytes, bit, strlen(bit));
		bytes += strlen(bit);
	}
	for (size_t i = 0; i < COUNT(forms); i++) {
		begin(forms[i], LARGE);
		feed(in, bytes, bytes, 1);
		filled = lab.filled;
		memcpy(whole, lab.out, filled);
		for (size_t room = FILTER_ROOM; room < 4096; room = room * 5 / 4 + 1) {
			begin(forms[i], room);
			feed(in, bytes, bytes, 1);
			check(whole, filled);
		}
	}
}

/* What was looked at is taken in the same call: put() would see a successor think otherwise. */
static void
beginnings_of_lines_are_not_cut_by_the_room(void **state)
{
	static const struct { const struct filter_form *form; const char *line; } rows[] = {
		{ &colored, "\n\033[1m123456789012345678901234567890\033[0m1234567890 x\n" },
		{ &json, "\n\033[" LONG "\"\n" },
	};
	char in[FILTER_ROOM + 128], whole[2 * FILTER_ROOM];

	(void)state;
	for (size_t i = 0; i < COUNT(rows) * FILTER_ROOM; i++) {
		size_t row = i / FILTER_ROOM, before = i % FILTER_ROOM, bytes, filled;

		memset(in, 'a', before);
		bytes = before + (size_t)snprintf(in + before, 128, "%s", rows[row].line);
		begin(rows[row].form, LARGE);
		feed(in, bytes, bytes, 1);
		filled = lab.filled;
		memcpy(whole, lab.out, filled);
		begin(rows[row].form, FILTER_ROOM);
		feed(in, bytes, bytes, 1);
		check(whole, filled);
	}
}

/* Nobody may give less, but then nothing worse comes of it than text that is missing. */
static void
rooms_that_are_too_small_are_not_overrun(void **state)
{
	static const struct filter_form *const forms[] = { &text, &prefixed_colored, &json };
	static const char in[] = "\033[1m\n\r\r\n\x9b" "1\"\xe2\x82\xe2\033[" LONG;

	(void)state;
	for (size_t room = 0; room < FILTER_ROOM * 3; room++) {
		const struct filter_form *form = forms[room % 3];
		struct filter_state now = { 0 };
		char *out = malloc(room / 3);
		size_t n, used;

		n = filter_put(form, &now, in, sizeof(in) - 1, noon, out, room / 3, &used);
		assert_true(n <= room / 3);
		filter_put(form, &now, in, sizeof(in) - 1, noon, lab.out, LARGE, &used);
		assert_true(filter_end(form, &now, out, room / 3) <= room / 3);
		free(out);
	}
}

static void
names_longer_than_a_name_are_cut(void **state)
{
	struct filter_form form = { .prefix = true };
	char name[300], expected[FILTER_NAME + 4];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	form.name = name;
	begin(&form, FILTER_ROOM);
	feed("\033[" LONG "1", 64, 64, 1);
	snprintf(expected, sizeof(expected), "%.*s: ", FILTER_NAME, name);
	assert_memory_equal(lab.out, expected, FILTER_NAME + 2);
	form.json = true;
	begin(&form, FILTER_ROOM);
	feed("\033[" LONG "\n", 64, 64, 1);
	assert_int_equal(lab.filled, 9 + 24 + 12 + FILTER_NAME + 10 + 6 + 62 + 3);
}

/* Shared memory may hold anything: then the text is whatever it is, and nothing else happens. */
static void
any_state_is_safe(void **state)
{
	static const char in[] = "a1;m\x9b\n\033[1m2026 mcinit: \r\n";

	(void)state;
	for (unsigned n = 0; n < 20000; n++) {
		const struct filter_form *forms[] = { &text, &colored, &json, &raw };

		begin(forms[n / 256 % 4], FILTER_ROOM);
		for (size_t i = 0; i < sizeof(lab.state.held); i++)
			lab.state.held[i] = (uint8_t)(n % 3 == 0 ? 0xff : n * (i + 7) >> 3);
		lab.state.flags = (uint8_t)n;
		if (n % 5 == 0)
			end();
		else
			feed(in, sizeof(in) - 1, 1 + n % 20, 3);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(raw_is_byte_for_byte),
		cmocka_unit_test(ordinary_lines_pass),
		cmocka_unit_test(control_bytes_are_shown),
		cmocka_unit_test(carriage_return_before_newline_goes_and_others_are_shown),
		cmocka_unit_test(c1_is_shown_as_utf8_and_as_lone_bytes),
		cmocka_unit_test(utf8_passes_wherever_it_is_cut),
		cmocka_unit_test(bytes_of_no_utf8_pass_from_a0_on),
		cmocka_unit_test(colours_stay_if_they_are_wanted),
		cmocka_unit_test(colours_go_if_not),
		cmocka_unit_test(longest_sequence_has_64_bytes),
		cmocka_unit_test(other_escapes_are_shown),
		cmocka_unit_test(colour_ends_with_its_line),
		cmocka_unit_test(reset_begins_no_line),
		cmocka_unit_test(prefix_stands_before_each_line),
		cmocka_unit_test(own_lines_of_a_server_get_its_name),
		cmocka_unit_test(own_lines_with_colours_get_the_name_before_what_is_seen),
		cmocka_unit_test(other_lines_do_not),
		cmocka_unit_test(beginnings_that_are_cut_off_get_the_name_too),
		cmocka_unit_test(each_line_is_an_object),
		cmocka_unit_test(objects_escape_what_json_requires),
		cmocka_unit_test(objects_have_colours_if_they_are_wanted),
		cmocka_unit_test(objects_have_the_time_of_their_beginning),
		cmocka_unit_test(end_closes_what_is_open_and_nothing_else),
		cmocka_unit_test(end_shows_what_was_held_in_a_line_and_forgets_the_rest),
		cmocka_unit_test(after_an_end_a_line_begins),
		cmocka_unit_test(another_form_ends_the_line_that_is_open),
		cmocka_unit_test(lines_may_be_longer_than_the_room),
		cmocka_unit_test(beginnings_of_lines_are_not_cut_by_the_room),
		cmocka_unit_test(rooms_that_are_too_small_are_not_overrun),
		cmocka_unit_test(names_longer_than_a_name_are_cut),
		cmocka_unit_test(any_state_is_safe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
