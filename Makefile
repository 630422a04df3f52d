# SPDX-License-Identifier: GPL-2.0-only
#
# make             build/oomtrace              make STATIC=1   build/static/oomtrace, runs anywhere
# make test        set up, unit tests, the reports in a browser, live tests in virtual machines
# make demo        the experiment, in a virtual machine with Docker
# make unit        the unit tests alone: no root, no virtual machine
# make live        the live tests alone
# make limits      the live tests of limit changes and their causes, which make test leaves out
# make stall       those of stalls, the status line and many cgroups, which it leaves out too
# make usage       those of usage, reclaim and what the memory was, of which make test has a part
# make soak        an hour beside a busy cgroup: memory that stays bounded (OOMTRACE_SOAK: seconds)
# make browser     the HTML report in headless Chromium, and the Chrome trace
# make fuzz        the fuzz targets, FUZZ_SECONDS=60 each
# make bench       how fast a report is made; start-up, memory and overhead beside other tools'
# make install     PREFIX=/usr/local DESTDIR=  make uninstall  make clean
#
# V=1 shows the commands, WERROR=1 makes warnings errors.

VERSION := 0.1.0

CC ?= gcc
CLANG ?= clang
PKG_CONFIG ?= pkg-config
BPFTOOL ?= $(shell PATH=$$PATH:/usr/sbin:/sbin command -v bpftool || echo bpftool)
PREFIX ?= /usr/local
CFLAGS ?= -O2 -g
FUZZ_SECONDS ?= 60
ARCH := $(shell uname -m | sed -e 's/x86_64/x86/' -e 's/aarch64/arm64/')

Q := $(if $(filter 1,$(V)),,@)
OUT := build$(if $(STATIC),/static)
LIBS := libbpf json-c libdw
WARN := -Wall -Wextra $(if $(WERROR),-Werror)
FLAGS = -std=gnu11 -D_GNU_SOURCE $(WARN) -Wshadow -DOOMTRACE_VERSION='"$(VERSION)"' \
	-Ibpf -Iuser -Ibuild/bpf $(shell $(PKG_CONFIG) --cflags $(LIBS)) -MMD -MP
