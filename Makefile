# SPDX-License-Identifier: BSD-2-Clause
#
# `make help` lists the targets. Variables: V=1 shows the commands, WERROR=1 makes warnings errors,
# SAN=1 builds with the address and undefined-behaviour sanitizers (into build-san), BUILD is where
# everything goes; CC, CFLAGS, LDFLAGS, CLANG (BPF and fuzzing), BPFTOOL; DESTDIR and PREFIX.

ifeq ($(origin CC),default)
CC      := gcc
endif
CLANG   ?= clang
BUILD   ?= $(if $(filter 1,$(SAN)),build-san,build)
CFLAGS  ?= $(if $(filter 1,$(SAN)),-O1,-O2) -g
PREFIX  ?= /usr/local
FUZZ_SECONDS ?= 20

Q    := $(if $(filter 1,$(V)),,@)
say  := $(if $(Q),$(if $(findstring s,$(firstword -$(MAKEFLAGS))),,yes))
msg   = $(if $(say),@printf '  %-5s %s\n' $(1) $(@:$(BUILD)/%=%))
objs  = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(1)))
bins  = $(filter-out %.bpf,$(patsubst %.c,$(BUILD)/%,$(wildcard $(1))))
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all tests check check-unit check-bpf check-net check-net-alone check-net-beside check-fuzz \
	check-corpus check-kernels check-style fuzz fuzz-datapath bench install uninstall clean help

# What is built
skel      := $(addprefix $(BUILD)/gen/,weir.skel.h trace.skel.h who.skel.h)
protos    := $(patsubst agent/proto/%.proto,$(BUILD)/gen/%.pb-c.h,$(wildcard agent/proto/*.proto))
# What the command has of the agent's folders; all others are the agent's alone.
shared    := agent/base/% agent/flow/% agent/filter/%
agent_src := $(filter-out agent/main.c $(shared),$(wildcard agent/*.c agent/*/*.c))
archives  := $(addprefix $(BUILD)/,libtests.a libagent.a libcli.a libfilter.a libbase.a)
unit      := $(call bins,tests/unit/test_*.c)
bpf       := $(call bins,tests/bpf/test_*.c)
net       := $(wildcard tests/net/test_*.sh)
# What waits longest begins first. Alone is what measures costs, counts on timers of the kernel's, or
# holds up who else changes interfaces.
unit_first := $(addprefix $(BUILD)/tests/unit/test_,runtime namespaces_cost nat namespaces)
bpf_first := $(addprefix $(BUILD)/tests/bpf/test_,tunnel pressure who_socket life_random)
net_first := $(patsubst %,tests/net/test_%.sh,verify_behind verify_tcp clients icmp_error export)
net_alone := $(patsubst %,tests/net/test_%.sh,churn flood gso idle million retransmit)
helpers   := $(call bins,tests/net/*.c)
guest_init := $(BUILD)/tests/kernels/init
CORPUS    ?= tcpdump
KERNELS   ?= $(shell awk '/^[0-9]/ { print $$1 }' scripts/kernels/list) systemd clock
linked    := $(addprefix $(BUILD)/tests/net/,cri registry)# helpers that use the agent's modules
benches   := $(call bins,tests/bench/*.c)
fuzz_path := $(BUILD)/tests/diff/fuzz_datapath
replay    := $(BUILD)/tests/corpus/replay
bpf_extra := $(call objs,tests/bpf/*.bpf.c tests/diff/*.bpf.c tests/bench/*.bpf.c)
test_src  := tests/*.c tests/unit/*.c tests/bpf/*.c tests/reference/*.c tests/diff/*.c tests/corpus/*.c
fuzzers   := $(patsubst tests/%.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
man       := $(wildcard docs/man/*.1 docs/man/*.5 docs/man/*.7 docs/man/*.8)

# Tools and libraries, unless nothing is to be built
hint := is missing: scripts/run or scripts/test installs it
tool  = $(if $(shell command -v $(1) 2>&1),,$(error $(1) (package $(2)) $(hint)))
need  = $(if $(shell pkg-config --exists $(1) && echo yes),$(1),$(error $(2) $(hint)))
ifneq ($(filter-out clean help uninstall,$(or $(MAKECMDGOALS),all)),)
$(call tool,$(firstword $(CC)),$(notdir $(firstword $(CC))))
$(call tool,$(CLANG),clang)
$(call tool,pkg-config,pkgconf)
$(call tool,protoc-c,protobuf-c-compiler)
cli_pkgs   := $(call need,json-c,libjson-c-dev) $(call need,libpcre2-8,libpcre2-dev) \
	      $(call need,yaml-0.1,libyaml-dev) $(call need,zlib,zlib1g-dev)
agent_pkgs := $(call need,libbpf,libbpf-dev) $(call need,libmnl,libmnl-dev) \
	      $(call need,nettle,nettle-dev) $(call need,libnghttp2,libnghttp2-dev) \
	      $(call need,libprotobuf-c,libprotobuf-c-dev) $(cli_pkgs)
$(if $(filter tests check% fuzz% bench,$(MAKECMDGOALS)),$(if $(call need,cmocka,libcmocka-dev)$(call need,libpcap,libpcap-dev),))
cli_libs   := $(shell pkg-config --libs $(cli_pkgs))
agent_libs := $(shell pkg-config --libs $(agent_pkgs))
pcap_libs  := $(shell pkg-config --libs libpcap 2>/dev/null)
pkg_cflags := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(agent_pkgs)))
# /usr/sbin may not be in a user's PATH, and Ubuntu's wrapper there fails under foreign kernels.
ifndef BPFTOOL
BPFTOOL    := $(shell for t in bpftool /usr/sbin/bpftool /usr/lib/linux-tools*/*/bpftool; do \
		$$t version >/dev/null 2>&1 && echo $$t && break; done)
