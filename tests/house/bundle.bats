#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The bundle (tools/bundle): equal twice, small, for old systems, for ordinary users.
#
# It is built twice from copies of the tree: two whole builds, each with a Debian 11 root of its own (about
# a minute each). Where such a root cannot be made, both are built by this machine's compiler, and what
# is said of Debian 11 is skipped.

programs="context1 dhry2reg execl fstime pipe shell spawn syscall whetstone-double"

# build NAME OPTION...: a bundle from a copy of the tree at NAME
build() {
	local copy=$1
	shift
	mkdir -p "$copy"
	git -C "$ROOT" ls-files -z | tar -C "$ROOT" --null --ignore-failed-read -T - -cf - | tar -C "$copy" -xf -
	(cd / && "$copy/tools/bundle" "$@" "$copy.tar.xz")
}

# at the same time: a root waits for the network most of the time
build_both() {
	local other result=0
	# what must not matter: the path, the umask, the zone, the language
	(umask 077 && TZ=Asia/Kolkata LC_ALL=C.UTF-8 build "$base/a/longer path/second" "$@") &
	other=$!
	build "$base/first" "$@" || result=$?
	wait "$other" || result=$?
	return "$result"
}

setup_file() {
	export base=$BATS_FILE_TMPDIR CC=gcc SOURCE_DATE_EPOCH
	export first=$base/first.tar.xz second="$base/a/longer path/second.tar.xz" no_debian=
	SOURCE_DATE_EPOCH=$(git -C "$ROOT" log -1 --format=%ct)
	build_both 2>"$base/log" && return
	cat "$base/log" >&2
	grep -Eq 'no Debian 11 root|needs root' "$base/log"
	no_debian=$(tail -n 2 "$base/log" | tr '\n' ' ')
	build_both --build-here
}

setup() {
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	[ -z "${folder:-}" ] || rm -rf --one-file-system "$folder"
}

unpacked() {
	tar -xf "$first"
	cd moult-*-x86_64
}

# check_members ARCHIVE: every member lies below the one folder, and is a plain file or folder of root's
# that only root can write to
check_members() {
	python3 - "$1" "moult-$(sed -n "s/^  version: '\(.*\)',/\1/p" "$ROOT/meson.build")-x86_64" <<-'END'
		import sys, tarfile
		count = 0
		for member in tarfile.open(sys.argv[1]):
		    count += 1
		    parts = member.name.split("/")
		    if parts[0] != sys.argv[2] or {"", ".", ".."} & set(parts):
		        sys.exit(f"{member.name}: not below {sys.argv[2]}")
		    if not (member.isfile() or member.isdir()) or member.mode & 0o7022:
		        sys.exit(f"{member.name}: type or mode {member.mode:o}")
		    if (member.uid, member.gid, member.uname, member.gname) != (0, 0, "", ""):
		        sys.exit(f"{member.name}: the owner {member.uid} {member.uname}")
		sys.exit("nothing in it" if not count else 0)
	END
}

# newest_glibc FILE...: the newest version of glibc that one of them asks for
newest_glibc() {
	local file
	for file in "$@"; do
		readelf --version-info --wide "$file"
	done | grep -o 'GLIBC_[0-9][0-9.]*' | sort -uV | tail -n 1
}

@test "two builds are equal" {
	sha256sum "$first" "$second"
	cmp "$first" "$second"
}

@test "the archive holds files below one folder, and no absolute or climbing name" {
	check_members "$first"
	# and the check can fail
	name=$(tar -tf "$first" | head -n 1)
	mkdir "$name"
	: >"${name}file"
	for change in 's,file$,../../file,' 's,^,/,' 's,^,../,' 's,^moult,other,'; do
		tar -P --owner=0 --group=0 --numeric-owner --transform "$change" -cf changed.tar "$name"
		run check_members changed.tar
		[ "$status" = 1 ]
		[[ "$output" == *"not below"* ]]
	done
	ln -s /etc "${name}link"
	tar --owner=0 --group=0 --numeric-owner -cf changed.tar "$name"
	run check_members changed.tar
	[ "$status" = 1 ]
	[[ "$output" == *"link: type"* ]]
}

@test "no executable asks for a glibc newer than 2.31, and all but the workloads of unixbench are static" {
	unpacked
	local static=(moult-rescue libexec/moult/pinned-*) dynamic=()
	for program in $programs; do
		dynamic+=("libexec/moult/$program")
	done
	[ "${#static[@]}" = 11 ]
	[ "$(find . -type f -perm /111 | wc -l)" = 20 ]
	for file in "${static[@]}"; do
		run readelf -lW "$file"
		[ "$status" = 0 ]
		[[ "$output" != *INTERP* ]]
	done
	[ -z "$(newest_glibc "${static[@]}")" ]
	for file in "${dynamic[@]}"; do
		[ -n "$(newest_glibc "$file")" ]
	done
	[ -z "$no_debian" ] || skip "$no_debian"
	newest=$(newest_glibc "${dynamic[@]}")
	[ "$(printf '%s\n' "$newest" GLIBC_2.31 | sort -V | tail -n 1)" = GLIBC_2.31 ]
	# and the check can fail: what a newer system's compiler makes asks for 2.34
	here=$(getconf GNU_LIBC_VERSION | cut -d ' ' -f 2)
	[ "$(printf '%s\n' "$here" 2.34 | sort -V | head -n 1)" != 2.34 ] ||
		[ "$(newest_glibc "$WORK/pipe")" = GLIBC_2.34 ]
}

@test "moult-rescue is below 9 MB" {
	unpacked
	[ "$(stat -c %s moult-rescue)" -lt 9000000 ]
}

@test "an ordinary user unpacks it and measures with both profiles" {
	# bats' own folder is root's alone
	folder=$(mktemp -d /var/tmp/moult-bundle-test-XXXXXX)
	as_user=(env -i "HOME=$folder" PATH=/usr/bin:/bin)
	if [ "$(id -u)" = 0 ]; then
		chown 65534:65534 "$folder"
		as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups "${as_user[@]}")
	fi
	"${as_user[@]}" tar -C "$folder" -xf - --xz <"$first"
	cd "$folder"/moult-*-x86_64
	run --separate-stderr "${as_user[@]}" ./moult-rescue bench -b 40 --target-ci 50 --tests syscall,shell1 \
		--profile both --label kept --progress none --json
	printf '%s\n' "$output" >"$BATS_TEST_TMPDIR/runs.json"
	result=$status
	shown=$("${as_user[@]}" ./moult-rescue show kept) || true
	echo "$stderr"
	[ "$result" = 0 ]
	[[ "$shown" == *"System Call Overhead"* ]]
	cd "$BATS_TEST_TMPDIR"
	"$ROOT/tests/tools/validate-run" "$ROOT/data/moult.run.schema.json" runs.json
	python3 -c '
import json
runs = json.load(open("runs.json"))["runs"]
assert [r["profile"] for r in runs] == ["unixbench", "pinned"]
assert all(t["score"] > 0 for r in runs for t in r["tests"])'
}
