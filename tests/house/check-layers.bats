#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Each test plants one fault in a copy of src/ and shows that tools/check-layers refuses it.
bats_require_minimum_version 1.5.0

setup() {
	repository=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	cp -r "$repository/src" "$repository/tools" "$BATS_TEST_TMPDIR/"
	cd "$BATS_TEST_TMPDIR" || return
}

# plant FILE LINE...: write a file whose first line is the licence; LINE... begins at line 2
plant() {
	mkdir -p "$(dirname "$1")"
	printf '%s\n' '/* SPDX-License-Identifier: GPL-2.0-or-later */' "${@:2}" > "$1"
}

# refuses LINE: the check fails and says exactly this among its faults
refuses() {
	run -1 tools/check-layers
	printf '%s\n' "$output"
	grep -qxF -- "$1" <<< "$output"
}

@test "the real tree has no fault" {
	run -0 "$repository/tools/check-layers"
	printf '%s\n' "$output"
	[[ $output =~ ^check-layers:\ [0-9]+\ files,\ [0-9]+\ includes,\ no\ fault$ ]]
}

@test "another tree is checked by its name" {
	plant src/base/planted.c '#include "cmd/cmd.h"'
	cd /
	run -1 "$repository/tools/check-layers" "$BATS_TEST_TMPDIR"
	[[ $output == *src/base/planted.c:2:* ]]
}

@test "a tree without sources is no success" {
	mkdir -p empty/src
	run -1 tools/check-layers empty
	[[ $output == *"no include was found"* ]]
	run -1 tools/check-layers "$BATS_TEST_TMPDIR/nowhere"
	[[ $output == usage:* ]]
}

@test "climb: base includes cmd" {
	plant src/base/planted.c '#include "cmd/cmd.h"'
	refuses 'src/base/planted.c:2: climb: base (floor 0) includes cmd/cmd.h of floor 5'
}

@test "climb: by one floor" {
	plant src/sys/planted.h '' '#include "model/run.h"'
	refuses 'src/sys/planted.h:3: climb: sys (floor 1) includes model/run.h of floor 2'
}

@test "climb: out of a sub-folder, which belongs to its room" {
	plant src/bench/work/planted.c '#include "flow/measure.h"'
	refuses 'src/bench/work/planted.c:2: climb: bench (floor 3) includes flow/measure.h of floor 4'
}

@test "sideways: virt includes bench" {
	plant src/virt/planted.c '#include "bench/place.h"'
	refuses 'src/virt/planted.c:2: sideways: virt includes bench/place.h; both rooms are on floor 3 and meet above it'
}

@test "circle of two files" {
	plant src/base/planted_a.h '#include "base/planted_b.h"'
	plant src/base/planted_b.h '' '#include "base/planted_a.h"'
	refuses 'src/base/planted_b.h:3: circle: base/planted_a.h -> base/planted_b.h -> base/planted_a.h'
}

@test "circle of three files is told once" {
	plant src/base/planted_a.h '#include "base/planted_b.h"'
	plant src/base/planted_b.h '#include "base/planted_c.h"'
	plant src/base/planted_c.h '#include "base/planted_a.h"'
	refuses 'src/base/planted_c.h:2: circle: base/planted_a.h -> base/planted_b.h -> base/planted_c.h -> base/planted_a.h'
	[ "$(grep -c circle: <<< "$output")" -eq 1 ]
}

@test "circle of one file" {
	plant src/base/planted.h '#include "base/planted.h"'
	refuses 'src/base/planted.h:2: circle: base/planted.h -> base/planted.h'
}

@test "unknown room: a folder" {
	plant src/attic/planted.c '#include <stdio.h>'
	refuses 'src/attic: unknown room: the table of tools/check-layers does not list it'
}

@test "unknown room: an include" {
	plant src/attic/planted.h
	plant src/flow/planted.c '#include "attic/planted.h"'
	refuses 'src/flow/planted.c:2: unknown room: "attic/planted.h"'
}

@test "unknown room: a sub-folder without its room" {
	plant src/bench/planted.c '#include "work/work.h"'
	refuses 'src/bench/planted.c:2: unknown room: "work/work.h"'
}

@test "no room: a file beside main.c" {
	plant src/planted.c '#include "base/error.h"'
	refuses 'src/planted.c:1: no room: only main.c lies beside the rooms'
}

@test "empty room" {
	rm -rf src/disk
	mkdir src/disk
	refuses 'src/disk: empty room: no .c or .h is in it'
}

@test "empty room: other files do not fill it" {
	rm -rf src/disk
	mkdir -p src/disk/deep
	touch src/disk/meson.build src/disk/deep/notes.txt
	refuses 'src/disk: empty room: no .c or .h is in it'
}

@test "bare include in a room" {
	plant src/bench/planted.c '#include "place.h"'
	refuses 'src/bench/planted.c:2: bare include: "place.h" does not name its room'
}

@test "bare include of rows outside model" {
	plant src/bench/planted.c '#include "planted.inc"'
	refuses 'src/bench/planted.c:2: bare include: "planted.inc" does not name its room'
}

@test "angle-bracket dodge" {
	plant src/virt/planted.c '#include <bench/place.h>'
	refuses 'src/virt/planted.c:2: dodge: <bench/place.h> is a file of ours, write "bench/place.h"'
}