$(if $(BPFTOOL),,$(error bpftool $(hint)))
endif
is_gcc     := $(shell echo | $(CC) -dM -E - | grep -q __clang__ || echo yes)
multiarch  := $(or $(shell gcc -print-multiarch 2>/dev/null),$(shell uname -m)-linux-gnu)
bpf_arch   := $(shell uname -m | \
		sed 's/x86_64/x86/; s/aarch64/arm64/; s/ppc.*/powerpc/; s/s390x/s390/')
endif

# Flags
host    := -std=gnu11 -D_GNU_SOURCE -Iinclude -iquote . -iquote agent -isystem $(BUILD)/gen \
	   $(pkg_cflags) -fno-common -fstack-protector-strong -fPIE -Wall -Wextra -Wshadow \
	   -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wformat=2 \
	   -Wundef -Wvla -Wswitch-enum -Wdouble-promotion -Wredundant-decls
gcc     := -Wold-style-definition -Wcast-align=strict -Wformat-signedness -Wimplicit-fallthrough=3 \
	   -Wlogical-op -Wduplicated-cond -Wduplicated-branches
san     := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
fortify := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
cflags  := $(host) $(if $(is_gcc),$(gcc)) $(if $(filter 1,$(SAN)),$(san),$(fortify)) $(CFLAGS)
werror  := $(if $(filter 1,$(WERROR)),-Werror)
ldflags := $(if $(filter 1,$(SAN)),$(san)) -pie -Wl,-z,relro,-z,now,--as-needed $(LDFLAGS)
bpf_cflags := -target bpf -mcpu=v3 -std=gnu11 -g -O2 -fno-strict-aliasing -Wall -Wextra -Wshadow -Werror \
	   -Wno-unused-parameter -Wno-address-of-packed-member -D__TARGET_ARCH_$(bpf_arch) \
	   -Iinclude -iquote . -idirafter /usr/include/$(multiarch)
