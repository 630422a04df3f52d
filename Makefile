# SPDX-License-Identifier: GPL-2.0-only
#
# make help lists the targets; each has its line where it is defined, after ##.
#
# STATIC=1     build/static/oomtrace, which runs anywhere, in place of build/oomtrace
# V=1          shows the commands
# WERROR=1     makes warnings errors
# PREFIX= DESTDIR=   where make install puts the program (/usr/local)

VERSION := 0.1.0

CC ?= gcc
CLANG ?= clang
PKG_CONFIG ?= pkg-config
BPFTOOL ?= $(shell PATH=$$PATH:/usr/sbin:/sbin command -v bpftool || echo bpftool)
PREFIX ?= /usr/local
COUNT := $(if $(COVERAGE),--coverage -fprofile-update=atomic)
CFLAGS ?= $(if $(COVERAGE),-O0 -g $(COUNT),-O2 -g)
FUZZ_SECONDS ?= 60
UNIT_FUZZ_SECONDS ?= 2
CLANG_FORMAT ?= clang-format
CLANG_TIDY ?= clang-tidy
CPPCHECK ?= cppcheck
ARCH := $(shell uname -m | sed -e 's/x86_64/x86/' -e 's/aarch64/arm64/')

Q := $(if $(filter 1,$(V)),,@)
# make coverage builds all of it below a folder of its own.
B := build$(if $(COVERAGE),/coverage)
OUT := $(B)$(if $(STATIC),/static)
LIBS := libbpf json-c libdw zlib liblzma libzstd
WARN := -Wall -Wextra $(if $(WERROR),-Werror)
# What a command prints, asked for at the first use and then kept: $(eval $(call once,NAME,COMMAND)).
once = $1 = $$(eval $1 := $$$$(shell $2))$$($1)
$(eval $(call once,LIBS_CFLAGS,$(PKG_CONFIG) --cflags $(LIBS)))
$(eval $(call once,LIBS_SHARED,$(PKG_CONFIG) --libs $(LIBS)))
$(eval $(call once,LIBS_STATIC,$(PKG_CONFIG) --static --libs $(LIBS)))
# Two folders give the same bytes: no file names its builder's folder.
SAME := $(if $(COVERAGE),,-ffile-prefix-map=$(CURDIR)=.)
FLAGS = -std=gnu11 -D_GNU_SOURCE $(WARN) -Wshadow -DOOMTRACE_VERSION='"$(VERSION)"' \
	-Ibpf -Iuser -I$(B)/bpf $(LIBS_CFLAGS) $(SAME) -MMD -MP

# Hardening, of what is shipped alone: the sanitizers of the tests want none of it. A level of
# _FORTIFY_SOURCE among the builder's own flags is the one that counts.
$(eval $(call once,HARDEN_TAKEN,scripts/build/hardening.sh $(CC)))
HARDEN = -fPIE $(if $(COVERAGE)$(findstring _FORTIFY_SOURCE,$(CFLAGS) $(CPPFLAGS)),$(filter -f%,$(HARDEN_TAKEN)),$(HARDEN_TAKEN))
# Who sets 'ulimit -s 64' has a stack of 64 KiB, and so have threads then.
FRAMES := -Wframe-larger-than=28672
HARDEN_LINK := $(if $(STATIC),-static-pie,-pie) -Wl,-z,relro,-z,now,-z,noexecstack

# libiberty, which demangles, has no .pc file.
SHARED_LINK = $(LIBS_SHARED) -liberty
LINK = $(if $(STATIC),$(LIBS_STATIC) -liberty,$(SHARED_LINK))
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer $(COUNT)

