/*
 * SPDX-License-Identifier: MIT
 *
 * The least that is a server to its supervisor, on a real JVM: exit codes, shutdown hooks, thread
 * dumps and memory errors are HotSpot's own.  Scenarios run it from build/tests/fakeserver.jar.
 * It must never catch what a real server lets through, and needs nothing but a JDK.
 *
 * Properties: fake.journal (a file), fake.start and fake.save (milliseconds each takes), fake.rcon
 * (a port; 0: any, which the journal tells) and fake.rconPassword.
 * Commands: list, say TEXT, stop, oom, crash, exit N, hang; echo TEXT and long N, as they are in
 * fakeserver_commands.c.
 */
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

public final class FakeServer {
	private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss");
	private static final String JOURNAL = System.getProperty("fake.journal");
	private static final long PID = ProcessHandle.current().pid();
	private static final BlockingQueue<Command> commands = new LinkedBlockingQueue<>();
	private static volatile boolean running = true;
	private static volatile boolean dying;
	/* Of the main thread: where the output of a command goes, null for the console. */
	private static StringBuilder answer;
	private static Command last;

	/* A line for the main thread; reply is null for those of the console. */
	private static final class Command {
		final String line;
		final CompletableFuture<String> reply;
		final CompletableFuture<Void> sent = new CompletableFuture<>();

		Command(String line, CompletableFuture<String> reply)
		{
			this.line = line;
			this.reply = reply;
		}
	}

	private FakeServer() {
	}

	private static void
	say(String text)
	{
		System.out.println("[" + LocalTime.now().format(CLOCK) + "] ["
		    + Thread.currentThread().getName() + "/INFO]: " + text);
	}

	/* Linux: nanoTime is CLOCK_MONOTONIC, the clock of the journals of the C server. */
	private static void
	journal(String event)
	{
		if (JOURNAL == null)
			return;
		try {
			String line = System.nanoTime() / 1000000 + " " + event + "\n";
			Files.write(Path.of(JOURNAL), line.getBytes(StandardCharsets.UTF_8),
			    StandardOpenOption.CREATE, StandardOpenOption.APPEND);
		} catch (IOException e) {
			System.err.println("FakeServer: cannot write the journal: " + e);
			Runtime.getRuntime().halt(97);
		}
	}

	private static void
	take(String property)
	{
		try {
			Thread.sleep(Long.getLong(property, 0));
		} catch (InterruptedException e) {
			throw new IllegalStateException(e);
		}
	}

