/* SPDX-License-Identifier: MIT */
/*
 * marker_lines: lines as servers, proxies and JVMs print them, with what they say, and lines that
 * say nothing, most of them by players who would like them to.
 *
 * Included by unit_marker.c and fuzz_marker.c.  It must hold whole lines only, with the prefix that
 * the server of that version really has.
 */
#ifndef MARKER_LINES_H
#define MARKER_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "marker.h"

struct marker_line {
	const char *text;
	size_t bytes;
	enum marker_kind kind;
	int32_t value;
};

#define SAYS(kind, value, text)	{ text, sizeof(text) - 1, MARKER_##kind, value }
#define MUTE(text)		SAYS(NONE, 0, text)

/* The prefixes of content. */
#define VANILLA		"[12:34:56] [Server thread/INFO]: "
#define VANILLA_WARN	"[12:34:56] [Server thread/WARN]: "
#define VANILLA_ERROR	"[12:34:56] [Server thread/ERROR]: "
#define OLD		"2012-01-01 12:34:56 [INFO] "
#define OLD_SEVERE	"2012-01-01 12:34:56 [SEVERE] "
#define CRAFTBUKKIT	"12:34:56 [INFO] "
#define PAPER		"[12:34:56 INFO]: "
#define PAPER_WARN	"[12:34:56 WARN]: "
#define PAPER_ERROR	"[12:34:56 ERROR]: "
#define FML		"2013-09-01 12:34:56 [INFO] [Minecraft-Server] "
#define FORGE		"[12:34:56] [Server thread/INFO] [minecraft/DedicatedServer]: "
#define FORGE_FILE	"[25Nov2026 12:34:56.789] [Server thread/INFO] " \
	"[net.minecraft.server.dedicated.DedicatedServer/]: "
#define NEOFORGE	"[12:34:56] [main/INFO] [net.minecraft.server.MinecraftServer/]: "
#define FABRIC		"[12:34:56] [Server thread/INFO] (Minecraft) "
#define BEDROCK		"[2026-11-25 12:34:56:789 INFO] "
#define BEDROCK_OLD	"NO LOG FILE! - [2019-11-25 12:34:56 INFO] "
#define HELP		" For help, type \"help\""
#define OLD_HELP	" For help, type \"help\" or \"?\""
#define LOCKED		"session.lock: already locked (possibly by other Minecraft instance?)"
#define CLASSES		" has been compiled by a more recent version of the Java Runtime " \
	"(class file version "
#define RUNTIME		"), this version of the Java Runtime only recognizes class file versions " \
	"up to "