# Folders in the order of the data's way: see docs/architecture.md.
SOURCES := $(filter-out user/static/%,$(sort $(shell find user -name '*.c')))
DYGRAPHS ?= /usr/share/javascript/dygraphs
OBJECTS := $(SOURCES:%.c=$(OUT)/%.o) $(OUT)/report/html_assets.o \
	$(if $(STATIC),$(patsubst %.c,$(OUT)/%.o,$(sort $(wildcard user/static/*.c))))
SKELETON := $(B)/bpf/oomtrace.skel.h $(B)/bpf/first.skel.h

# What a trace of the whole machine loads first, where it loads in two steps: see user/trace/plan.h.
FIRST_STEP := kp_shared btf_cgroup_gone tp_cgroup_gone btf_reclaim tp_reclaim

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all help lint lint-quick same-bytes coverage format tools test test-all demo unit live limits usage stall soak browser bench fuzz install uninstall clean
all: $(OUT)/oomtrace ## the program: build/oomtrace (the default)

help: ## this list
	$(Q)sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' Makefile | expand -t 14
	$(Q)sed -n '2,/^$$/s/^# \{0,1\}//p' Makefile | sed -n '/=/p'

# A process that ends by _exit() leaves its counts, too.
ifdef COVERAGE
COUNT_LINK := -Wl,--wrap=_exit,--wrap=landlock__confine,--wrap=sandbox__seclude -Iuser tests/coverage/wrapped.c
endif

$(OUT)/oomtrace: $(OBJECTS)
	@echo "  LINK    $@"
	$(Q)$(CC) $(CFLAGS) $(HARDEN_LINK) $(LDFLAGS) -o $@ $(COUNT_LINK) $^ $(LINK)

$(OUT)/user/%.o: user/%.c Makefile | $(SKELETON)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(HARDEN) $(CPPFLAGS) $(CFLAGS) $(FLAGS) $(FRAMES) -c -o $@ $<

# The HTML report's style and scripts, with the chart library, as C strings.
$(B)/report/html_assets.c: scripts/build/embed.py $(sort $(wildcard user/report/html/web/*)) | tools
	@mkdir -p $(@D)
	@echo "  EMBED   $@"
	$(Q)python3 -B scripts/build/embed.py user/report/html/web $(DYGRAPHS) > $@

$(OUT)/report/html_assets.o $(B)/unit/report/html_assets.o $(B)/fuzz/report/html_assets.o: \
		$(B)/report/html_assets.c user/report/html/assets.h Makefile
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(HARDEN) $(CPPFLAGS) $(CFLAGS) $(FLAGS) $(FRAMES) -c -o $@ $<

# The check is part of the build: a program that dereferences an argument must never be shipped.
$(B)/bpf/%.bpf.o: bpf/%.bpf.c Makefile scripts/build/check-bpf-loads.py | tools
	@mkdir -p $(@D)
	@echo "  BPF     $@"
	$(Q)$(CLANG) -g -O2 -target bpf -D__TARGET_ARCH_$(ARCH) -Ivmlinux -Ibpf \
		$(WARN) -Wno-unused-parameter $(LIBS_CFLAGS) $(SAME) -MMD -MP -c -o $@ $<
	$(Q)scripts/build/check-bpf-loads.py $@

$(B)/bpf/first.bpf.o: $(B)/bpf/oomtrace.bpf.o scripts/build/first-object.py
	@echo "  FIRST   $@"
	$(Q)scripts/build/first-object.py $< $@ $(FIRST_STEP)

$(B)/bpf/%.skel.h: $(B)/bpf/%.bpf.o
	@echo "  SKEL    $@"
	$(Q){ echo '/* NOLINTBEGIN(clang-analyzer-unix.Malloc): without memory it may lose some */'; \
		$(BPFTOOL) gen skeleton $< name $*_bpf && \
		echo '/* NOLINTEND(clang-analyzer-unix.Malloc) */'; } > $@

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

test: ## set up, then lint-quick, unit (5 s of each fuzz target), browser and live tests
	scripts/setup.sh build test vm lint
	$(MAKE) lint-quick
	$(MAKE) WERROR=1 all
	$(MAKE) WERROR=1 STATIC=1 all
	$(MAKE) WERROR=1 UNIT_FUZZ_SECONDS=5 unit
	$(MAKE) browser
	$(MAKE) live

test-all: test ## make test and what it leaves out: every live suite on every kernel, fuzz, bench
	tests/live/run --rest
	$(MAKE) lint
	$(MAKE) same-bytes
	$(MAKE) fuzz
	$(MAKE) bench

live: ## the live tests, in virtual machines; SUITES="stall/6.1 limits": others (tests/live/README.md)
	OOMTRACE_CHURN=$${OOMTRACE_CHURN:-500} tests/live/run $(SUITES)

usage: ## live tests of usage and reclaim, of which make test runs a part
	tests/live/run usage stress

stall: ## live tests of stalls, the status line and many cgroups, which make test leaves out
	tests/live/run stall

soak: ## an hour beside a busy cgroup (OOMTRACE_SOAK=SECONDS): memory stays bounded
	tests/live/run soak

limits: ## live tests of limit changes and their causes, which make test leaves out
	tests/live/run limits find-min docker-limits

browser: ## the HTML report in headless Chromium, and the Chrome trace
	scripts/setup.sh build browser
	$(MAKE) WERROR=1 all
	python3 -B tests/browser/check.py $(OUT)/oomtrace $(RECORDINGS)

demo: ## the experiment, in a virtual machine with Docker
	scripts/setup.sh build vm
	$(MAKE) STATIC=1 all
	scripts/demo/demo.sh

bench: ## how fast a report is made; start-up, memory and overhead beside other tools
	scripts/setup.sh build bench browser
	$(MAKE) STATIC=1 all
	python3 -B tests/bench/report.py build/static/oomtrace
	python3 -B tests/bench/kmsg.py build/static/oomtrace
	python3 -B tests/browser/bench.py build/static/oomtrace
	scripts/bench/startup.sh
	scripts/bench/overhead.sh
	scripts/bench/idle.sh
	scripts/bench/near-limit.sh

UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/unit/%,$(sort $(shell find tests/unit -name 'test_*.c')))
UNIT_OBJECTS := $(patsubst user/%.c,$(B)/unit/user/%.o,$(filter-out user/commands/main.c,$(SOURCES))) \
	$(B)/unit/report/html_assets.o

FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(sort $(wildcard tests/fuzz/*.c)))
FUZZ_OBJECTS := $(patsubst $(B)/unit/%,$(B)/fuzz/%,$(UNIT_OBJECTS))
# clang warns of what gcc doesn't, and the program is built with gcc.
FUZZ_FLAGS = $(SANITIZE) $(filter-out -Werror,$(FLAGS))

unit: $(B)/oomtrace $(UNIT_TESTS) $(if $(COVERAGE),,$(FUZZ_TARGETS)) ## the unit tests, and 2 s of each fuzz target: no root, no virtual machine
	$(Q)tests/unit/run $(B)/oomtrace $(UNIT_TESTS) $(sort $(shell find tests/unit -name 'test_*.sh'))
	$(if $(COVERAGE),,$(Q)tests/fuzz/run $(UNIT_FUZZ_SECONDS) $(FUZZ_TARGETS))

$(B)/unit/user/%.o: user/%.c Makefile | $(SKELETON)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(CPPFLAGS) $(SANITIZE) $(FLAGS) -c -o $@ $<

$(B)/unit/oomtrace.a: $(UNIT_OBJECTS)
	@echo "  AR      $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/unit/%.o: tests/unit/%.c Makefile | $(SKELETON)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(CPPFLAGS) $(SANITIZE) $(FLAGS) -Itests/unit -c -o $@ $<

$(B)/unit/%: $(B)/unit/%.o $(B)/unit/oomtrace.a
	@echo "  TEST    $@"
	$(Q)$(CC) $(SANITIZE) -o $@ $(COUNT_LINK) $^ $(SHARED_LINK) -lcmocka

# In a guest of each of these, too; LIVE= for the unit tests alone.
LIVE ?= scenarios/6.1

coverage: ## lines of user/ that unit tests and LIVE=SUITE/LABEL reach, by folder and file
	find build/coverage -name '*.gcda' -delete 2>/dev/null || true
	$(MAKE) COVERAGE=1 unit
	$(if $(LIVE),$(MAKE) COVERAGE=1 STATIC=1 all)
	$(if $(LIVE),OOMTRACE_BUILT=build/coverage/static/oomtrace tests/live/run --timeout 1200 $(LIVE) || true)
	python3 -B tests/coverage/report.py build/coverage $(if $(LIVE),build/live) | tee build/coverage/lines.txt

fuzz: $(FUZZ_TARGETS) ## the fuzz targets, FUZZ_SECONDS=60 each
	$(Q)tests/fuzz/run $(FUZZ_SECONDS) $^

$(B)/fuzz/user/%.o: user/%.c Makefile | $(SKELETON)
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CLANG) $(CPPFLAGS) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -c -o $@ $<

$(B)/fuzz/oomtrace.a: $(FUZZ_OBJECTS)
	@echo "  AR      $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/fuzz/%: tests/fuzz/%.c $(B)/fuzz/oomtrace.a Makefile
	@echo "  FUZZ    $@"
	$(Q)$(CLANG) $(CPPFLAGS) $(FUZZ_FLAGS) -fsanitize=fuzzer -MT $@ -MF $@.d -o $@ \
		$(filter %.c %.a,$^) $(SHARED_LINK)

# ---- lint ----

C_FILES := $(sort $(shell find bpf user tests -name '*.[ch]'))
# By their first line: what runs a folder's tests has no ending.
SHELL_FILES := $(sort $(shell grep -rlE '^\#!.*[/ ](ba)?sh$$' scripts tests) $(wildcard scripts/completion/*.bash))
PYTHON_FILES := $(sort $(shell grep -rlE '^\#!.*python3$$' scripts tests) $(shell find scripts tests -name '*.py'))
LINT_FILES := $(filter user/%.c tests/%.c,$(C_FILES))
LINT_FLAGS = $(filter-out -MMD -MP $(SAME) -Werror,$(FLAGS)) -Itests/unit

same-bytes: ## two clones in two folders give the same static program
	scripts/build/same-bytes.sh

lint: lint-quick $(LINT_FILES:%=build/lint/%.tidy) build/lint/cppcheck ## lint-quick, clang-tidy and cppcheck

lint-quick: ## clang-format's check, shellcheck, flake8
	$(Q)$(CLANG_FORMAT) --dry-run -Werror $(C_FILES)
	$(Q)shellcheck -x $(SHELL_FILES)
	$(Q)flake8 $(PYTHON_FILES)

format: ## what clang-format changes, changed
	$(CLANG_FORMAT) -i $(C_FILES)

# A stamp for each file: what is clean and unchanged, headers included, isn't looked at again.
build/lint/%.tidy: % .clang-tidy | $(SKELETON)
	@mkdir -p $(@D)
	@echo "  TIDY    $<"
	$(Q)$(CLANG_TIDY) --quiet --warnings-as-errors='*' $< -- $(LINT_FLAGS) 2>$@.log || { cat $@.log >&2; exit 1; }
	$(Q)$(CC) $(LINT_FLAGS) -MM -MP -MT $@ -MF $@.d $<
	$(Q)touch $@

# What it finds across files it prints, and exits with 0: any word of it is a failure.
build/lint/cppcheck: $(C_FILES) .cppcheck
	@mkdir -p $@.d
	@echo "  CPPCHECK"
	$(Q)$(CPPCHECK) --quiet --enable=warning,portability,performance --std=c11 --inline-suppr --error-exitcode=1 \
		--cppcheck-build-dir=$@.d -j2 --suppressions-list=.cppcheck -Iuser -Ibpf \
		-D__$(shell uname -m)__ -DOOMTRACE_VERSION='""' -D'LIBBPF_OPTS(type,name,...)=struct type name = { __VA_ARGS__ }' user tests 2>$@.said; \
		code=$$?; cat $@.said >&2; [ $$code = 0 ] && [ ! -s $@.said ]
	$(Q)touch $@

# ---- installing ----

SBIN = $(DESTDIR)$(PREFIX)/sbin/oomtrace
MAN = $(DESTDIR)$(PREFIX)/share/man/man8/oomtrace.8
MAN_REPORT = $(DESTDIR)$(PREFIX)/share/man/man8/oomtrace-report.8
MAN_SERVICE = $(DESTDIR)$(PREFIX)/share/man/man8/oomtrace-service.8
MAN_LIST = $(DESTDIR)$(PREFIX)/share/man/man8/oomtrace-list.8
UNIT = $(DESTDIR)$(PREFIX)/lib/systemd/system/oomtrace.service
CATALOG = $(DESTDIR)$(PREFIX)/lib/systemd/catalog/oomtrace.catalog
COMPLETION = $(DESTDIR)$(PREFIX)/share/bash-completion/completions/oomtrace
COMPLETION_ZSH = $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_oomtrace
COMPLETION_FISH = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/oomtrace.fish

install: $(OUT)/oomtrace ## program, man pages, unit and completion below $(DESTDIR)$(PREFIX)
	install -D -m 755 $(OUT)/oomtrace $(SBIN)
	install -D -m 644 docs/oomtrace.8 $(MAN)
	install -D -m 644 docs/oomtrace-report.8 $(MAN_REPORT)
	install -D -m 644 docs/oomtrace-service.8 $(MAN_SERVICE)
	install -D -m 644 docs/oomtrace-list.8 $(MAN_LIST)
	install -D -m 644 scripts/oomtrace.catalog $(CATALOG)
	mkdir -p $(dir $(UNIT))
	sed 's#/usr/bin/oomtrace#$(PREFIX)/sbin/oomtrace#' scripts/oomtrace.service >$(UNIT)
	install -D -m 644 scripts/completion/oomtrace.bash $(COMPLETION)
	install -D -m 644 scripts/completion/_oomtrace $(COMPLETION_ZSH)
	install -D -m 644 scripts/completion/oomtrace.fish $(COMPLETION_FISH)

uninstall: ## removes what make install put there
	rm -f $(SBIN) $(MAN) $(MAN_REPORT) $(MAN_SERVICE) $(MAN_LIST) $(UNIT) $(CATALOG) $(COMPLETION) $(COMPLETION_ZSH) $(COMPLETION_FISH)

clean: ## removes build/
	rm -rf build

-include $(OBJECTS:.o=.d) $(B)/bpf/oomtrace.bpf.d $(UNIT_OBJECTS:.o=.d) $(UNIT_TESTS:=.d) \
	$(FUZZ_OBJECTS:.o=.d) $(FUZZ_TARGETS:=.d) $(LINT_FILES:%=build/lint/%.tidy.d)
