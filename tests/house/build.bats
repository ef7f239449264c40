#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The build's own promises.

digests() {
	(cd "$1/src/bench/work" && sha256sum context1 dhry2reg execl fstime pipe shell spawn syscall whetstone-double)
}

@test "the workloads are the same bytes whatever the rest is built with" {
	cd "$BATS_TEST_TMPDIR"
	export CC=gcc
	meson setup plain "$ROOT" >/dev/null
	CFLAGS="-O0 -march=native -fno-inline" meson setup other "$ROOT" -Db_lto=true -Dbuildtype=debug \
		-Db_sanitize=address -Db_lundef=false >/dev/null
	for tree in plain other; do
		(cd "$tree" && ninja --quiet $(ninja -t targets all | sed -n 's|^\(src/bench/work/[a-z0-9-]*\): CUSTOM.*|\1|p'))
	done
	[ "$(digests plain)" = "$(digests other)" ]
	# and the check can fail: other flags give other bytes
	gcc -O3 -ffast-math -o plain/src/bench/work/pipe "$ROOT"/src/bench/work/{main,pipe}.c
	[ "$(digests plain)" != "$(digests other)" ]
}

@test "make install puts everything where the program finds it" {
	cd "$BATS_TEST_TMPDIR"
	make -s -C "$ROOT" install BUILD="$PWD/build" DESTDIR="$PWD/root" PREFIX=/usr >/dev/null
	for file in bin/moult libexec/moult/pipe share/moult/article.json share/man/man1/moult.1 \
		share/man/man1/moult-bench.1 share/bash-completion/completions/moult; do
		[ -s "root/usr/$file" ]
	done
	root/usr/bin/moult bench -t pipe -b 40 --target-ci 50 --beside article --progress none | grep -q 'Debian HVM'
}