@test "angle-bracket dodge under the name of a system header" {
	plant src/sys/types.h
	plant src/sys/planted.c '#include <sys/types.h>'
	refuses 'src/sys/planted.c:2: dodge: <sys/types.h> is a file of ours, write "sys/types.h"'
}

@test "dot-dot in quotes and in angle brackets" {
	plant src/base/planted.c '#include "../cmd/cmd.h"' '#include <../cmd/cmd.h>' '#include "base/./error.h"'
	refuses "src/base/planted.c:2: roundabout: \"../cmd/cmd.h\" has an empty part, '.' or '..' in it"
	refuses "src/base/planted.c:3: roundabout: <../cmd/cmd.h> has an empty part, '.' or '..' in it"
	refuses "src/base/planted.c:4: roundabout: \"base/./error.h\" has an empty part, '.' or '..' in it"
}

@test "absolute path and doubled slash" {
	plant src/base/planted.c '#include "/work/src/cmd/cmd.h"' '#include <cmd//cmd.h>' '#include "cmd//cmd.h"'
	run -1 tools/check-layers
	[[ $output == *"planted.c:2: roundabout:"* ]]
	[[ $output == *"planted.c:3: computed include:"* ]] # what follows // is a comment to us
	[[ $output == *"planted.c:4: roundabout:"* ]]
}

@test "missing header in a room, and in a sub-folder" {
	plant src/bench/planted.c '#include "base/nowhere.h"'
	plant src/bench/work/planted.c '#include "nowhere.h"'
	refuses 'src/bench/planted.c:2: missing: src/ has no header "base/nowhere.h"'
	refuses 'src/bench/work/planted.c:2: missing: src/ has no header "bench/work/nowhere.h"'
}

@test "a C file is not included" {
	plant src/base/planted.c '#include "base/error.c"' '#include <error.c>'
	refuses 'src/base/planted.c:2: C file: "base/error.c" is to be compiled, not included'
	refuses 'src/base/planted.c:3: C file: <error.c> is to be compiled, not included'
}

@test "computed include" {
	plant src/base/planted.c '#define HEADER "cmd/cmd.h"' '#include HEADER'
	refuses "src/base/planted.c:3: computed include: 'HEADER' is not a file's name"
}

@test "libraries outside their homes" {
	plant src/report/planted.c '#include <jansson.h>' '#include <sqlite3.h>' '#include <libvirt/libvirt.h>'
	refuses 'src/report/planted.c:2: library: jansson.h has its one home in record/'
	refuses 'src/report/planted.c:3: library: sqlite3.h has its one home in store/'
	refuses 'src/report/planted.c:4: library: libvirt/libvirt.h has its one home in hyper/'
}

@test "libraries in their homes" {
	plant src/record/planted.c '#include <jansson.h>'
	plant src/store/planted.c '#include <sqlite3.h>'
	plant src/hyper/planted.c '#include <libvirt/libvirt.h>'
	run -0 tools/check-layers
	printf '%s\n' "$output"
}

@test "the door includes only cmd" {
	plant src/main.c '#include "cmd/cmd.h"' '#include "base/error.h"'
	refuses 'src/main.c:3: door: main.c includes only cmd/, not base/error.h'
}

@test "a sub-folder with the name of a room" {
	plant src/cmd/model/run.h
	refuses 'src/cmd/model: shadow: quoted includes beside it would find it before the room'
}

@test "symbolic link" {
	ln -s ../cmd/cmd.h src/base/planted.h
	refuses 'src/base/planted.h: symbolic link: it would be a second name for what it points at'
}

@test "an include in disguise: spaces, comments, continued lines, digraphs, other words" {
	plant src/base/planted.c '  #  include/* in */"cmd/cmd.h" // out' '#inc\' 'lude "cmd/cmd.h"' \
		'%:include "cmd/cmd.h"' '#include_next "cmd/cmd.h"' '#import "cmd/cmd.h"'
	for line in 2 3 5 6 7; do
		refuses "src/base/planted.c:$line: climb: base (floor 0) includes cmd/cmd.h of floor 5"
	done
}

@test "line numbers hold behind comments and continued lines" {
	plant src/base/planted.c '/*' ' * two' ' */' '#define A \' '	1' 'static const char *const b = "/*";' \
		'#include "cmd/cmd.h"'
	refuses 'src/base/planted.c:8: climb: base (floor 0) includes cmd/cmd.h of floor 5'
}

@test "rows that are kept in model are read like a header" {
	plant src/model/planted.inc '#include "cmd/cmd.h"'
	refuses 'src/model/planted.inc:2: climb: model (floor 2) includes cmd/cmd.h of floor 5'
}

@test "what is allowed passes" {
	plant src/base/planted.c '/*' '#include "cmd/cmd.h"' '*/' '// #include "cmd/cmd.h"' \
		'#include <sys/types.h>' '#include "base/error.h"'
	plant src/bench/work/planted.h
	plant src/bench/work/planted.c '#include "planted.h"' '#include "bench/work/planted.h"'
	plant src/bench/planted.c '#include "bench/work/planted.h"' '#include "sys/clock.h"'
	plant src/model/planted.c '#include "planted.inc"'
	plant src/cmd/planted.c '#include "report/terminal.h"'
	run -0 tools/check-layers
	printf '%s\n' "$output"
}