static const struct marker_line marker_says[] = {
	/* ---- starting ---- */
	SAYS(STARTING, 0, "2011-09-03 17:14:45 [INFO] Starting minecraft server version Beta "
	    "1.7.3"),
	SAYS(STARTING, 0, OLD "Starting minecraft server version 1.2.5"),
	SAYS(STARTING, 0, CRAFTBUKKIT "Starting minecraft server version 1.6.4"),
	SAYS(STARTING, 0, FML "Starting minecraft server version 1.6.4"),
	SAYS(STARTING, 0, VANILLA "Starting minecraft server version 1.7.10"),
	SAYS(STARTING, 0, VANILLA "Starting minecraft server version 1.21.11"),
	SAYS(STARTING, 0, PAPER "Starting minecraft server version 1.20.4"),
	SAYS(STARTING, 0, FORGE "Starting minecraft server version 1.12.2"),
	SAYS(STARTING, 0, FORGE_FILE "Starting minecraft server version 1.20.1"),
	SAYS(STARTING, 0, FABRIC "Starting minecraft server version 1.20.1"),
	SAYS(STARTING, 0, PAPER "Booting up Velocity 3.4.0-SNAPSHOT (git-6b13c3fb-b474)..."),
	SAYS(STARTING, 0, CRAFTBUKKIT "Enabled BungeeCord version "
	    "git:BungeeCord-Bootstrap:1.21-R0.1-SNAPSHOT:e00a5f1:1878"),
	SAYS(STARTING, 0, PAPER "Enabled Waterfall version "
	    "git:Waterfall-Bootstrap:1.20-R0.2-SNAPSHOT:1a8d0c2:577"),
	SAYS(STARTING, 0, BEDROCK "Starting Server"),
	SAYS(STARTING, 0, BEDROCK_OLD "Starting Server"),

	/* ---- progress ---- */
	SAYS(PROGRESS, 0, VANILLA "Preparing spawn area: 0%"),
	SAYS(PROGRESS, 83, VANILLA "Preparing spawn area: 83%"),
	SAYS(PROGRESS, 100, "[12:34:56] [Worker-Main-7/INFO]: Preparing spawn area: 100%"),
	SAYS(PROGRESS, 7, OLD "Preparing spawn area: 7%"),
	SAYS(PROGRESS, 45, PAPER "Preparing spawn area: 45%"),
	SAYS(PROGRESS, 12, FORGE "Preparing spawn area: 12%"),
	SAYS(PROGRESS, 97, NEOFORGE "Preparing spawn area: 97%"),
	SAYS(PROGRESS, 61, CRAFTBUKKIT "Preparing spawn area for world_nether, 61%"),
	SAYS(PROGRESS, 3, PAPER "Preparing spawn area for my, old world, 3%"),
	SAYS(PROGRESS, 40, OLD "Converting... 40%"),
	SAYS(PROGRESS, 66, VANILLA "66% completed (8712 / 13200 chunks)..."),

	/* ---- ready ---- */
	SAYS(READY, 0, "2011-09-15 10:00:00 [INFO] Done (7202843100ns)!" OLD_HELP),
	SAYS(READY, 0, OLD "Done (4.512s)!" OLD_HELP),
	SAYS(READY, 0, CRAFTBUKKIT "Done (9.103s)!" OLD_HELP),
	SAYS(READY, 0, FML "Done (3.959s)!" OLD_HELP),
	SAYS(READY, 0, VANILLA "Done (12.345s)!" OLD_HELP),
	SAYS(READY, 0, VANILLA "Done (12.345s)!" HELP),
	SAYS(READY, 0, VANILLA "Done (12,345s)!" HELP),
	SAYS(READY, 0, "[12:34:56] [main/INFO]: Done (0.5s)!" HELP),
	SAYS(READY, 0, PAPER "Done (23.412s)!" HELP),
	SAYS(READY, 0, "\033[0;33m[12:34:56 INFO]: \033[0mDone (23.412s)!" HELP "\033[m"),
	SAYS(READY, 0, "[12:34:56\033[32m INFO\033[m]: Done (23.412s)!" HELP "\033[m"),
	SAYS(READY, 0, "\r\033[K[12:34:56 INFO]: Done (23.412s)!" HELP "\r"),
	SAYS(READY, 0, ">\r[12:34:56 INFO]: Done (23.412s)!" HELP),
	SAYS(READY, 0, "> \r\033[2K\033[1G[12:34:56] [Server thread/INFO]: Done (2.1s)!" HELP),
	SAYS(READY, 0, "\033[?1h\033=\r\033[K[12:34:56 INFO]: Done (23.412s)!" HELP),
	SAYS(READY, 0, FORGE "Done (101.7s)!" HELP),
	SAYS(READY, 0, FORGE_FILE "Done (33.090s)!" HELP),
	SAYS(READY, 0, NEOFORGE "Done (8.200s)!" HELP),
	SAYS(READY, 0, "[12:34:56] [Server thread/INFO] "
	    "[net.minecraft.server.dedicated.DedicatedServer]: Done (20.1s)!" OLD_HELP),
	SAYS(READY, 0, "[12:34:56] [Server thread/INFO] [ne.mi.se.de.DedicatedServer/]: Done "
	    "(9.9s)!" HELP),
	SAYS(READY, 0, "[12:34:56 INFO] [minecraft/DedicatedServer]: Done (9.9s)!" HELP),
	SAYS(READY, 0, FABRIC "Done (4.039s)!" HELP),
	SAYS(READY, 0, "[12:34:56] [Server thread/INFO] Done (4.039s)!" HELP),
	SAYS(READY, 0, "[12:34:56] [INFO] Done (4.039s)!" HELP),
	SAYS(READY, 0, PAPER "Done (1.2s)!"),
	SAYS(READY, 0, PAPER "Done (3,05s)!"),
	SAYS(READY, 0, CRAFTBUKKIT "Listening on /0.0.0.0:25577"),
	SAYS(READY, 0, PAPER "Listening on /0.0.0.0:25577"),
	SAYS(READY, 0, PAPER "Listening on /[0:0:0:0:0:0:0:0%0]:25565"),
	SAYS(READY, 0, BEDROCK "Server started."),
	SAYS(READY, 0, "[2021-01-01 10:00:00 INFO] Server started."),
	SAYS(READY, 0, BEDROCK_OLD "Server started."),

	/* ---- RCON ---- */
	SAYS(RCON_UP, 25575, VANILLA "RCON running on 0.0.0.0:25575"),
	SAYS(RCON_UP, 25575, "[12:34:56] [RCON Listener #1/INFO]: RCON running on 0.0.0.0:25575"),
	SAYS(RCON_UP, 1, OLD "RCON running on 127.0.0.1:1"),
	SAYS(RCON_UP, 65535, PAPER "RCON running on 0.0.0.0:65535"),
	SAYS(RCON_UP, 25575, FORGE "RCON running on 0.0.0.0:25575"),
	SAYS(RCON_UP, 25575, PAPER "RCON running on [::]:25575"),

	/* ---- stopping ---- */
	SAYS(STOPPING, 0, OLD "Stopping the server.."),
	SAYS(STOPPING, 0, OLD "Stopping server"),
	SAYS(STOPPING, 0, CRAFTBUKKIT "Stopping the server.."),
	SAYS(STOPPING, 0, FML "Stopping server"),
	SAYS(STOPPING, 0, VANILLA "Stopping the server"),
	SAYS(STOPPING, 0, VANILLA "Stopping server"),
	SAYS(STOPPING, 0, "[12:34:56] [Server Shutdown Thread/INFO]: Stopping server"),
	SAYS(STOPPING, 0, "[12:34:56] [Thread-5/INFO]: Stopping server"),
	SAYS(STOPPING, 0, PAPER "Stopping the server"),
	SAYS(STOPPING, 0, PAPER "Stopping server"),
	SAYS(STOPPING, 0, FORGE "Stopping the server"),
	SAYS(STOPPING, 0, NEOFORGE "Stopping server"),
	SAYS(STOPPING, 0, FABRIC "Stopping server"),
	SAYS(STOPPING, 0, PAPER "Shutting down the proxy..."),
	MUTE(CRAFTBUKKIT "Closing listener [id: 0x5f2c1a3e, L:/0.0.0.0:25577]"),
	MUTE(PAPER "Closing listener [id: 0x5f2c1a3e, L:/0:0:0:0:0:0:0:0%0:25577]"),
	SAYS(STOPPING, 0, BEDROCK "Server stop requested."),
	SAYS(STOPPING, 0, BEDROCK "Stopping server..."),

	/* ---- saved ---- */
	SAYS(SAVED, 0, VANILLA "ThreadedAnvilChunkStorage: All dimensions are saved"),
	SAYS(SAVED, 0, PAPER "ThreadedAnvilChunkStorage: All dimensions are saved"),
	SAYS(SAVED, 0, FABRIC "ThreadedAnvilChunkStorage: All dimensions are saved"),
	SAYS(SAVED, 0, "[12:34:56] [Server thread/INFO] [minecraft/ChunkMap]: "
	    "ThreadedAnvilChunkStorage: All dimensions are saved"),
	SAYS(SAVED, 0, VANILLA "All dimensions are saved"),
	SAYS(FLUSHING, 0, PAPER "Flushing Chunk IO"),
	SAYS(SAVED, 0, PAPER "Closing Thread Pool"),
	SAYS(FLUSHING, 0, PAPER "Waiting for all RegionFile I/O tasks to complete..."),
	SAYS(SAVED, 0, PAPER "All RegionFile I/O tasks to complete"),
	MUTE(PAPER "[Backup] Flushing Chunk IO"),
	MUTE(PAPER "<Steve> Waiting for all RegionFile I/O tasks to complete..."),
	SAYS(SAVED, 0, "Quit correctly"),
	SAYS(PAUSED, 0, VANILLA "Server empty for 60 seconds, pausing"),
	SAYS(PAUSED, 0, PAPER "Server empty for 60 seconds, pausing"),

	/* ---- crash reports ---- */
	SAYS(CRASH_REPORT, 0, VANILLA_ERROR "Encountered an unexpected exception"),
	SAYS(CRASH_REPORT, 0, OLD_SEVERE "Encountered an unexpected exception ReportedException"),
	SAYS(CRASH_REPORT, 0, PAPER_ERROR "Encountered an unexpected exception"),
	SAYS(CRASH_REPORT, 0, "[12:34:56] [Server thread/ERROR] [minecraft/MinecraftServer]: "
	    "Encountered an unexpected exception"),
	SAYS(CRASH_REPORT, 0, VANILLA_ERROR "This crash report has been saved to: "
	    "/data/crash-reports/crash-2021-03-13_16.57.54-server.txt"),
	SAYS(CRASH_REPORT, 0, OLD_SEVERE "This crash report has been saved to: "
	    "/srv/./crash-reports/crash-2013-03-13_16.57.54-server.txt"),
	SAYS(CRASH_REPORT, 0, PAPER_ERROR "We were unable to save this crash report to disk."),
	SAYS(CRASH_REPORT, 0, "[12:34:56] [main/FATAL] [net.minecraft.server.Main/FATAL]: Failed "
	    "to start the minecraft server"),
	SAYS(CRASH_REPORT, 0, "[12:34:56] [main/ERROR]: Failed to start the minecraft server"),
	SAYS(CRASH_REPORT, 0, OLD_SEVERE "Failed to start the minecraft server"),
	SAYS(CRASH_REPORT, 0, "[12:34:56] [main/FATAL] [net.minecraft.CrashReport/]: Crash report "
	    "saved to ./crash-reports/crash-2024-01-01_12.00.00-fml.txt"),

	/* ---- out of memory ---- */
	SAYS(OOM, 0, "java.lang.OutOfMemoryError: Java heap space"),
	SAYS(OOM, 0, "java.lang.OutOfMemoryError"),
	SAYS(OOM, 0, "java.lang.OutOfMemoryError: Java heap space\r"),
	SAYS(OOM, 0, "java.lang.OutOfMemoryError: GC overhead limit exceeded"),
	SAYS(OOM, 0, "Terminating due to java.lang.OutOfMemoryError: Java heap space"),
	SAYS(OOM, 0, "Aborting due to java.lang.OutOfMemoryError: Java heap space"),
	SAYS(OOM, 0, "Caused by: java.lang.OutOfMemoryError: Metaspace"),
	SAYS(OOM, 0, "Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space"),
	SAYS(OOM, 0, "Exception in thread \"Server thread\" java.lang.OutOfMemoryError: unable to "
	    "create native thread: possibly out of memory or process/resource limits reached"),
	SAYS(OOM, 0, "Exception: java.lang.OutOfMemoryError thrown from the "
	    "UncaughtExceptionHandler in thread \"Netty Server IO #1\""),
	SAYS(OOM, 0, PAPER_WARN "Exception in thread \"Craft Scheduler Thread - 12\" "
	    "java.lang.OutOfMemoryError: Java heap space"),
	SAYS(OOM, 0, PAPER_ERROR "java.lang.OutOfMemoryError: Java heap space"),
	SAYS(OOM, 0, OLD_SEVERE "java.lang.OutOfMemoryError: Java heap space"),

	/* ---- EULA ---- */
	SAYS(EULA, 0, VANILLA "You need to agree to the EULA in order to run the server. Go to "
	    "eula.txt for more info."),
	SAYS(EULA, 0, "[12:34:56] [main/INFO]: You need to agree to the EULA in order to run the "
	    "server. Go to eula.txt for more info."),
	SAYS(EULA, 0, "[12:34:56] [main/INFO] [minecraft/Main]: You need to agree to the EULA in "
	    "order to run the server. Go to eula.txt for more info."),
	SAYS(EULA, 0, "[12:34:56] [ServerMain/INFO]: You need to agree to the EULA in order to run "
	    "the server. Go to eula.txt for more info."),

	/* ---- ports that are taken ---- */
	SAYS(BIND, 0, "2011-09-03 17:14:45 [WARNING] **** FAILED TO BIND TO PORT!"),
	SAYS(BIND, 0, VANILLA_WARN "**** FAILED TO BIND TO PORT!"),
	SAYS(BIND, 0, PAPER_WARN "**** FAILED TO BIND TO PORT!"),
	SAYS(BIND, 0, "[12:34:56] [Server thread/WARN] [minecraft/DedicatedServer]: **** FAILED TO "
	    "BIND TO PORT!"),
	SAYS(BIND, 0, PAPER_ERROR "Can't bind to /0.0.0.0:25577"),
	SAYS(BIND, 0, PAPER_ERROR "Can't bind to /[0:0:0:0:0:0:0:0%0]:25565"),
	SAYS(BIND, 0, "12:34:56 [WARNING] Could not bind to host /0.0.0.0:25577"),
	SAYS(BIND, 0, PAPER_WARN "Could not bind to host /0.0.0.0:25577"),
	SAYS(BIND, 0, "[2026-11-25 12:34:56:789 ERROR] Network port occupied, can't start server."),

	/* ---- worlds that are locked ---- */
	SAYS(SESSION_LOCK, 0, "net.minecraft.util.DirectoryLock$LockException: /data/./world/"
	    LOCKED),
	SAYS(SESSION_LOCK, 0, "cug$a: /data/./world/" LOCKED),
	SAYS(SESSION_LOCK, 0, "net.minecraft.util.SessionLock$ExceptionWorldConflict: ./world/"
	    LOCKED),
	SAYS(SESSION_LOCK, 0, "Exception in thread \"main\" java.lang.RuntimeException: avz$a: "
	    "/data/world/" LOCKED),
	SAYS(SESSION_LOCK, 0, "java.lang.RuntimeException: Failed to check session lock, aborting"),
	SAYS(SESSION_LOCK, 0, OLD_SEVERE "Failed to check session lock, aborting"),
	SAYS(SESSION_LOCK, 0, "net.minecraft.server.v1_7_R4.ExceptionWorldConflict: The save is "
	    "being accessed from another location, aborting"),
	SAYS(SESSION_LOCK, 0, VANILLA_ERROR "The save is being accessed from another location, "
	    "aborting"),

	/* ---- restarts ---- */
	SAYS(RESTART_ASKED, 0, PAPER "Attempting to restart with ./start.sh"),
	SAYS(RESTART_ASKED, 0, CRAFTBUKKIT "Attempting to restart with ./start.sh"),
	SAYS(RESTART_ASKED, 0, "[12:34:56] [Server thread/INFO]: Attempting to restart with "
	    "start.bat"),
	SAYS(RESTART_ASKED, 0, PAPER "Startup script './start.sh' does not exist! Stopping "
	    "server."),
	SAYS(RESTART_ASKED, 0, VANILLA "Startup script '/srv/my start.sh' does not exist! Stopping "
	    "server."),

	/* ---- the JVM ---- */
	SAYS(JVM_OPTION, 0, "Unrecognized VM option 'UseNoSuchThing'"),
	SAYS(JVM_OPTION, 0, "Unrecognized option: -XmX2G"),
	SAYS(JVM_OPTION, 0, "Invalid maximum heap size: -Xmx2Q"),
	SAYS(JVM_OPTION, 0, "Invalid initial heap size: -Xms=2G"),
	SAYS(JVM_OPTION, 0, "Error: Could not create the Java Virtual Machine."),
	SAYS(JVM_OPTION, 0, "Error occurred during initialization of VM"),
	SAYS(JVM_OPTION, 0, "Error occurred during initialization of boot layer"),
	SAYS(NO_JAR, 0, "Error: Unable to access jarfile server.jar"),
	SAYS(NO_JAR, 0, "Error: Invalid or corrupt jarfile /data/server.jar"),
	SAYS(OLD_JAVA, 65, "java.lang.UnsupportedClassVersionError: Main (class file version "
	    "65.0), this version of the Java Runtime only recognizes up to 61.0"),
	SAYS(OLD_JAVA, 65, "Exception in thread \"ServerMain\" "
	    "java.lang.UnsupportedClassVersionError: org/bukkit/craftbukkit/Main" CLASSES "65.0"
	    RUNTIME "61.0"),
	SAYS(OLD_JAVA, 60, "Exception in thread \"main\" java.lang.UnsupportedClassVersionError: "
	    "net/minecraft/bundler/Main" CLASSES "60.0" RUNTIME "52.0"),
	SAYS(OLD_JAVA, 69, "\tjava.lang.UnsupportedClassVersionError: net/minecraft/bundler/Main"
	    CLASSES "69.0" RUNTIME "65.0"),
	SAYS(OLD_JAVA, 61, "Caused by: java.lang.UnsupportedClassVersionError: "
	    "net/minecraft/server/Main" CLASSES "61.0" RUNTIME "60.0"),
	SAYS(OLD_JAVA, 61, "Minecraft 1.19.4 requires running the server with Java 17 or above. "
	    "Download Java 17 (or above) from https://adoptium.net/"),
	SAYS(FATAL, 0, "# A fatal error has been detected by the Java Runtime Environment:"),
	SAYS(FATAL, 0, "# There is insufficient memory for the Java Runtime Environment to "
	    "continue."),

	/* ---- watchdogs ---- */
	SAYS(WATCHDOG, 0, "[12:34:56] [Server Watchdog/ERROR]: A single server tick took 60.00 "
	    "seconds (should be max 0.05)"),
	SAYS(WATCHDOG, 0, "[12:34:56] [Server Watchdog/FATAL]: A single server tick took 60,03 "
	    "seconds (should be max 0,05)"),
	SAYS(WATCHDOG, 0, "[12:34:56] [Server Watchdog/FATAL]: Considering it to be crashed, "
	    "server will forcibly shutdown."),
	SAYS(WATCHDOG, 0, "[12:34:56] [Server Watchdog/FATAL] [minecraft/ServerHangWatchdog]: "
	    "Considering it to be crashed, server will forcibly shutdown."),
	SAYS(WATCHDOG, 0, "[19:06:03] [Spigot Watchdog Thread/ERROR]: The server has stopped "
	    "responding!"),
	SAYS(WATCHDOG, 0, "12:34:56 [SEVERE] The server has stopped responding!"),
	SAYS(WATCHDOG, 0, PAPER_ERROR "The server has stopped responding! This is (probably) not a "
	    "Paper bug."),
	SAYS(WATCHDOG, 0, "[12:34:56] [Paper Watchdog Thread/ERROR]: The server has stopped "
	    "responding! This is (probably) not a Paper bug."),

	/* ---- players ---- */
	SAYS(JOINED, 0, OLD "Steve[/127.0.0.1:9864] logged in with entity id 147 at (12.5, 64.0, "
	    "3.5)"),
	SAYS(JOINED, 0, CRAFTBUKKIT "Steve[/127.0.0.1:9864] logged in with entity id 147 at "
	    "([world] 12.5, 64.0, 3.5)"),
	SAYS(JOINED, 0, VANILLA "Steve[/127.0.0.1:9864] logged in with entity id 147 at (1.5, "
	    "64.0, -3.5)"),
	SAYS(JOINED, 0, VANILLA "Notch[/[0:0:0:0:0:0:0:1%0]:56566] logged in with entity id 50 at "
	    "(5.5, 64.0, 0.5)"),
	SAYS(JOINED, 0, VANILLA "Steve[local] logged in with entity id 1 at (5.5, 64.0, 0.5)"),
	SAYS(JOINED, 0, VANILLA "Steve[IP hidden] logged in with entity id 1 at (5.5, 64.0, 0.5)"),
	SAYS(JOINED, 0, PAPER ".Steve_2[/10.0.0.1:1] logged in with entity id 9 at ([world]0.5, "
	    "64, 0.5)"),
	SAYS(JOINED, 0, FORGE "a_B[/10.0.0.1:1] logged in with entity id 9 at (0.5, 64.0, 0.5)"),
	SAYS(JOINED, 0, PAPER "\xd0\xa1\xd1\x82\xd0\xb8\xd0\xb2[/10.0.0.1:1] logged in with entity "
	    "id 9 at ([world]0.5, 64, 0.5)"),
	SAYS(JOINED, 0, PAPER "[connected player] Steve (/127.0.0.1:13394) has connected"),
	SAYS(JOINED, 0, BEDROCK "Player connected: Steve The Second, xuid: 2535416409681153"),
	SAYS(JOINED, 0, BEDROCK_OLD "Player connected: Steve, xuid: 2535416409681153"),
	SAYS(LEFT, 0, OLD "Steve lost connection: disconnect.quitting"),
	SAYS(LEFT, 0, CRAFTBUKKIT "Steve lost connection: disconnect.endOfStream"),
	SAYS(LEFT, 0, VANILLA "Steve lost connection: TextComponent{text='Disconnected', "
	    "siblings=[], style=Style{hasParent=false, color=null}}"),
	SAYS(LEFT, 0, VANILLA "Steve lost connection: Disconnected"),
	SAYS(LEFT, 0, VANILLA "Steve lost connection: Timed out"),
	SAYS(LEFT, 0, PAPER "Steve lost connection: Kicked by an operator"),
	SAYS(LEFT, 0, NEOFORGE "Steve lost connection: Server closed"),
	SAYS(LEFT, 0, PAPER "[connected player] Steve (/127.0.0.1:13394) has disconnected"),
	SAYS(LEFT, 0, PAPER "[connected player] Steve (/127.0.0.1:13394) has disconnected: Server "
	    "closed"),
	SAYS(LEFT, 0, BEDROCK "Player disconnected: nod dd, xuid: , pfid: c31902da495f4549"),
	SAYS(LEFT, 0, BEDROCK_OLD "Player disconnected: Steve, xuid: 2535416409681153"),
};

