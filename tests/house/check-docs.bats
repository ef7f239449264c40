#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Each test plants one fault in a copy of the tree and shows that tools/check-docs refuses it.
bats_require_minimum_version 1.5.0

setup() {
	unset GIT_DIR GIT_INDEX_FILE GIT_WORK_TREE # of a hook that runs the tests
	repository=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	cp -r "$repository/src" "$repository/tools" "$repository/man" "$BATS_TEST_TMPDIR/"
	cd "$BATS_TEST_TMPDIR" || return
}

# plant LINE...: a faultless frame of a header around LINE..., the first of which is line 5
plant() {
	printf '%s\n' '/* SPDX-License-Identifier: GPL-2.0-or-later */' '/** planted.h - a fault. */' \
		'#ifndef BASE_PLANTED_H' '#define BASE_PLANTED_H' "$@" '#endif' > src/base/planted.h
}

# plant_command: a command with two options and the page that names them
plant_command() {
	cat > src/cmd/planted.c <<-'END'
		/* SPDX-License-Identifier: GPL-2.0-or-later */
		static const struct opt planted_options[] = {
			{ "deep", 'd', "N", "how deep", NULL },
			{ "deep-sea", 0, NULL, "a \"switch\"", NULL },
			/* { "gone", 0, NULL, "no longer there", NULL }, */
			{ NULL },
		};
		static const struct opt other_options[] = { { "other", 0, NULL, "not of this command", NULL } };
		const struct cmd cmd_planted = { .name = "planted", .options = planted_options };
	END
	printf '%s\n' 'moult-planted(1)' '*-d*, *--deep*=_N_' '*--deep-sea*' > man/moult-planted.1.scd
}

# refuses LINE: the check fails and says exactly this among its faults
refuses() {
	run -1 tools/check-docs
	printf '%s\n' "$output"
	grep -qxF -- "$1" <<< "$output"
}

@test "the real tree has no fault" {
	run -0 "$repository/tools/check-docs"
	printf '%s\n' "$output"
	[[ ${lines[-1]} =~ ^check-docs:\ [0-9]+\ prototypes,\ [0-9]+\ files,\ [0-9]+\ commands,\ no\ fault$ ]]
}

@test "a tree without headers is no success" {
	mkdir -p empty/src
	run -1 tools/check-docs empty
	[[ $output == *"no prototype was found"* ]]
	run -1 tools/check-docs "$BATS_TEST_TMPDIR/nowhere"
	[[ $output == usage:* ]]
}

@test "a prototype without a comment" {
	plant '' 'void planted(void);'
	refuses 'src/base/planted.h:6: planted has no comment that begins with /** on the lines right above it'
}

@test "a comment that is not one of documentation, or says nothing" {
	plant '/* Plant it. */' 'void first(void);' '/** */' 'void second(void);'
	refuses 'src/base/planted.h:6: first has no comment that begins with /** on the lines right above it'
	refuses 'src/base/planted.h:8: second has no comment that begins with /** on the lines right above it'
}

@test "a blank line between comment and prototype" {
	plant '/** Plant it. */' '' 'void planted(void);'
	refuses 'src/base/planted.h:7: planted has no comment that begins with /** on the lines right above it'
}

@test "one comment does not serve two prototypes" {
	plant '/** Plant it. */' 'void planted(void);' 'void dug(void);'
	refuses 'src/base/planted.h:7: dug has no comment that begins with /** on the lines right above it'
}

@test "a static inline function without a comment, and what stands behind it" {
	plant 'static inline int planted(int a)' '{' '	if (a > 0) {' '		return 1;' '	}' '	return 0;' '}' \
		'void dug(void);'
	refuses 'src/base/planted.h:5: planted has no comment that begins with /** on the lines right above it'
	refuses 'src/base/planted.h:12: dug has no comment that begins with /** on the lines right above it'
}

@test "attributes, macros and pointers do not hide a prototype" {
	plant '__attribute__((nonnull(1)))' 'void first(int *a);' 'void (*second(void))(int);' \
		'FORMAT(1, 2) char *third(const char *fmt, ...)' '	__attribute__((cold));'
	refuses 'src/base/planted.h:5: first has no comment that begins with /** on the lines right above it'
	refuses 'src/base/planted.h:7: second has no comment that begins with /** on the lines right above it'
	refuses 'src/base/planted.h:8: third has no comment that begins with /** on the lines right above it'
}

@test "a parameter that is not there" {
	plant '/** Plant it.' ' *' ' * @a, @b: what' ' * @out_first: where' ' */' \
		'void planted(int a,' '	     int out_first);'
	refuses 'src/base/planted.h:10: planted has no parameter @b, which its comment names'
	[[ $output != *@a,* && $output != *@out_first* ]]
}

@test "the type of a parameter is not its name" {
	plant '/** Plant @error and @size_t. */' 'void planted(struct error *err, size_t size);'
	refuses 'src/base/planted.h:6: planted has no parameter @error, which its comment names'
	refuses 'src/base/planted.h:6: planted has no parameter @size_t, which its comment names'
}

