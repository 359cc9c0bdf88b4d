# `make demo` and `make test` need nothing before them on a Debian 12 with make: scripts/setup installs what lacks.
# Everything fetched or built beside target/ lies in .cache/, which git ignores.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help build release test demo bench compare fuzz fmt fmt-check clippy lint config-check deny deb deb-check rig-nspawn image-notes clean-cache
.PHONY: deb-arm64 rig-powercut rig-vm rig-pi

# Keys for `shutterline demo`, for example: make demo ARGS=--interactive
ARGS ?=

# cargo takes an empty CARGO_TARGET_DIR for a mistake; here it means the usual place.
ifeq ($(strip $(CARGO_TARGET_DIR)),)
unexport CARGO_TARGET_DIR
endif

CARGO := scripts/rust cargo
CONFIGS := $(wildcard config/*.toml config/boards/*.toml config/standards/*.toml)

help: ## Print these targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

build: ## Build the debug binary (installs what lacks)
	@scripts/setup build
	$(CARGO) build --locked

release: ## Build the optimised binary, target/release/shutterline (installs what lacks)
	@scripts/setup build
	$(CARGO) build --locked --release

test: ## Run every test on real libgphoto2, a virtual camera and servers of other people (installs what lacks)
	@scripts/setup test
	@scripts/fetch-virtual-camera >/dev/null || echo 'test: without the virtual camera the tests on libgphoto2 are left out'
	@scripts/fetch-peers >/dev/null || echo 'test: without these peers uploads are tested against folders and OpenSSH only'
	scripts/run-tests

demo: ## Play a venue morning of 12 students; ARGS=--interactive or ARGS=--fast
	@scripts/setup demo
	$(CARGO) build --locked
	@settings=$$(scripts/fetch-virtual-camera) || echo 'demo: without the virtual camera the sim camera is used'; \
	eval "$$settings"; $(CARGO) run --locked --quiet -- demo $(ARGS)

bench: ## Measure what the README shows (optimised build, takes minutes); ARGS="pedal light" for parts
	@scripts/setup test
	@settings=$$(scripts/fetch-virtual-camera) || echo 'bench: without the virtual camera its figures are left out'; \
	scripts/fetch-check-pipeline || true; \
	eval "$$settings"; $(CARGO) bench --locked --bench venue -- $(ARGS)

compare: ## Compare the measures of ISO/IEC 29794-5 with another implementation's (fetches it); ARGS="photo.jpg" for other pictures
	@scripts/setup test
	@scripts/compare-29794-5 $(ARGS)

# What is fuzzed has no unsafe of ours, and an address sanitizer does not see into libjpeg-turbo, which another compiler builds; memory
# is limited all the same.
fuzz: ## Fuzz for five minutes; ARGS=tag for the other target (needs a nightly compiler and cargo-fuzz)
	@scripts/setup build
	@cargo fuzz --version >/dev/null 2>&1 || { echo 'fuzz: run once: cargo install cargo-fuzz && rustup toolchain install nightly' >&2; exit 1; }
	mkdir -p fuzz/corpus/judge && cp -n tests/data/*.jpg fuzz/corpus/judge/
	SHUTTERLINE_MODELS=$(CURDIR)/models cargo +nightly fuzz run --sanitizer none $(or $(ARGS),judge) -- -max_total_time=300 -rss_limit_mb=2048 -max_len=200000

fmt: ## Format the sources
	@scripts/setup lint
	$(CARGO) fmt

fmt-check: ## Fail where the sources are not formatted
	@scripts/setup lint
	$(CARGO) fmt --check

clippy: ## Lint with warnings denied
	@scripts/setup lint
	$(CARGO) clippy --locked --all-targets -- -D warnings

lint: fmt-check clippy ## fmt-check and clippy

config-check: ## Check each shipped config file and standard
	@scripts/setup build
	$(CARGO) build --locked
	@set -e; for file in $(CONFIGS); do \
	  echo "config check $$file"; $(CARGO) run --locked --quiet -- config check "$$file"; \
	done

deny: ## Check the dependencies' licences, sources and known advisories
	@scripts/setup build
	@scripts/deny

# Where cargo puts what it builds, and cargo-deb what it packs.
BUILT := $(or $(strip $(CARGO_TARGET_DIR)),target)
DEB = $(shell ls -t $(BUILT)/debian/shutterline_*_$$(dpkg --print-architecture).deb 2>/dev/null | head -n 1)

deb: release ## Build the package for this machine's processor, target/debian/shutterline_*.deb
	@scripts/setup deb
	scripts/deb

deb-check: ## Have Debian's lintian look at that package; each override has its reason in packaging/lintian-overrides
	@scripts/setup deb
	@test -n "$(DEB)" || { echo 'deb-check: there is no package; run: make deb' >&2; exit 1; }
	scripts/deb-check $(DEB)

rig-nspawn: ## Install that package in a fresh Debian under systemd-nspawn and play a day, a hang, an upgrade, a purge (root, minutes)
	@test -n "$(DEB)" || { echo 'rig-nspawn: there is no package; run: make deb' >&2; exit 1; }
	scripts/rigs/nspawn $(DEB)

image-notes: ## How to prepare a station's card (docs/card.md)
	@cat docs/card.md

# What follows, and rig-nspawn: docs/rigs.md says what each shows, needs and takes. As root; what a rig needs it builds once in .cache/rigs.
DEB_ARM64 = $(shell ls -t .cache/rigs/cross-target/debian/shutterline_*_arm64.deb 2>/dev/null | head -n 1)

deb-arm64: ## Cross-build the arm64 package in a chroot of Debian's own compilers, and try its binary under qemu-user
	@scripts/setup deb
	scripts/rigs/cross deb

rig-powercut: ## Cut the power 200 times while shooting, in QEMU; ARGS="--cuts 500 --frames 120 --seed 7"
	@scripts/setup build
	$(CARGO) build --locked
	scripts/rigs/powercut $(ARGS)

rig-vm: ## The package on a Debian in QEMU: the panel's tests and a day on real edges of gpio-sim, udev, DeviceAllow, MemoryMax
	@test -n "$(DEB)" || { echo 'rig-vm: there is no package; run: make deb' >&2; exit 1; }
	@tests=$$($(CARGO) test --locked --no-run --test panel_lines 2>&1 | tee /dev/stderr | sed -n 's/.*Executable.*(\(.*\)).*/\1/p'); \
	scripts/rigs/vm --deb $(DEB) $${tests:+--tests $$tests} $(ARGS)

rig-pi: ## The arm64 package on QEMU's Raspberry Pi 3, its pins moved from outside
	@test -n "$(DEB_ARM64)" || { echo 'rig-pi: there is no package; run: make deb-arm64' >&2; exit 1; }
	@tests=$$(scripts/rigs/cross tests); scripts/rigs/pi --deb $(DEB_ARM64) $${tests:+--tests $$tests} $(ARGS)

clean-cache: ## Remove .cache/ (the virtual camera and tools; target/ stays)
	rm -rf .cache