static const struct marker_line marker_mute[] = {
	/* ---- chat, as each server has it ---- */
	MUTE(VANILLA "<Steve> Done (1s)! For help, type \"help\""),
	MUTE(VANILLA "<Steve> Stopping the server"),
	MUTE(VANILLA "[Not Secure] <Steve> Done (1s)!" HELP),
	MUTE(VANILLA "[Not Secure] [Server] Stopping the server"),
	MUTE(OLD "<Steve> Stopping server"),
	MUTE(OLD "\033[0;32;1m<Steve>\033[m All dimensions are saved"),
	MUTE(CRAFTBUKKIT "<Steve> Listening on /0.0.0.0:25577"),
	MUTE(PAPER "<Steve> Done (1s)!" HELP),
	MUTE(FML "<Steve> Done (1s)!" OLD_HELP),
	MUTE(FORGE "<Steve> Encountered an unexpected exception"),
	MUTE(FORGE_FILE "<Steve> Done (1s)!" HELP),
	MUTE(NEOFORGE "[Not Secure] <Steve> Stopping server"),
	MUTE(FABRIC "<Steve> Done (1s)!" HELP),
	MUTE(FABRIC "(Minecraft) Done (1s)!" HELP),
	MUTE("[12:34:56] [Async Chat Thread - #0/INFO]: <Steve> Done (1s)!" HELP),
	MUTE("[12:34:56] [Async Chat Thread - #12/INFO]: Done (1s)!" HELP),
	MUTE("[12:34:56] [Async Chat Thread - #12/INFO]: Stopping the server"),
	MUTE("[12:34:56] [Server thread/INFO] <Steve> Done (1s)!" HELP),

	/* ---- chat, as plugins have it ---- */
	MUTE(PAPER "[Admin] Steve: Stopping the server"),
	MUTE(PAPER "Steve: Done (1s)!" HELP),
	MUTE(PAPER "Steve: Done ("),
	MUTE(PAPER "[G] Steve: Stopping server"),
	MUTE(PAPER "Steve \xc2\xbb Stopping server"),
	MUTE(PAPER "Steve \xc2\xbb lost connection: x"),
	MUTE(PAPER "Steve\xc2\xbb lost connection: x"),
	MUTE(PAPER "Steve \xe2\x9e\x9c x[/1.2.3.4:5] logged in with entity id 5 at (1, 1, 1)"),
	MUTE(PAPER "Steve\xe2\x86\x92x[/1.2.3.4:5] logged in with entity id 5 at (1, 1, 1)"),
	MUTE(PAPER "Steve: x[/1.2.3.4:5] logged in with entity id 5 at (1, 1, 1)"),
	MUTE(PAPER "Steve > Alex lost connection: x"),
	MUTE(PAPER "\xc2\xa7""aSteve\xc2\xa7r: Stopping server"),
	MUTE(PAPER "\xc2\xa7""cAdmin\xc2\xa7r Steve lost connection: x"),
	MUTE(PAPER "\xe2\x9c\xaaSteve lost connection: x"),
	MUTE(PAPER "[Steve -> Alex] Done (1s)!"),
	MUTE(PAPER "[Steve -> me] Stopping the server"),
	MUTE(PAPER "[DiscordSRV] Done (1s)!" HELP),
	MUTE(PAPER "[Essentials] Done (1s)!"),
	MUTE(PAPER "[ChunkMaster] All dimensions are saved"),
	MUTE(PAPER "[connected player] Steve: Done (1s)!"),
	MUTE(PAPER "[connected player] Steve: (/1.2.3.4:5) has connected"),
	MUTE(PAPER "[connected player] Steve says (/1.2.3.4:5) has connected"),
	MUTE("[12:34:56 INFO] [geyser]: Done (2.345s)! Run /geyser help for help!"),
	MUTE("[12:34:56 INFO] [chatlog]: Done (1s)!" HELP),
	MUTE("[12:34:56] [Server thread/INFO] [Essentials/]: Done (1s)!" HELP),
	MUTE("[12:34:56] [Server thread/INFO] [STDOUT]: Stopping server"),
	MUTE("[12:34:56] [Server thread/INFO] [minecraftchat/]: Stopping server"),
	MUTE("[12:34:56] [Server thread/INFO] [minecraft/MinecraftServer]: [Steve] Stopping "
	    "server"),

	/* ---- names that read like the beginning of a line ---- */
	MUTE(PAPER "Exception: java.lang.OutOfMemoryError"),
	MUTE(PAPER "Caused by: Stopping server"),
	MUTE(PAPER "Exception in thread \"x\" Done (1s)!" HELP),
	MUTE(PAPER "Error: Unable to access jarfile server.jar"),
	MUTE(PAPER "Loading: 5%"),
	MUTE(PAPER "Minecraft 1.19 requires running the server with Java 17 or above"),
	MUTE(PAPER "Minecraft: Stopping server"),
	MUTE(PAPER "INFO: Done (1s)!" HELP),
	MUTE(PAPER "Done (1s)![/1.2.3.4:5] logged in with entity id 1 at (0, 0, 0)"),
	MUTE(PAPER "Done (1s)! joined the game"),
	MUTE(PAPER "Stopping server joined the game"),
	MUTE(PAPER "Server started.: hello"),
	MUTE(PAPER "Startup script ' lost connection: Disconnected"),
	MUTE(PAPER "RCON running on  joined the game"),
	MUTE(PAPER "Can't bind to / left the game"),
	MUTE(PAPER "Listening on /: hello"),
	MUTE(PAPER "Listening on / left the game"),

	/* ---- /say, /me, /msg and other commands ---- */
	MUTE(VANILLA "[Server] Stopping the server"),
	MUTE(VANILLA "[Rcon] Stopping the server"),
	MUTE(VANILLA "[Steve] Done (1s)!" HELP),
	MUTE(OLD "[Server] Stopping server"),
	MUTE(VANILLA "[@] Stopping server"),
	MUTE(VANILLA "* Steve lost connection: x"),
	MUTE(VANILLA "* Steve left the game"),
	MUTE(VANILLA "* Steve Done (1s)!"),
	MUTE(VANILLA "*Steve lost connection: x*"),
	MUTE(VANILLA "[Steve: Stopping the server]"),
	MUTE(VANILLA "[Rcon: Stopping the server]"),
	MUTE(VANILLA "[Steve: Set own game mode to Creative Mode]"),
	MUTE(VANILLA "[Steve: Killed Stopping the server]"),
	MUTE(VANILLA "Steve whispers to you: Done (1s)!"),
	MUTE(VANILLA "-> [Team] <Steve> Stopping the server"),
	MUTE(VANILLA "Stopping the server<--[HERE]"),
	MUTE(PAPER "Steve issued server command: /say All dimensions are saved"),
	MUTE(PAPER "Steve issued server command: /me lost connection: x"),
	MUTE(CRAFTBUKKIT "[PLAYER_COMMAND] Steve: /stop"),
	MUTE(CRAFTBUKKIT "Steve executed command: /stop"),
	MUTE(CRAFTBUKKIT "[Steve] -> UpstreamBridge has disconnected"),
	MUTE(CRAFTBUKKIT "[Steve,/127.0.0.1:57633] <-> InitialHandler has connected"),
	MUTE(CRAFTBUKKIT "[Steve] <-> ServerConnector [lobby] has connected"),
	MUTE(CRAFTBUKKIT "[/127.0.0.1:9864] <-> InitialHandler has pinged"),
	MUTE(PAPER "[server connection] Steve -> lobby has connected"),
	MUTE(PAPER "[connected player] Steve (/127.0.0.1:1): kicked from server lobby: x"),

	/* ---- deaths, and what is named on an anvil or written on a sign ---- */
	MUTE(VANILLA "Steve was slain by Done (1s)!" HELP),
	MUTE(VANILLA "Al was slain by x[/1.2.3.4:5] logged in with entity id 1 at (1, 1, 1)"),
	MUTE(VANILLA "Steve was slain by Alex using [/1.2.3.4:5] logged in with entity id 1 at (1, "
	    "1]"),
	MUTE(VANILLA "Named entity Wolf['Stopping server'/45, l='world'] died: Stopping server was "
	    "slain"),
	MUTE(VANILLA "Villager bzd['Done (1s)!'/12, l='world'] died, message: 'Done (1s)! fell'"),
	MUTE(VANILLA "Steve has made the advancement [Stopping server]"),
	MUTE(PAPER "[SignSpy] Steve: Done (1s)!"),
	MUTE(PAPER "Steve has the following entity data: \"Done (1s)!\""),

	/* ---- carriage returns, escapes, colours, length ---- */
	MUTE(PAPER "<Steve> x\r[12:34:56 INFO]: Done (1s)!" HELP),
	MUTE(PAPER "<Steve> x\r> [12:34:56] [Server thread/INFO]: Stopping server"),
	MUTE(PAPER "<Steve>\033[2K\033[1G[12:34:56 INFO]: Stopping server"),
	MUTE(PAPER "\033[<Steve> Done (1s)!"),
	MUTE(PAPER "\033[\033[<Steve> Stopping server"),
	MUTE(PAPER "<Steve> \xc2\xa7k\xc2\xa7rStopping server"),
	MUTE(PAPER "<Steve> x\bStopping server"),
	MUTE(PAPER "> Stopping server"),
	MUTE(PAPER "\rStopping server"),
	MUTE(PAPER " Stopping server"),
	MUTE("[12:34:56 INFO\0]: Stopping server"),
	MUTE(PAPER "Stopping server\0"),
	MUTE(PAPER "Stopping\0server"),
	MUTE(""),
	MUTE("\r"),
	MUTE("> "),
	MUTE("\033[m"),
	MUTE("\033[0m\033[K\033[?2004h"),
	MUTE("\033"),
	MUTE("\033["), MUTE("\r\r\r\b\b> > >"), MUTE("\0\0\0\0\0\0\0\0\0\0\0\0["),

	/* ---- no prefix, or a half of one, where there should be one ---- */
	MUTE("Done (1s)!" HELP),
	MUTE("Stopping server"),
	MUTE("<Steve> Done (1s)!" HELP),
	MUTE("[Essentials] Done (1s)!" HELP),
	MUTE("[Server] Stopping server"),
	MUTE("12:34:56 Stopping server"),
	MUTE("12:34:56 [INFO]Stopping server"),
	MUTE("12:34:56 [INFO] "),
	MUTE("[12:34:56]"), MUTE("[12:34:56] "), MUTE("[12:34:56 INFO]"), MUTE("[12:34:56 INFO]:"),
	MUTE("[12:34:56 INFO]: "), MUTE("[12:34:56 INFO]: D"), MUTE("[12:34:56 INFO]: Done ("),
	MUTE("[12:34:56 INFO]: Done (1"),
	MUTE("[12:34:56 INFO]: Done (1s)"),
	MUTE("[12:34:56 INFO"),
	MUTE("[12:34:56] [Server thread/INFO"),
	MUTE("[12:34:56] [Server thread/INFO] [minecraft/Ded"),
	MUTE("[12:34:56] Stopping server"),
	MUTE("[12:34:56] [Steve] Stopping server"),
	MUTE("[1] [2] Stopping server"),
	MUTE("[1]: Stopping server"),

	/* ---- what is nearly so ---- */
	MUTE(PAPER "Done preparing level \"world\" (3.2s)"),
	MUTE(PAPER "Done (s)!"),
	MUTE(PAPER "Done (1s)?"),
	MUTE(PAPER "Done (1s)! Run /geyser help for help!"),
	MUTE(PAPER "Steve left the game"), MUTE(PAPER "Steve joined the game"),
	MUTE(PAPER "Preparing spawn area: 101%"), MUTE(PAPER "Preparing spawn area: 83"),
	MUTE(PAPER "Preparing spawn area: %"), MUTE(PAPER "Preparing spawn area: -1%"),
	MUTE(PAPER "Preparing spawn area: 99999999999999999999%"),
	MUTE(PAPER "101% completed (1 / 2 chunks)..."),
	MUTE(PAPER "RCON running on 0.0.0.0"), MUTE(PAPER "RCON running on 0.0.0.0:"),
	MUTE(PAPER "RCON running on 0.0.0.0:0"), MUTE(PAPER "RCON running on 0.0.0.0:65536"),
	MUTE(PAPER "RCON running on 0.0.0.0:25575 says Steve"),
	MUTE("[12:34:56 WARN]: Unable to initialise RCON on 0.0.0.0:25575"),
	MUTE(PAPER "Listening for GS4 query on /0.0.0.0:25565"),
	MUTE(PAPER_ERROR "The server has not responded for 10 seconds! Creating thread dump"),
	MUTE(PAPER_WARN "Can't keep up! Is the server overloaded? Running 5056ms or 101 ticks "
	    "behind"),
	MUTE(VANILLA "ThreadedAnvilChunkStorage (world): All chunks are saved"),
	MUTE(VANILLA "Stopping singleplayer server as player logged out"),
	MUTE(VANILLA "Starting remote control listener"),
	MUTE(VANILLA "/127.0.0.1:43832 lost connection: Failed to verify username"),
	MUTE(VANILLA "Steve (/127.0.0.1:43832) lost connection: Disconnected"),
	MUTE(VANILLA
	    "com.mojang.authlib.GameProfile@3d3e[id=<null>,name=Steve,properties={},legacy=false] "
	    "(/127.0.0.1:43832) lost connection: Disconnected"),
	MUTE(VANILLA "UUID of player Steve is 836fe395-9e8b-4985-b8c9-cc93afe43995"),
	MUTE("\tat java.lang.OutOfMemoryError.<init>(OutOfMemoryError.java:48)"),
	MUTE("\tat net.minecraft.server.MinecraftServer.run(MinecraftServer.java:291) "
	    "~[server.jar:?]"),
	MUTE("java.net.BindException: Address already in use"),
	MUTE("java.lang.UnsupportedClassVersionError: Main"),
	MUTE("Caused by: Stopping server"),
	MUTE("Exception in thread \"main\""), MUTE("Exception in thread \"main"),
	MUTE("Exception in thread \""), MUTE("Caused by: "), MUTE("Terminating due to "),
	MUTE("Picked up JAVA_TOOL_OPTIONS: -Xmx2G"),
	MUTE("OpenJDK 64-Bit Server VM warning: Option UseConcMarkSweepGC was deprecated in "
	    "version 9.0"),
	MUTE("#"), MUTE("# JRE version: OpenJDK Runtime Environment Temurin-21"),
};

#endif