@test "a function that can fail and does not say how" {
	plant '/** Plant it. */' 'nodiscard int planted(const char *name,' '			  struct error *err)' \
		'	__attribute__((nonnull(1)));'
	refuses 'src/base/planted.h:6: planted can fail, and its comment has neither Errors nor Returns'
}

@test "no file comment, or that of another file" {
	plant
	sed -i 2d src/base/planted.h
	refuses 'src/base/planted.h:2: no file comment "/** planted.h - ..." follows the licence line'
	plant
	sed -i '2s/planted/other/' src/base/planted.h
	refuses 'src/base/planted.h:2: no file comment "/** planted.h - ..." follows the licence line'
}

@test "a header guard of another name, an open one, or none" {
	plant
	sed -i 's/BASE_PLANTED_H/PLANTED_H/' src/base/planted.h
	refuses 'src/base/planted.h:3: the header guard is not BASE_PLANTED_H'
	plant
	sed -i '4s/BASE_PLANTED_H/BASE_PLANTED/' src/base/planted.h
	refuses 'src/base/planted.h:3: the header guard is not BASE_PLANTED_H'
	plant
	sed -i '$d' src/base/planted.h
	refuses 'src/base/planted.h:3: the header guard is not BASE_PLANTED_H'
	printf '%s\n' '/* SPDX-License-Identifier: GPL-2.0-or-later */' '/** planted.h - a. */' > src/base/planted.h
	refuses 'src/base/planted.h:1: the header guard is not BASE_PLANTED_H'
}

@test "the guard names sub-folders" {
	plant
	mv src/base/planted.h src/bench/work/planted.h
	refuses 'src/bench/work/planted.h:3: the header guard is not BENCH_WORK_PLANTED_H'
}

@test "sources, scripts, build files and tests without a licence line" {
	mkdir -p tests/unit data tests/golden
	echo 'int planted;' > src/base/planted.c
	echo '#!/bin/sh' > tools/planted
	: > tests/meson.build
	printf '\n\n\n/* SPDX-License-Identifier: GPL-2.0-or-later */\n' > tests/unit/planted.c
	echo '#!/usr/bin/env bats' > tests/planted.bats
	echo words | tee data/planted.tsv tests/golden/planted.txt tests/README.md > tools/README.md
	for name in src/base/planted.c tools/planted tests/meson.build tests/unit/planted.c tests/planted.bats; do
		refuses "$name:1: no SPDX-License-Identifier in the first three lines"
	done
	[[ $output != *planted.tsv* && $output != *planted.txt* && $output != *README* ]]
}

@test "in a repository the licence is asked of the files that git tracks" {
	git init -q .
	echo 'int a;' | tee src/base/tracked.c > src/base/untracked.c
	git add src/base/tracked.c
	refuses 'src/base/tracked.c:1: no SPDX-License-Identifier in the first three lines'
	[[ $output != *untracked.c* ]]
}

@test "a command without a man page" {
	plant_command
	mv man/moult-planted.1.scd man/moult-other.1.scd
	refuses 'src/cmd/planted.c:9: command planted has no man page man/moult-planted.1.scd'
}

@test "an option that its man page does not name" {
	plant_command
	sed -i 's/--deep\*/deep/' man/moult-planted.1.scd # --deep-sea does not stand for it
	refuses 'src/cmd/planted.c:3: option --deep is not in man/moult-planted.1.scd'
	[ "$(grep -c cmd/planted.c <<< "$output")" -eq 1 ]
}

@test "without any man page that part is skipped, and says so" {
	rm -f man/*.scd
	run tools/check-docs
	[[ $output == *"check-docs: skipped the man pages: man/ has no .scd"* ]]
}

@test "what is allowed passes" {
	plant_command
	plant '#define PLANTED(x) \' '	void x(void);' 'typedef int planted_take(int a, struct error *err);' \
		'typedef void (*planted_call)(int a);' 'struct planted { void (*show)(int a); int (*run)(void); };' \
		'struct __attribute__((packed)) planted_raw { int a; } __attribute__((aligned(8)));' \
		'extern int (*planted_hook)(int a);' 'extern const int planted_rows[4];' \
		'enum { PLANTED_A = (1 << 2) };' 'static const int planted_table[] = { 1, (2) };' \
		'_Static_assert(sizeof(int) == 4, "planted(x);");' 'static int planted_inside(void);' \
		'/** Plant @fmt in @out, mail a@b.example, *@place. Returns: 0 or -1 */' \
		'nodiscard int planted(const char *fmt, char out[65], void (*place)(int x, int y),' \
		'		      struct error *err, ...)' '	__attribute__((format(printf, 1, 5)));' \
		'/** Plant it. Errors: ERROR_USAGE */' 'static inline int planted_in(struct error *err)' '{' \
		'	return err != NULL;' '}'
	run -0 tools/check-docs
	printf '%s\n' "$output"
}
