# SPDX-License-Identifier: MIT
#
#   docker build --target bin -o . .      the static binary, into this directory
#   docker build -t minecraft .           a server image: put server.jar into the volume /data
#
# JRE_IMAGE=... takes another Java: each Minecraft version names the one it needs.
ARG JRE_IMAGE=eclipse-temurin:21-jre

# The compiler, musl and inih; nothing of it reaches the stages below.
FROM debian:12-slim AS build
WORKDIR /src
# What is installed changes less often than the sources.
COPY tools/deps tools/get-inih tools/
RUN tools/deps build
COPY . .
RUN make

# Nothing but the binary: to copy from (COPY --from), or to take out with -o.
FROM scratch AS bin
COPY --from=build /src/mcinit /mcinit

# FROM needs the ARG from above the first FROM.
FROM ${JRE_IMAGE} AS server
COPY --from=build /src/mcinit /usr/local/bin/mcinit
# Worlds live in the volume; mcinit looks for mcinit.ini or server.jar there.
WORKDIR /data
VOLUME /data
EXPOSE 25565
# The exec form: with a shell in between, PID 1 would be the shell, and TERM would not arrive.
# No CMD: arguments of "docker run" go to mcinit as they are.
ENTRYPOINT ["/usr/local/bin/mcinit"]
# TERM saves and stops the servers. Give them the time: docker run --stop-timeout 150.
STOPSIGNAL SIGTERM