# libiberty, which demangles, has no .pc file.
SHARED_LINK = $(shell $(PKG_CONFIG) --libs $(LIBS)) -liberty
LINK = $(if $(STATIC),-static $(shell $(PKG_CONFIG) --static --libs $(LIBS)) -liberty,$(SHARED_LINK))
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# Folders in the order of the data's way: see docs/architecture.md.
SOURCES := $(filter-out user/static/%,$(sort $(shell find user -name '*.c')))
DYGRAPHS ?= /usr/share/javascript/dygraphs
OBJECTS := $(SOURCES:%.c=$(OUT)/%.o) $(OUT)/report/html_assets.o \
	$(if $(STATIC),$(patsubst %.c,$(OUT)/%.o,$(wildcard user/static/*.c)))
SKELETON := build/bpf/oomtrace.skel.h

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all tools test demo unit live limits usage stall soak browser bench fuzz install uninstall clean
all: $(OUT)/oomtrace

$(OUT)/oomtrace: $(OBJECTS)
	@echo "  LINK    $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LINK)

$(OUT)/user/%.o: user/%.c Makefile | $(SKELETON)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(FLAGS) -c -o $@ $<

# The HTML report's style and scripts, with the chart library, as C strings.
build/report/html_assets.c: scripts/build/embed.py $(wildcard user/report/html/web/*) | tools
	@mkdir -p $(@D)
	@echo "  EMBED   $@"
	$(Q)python3 -B scripts/build/embed.py user/report/html/web $(DYGRAPHS) > $@

$(OUT)/report/html_assets.o build/unit/report/html_assets.o: build/report/html_assets.c user/report/html/assets.h
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(FLAGS) -c -o $@ $<

# The check is part of the build: a program that dereferences an argument must never be shipped.
build/bpf/%.bpf.o: bpf/%.bpf.c Makefile scripts/build/check-bpf-loads.py | tools
	@mkdir -p $(@D)
	@echo "  BPF     $@"
	$(Q)$(CLANG) -g -O2 -target bpf -D__TARGET_ARCH_$(ARCH) -Ivmlinux -Ibpf \
		$(WARN) -Wno-unused-parameter $(shell $(PKG_CONFIG) --cflags $(LIBS)) -MMD -MP -c -o $@ $<
	$(Q)scripts/build/check-bpf-loads.py $@

build/bpf/%.skel.h: build/bpf/%.bpf.o
	@echo "  SKEL    $@"
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

tools:
	$(Q)for tool in '$(CLANG)' '$(BPFTOOL)' '$(CC)' '$(PKG_CONFIG)' python3; do \
		command -v $${tool%% *} >/dev/null || missing="$$missing $$tool"; done; \
	[ "$$missing" ] || for lib in $(LIBS); do \
		$(PKG_CONFIG) --exists $$lib || missing="$$missing $$lib"; done; \
	echo '#include <libiberty/demangle.h>' | $(CC) -E -o /dev/null -xc - 2>/dev/null || missing="$$missing libiberty"; \
	[ -e $(DYGRAPHS)/dygraph.min.js ] || missing="$$missing $(DYGRAPHS)/dygraph.min.js"; \
	[ -z "$$missing" ] || { \
		echo "missing:$$missing; scripts/setup.sh build installs what is needed" >&2; exit 1; }

# ---- tests ----

test:
	scripts/setup.sh build test vm
	$(MAKE) WERROR=1 all
	$(MAKE) WERROR=1 STATIC=1 all
	$(MAKE) WERROR=1 unit
	$(MAKE) browser
	$(MAKE) live

live:
	tests/live/run.sh
	tests/live/docker.sh
	tests/live/stacks.sh
	OOMTRACE_CHURN=500 tests/live/usage.sh 5.10old 6.1 backports

usage:
	tests/live/usage.sh

stall:
	tests/live/stall.sh

soak:
	tests/live/soak.sh

limits:
	tests/live/limits.sh
	tests/live/find-min.sh
	tests/live/docker-limits.sh

browser:
	scripts/setup.sh build browser
	$(MAKE) WERROR=1 all
	python3 -B tests/browser/check.py $(OUT)/oomtrace $(RECORDINGS)

demo:
	scripts/setup.sh build vm
	$(MAKE) STATIC=1 all
	scripts/demo/demo.sh

bench:
	scripts/setup.sh build bench browser
	$(MAKE) STATIC=1 all
	python3 -B tests/bench/report.py build/static/oomtrace
	python3 -B tests/browser/bench.py build/static/oomtrace
	scripts/bench/startup.sh
	scripts/bench/overhead.sh

UNIT_TESTS := $(patsubst tests/unit/%.c,build/unit/%,$(sort $(shell find tests/unit -name 'test_*.c')))
UNIT_OBJECTS := $(patsubst user/%.c,build/unit/user/%.o,$(filter-out user/commands/main.c,$(SOURCES))) \
	build/unit/report/html_assets.o

unit: build/oomtrace $(UNIT_TESTS)
	$(Q)tests/unit/run build/oomtrace $(UNIT_TESTS) $(sort $(shell find tests/unit -name 'test_*.sh'))

build/unit/user/%.o: user/%.c Makefile | $(SKELETON)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(CPPFLAGS) $(SANITIZE) $(FLAGS) -c -o $@ $<

build/unit/oomtrace.a: $(UNIT_OBJECTS)
	@echo "  AR      $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

build/unit/%.o: tests/unit/%.c Makefile | $(SKELETON)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(CPPFLAGS) $(SANITIZE) $(FLAGS) -Itests/unit -c -o $@ $<

build/unit/%: build/unit/%.o build/unit/oomtrace.a
	@echo "  TEST    $@"
	$(Q)$(CC) $(SANITIZE) -o $@ $^ $(SHARED_LINK) -lcmocka

FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/*.c))
FUZZ_OBJECTS := $(patsubst build/unit/user/%,build/fuzz/user/%,$(UNIT_OBJECTS))
FUZZ_FLAGS := $(SANITIZE) -fsanitize=fuzzer-no-link

# Seeds of a target are in tests/fuzz/NAME-seeds; of binary ones NAME-seeds.sh makes them.
fuzz: $(FUZZ_TARGETS)
	$(Q)for target in $^; do \
		mkdir -p $$target.corpus; \
		seeds=tests/fuzz/$${target##*/fuzz_}-seeds; \
		[ ! -x $$seeds.sh ] || { $$seeds.sh $$target.seeds && seeds=$$target.seeds; } || exit; \
		$$target -max_total_time=$(FUZZ_SECONDS) -timeout=10 -print_final_stats=1 \
			-artifact_prefix=$$target. $$target.corpus \
			$$(ls -d $$seeds 2>/dev/null) || exit; \
	done

build/fuzz/user/%.o: user/%.c Makefile | $(SKELETON)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CLANG) $(CPPFLAGS) $(FUZZ_FLAGS) $(FLAGS) -c -o $@ $<

build/fuzz/%: tests/fuzz/%.c $(FUZZ_OBJECTS) Makefile
	@echo "  FUZZ    $@"
	$(Q)$(CLANG) $(CPPFLAGS) $(SANITIZE) -fsanitize=fuzzer $(FLAGS) -MT $@ -MF $@.d -o $@ \
		$(filter %.c %.o,$^) $(SHARED_LINK)

# ---- installing ----

SBIN = $(DESTDIR)$(PREFIX)/sbin/oomtrace
MAN = $(DESTDIR)$(PREFIX)/share/man/man8/oomtrace.8
MAN_REPORT = $(DESTDIR)$(PREFIX)/share/man/man8/oomtrace-report.8
COMPLETION = $(DESTDIR)$(PREFIX)/share/bash-completion/completions/oomtrace

install: $(OUT)/oomtrace
	install -D -m 755 $(OUT)/oomtrace $(SBIN)
	install -D -m 644 docs/oomtrace.8 $(MAN)
	install -D -m 644 docs/oomtrace-report.8 $(MAN_REPORT)
	install -D -m 644 scripts/completion/oomtrace.bash $(COMPLETION)

uninstall:
	rm -f $(SBIN) $(MAN) $(MAN_REPORT) $(COMPLETION)

clean:
	rm -rf build

-include $(OBJECTS:.o=.d) build/bpf/oomtrace.bpf.d $(UNIT_OBJECTS:.o=.d) $(UNIT_TESTS:=.d) \
	$(FUZZ_OBJECTS:.o=.d) $(FUZZ_TARGETS:=.d)
