# SPDX-License-Identifier: MIT
#
# Builds mcinit and everything around it; "make help" lists the targets.
#
# `make` installs nothing; `make run`, `test`, `lint`, `bench`, `fuzz` and `soak` first install
# what is missing, through tools/deps.  The release binary is a static PIE on musl, the test
# programs are built on the host's libc with sanitizers.  Other architectures:
#   make CC=aarch64-linux-gnu-gcc BUILD=build/aarch64 BIN=build/aarch64/mcinit

VERSION	:= 0.1.0

ifeq ($(origin CC),default)
CC	:= gcc
endif
CLANG	?= clang
BUILD	?= build
BIN	?= mcinit
INIH	:= build/inih
T	?= 30
# A compiler newer than ours may know new warnings: make WERROR=
WERROR	?= -Werror

machine	:= $(shell $(CC) -dumpmachine 2>/dev/null)
cpu	:= $(firstword $(subst -, ,$(machine)))
tool	= $(shell $(CC) -print-prog-name=$(1) 2>/dev/null)

sources	:= $(wildcard *.c) $(wildcard ini/*.c)
names	:= $(sources:.c=) inih
# mcinit.c holds main() and nothing else that a test could want.
rooms	:= $(filter-out mcinit,$(names))

release	:= $(names:%=$(BUILD)/release/%.o)
asan	:= $(names:%=$(BUILD)/asan/%.o)
asan_rooms := $(rooms:%=$(BUILD)/asan/%.o)
fuzz_rooms := $(rooms:%=$(BUILD)/fuzz/%.o)

units	:= $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/unit_*.c)))
helpers	:= $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/helper_*.c))
fakeserver := $(patsubst tests/%.c,$(BUILD)/tests/%.o,$(wildcard tests/fakeserver*.c))
fakeservers := $(if $(fakeserver),$(BUILD)/tests/fakeserver)
jars	:= $(if $(wildcard tests/FakeServer.java),$(BUILD)/tests/fakeserver.jar)
faults	:= $(names:%=$(BUILD)/faults/%.o)
fuzzers	:= $(patsubst tests/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz_*.c))

# One short line per step; V=1 shows the commands.
ifeq ($(V),)
say	= @printf '  %-5s %s\n' $(1) $@;
endif

# --- flags ---

inih_flags := -DINI_MAX_LINE=4096 -DINI_ALLOW_INLINE_COMMENTS=0 -DINI_ALLOW_MULTILINE=0 \
	-DINI_HANDLER_LINENO=1 -DINI_CALL_HANDLER_ON_NEW_SECTION=1 -DINI_USE_STACK=1 \
	-DINI_STOP_ON_FIRST_ERROR=0
cppflags := -I. -isystem $(INIH) -D_GNU_SOURCE= -DMCINIT_VERSION='"$(VERSION)"' \
	$(inih_flags) -MMD -MP
warnings := -Wall -Wextra -Wshadow -Wswitch -Wvla -Wmissing-prototypes -Wstrict-prototypes \
	-Wpointer-arith $(WERROR)
# inih is not ours to keep free of our warnings.
%/inih.o: warnings := -w

branches_x86_64 := -fcf-protection
branches_aarch64 := -mbranch-protection=standard
hardening := -fPIE -fstack-protector-strong -fstack-clash-protection $(branches_$(cpu)) \
	-ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr
# No clock and no path of the building machine gets into the binary.  Fat objects: check-layers reads
# them as if nothing were optimized across rooms.
cflags	:= -std=c11 -Os -g $(hardening) -fvisibility=hidden -ffunction-sections -fdata-sections \
	-flto -ffat-lto-objects \
	-fno-unwind-tables -fno-asynchronous-unwind-tables -ffile-prefix-map=$(CURDIR)=.
# What each line of a console goes through is worth a few bytes more.
$(BUILD)/release/marker.o $(BUILD)/release/carrier.o: cflags += -O2
# A frame larger than this has no place in a PID 1, whose fault handler has a small stack.
stack	:= -Wstack-usage=8192

asan_cflags := -std=c11 -g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=all
# The release without its optimization across rooms, and a call at both ends of each function of ours.
faults_cflags := $(filter-out -flto -ffat-lto-objects,$(cflags))
$(BUILD)/faults/%.o: faults_cflags += -finstrument-functions
$(BUILD)/faults/inih.o $(BUILD)/faults/fault_hook.o: faults_cflags := $(faults_cflags)
fuzz_cflags := -std=c11 -g -O1 -fno-omit-frame-pointer -fno-sanitize-recover=all
fuzz_object := -fsanitize=fuzzer-no-link,address,undefined

# --- musl ---
#
# Beside glibc, musl comes as a specs file, whose link rules make a dynamic binary of
# -static-pie; so the start files are spelled out.  Where the system's libc is musl, gcc does it.

musl_native := $(findstring musl,$(machine))
musl_specs := $(firstword $(wildcard $(foreach d,/usr/lib/$(cpu)-linux-musl /usr/lib/musl/lib \
	/usr/$(cpu)-linux-musl/lib64 /usr/$(cpu)-linux-musl/lib /usr/local/musl/lib,$(d)/musl-gcc.specs)))
musl_lib := $(patsubst %/,%,$(dir $(musl_specs)))
gcc_lib	:= $(patsubst %/,%,$(dir $(shell $(CC) -print-libgcc-file-name 2>/dev/null)))
# Constants stand in the segment of the code, and small variables beside each other instead of each
# beside a large one that is never filled: two pages less, twice.  What process 1 hardly ever touches
# asks for more than the 32 bytes that all large ones get (_Alignas(64)): four pages less.
hard_link := -Wl,-z,noseparate-code,-z,text,-z,relro,-z,now,-z,noexecstack,--gc-sections \
	-Wl,--sort-section=alignment,--build-id=sha1

ifneq ($(musl_native),)
musl	:=
link_static = $(CC) -static-pie $(cflags) $(hard_link) -o $@ $(filter %.o,$^)
else
# musl brings no headers of the kernel; they are taken from the system, and nothing else with them.
musl	= -specs $(musl_specs) -isystem $(BUILD)/kernel
kernel	:= $(BUILD)/kernel
link_static = $(CC) -specs $(musl_specs) $(cflags) -nostartfiles $(musl_lib)/rcrt1.o \
	$(musl_lib)/crti.o $(gcc_lib)/crtbeginS.o $(filter %.o,$^) $(gcc_lib)/crtendS.o \
	$(musl_lib)/crtn.o -static -Wl,-pie,--no-dynamic-linker $(hard_link) -o $@
endif

# --- what to build ---

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all man run test check tests lint bench soak fuzz size check-layers clean distclean help objects

## all: the release binary, ./mcinit (the default; installs nothing)
all: $(BIN)

# What PID 1 may not be is found out here, not on someone's machine.
$(BIN): $(BUILD)/release/mcinit.debug tools/check-binary
	@NM='$(call tool,nm)' READELF='$(call tool,readelf)'; export NM READELF; \
	'$(call tool,strip)' -o $@.new $< && tools/check-binary $@.new $< && mv -f $@.new $@ || \
	    { rm -f $@.new; exit 1; }

$(BUILD)/release/mcinit.debug: $(release) Makefile
	$(call say,LD)$(link_static)

objects: $(release)

## run: install what is missing, build, then run the demo: make run [INI=FILE]
run:
	@tools/deps run
	@$(MAKE) --no-print-directory all tests-helpers
	@tools/run $(INI)

## test: install what is missing, build, then run all tests
test:
	+@DEPS=test MAKE='$(MAKE)' BUILD='$(BUILD)' tools/run-tests

## check: the same without installing anything
check:
	+@MAKE='$(MAKE)' BUILD='$(BUILD)' tools/run-tests

## soak: the tests with the long ones among them
soak:
	+@SOAK=1 DEPS=test MAKE='$(MAKE)' BUILD='$(BUILD)' tools/run-tests

# Its words are quoted for a shell, so it goes by the environment and not through one.
lint: export FLAGS = $(filter-out -MMD -MP,$(cppflags))
## lint: gcc -fanalyzer, clang-tidy, cppcheck, shellcheck
lint:
	@tools/deps lint
	@CC='$(CC)' tools/lint

## bench: measure against the budgets and against the peers
bench:
	@tools/deps bench
	@$(MAKE) --no-print-directory all
	@bench/run

## fuzz: run each fuzzer for T seconds: make fuzz [T=30]
fuzz:
	@tools/deps fuzz
	@$(MAKE) --no-print-directory fuzz-programs
	@set -e; for fuzzer in $(fuzzers); do \
		name=$${fuzzer##*/fuzz_}; mkdir -p $(BUILD)/fuzz/corpus/$$name; \
		echo "fuzz: $$name, $(T) s"; seeds=tests/corpus/$$name; [ -d $$seeds ] || seeds=; \
		$$fuzzer -max_total_time=$(T) -timeout=5 -print_final_stats=1 \
		    -artifact_prefix=$(BUILD)/fuzz/$$name- $(BUILD)/fuzz/corpus/$$name $$seeds; \
	done

