# SPDX-License-Identifier: GPL-2.0-or-later
# A thin door to meson and ninja; `make help` lists what it opens.
BUILD  ?= build
PREFIX ?= /usr/local

all: $(BUILD)/build.ninja
	@ninja -C $(BUILD)

run: deps all
	@$(BUILD)/moult identify
	@echo
	@$(BUILD)/moult bench --beside article

test: deps-test
	@tools/run-tests

install: all
	@meson configure $(BUILD) -Dprefix=$(PREFIX)
	@DESTDIR="$(DESTDIR)" meson install -C $(BUILD) --no-rebuild

deps:
	@tools/deps build

deps-test:
	@tools/deps build test

test-vm: deps-vm all
	@tools/bundle
	tests/vm/bundle build-bundle/moult-*.tar.xz $(BUILD)/moult
	tests/lab/captures build-bundle/moult-rescue
	tests/vm/overlay-full build-bundle/moult-rescue
	tests/vm/power-cuts build-bundle/moult-rescue
	tests/vm/kills build-bundle/moult-rescue 5
	tests/vm/predict $(BUILD)/moult --count 6
	tests/vm/adapt-loader $(BUILD)/moult virtio uefi-own
	tests/vm/adapt $(BUILD)/moult --only debian-12

test-vm-full: test-vm
	tests/vm/predict $(BUILD)/moult --count 30
	tests/vm/adapt-loader $(BUILD)/moult
	tests/vm/adapt $(BUILD)/moult

lab: deps-vm all
	@tools/bundle --build-here build-bundle/moult-here.tar.xz
	tests/lab/overlay build-bundle/moult-rescue $(BUILD)/moult build-bundle/moult-here.tar.xz
	tests/lab/xen build-bundle/moult-rescue

deps-vm:
	@tools/deps build vm

fuzz: deps-test
	@tools/fuzz

crash: deps-test
	@[ -e build-crash/build.ninja ] || meson setup build-crash -Dtests=true -Dbuildtype=release >/dev/null
	@ninja -C build-crash --quiet tests/test_overlay
	CRASH_STATES=20000 build-crash/tests/test_overlay

bundle: deps
	@tools/bundle

fresh-machine:
	tools/fresh-machine

clean:
	rm -rf $(BUILD) build-test build-clang build-bundle build-crash build-fuzz build-vm

help:
	@echo "make                build $(BUILD)/moult"
	@echo "make run            install what the build needs, build, measure this machine"
	@echo "make test           install what the tests need, build, pass them"
	@echo "make fuzz           look for inputs that break the readers, FUZZ_SECONDS (900) each"
	@echo "make crash          cut an overlay and its rollback in 20,000 ways"
	@echo "make install        install below PREFIX ($(PREFIX)), or DESTDIR"
	@echo "make test-vm        boot machines under QEMU: the bundle, what they are, power cuts and kills"
	@echo "make test-vm-full   the same, more predictions held against boots, and all images that adapt makes fit"
	@echo "make lab            real images written in a rescue, and back; a real Xen, its dom0, its guests"
	@echo "make bundle         one archive that runs unpacked on any x86-64 Linux"
	@echo "make deps           install what the build needs"
	@echo "make fresh-machine  do 'make run' and 'make test' in a new minimal Debian 12"
	@echo "make clean          remove the build folders"

$(BUILD)/build.ninja:
	@meson setup $(BUILD) --prefix=$(PREFIX) >/dev/null || { meson setup $(BUILD) --prefix=$(PREFIX); exit 1; }

.PHONY: all run test test-vm test-vm-full lab fuzz crash install bundle deps deps-test deps-vm fresh-machine clean help
