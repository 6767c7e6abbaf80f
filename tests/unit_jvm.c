/* SPDX-License-Identifier: MIT */
/*
 * The command line of a server, from INI text to words, as jvm.h promises it.
 */
#include "step_lab.h"

#include "jvm.h"

static struct conf conf;
static struct jvm_line line;

static void
use(const char *ini)
{
	char text[1024];

	snprintf(text, sizeof(text), "[server]\n%s", ini);
	lab_conf(&conf, text);
}

/* All words, with a bar between them. */
static const char *
words(void)
{
	static char text[4096];

	text[0] = '\0';
	assert_int_equal(jvm_line(&line, &conf.server[0]), 0);
	assert_null(line.argv[line.count]);
	for (int i = 0; i < line.count; i++) {
		strcat(text, i == 0 ? "" : "|");
		strcat(text, line.argv[i]);
	}
	return text;
}

static void
each_configuration_has_its_words(void **state)
{
	static const struct { const char *ini, *words, *jar; } rows[] = {
		{ "", "java|-jar|server.jar|nogui", "server.jar" },
		{ "args =\n", "java|-jar|server.jar", "server.jar" },
		{ "args = nogui --port 25566\n", "java|-jar|server.jar|nogui|--port|25566",
		    "server.jar" },
		{ "args = \"two words\" \"\"\n", "java|-jar|server.jar|two words|", "server.jar" },
		{ "java = /opt/jdk/bin/java\n", "/opt/jdk/bin/java|-jar|server.jar|nogui",
		    "server.jar" },
		{ "java = jdk/bin/java\n", "/srv/jdk/bin/java|-jar|server.jar|nogui",
		    "server.jar" },
		{ "jar = paper 1.jar\n", "java|-jar|paper 1.jar|nogui", "paper 1.jar" },
		{ "jar = @libraries/unix_args.txt\n", "java|@libraries/unix_args.txt|nogui", NULL },
		{ "jar = @x\njvm_args = -Da=b\nheap = 1G\n", "java|-Xmx1024m|-Da=b|@x|nogui",
		    NULL },
		{ "jvm_args = -XX:+UseZGC \"-Dname=a b\"\njvm_args = -Dlast=1\n",
		    "java|-XX:+UseZGC|-Dname=a b|-Dlast=1|-jar|server.jar|nogui", "server.jar" },
		{ "heap = 2G\n", "java|-Xmx2048m|-jar|server.jar|nogui", "server.jar" },
		{ "heap = 1536M\n", "java|-Xmx1536m|-jar|server.jar|nogui", "server.jar" },
		{ "heap = 102401K\n", "java|-Xmx102401k|-jar|server.jar|nogui", "server.jar" },
		{ "heap = 16M\n", "java|-Xmx16m|-jar|server.jar|nogui", "server.jar" },
		{ "heap = 4T\n", "java|-Xmx4194304m|-jar|server.jar|nogui", "server.jar" },
		{ "heap = auto\nheap_min = auto\n", "java|-jar|server.jar|nogui", "server.jar" },
		{ "heap = 75%\n", "java|-jar|server.jar|nogui", "server.jar" },
		{ "heap_min = 1G\n", "java|-Xms1024m|-jar|server.jar|nogui", "server.jar" },
		{ "heap_min = 16385K\nheap = 4T\njvm_args = -Xss1m\n",
		    "java|-Xms16385k|-Xmx4194304m|-Xss1m|-jar|server.jar|nogui", "server.jar" },
		{ "command = ./start.sh --world \"my world\"\n", "/srv/start.sh|--world|my world",
		    NULL },
		{ "command = sh -c \"exec java\"\n", "sh|-c|exec java", NULL },
		{ "command = ./x\njava = /y\njar = z\nheap = 1G\nheap_min = 1G\njvm_args = -w\n"
		    "args = v\n",
		    "/srv/x", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		use(rows[i].ini);
		assert_string_equal(words(), rows[i].words);
		if (rows[i].jar == NULL)
			assert_null(jvm_jar(&conf.server[0]));
		else
			assert_string_equal(jvm_jar(&conf.server[0]), rows[i].jar);
	}
}

/* java knows no fractions: what is no whole number of KiB is rounded down. */
static void
odd_sizes_are_rounded_down(void **state)
{
	(void)state;
	use("heap = 16M\n");
	conf.server[0].heap += 1025;
	assert_string_equal(words(), "java|-Xmx16385k|-jar|server.jar|nogui");
}

static void
the_widest_numbers_fit(void **state)
{
	(void)state;
	use("");
	conf.server[0].heap = conf.server[0].heap_min = INT64_MAX;
	assert_string_equal(words(), "java|-Xms9007199254740991k|-Xmx9007199254740991k|"
	    "-jar|server.jar|nogui");
}

static void
a_line_used_twice_is_new_each_time(void **state)
{
	(void)state;
	use("heap = 3G\nheap_min = 2G\n");
	words();
	use("command = ./x\n");
	assert_string_equal(words(), "/srv/x");
	use("heap = 1G\n");
	assert_string_equal(words(), "java|-Xmx1024m|-jar|server.jar|nogui");
}

/* `count` words of jvm_args; "java -jar server.jar nogui" are four more. */
static int
line_with_words(int count)
{
	static char text[CONF_TEXT_BYTES];
	size_t used = (size_t)sprintf(text, "[server]\n");

	for (int i = 0; i < count; i++)
		used += (size_t)sprintf(text + used, "jvm_args = -D%d\n", i);
	lab_conf(&conf, text);
	assert_int_equal(conf.server[0].jvm_args.count, count);
	return jvm_line(&line, &conf.server[0]);
}

static void
too_many_words_are_refused(void **state)
{
	(void)state;
	assert_int_equal(line_with_words(JVM_WORDS - 4), 0);
	assert_int_equal(line.count, JVM_WORDS);
	assert_null(line.argv[JVM_WORDS]);
	assert_string_equal(line.argv[JVM_WORDS - 1], "nogui");
	assert_int_equal(line_with_words(JVM_WORDS - 3), -E2BIG);
	assert_int_equal(line_with_words(JVM_WORDS * 2), -E2BIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_configuration_has_its_words),
		cmocka_unit_test(odd_sizes_are_rounded_down),
		cmocka_unit_test(the_widest_numbers_fit),
		cmocka_unit_test(a_line_used_twice_is_new_each_time),
		cmocka_unit_test(too_many_words_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