generated := man/mcinit.ini.5 man/mcinit.8 man/mcinit-control.7 completions/mcinit.bash \
	completions/_mcinit completions/mcinit.fish

## man: write the generated manual pages and completions anew
man: $(BUILD)/tools/man
	@for file in $(generated); do $< "$$file" > $$file.new && mv $$file.new $$file || exit 1; done

## size: bytes per room, and the whole against its budget
size: $(BIN)
	@SIZE='$(call tool,size)' tools/size $(BIN) $(release)

## check-layers: which room calls which, against the table
check-layers: $(release)
	@NM='$(call tool,nm)' tools/check-layers $(BUILD)/release

## clean: remove all that was built; the fetched inih stays
clean:
	@rm -rf mcinit mcinit.new $(filter-out $(INIH),$(wildcard build/*))

## distclean: clean, and remove inih too
distclean: clean
	@rm -rf build

## help: this list
help:
	@sed -n 's/^## //p' $(firstword $(MAKEFILE_LIST)) | \
	    awk -F ': ' '{ printf "  %-13s", $$1; sub(/^[^:]*: /, ""); print }'

# --- how ---

$(INIH)/ini.c:
	@if [ -n "$(INIH_DIR)" ]; then INIH_DIR='$(INIH_DIR)' tools/get-inih $(INIH); else \
	    echo 'inih is not here yet. "make run" and "make test" fetch what is missing, and so does' \
		'"tools/deps"; or say "make INIH_DIR=/where/inih/r59/is".' >&2; exit 1; fi

# A link for each directory of kernel headers, of this architecture where it makes a difference.
kernel_asm := $(firstword $(wildcard /usr/include/$(machine)/asm /usr/$(machine)/include/asm) \
	/usr/include/asm)

$(BUILD)/kernel: | $(BUILD)/toolchain
	@mkdir -p $@.new && ln -sfn /usr/include/linux $@.new/linux && \
	ln -sfn /usr/include/asm-generic $@.new/asm-generic && \
	ln -sfn $(kernel_asm) $@.new/asm && rm -rf $@ && mv $@.new $@

$(BUILD)/toolchain:
	@command -v $(CC) >/dev/null 2>&1 && [ -n "$(musl_native)$(musl_specs)" ] || { \
	    echo 'A C compiler for musl is not here yet (on Debian: gcc, musl-tools).' \
		'"make run" and "make test" install what is missing, and so does "tools/deps".' >&2; exit 1; }
	@mkdir -p $(BUILD) && : >$@

# Every object waits for inih: its header is needed by ini/, and then one rule does for all.
$(release) $(asan): Makefile | $(BUILD)/toolchain $(INIH)/ini.c $(kernel)

$(BUILD)/release/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(musl) $(cppflags) $(cflags) $(warnings) $(stack) -c -o $@ $<

$(BUILD)/release/inih.o: $(INIH)/ini.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(musl) $(cppflags) $(cflags) $(warnings) -c -o $@ $(INIH)/ini.c

$(BUILD)/asan/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(cppflags) $(asan_cflags) $(warnings) -c -o $@ $<

$(BUILD)/asan/inih.o: $(INIH)/ini.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(cppflags) $(asan_cflags) $(warnings) -c -o $@ $(INIH)/ini.c

$(BUILD)/asan/mcinit: $(asan)
	$(call say,LD)$(CC) $(asan_cflags) -o $@ $^

# An mcinit that fails by itself, for the scenarios of its recovery.
$(faults) $(BUILD)/faults/fault_hook.o: Makefile | $(BUILD)/toolchain $(INIH)/ini.c $(kernel)
$(BUILD)/faults/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(musl) $(cppflags) $(faults_cflags) $(warnings) -c -o $@ $<

$(BUILD)/faults/inih.o: $(INIH)/ini.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(musl) $(cppflags) $(faults_cflags) $(warnings) -c -o $@ $(INIH)/ini.c

$(BUILD)/faults/fault_hook.o: tests/fault_hook.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(musl) $(cppflags) $(faults_cflags) $(warnings) -c -o $@ $<

$(BUILD)/faults/mcinit: $(faults) $(BUILD)/faults/fault_hook.o
	$(call say,LD)$(link_static)

# An mcinit to come, which this one is to be replaced by.
$(BUILD)/newer/mcinit: $(sources) $(wildcard *.h ini/*) tests/newer.sed tools/check-binary Makefile | \
	    $(BUILD)/toolchain $(INIH)/ini.c $(kernel)
	@rm -rf $(@D) && mkdir -p $(@D)/build && cp -r *.[ch] ini tools Makefile $(@D)/ && \
	cp -r $(INIH) $(@D)/build/ && sed -i -f tests/newer.sed $(@D)/*.h
	$(call say,MAKE)$(MAKE) --no-print-directory -C $(@D) BUILD=build BIN=mcinit VERSION=99.0.0 \
	    $(if $(V),,>/dev/null)

.PHONY: tests-programs tests-helpers fuzz-programs
tests-programs: $(units) tests-helpers $(BUILD)/asan/mcinit $(BUILD)/faults/mcinit \
	$(BUILD)/newer/mcinit $(BUILD)/tools/man
tests-helpers: $(helpers) $(fakeservers) $(jars)

$(BUILD)/tests/unit_%: tests/unit_%.c $(asan_rooms) Makefile
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(cppflags) -Itests $(asan_cflags) $(warnings) -MF $@.d \
	    -o $@ $< $(asan_rooms) -lcmocka

$(BUILD)/tools/man: tools/man.c $(asan_rooms) Makefile
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(cppflags) $(asan_cflags) $(warnings) -MF $@.d -o $@ $< $(asan_rooms)

# Helpers run inside containers and chroots of the scenarios, where there is no libc.
$(helpers:%=%.o) $(fakeserver): Makefile | $(BUILD)/toolchain $(INIH)/ini.c $(kernel)
$(BUILD)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(musl) $(cppflags) -Itests $(cflags) $(warnings) -c -o $@ $<

# What java thinks of a properties file is asked about the code of the release.
$(BUILD)/tests/helper_props: $(BUILD)/release/props.o
$(helpers): %: %.o
	$(call say,LD)$(link_static)

$(fakeservers): $(fakeserver)
	$(call say,LD)$(link_static)

$(BUILD)/tests/fakeserver.jar: tests/FakeServer.java Makefile
	@mkdir -p $(BUILD)/tests/classes
	$(call say,JAVAC)javac -Xlint:all -Werror -d $(BUILD)/tests/classes $<
	$(if $(V),,@)jar --create --file $@ --main-class FakeServer -C $(BUILD)/tests/classes .

fuzz-programs: $(fuzzers)

$(BUILD)/fuzz/%.o: %.c Makefile | $(INIH)/ini.c
	@mkdir -p $(@D)
	$(call say,CC)$(CLANG) $(cppflags) $(fuzz_cflags) $(fuzz_object) -c -o $@ $<

$(BUILD)/fuzz/inih.o: $(INIH)/ini.c Makefile
	@mkdir -p $(@D)
	$(call say,CC)$(CLANG) $(cppflags) $(fuzz_cflags) $(fuzz_object) -w -c -o $@ $<

$(BUILD)/fuzz/fuzz_%: tests/fuzz_%.c $(fuzz_rooms) Makefile
	@mkdir -p $(@D)
	$(call say,CC)$(CLANG) $(cppflags) -Itests $(fuzz_cflags) \
	    -fsanitize=fuzzer,address,undefined -MF $@.d -o $@ $< $(fuzz_rooms)

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d)
