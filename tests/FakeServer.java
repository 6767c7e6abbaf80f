/*
 * SPDX-License-Identifier: MIT
 *
 * The least that is a server to its supervisor, on a real JVM: exit codes, shutdown hooks, thread
 * dumps and memory errors are HotSpot's own.  Scenarios run it from build/tests/fakeserver.jar.
 * It must never catch what a real server lets through, and needs nothing but a JDK.
 *
 * Properties: fake.journal (a file), fake.start and fake.save (milliseconds each takes).
 * Commands: list, say TEXT, stop, oom, crash, exit N, hang.
 */
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;

public final class FakeServer {
	private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss");
	private static final String JOURNAL = System.getProperty("fake.journal");
	private static final long PID = ProcessHandle.current().pid();
	private static final BlockingQueue<String> commands = new LinkedBlockingQueue<>();
	private static volatile boolean running = true;
	private static volatile boolean dying;

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
				commands.add(line);
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
		commands.add("");
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
	execute(String line)
	{
		String[] words = line.split(" ", 2);

		switch (words[0]) {
		case "":
			break;
		case "list":
			say("There are 0 of a max of 20 players online: ");
			break;
		case "say":
			say("[Server] " + (words.length > 1 ? words[1] : ""));
			break;
		case "stop":
			say("Stopping the server");
			running = false;
			break;
		case "oom":
			exhaustMemory();
			break;
		case "crash":
			throw new IllegalStateException("crash was asked for");
		case "exit":
			dying = true;
			System.exit(Integer.parseInt(words[1]));
			break;
		case "hang":
			while (true)
				LockSupport.parkNanos(1000000000L);
		default:
			say("Unknown or incomplete command, see below for error");
			say(line + "<--[HERE]");
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
		journal("ready " + PID);
		while (running)
			execute(commands.take());
		save();
	}
}
