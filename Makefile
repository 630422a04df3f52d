# SPDX-License-Identifier: GPL-2.0-only
#
# make             build/oomtrace              make STATIC=1   build/static/oomtrace, runs anywhere
# make test        set up, unit tests, live tests in virtual machines
# make demo        the experiment, in a virtual machine with Docker
# make unit        the unit tests alone: no root, no virtual machine
# make bench       start-up time and memory beside other tools'
# make install     PREFIX=/usr/local DESTDIR=  make clean      make V=1 shows the commands

VERSION := 0.1.0

CC ?= gcc
CLANG ?= clang
BPFTOOL ?= $(shell PATH=$$PATH:/usr/sbin:/sbin command -v bpftool)
PKG_CONFIG ?= pkg-config
PREFIX ?= /usr/local
CFLAGS ?= -O2 -g
ARCH := $(shell uname -m | sed -e 's/x86_64/x86/' -e 's/aarch64/arm64/')

ifeq ($(V),1)
Q :=
else
Q := @
endif

OUT := build$(if $(STATIC),/static)
LIBS := libbpf json-c
FLAGS = -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wshadow $(if $(WERROR),-Werror) \
	-DOOMTRACE_VERSION='"$(VERSION)"' -Ibpf -Iuser -Ibuild/bpf $(shell $(PKG_CONFIG) --cflags $(LIBS))
LINK = $(if $(STATIC),-static $(shell $(PKG_CONFIG) --static --libs $(LIBS)),$(shell $(PKG_CONFIG) --libs $(LIBS)))

SOURCES := $(wildcard user/*.c)
OBJECTS := $(SOURCES:user/%.c=$(OUT)/user/%.o)

.DELETE_ON_ERROR:
.PHONY: all unit test live demo bench fuzz install clean
all: $(OUT)/oomtrace

$(OUT)/oomtrace: $(OBJECTS)
	@echo "  LINK    $@"
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LINK)

$(OUT)/user/%.o: user/%.c Makefile | build/bpf/oomtrace.skel.h
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(FLAGS) -MMD -MP -c -o $@ $<

$(OUT)/user/tracer.o: build/bpf/oomtrace.skel.h

# The check is part of the build: a program that dereferences an argument must never be shipped.
build/bpf/%.bpf.o: bpf/%.bpf.c Makefile scripts/check-bpf-loads.py
	@mkdir -p $(@D)
	@echo "  BPF     $@"
	$(Q)$(CLANG) -g -O2 -target bpf -D__TARGET_ARCH_$(ARCH) -Ivmlinux -Ibpf \
		-Wall -Wextra -Wno-unused-parameter $(if $(WERROR),-Werror) -MMD -MP -c -o $@ $<
	$(Q)scripts/check-bpf-loads.py $@

build/bpf/%.skel.h: build/bpf/%.bpf.o
	@echo "  SKEL    $@"
	$(Q)$(BPFTOOL) gen skeleton $< name $*_bpf > $@

install: $(OUT)/oomtrace
	install -D -m 755 $(OUT)/oomtrace $(DESTDIR)$(PREFIX)/sbin/oomtrace
	install -D -m 644 docs/oomtrace.8 $(DESTDIR)$(PREFIX)/share/man/man8/oomtrace.8
	install -D -m 644 scripts/completion/oomtrace.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/oomtrace

clean:
	rm -rf build

-include $(OBJECTS:.o=.d) build/bpf/oomtrace.bpf.d
