/*
 * SPDX-License-Identifier: MIT
 *
 * Reads what tests/helper_props.c prints, has java.util.Properties read each text as a server does
 * (UTF-8, or else Latin-1), and says where that is not what props.c has said: the value before, the
 * value after, and all other keys.  Run from its source by tests/props.bats.  It must never end
 * well when there was a single difference, or nothing to read.
 *
 * A text that java refuses has to be refused after the change too: it is not for us to mend.
 */
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

public final class PropsCheck {
	private static int wrong;
	private static int refused;

	private PropsCheck() {
	}

	private static byte[]
	next(DataInputStream in) throws IOException
	{
		int count = in.readInt();
		byte[] bytes = count < 0 ? null : new byte[count];

		if (bytes != null)
			in.readFully(bytes);
		return bytes;
	}

	private static String
	text(byte[] bytes)
	{
		return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
	}

	private static Properties
	load(byte[] bytes, Charset charset) throws IOException
	{
		Properties properties = new Properties();

		try (Reader reader = new InputStreamReader(new ByteArrayInputStream(bytes),
		    charset.newDecoder().onMalformedInput(CodingErrorAction.REPORT)
		    .onUnmappableCharacter(CodingErrorAction.REPORT))) {
			properties.load(reader);
		}
		return properties;
	}

	/* null: it is refused. */
	private static Properties
	load(byte[] bytes) throws IOException
	{
		try {
			try {
				return load(bytes, StandardCharsets.UTF_8);
			} catch (CharacterCodingException e) {
				return load(bytes, StandardCharsets.ISO_8859_1);
			}
		} catch (IllegalArgumentException e) {
			return null;
		}
	}

	private static String
	escaped(String text)
	{
		StringBuilder to = new StringBuilder();

		if (text == null)
			return "(none)";
		for (char c : text.toCharArray())
			to.append(c > ' ' && c < 0x7f ? String.valueOf(c) :
			    String.format("\\u%04x", (int)c));
		return to.toString();
	}

	private static void
	complain(String what, String how, String key, String ours, String javas)
	{
		wrong++;
		System.out.println(what + ": " + how + ": " + escaped(key) + "=" + escaped(ours) +
		    ", and to java " + escaped(javas));
	}

	/* What a C string cannot say: a NUL, half of a pair, too much. */
	private static boolean
	canBeTold(String value)
	{
		return value.indexOf(0) < 0 && StandardCharsets.UTF_8.newEncoder().canEncode(value) &&
		    value.getBytes(StandardCharsets.UTF_8).length < 1024;
	}

	private static void
	check(String what, String key, byte[] textBefore, String value, String set, byte[] textAfter)
	    throws IOException
	{
		Properties before = load(textBefore), after = load(textAfter);
		String javas;

		if (before == null || after == null) {
			refused++;
			if (before != after)
				complain(what, "refused, before or after", key, text(textBefore),
				    text(textAfter));
			return;
		}
		javas = before.getProperty(key);
		if (javas != null && !canBeTold(javas))
			javas = null;
		if (javas == null ? value != null : !javas.equals(value))
			complain(what, "before", key, value, javas);
		if (!set.equals(after.getProperty(key)))
			complain(what, "after", key, set, after.getProperty(key));
		before.remove(key);
		after.remove(key);
		/*
		 * A "\" at the very end is a line with no key to java, until there is a line behind
		 * it.
		 */
		before.remove("");
		after.remove("");
		if (!before.equals(after))
			complain(what, "the others", key, before.toString(), after.toString());
	}

	public static void
	main(String[] arguments) throws IOException
	{
		int count = 0;

		try (DataInputStream in = new DataInputStream(new BufferedInputStream(System.in))) {
			for (;; count++) {
				String what = text(next(in)), key = text(next(in));
				byte[] before = next(in);
				String value = text(next(in)), set = text(next(in));

				check(what, key, before, value, set, next(in));
			}
		} catch (EOFException e) {
			System.out.println(count + " texts, " + refused + " refused, " + wrong + " wrong");
		}
		System.exit(wrong == 0 && count > 0 ? 0 : 1);
	}
}