	/* End of file ends this thread alone, as in a real server. */
	private static void
	readConsole()
	{
		try (BufferedReader in = new BufferedReader(
		    new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
			String line;
			while ((line = in.readLine()) != null) {
				journal("command " + line);
				commands.add(new Command(line, null));
			}
			journal("eof");
		} catch (IOException e) {
			say("console: " + e);
		}
	}

	private static void
	save()
	{
		journal("saving " + PID);
		say("Stopping server");
		say("Saving players");
		say("Saving worlds");
		say("Saving chunks for level 'ServerLevel[world]'/minecraft:overworld");
		take("fake.save");
		journal("saved " + PID);
		say("ThreadedAnvilChunkStorage (world): All chunks are saved");
		say("ThreadedAnvilChunkStorage: All dimensions are saved");
	}

	/*
	 * Waits for the server thread, with no limit: one that hangs keeps the JVM from ending.
	 * When that thread itself called exit it waits for us, so the hook has to save.
	 */
	private static void
	hook(Thread server)
	{
		if (dying) {
			save();
			return;
		}
		running = false;
		commands.add(new Command("", null));
		try {
			server.join();
		} catch (InterruptedException e) {
			throw new IllegalStateException(e);
		}
	}

	private static void
	exhaustMemory()
	{
		List<byte[]> hoard = new ArrayList<>();

		while (hoard.size() < Integer.MAX_VALUE)
			hoard.add(new byte[1 << 20]);
	}

	private static void
	answer(String text)
	{
		if (answer != null)
			answer.append(text);
		else
			say(text);
	}

	private static String
	pattern(int units)
	{
		StringBuilder text = new StringBuilder();

		for (int i = 0; i < units; i++)
			text.append((char)('a' + i % 26));
		return text.toString();
	}

	private static void
	execute(String line)
	{
		String[] words = line.split(" ", 2);
		String rest = words.length > 1 ? words[1] : "";

		switch (words[0]) {
		case "":
			if (answer != null)
				answer("Unknown or incomplete command, see below for error"
				    + "<--[HERE]");
			break;
		case "list":
			answer("There are 0 of a max of 20 players online: ");
			break;
		case "say":
			say((answer != null ? "[Rcon] " : "[Server] ") + rest);
			break;
		case "stop":
			answer("Stopping the server");
			running = false;
			break;
		case "echo":
			answer(rest);
			break;
		case "long":
			answer(pattern(Integer.parseInt(rest)));
			break;
		case "oom":
			exhaustMemory();
			break;
		case "crash":
			throw new IllegalStateException("crash was asked for");
		case "exit":
			dying = true;
			System.exit(Integer.parseInt(rest));
			break;
		case "hang":
			while (true)
				LockSupport.parkNanos(1000000000L);
		default:
			answer("Unknown or incomplete command, see below for error");
			answer(line + "<--[HERE]");
		}
	}

	/* Who waits has the reply when the command has returned, and never if it does not. */
	private static void
	execute(Command command)
	{
		answer = command.reply != null ? new StringBuilder() : null;
		execute(command.line);
		if (command.reply != null) {
			last = command;
			command.reply.complete(answer.toString());
		}
		answer = null;
	}

	private static void
	send(Socket client, int id, int type, String text) throws IOException
	{
		byte[] body = text.getBytes(StandardCharsets.UTF_8);
		ByteBuffer packet = ByteBuffer.allocate(body.length + 14);

		packet.order(ByteOrder.LITTLE_ENDIAN);
		packet.putInt(body.length + 10).putInt(id).putInt(type).put(body);
		client.getOutputStream().write(packet.array());
	}

	private static void
	reply(Socket client, int id, String text) throws IOException
	{
		int from = 0;

		do {
			int to = Math.min(from + 4096, text.length());
			send(client, id, 0, text.substring(from, to));
			from = to;
		} while (from < text.length());
	}

	/* It ends at its first NUL; the last byte is never part of it, and has to be there. */
	private static String
	text(byte[] bytes, int n)
	{
		int end = 12;

		if (n < 13)
			throw new StringIndexOutOfBoundsException(n);
		while (end < n - 1 && bytes[end] != 0)
			end++;
		return new String(bytes, 12, end - 12, StandardCharsets.UTF_8);
	}

	/* Returns whether the client is logged in now. */
	private static boolean
	serve(Socket client, byte[] bytes, int n, boolean authed) throws Exception
	{
		ByteBuffer packet = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
		int id = packet.getInt(4);
		int type = n < 12 ? 0 : packet.getInt(8);

		if (type == 3) {
			String password = text(bytes, n);
			authed = !password.isEmpty()
			    && password.equals(System.getProperty("fake.rconPassword"));
			journal("rcon login " + (authed ? "ok" : "bad"));
			send(client, authed ? id : -1, 2, "");
		} else if (type != 2) {
			journal("rcon probe " + Integer.toHexString(type));
			reply(client, id, "Unknown request " + Integer.toHexString(type));
		} else if (!authed) {
			journal("rcon refused " + text(bytes, n));
			send(client, -1, 2, "");
		} else {
			Command command = new Command(text(bytes, n), new CompletableFuture<>());
			journal("rcon command " + command.line);
			commands.add(command);
			String text = command.reply.get();
			try {
				reply(client, id, text);
			} finally {
				command.sent.complete(null);
			}
		}
		return authed;
	}

	/* Each read has a stream of its own, which takes what it read too much with it. */
	private static String
	readClient(Socket client) throws Exception
	{
		byte[] bytes = new byte[1460];
		ByteBuffer size = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
		boolean authed = false;

		while (true) {
			InputStream in = new BufferedInputStream(client.getInputStream());
			int n = in.read(bytes, 0, bytes.length);
			if (n < 0)
				return "eof";
			if (n < 10 || size.getInt(0) != n - 4)
				return "strict";
			authed = serve(client, bytes, n, authed);
		}
	}

	private static void
	runClient(Socket client)
	{
		try (client) {
			journal("rcon connect");
			journal("rcon closed " + readClient(client));
		} catch (Exception e) {
			journal("rcon closed error");
		}
	}

	private static void
	listen(ServerSocket listener)
	{
		try (listener) {
			while (true) {
				Socket client = listener.accept();
				Thread thread = new Thread(() -> runClient(client), "RCON Client");
				thread.setDaemon(true);
				thread.start();
			}
		} catch (IOException e) {
			journal("rcon failed");
		}
	}

	/* The end waits for the thread that has a reply to send, but not for ever. */
	private static void
	awaitReply() throws InterruptedException
	{
		try {
			if (last != null)
				last.sent.get(5, TimeUnit.SECONDS);
		} catch (ExecutionException | TimeoutException e) {
			journal("rcon lost");
		}
	}

	private static void
	openRcon()
	{
		Integer port = Integer.getInteger("fake.rcon");

		if (port == null)
			return;
		try {
			ServerSocket listener = new ServerSocket(port);
			Thread thread = new Thread(() -> listen(listener), "RCON Listener #1");
			thread.setDaemon(true);
			thread.start();
			journal("rcon open " + listener.getLocalPort());
			say("RCON running on 0.0.0.0:" + listener.getLocalPort());
		} catch (IOException e) {
			journal("rcon failed");
			say("Unable to initialise RCON on 0.0.0.0:" + port);
		}
	}

	public static void
	main(String[] args) throws InterruptedException
	{
		Thread server = Thread.currentThread();
		Thread console = new Thread(FakeServer::readConsole, "Server console handler");
		long began = System.nanoTime();

		server.setName("Server thread");
		Runtime.getRuntime().addShutdownHook(
		    new Thread(() -> hook(server), "Server Shutdown Thread"));
		journal("start " + PID);
		console.setDaemon(true);
		console.start();
		say("Starting minecraft server version 1.21.4");
		say("Loading properties");
		say("Preparing level \"world\"");
		say("Preparing spawn area: 0%");
		take("fake.start");
		long took = (System.nanoTime() - began) / 1000000;
		say("Time elapsed: " + took + " ms");
		say("Done (" + took / 1000 + "." + String.format("%03d", took % 1000)
		    + "s)! For help, type \"help\"");
		openRcon();
		journal("ready " + PID);
		while (running)
			execute(commands.take());
		save();
		awaitReply();
	}
}