fuzz_flags := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all

all: $(BUILD)/weir-agent $(BUILD)/weir ## build the agent and the command (default)
tests: all $(unit) $(bpf) $(helpers) $(benches) $(fuzz_path) $(replay) $(bpf_extra) $(guest_init) ## build every test, run none

# Compiler and flags the objects are made with: out of date when they are not today's.
stamp := $(BUILD)/flags
flags := $(strip $(CC) $(cflags) $(werror) $(CLANG) $(bpf_cflags))
ifneq ($(file <$(stamp)),$(flags))
.PHONY: $(stamp)
endif
$(stamp):
	@mkdir -p $(@D) && printf '%s\n' '$(flags)' >$@

# Datapath: objects, linked into one, and its skeleton. Those that need the kernel's BTF are apart,
# and so are those that only ask and tell who has a socket.
trace_objs := $(call objs,datapath/trace_*.bpf.c)
who_objs   := $(call objs,datapath/who_*.bpf.c)
$(BUILD)/%.bpf.o: %.bpf.c $(stamp)
	$(call msg,BPF)
	$(Q)mkdir -p $(@D) && $(CLANG) $(bpf_cflags) -MMD -MP -MT $@ -c $< -o $@

$(BUILD)/weir.bpf.o: $(filter-out $(trace_objs) $(who_objs),$(call objs,datapath/*.bpf.c))
$(BUILD)/trace.bpf.o: $(trace_objs)
$(BUILD)/who.bpf.o: $(who_objs)
$(BUILD)/weir.bpf.o $(BUILD)/trace.bpf.o $(BUILD)/who.bpf.o:
	$(call msg,LINK)
	$(Q)$(BPFTOOL) gen object $@ $^

$(skel): $(BUILD)/gen/%.skel.h: $(BUILD)/%.bpf.o
	$(call msg,SKEL)
	$(Q)mkdir -p $(@D) && $(BPFTOOL) gen skeleton $< name $*_bpf >$@

# Messages of other programs. What protoc-c writes is not ours to warn about.
$(BUILD)/gen/%.pb-c.h $(BUILD)/gen/%.pb-c.c: agent/proto/%.proto
	$(call msg,PROTO)
	$(Q)mkdir -p $(@D) && protoc-c --proto_path=$(<D) --c_out=$(BUILD)/gen $<

$(BUILD)/gen/%.pb-c.o: $(BUILD)/gen/%.pb-c.c $(stamp)
	$(call msg,CC)
	$(Q)$(CC) $(cflags) -w -c $< -o $@

# User space. -MD, not -MMD: the skeleton is found by -isystem and belongs in the .d file.
$(BUILD)/agent/main.o $(call objs,$(agent_src) tests/*.c tests/*/*.c): | $(skel) $(protos)
$(BUILD)/%.o: %.c $(stamp)
	$(call msg,CC)
	$(Q)mkdir -p $(@D) && $(CC) $(cflags) $(werror) -MD -MP -MT $@ -c $< -o $@

$(BUILD)/libbase.a: $(call objs,agent/base/*.c agent/flow/*.c)
$(BUILD)/libfilter.a: $(call objs,agent/filter/*.c)
$(BUILD)/libagent.a: $(call objs,$(agent_src)) $(protos:.h=.o)
$(BUILD)/libcli.a: $(filter-out %/main.o,$(call objs,cli/*.c))
$(BUILD)/libtests.a: $(filter-out %.bpf.o $(addsuffix .o,$(unit) $(bpf) $(fuzz_path) $(replay)),\
	$(call objs,$(test_src)))
$(archives):
	$(call msg,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(BUILD)/weir-agent: $(addprefix $(BUILD)/,agent/main.o libagent.a libfilter.a libbase.a)
$(BUILD)/weir: $(addprefix $(BUILD)/,cli/main.o libcli.a libfilter.a libbase.a)
$(unit) $(bpf) $(benches) $(fuzz_path) $(replay): $(BUILD)/%: $(BUILD)/%.o $(archives)
$(helpers): $(BUILD)/%: $(BUILD)/%.o
$(linked): $(archives)
$(BUILD)/weir-agent: libs := $(agent_libs)
$(BUILD)/weir: libs := $(cli_libs)
$(unit) $(bpf) $(benches) $(fuzz_path) $(linked): libs := $(agent_libs) -lcmocka
$(replay): libs := $(agent_libs) $(pcap_libs)
$(BUILD)/weir-agent $(BUILD)/weir $(unit) $(bpf) $(benches) $(fuzz_path) $(replay) $(helpers):
	$(call msg,LINK)
	$(Q)$(CC) $(ldflags) -o $@ $^ $(libs) -pthread

# The first program of a guest kernel: there is no other yet, so it brings its library along.
$(guest_init): tests/kernels/init.c $(stamp)
	$(call msg,LINK)
	$(Q)mkdir -p $(@D) && $(CC) $(filter-out $(san),$(cflags)) $(werror) -static -o $@ $<

# Fuzzers: every object is instrumented, so they are made apart.
fuzz_src  := $(filter-out %/main.c,$(wildcard agent/*.c agent/*/*.c cli/*.c))
fuzz_objs := $(fuzz_src:%.c=$(BUILD)/fuzz/%.o)
$(fuzz_objs): | $(skel) $(protos)
$(BUILD)/fuzz/%.o: %.c $(stamp)
	$(call msg,FUZZ)
	$(Q)mkdir -p $(@D) && $(CLANG) $(host) $(fuzz_flags) -fsanitize=fuzzer-no-link \
		-MD -MP -MT $@ -c $< -o $@

$(BUILD)/fuzz/gen/%.pb-c.o: $(BUILD)/gen/%.pb-c.c $(stamp)
	$(call msg,FUZZ)
	$(Q)mkdir -p $(@D) && $(CLANG) $(host) $(fuzz_flags) -fsanitize=fuzzer-no-link -w -c $< -o $@

$(BUILD)/fuzz/libweir.a: $(fuzz_objs) $(protos:$(BUILD)/gen/%.h=$(BUILD)/fuzz/gen/%.o)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(fuzzers): $(BUILD)/fuzz/%: $(BUILD)/fuzz/tests/fuzz/%.o $(BUILD)/fuzz/libweir.a
	$(call msg,LINK)
	$(Q)$(CLANG) $(fuzz_flags) -fsanitize=fuzzer -o $@ $^ $(agent_libs)

fuzz: $(fuzzers) fuzz-datapath ## run each fuzzer for FUZZ_SECONDS (20)
	$(Q)set -e; for f in $(notdir $(fuzzers)); do mkdir -p $(BUILD)/corpus/$$f; \
		$(BUILD)/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=$(BUILD)/fuzz/ \
			$(BUILD)/corpus/$$f $$(ls -d tests/fuzz/corpus/$$f 2>/dev/null); done

fuzz-datapath: $(fuzz_path) $(bpf_extra) ## compare datapath and reference (root); or FUZZ_PACKETS
	$(Q)$< $(if $(FUZZ_PACKETS),--packets $(FUZZ_PACKETS),--time $(FUZZ_SECONDS)s) \
		$(if $(FUZZ_SEED),--seed $(FUZZ_SEED))

# Tests: each speaks TAP; scripts/tap-run shows the whole output of those that fail.
# A kind of test may have a program that runs one. How long each took stands behind it.
export WEIR_BUILD := $(abspath $(BUILD))
export FUZZ_SECONDS
prove = $(Q)prove --timer -e 'scripts/tap-run $(1)' $(PROVEFLAGS) $(2)

check: tests ## run the unit, BPF and network tests
	$(Q)$(MAKE) -k -j1 --no-print-directory check-unit check-bpf check-net
check-unit: $(unit) ## run the unit tests, which mostly wait, several at a time
	$(call prove,,-j 4 $(unit_first) $(filter-out $(unit_first),$(unit)))
check-bpf: $(bpf) $(bpf_extra) ## run the tests of the BPF programs (root)
	$(call prove,,-j 2 $(bpf_first) $(filter-out $(bpf_first),$(bpf)))
check-net: all $(helpers) $(bpf_extra) ## run the end-to-end tests in network namespaces (root)
	$(Q)$(MAKE) -k -j1 --no-print-directory check-net-alone check-net-beside
check-net-alone:
	$(call prove,,$(net_alone))
check-net-beside: # they wait, mostly
	$(call prove,,-j 3 $(net_first) $(filter-out $(net_alone) $(net_first),$(net)))
check-kernels: export TEST_TIMEOUT := 600
check-kernels: all $(helpers) $(bpf) $(bpf_extra) $(guest_init) ## run weir on other kernels, under QEMU (KERNELS="5.10 ...")
	$(call prove,tests/kernels/run,-j 3 $(KERNELS:%=kernels/%))

check-corpus: $(replay) $(bpf_extra) ## replay the captures that others are tested with (root; CORPUS="tcpdump ndpi wireshark")
	$(call prove,tests/corpus/run,$(CORPUS:%=corpus/%))

check-fuzz: $(fuzzers) ## run the fuzzers of what people and programs say to weir, FUZZ_SECONDS each
	$(call prove,tests/fuzz/run,-j 3 $(addprefix fuzz/,request filter where input_file config))

check-style: $(skel) $(protos) ## check formatting, linter, shell scripts and the ABI of shared structs
	$(Q)C_FLAGS='$(host)' BPF_FLAGS='$(bpf_cflags)' scripts/check-style $(STYLE_CHECKS)

bench: all $(benches) $(bpf_extra) $(helpers) ## run the benchmarks (root)
	$(Q)tests/bench/run

# Installation
prefix    := $(DESTDIR)$(PREFIX)
man_dirs  := $(foreach m,$(man),share/man/man$(subst .,,$(suffix $m))/$(notdir $m))
examples  := weir.conf endpoints.json weir.logrotate
shells    := bash zsh fish
bash_dir  := bash-completion/completions/weir
zsh_dir   := zsh/site-functions/_weir
fish_dir  := fish/vendor_completions.d/weir.fish
installed := sbin/weir-agent bin/weir lib/systemd/system/weir-agent.service \
	     $(addprefix share/doc/weir/,$(examples)) $(man_dirs) \
	     $(foreach s,$(shells),share/$($(s)_dir))

install: all ## install under DESTDIR and PREFIX (/usr/local)
	install -D $(BUILD)/weir-agent $(prefix)/sbin/weir-agent
	install -D $(BUILD)/weir $(prefix)/bin/weir
	install -Dm644 -t $(prefix)/share/doc/weir $(addprefix docs/examples/,$(examples))
	install -Dm644 docs/examples/weir-agent.service $(prefix)/lib/systemd/system/weir-agent.service
	set -e; $(foreach s,$(shells),$(BUILD)/weir completion $s | \
		install -Dm644 /dev/stdin $(prefix)/share/$($(s)_dir);)
	$(foreach m,$(man_dirs),install -Dm644 docs/man/$(notdir $m) $(prefix)/$m &&) :
	sed -i 's|/usr/local|$(PREFIX)|' $(addprefix $(prefix)/,lib/systemd/system/weir-agent.service $(man_dirs))

uninstall: ## remove what install has put there
	rm -f $(addprefix $(prefix)/,$(installed))
	@[ ! -d $(prefix)/share/doc/weir ] || rmdir --ignore-fail-on-non-empty $(prefix)/share/doc/weir

clean: ## remove everything built
	rm -rf $(sort build build-san build-clang $(BUILD))

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
