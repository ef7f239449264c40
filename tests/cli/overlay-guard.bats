#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What keeps an overlay from harm: the process that plans can write nothing; the plan's file; the log that outlives
# the terminal; signals; plans and logs that were made by others.

bats_require_minimum_version 1.5.0

setup_file()
{
	. "$ROOT/tests/tools/overlay.bash"
	cd "$BATS_FILE_TMPDIR" || exit 1
	make_image new.raw 48
	truncate -s 160M old.raw
	sha256sum new.raw | cut -d' ' -f1 > new.sha
}

setup()
{
	. "$ROOT/tests/tools/overlay.bash"
	cd "$BATS_FILE_TMPDIR" || exit 1
	rm -rf disk.raw state
	cp --sparse=always old.raw disk.raw
	SHA=$(cat new.sha)
	export XDG_STATE_HOME=$PWD/state
	started=
	loops=
}

teardown()
{
	[ -z "$started" ] || kill -KILL "$started" 2> /dev/null || true
	for loop in $loops; do losetup -d "$loop" || true; done
	if mountpoint -q there; then umount there; fi
}

overlay() { "$MOULT" overlay "$@"; }

target=(--disk disk.raw --file)
waive=(--waive firmware --waive no-boot-path)

plan() { overlay plan "$1" "${target[@]}" "${waive[@]}" --no-digest "${@:2}"; }

apply() { overlay apply new.raw "${target[@]}" "${waive[@]}" --sha256 "$SHA" --confirm-disk disk.raw --progress none "$@"; }

needs() { # PROGRAM...: of Debian's packages in tools/deps
	local program
	for program; do
		command -v "$program" > /dev/null || skip "no $program: install it by tools/deps test"
	done
}

# guarded IMAGE WORD...: make a plan of it and look at each call that opens, names or mounts. The process that opens
# the image is in a sandbox before, and what is in it opens nothing for writing.
guarded()
{
	[ $# -gt 1 ] || set -- "$1" --no-digest
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o trace -e trace=open,openat,openat2,creat,rename,unlink,mkdir,rmdir,fsopen,mount,prctl,clone,clone3,fork,vfork \
		"$MOULT" overlay plan "$1" "${target[@]}" "${waive[@]}" -o plan.json "${@:2}" > text
	python3 - "$1" <<-'END'
		import re, sys
		image = sys.argv[1]
		inside, parent, half, seen, outside = set(), {}, {}, 0, []
		for line in open("trace", errors="replace"):
		    pid, rest = line.rstrip("\n").split(None, 1)
		    if rest.endswith("<unfinished ...>"):
		        half[pid] = rest[:-len("<unfinished ...>")]
		        continue
		    resumed = re.match(r"<\.\.\. \w+ resumed>(.*)", rest)
		    if resumed:
		        rest = half.pop(pid) + resumed[1]
		    call = rest.split("(")[0]
		    result = re.search(r"= (-?\d+|0x[0-9a-f]+)(?: (E\w+))?", rest[rest.rindex(")"):] if ")" in rest else rest)
		    if not result:
		        continue
		    value = int(result[1], 0)
		    if call in ("clone", "clone3", "fork", "vfork") and value > 0:
		        parent[str(value)] = pid
		        continue
		    up = pid
		    while up not in inside and up in parent:
		        up = parent[up]
		    is_in = up in inside
		    if call == "prctl" and "PR_SET_SECCOMP" in rest and value == 0:
		        inside.add(pid)
		    if call in ("open", "openat") and f'"{image}"' in rest and value >= 0:
		        assert is_in, f"the image was opened outside: {line}"
		        seen += 1
		    writes = call in ("creat", "rename", "unlink", "mkdir", "rmdir", "fsopen", "mount") or re.search("O_WRONLY|O_RDWR|O_CREAT|O_TRUNC", rest)
		    if writes and value >= 0 and call != "prctl":
		        assert not is_in, f"in the sandbox: {line}"
		        outside.append(rest)
		    assert call != "openat2" or not is_in or value < 0, line
		assert inside and (seen or image == "-" or "://" in image), (inside, seen)
		for rest in outside:
		    assert re.search(r"O_TMPFILE|plan\.json|/dev/loop|fsopen", rest), f"not known: {rest}"
		open("outside", "w").write("\n".join(outside))
	END
	[ "$(jq -r '.checks[] | select(.name == "sandbox") | .text' plan.json)" = "what read the image could open nothing for writing" ]
	[ "$(grep -c "disk.raw.*\(O_RDWR\|O_WRONLY\)" trace)" = 0 ]
}

@test "the image is opened by a process that can open nothing for writing" {
	before=$(sha256sum < disk.raw)
	guarded new.raw
	grep -q O_TMPFILE outside
	[ "$before" = "$(sha256sum < disk.raw)" ]
}

@test "so are one in qcow2, one in xz from a pipe, and one that qemu-nbd reads" {
	needs qemu-img qemu-nbd
	qemu-img convert -O qcow2 new.raw new.qcow2
	guarded new.qcow2
	xz -0 -k -f new.raw
	guarded - < <(cat new.raw.xz)
	[ -x "$NBD/moult-nbd" ] || skip "built without libnbd"
	qemu-img convert -O vmdk new.raw new.vmdk
	guarded new.vmdk
	# nothing of it stays
	[ "$(jq -r .image.layers plan.json)" = vmdk ]
	[ -z "$(find /tmp -maxdepth 1 -name 'libnbd*' -newer new.vmdk)" ]
}

@test "so are a download by curl, and sums that gpgv checks" {
	needs curl gpg gpgv
	unset http_proxy HTTP_PROXY ALL_PROXY all_proxy
	rm -f port
	/usr/bin/python3 "$ROOT/tests/tools/http-server" new.raw port 3>&- &
	started=$!
	for _ in $(seq 100); do [ ! -e port ] || break; sleep 0.1; done
	guarded "http://127.0.0.1:$(cat port)/good"
	[ "$(jq -r .image.layers plan.json)" = http ]
	export GNUPGHOME=$PWD/gpg
	mkdir -m 700 gpg
	gpg --batch --quiet --passphrase '' --quick-gen-key one@example.org ed25519 sign never
	gpg --batch --export one@example.org > one.gpg
	sha256sum new.raw > SUMS
	gpg --batch --quiet -u one@example.org --detach-sign -o SUMS.sig SUMS
	gpgconf --kill all
	guarded new.raw --sums SUMS --sig SUMS.sig --keyring one.gpg
	[ "$(jq -r .image.sha256 plan.json)" = "$SHA" ]
}

@test "so are ones whose file system the kernel reads; what makes the mounts is another process" {
	needs mkfs.xfs mkfs.btrfs
	[ "$(id -u)" = 0 ] || skip "only root mounts"
	mkdir -p there
	for type in xfs btrfs; do
		rm -f $type.raw
		truncate -s 400M $type.raw
		sgdisk -n 1:2048:+1M -t 1:ef02 -n 2:0:0 -t 2:8300 $type.raw > /dev/null
		loop=$(losetup --show -f -o $(( $(start_of $type.raw 2) * 512 )) --sizelimit $(( 390 << 20 )) $type.raw)
		loops=$loop
		mkfs.$type -q "$loop"
		mount "$loop" there
		mkdir there/etc
		echo "PRETTY_NAME=\"A system on $type\"" > there/etc/os-release
		umount there
		losetup -d "$loop"
		loops=
		truncate -s 1G disk.raw
		guarded $type.raw
		grep -q 'fsopen\|"/dev/loop' outside
		[ "$(jq -r .image.system plan.json)" = "A system on $type" ]
	done
	# as it was before the kernel replayed its log: what is written then is a copy
	losetup -a | if grep -q "$BATS_FILE_TMPDIR"; then false; fi
}

@test "the plan's file is opened first: a place that cannot be written ends it before the image is looked at" {
	run -1 plan nothing.raw -o nowhere/plan.json
	[[ $output == *"nowhere/plan.json"* ]]
	run -1 plan nothing.raw -o disk.raw/plan.json
	[ "$(id -u)" = 0 ] || skip "only root mounts"
	mkdir -p there
	mount -t tmpfs -o size=64k none there
	head -c 100k /dev/zero > there/fill || true
	run -1 plan nothing.raw -o there/plan.json
	[[ $output == *"there/plan.json"*"No space left"* ]]
	[ "$(ls there)" = fill ]
}

# begin COMMAND...: in the background; its process is $started
begin()
{
	"$@" > text 2> messages 3>&- &
	started=$!
}

# reader_of PID: its child in the sandbox
reader_of()
{
	local child tries
	for tries in $(seq 100); do
		for child in $(cat "/proc/$1/task/$1/children"); do
			if [ "$(sed -n 's/^Seccomp:\t//p' "/proc/$child/status")" = 2 ]; then
				echo "$child"
				return
			fi
		done
		sleep 0.1
	done
	false
}

@test "a reader that dies ends the plan in one line, and leaves no file" {
	rm -f fifo plan.json*
	mkfifo fifo
	sleep 60 > fifo 3>&- &
	writer=$!
	begin "$MOULT" overlay plan fifo "${target[@]}" --no-digest -o plan.json
	reader=$(reader_of $started)
	kill -SEGV "$reader"
	status=0
	wait $started || status=$?
	started=
	kill $writer
	[ "$status" = 1 ]
	[ "$(wc -l < messages)" -ge 1 ]
	grep -q 'look at the image and the disk: the process for it' messages
	[ -z "$(ls plan.json* 2> /dev/null)" ]
}

@test "a plan that is interrupted leaves no file and no process" {
	rm -f fifo plan.json*
	mkfifo fifo
	sleep 60 > fifo 3>&- &
	writer=$!
	begin "$MOULT" overlay plan fifo "${target[@]}" --no-digest -o plan.json
	reader=$(reader_of $started)
	kill -TERM $started
	status=0
	wait $started || status=$?
	started=
	kill $writer
	[ "$status" = 130 ]
	[ ! -e "/proc/$reader" ]
	[ -z "$(ls plan.json* 2> /dev/null)" ]
}

@test "the log: its place is told, it has each phase and the end, and status names it" {
	run -0 --separate-stderr apply
	[[ $stderr == *"log       $PWD/state/moult/overlay-disk.raw.log"* ]]
	log=state/moult/overlay-disk.raw.log
	[ "$(stat -c %a $log)" = 600 ]
	grep -q "overlay apply of $PWD/new.raw by plan [0-9a-f]*  *on $PWD/disk.raw" $log || grep -q "overlay apply of $PWD/new.raw by plan [0-9a-f]* on $PWD/disk.raw" $log
	for phase in writing 'reading back' boot; do
		grep -q "^20[0-9-]*T[0-9:]*Z  $phase: " $log
	done
	[[ $(tail -n 1 $log) == *"  end: complete; "* ]]
	[ "$(overlay status "${target[@]}" --json | jq -r .log_file)" = "$PWD/$log" ]
	overlay status "${target[@]}" | grep -qx "log       $PWD/$log"
	overlay rollback "${target[@]}" --confirm-disk disk.raw --progress none --log other.log > /dev/null
	[[ $(tail -n 1 other.log) == *"  end: rolled-back; "* ]]
	[ "$(overlay status "${target[@]}" --json --log nothing.log | jq -r .log_file)" = null ]
}

@test "the log has why it failed; one that cannot be written is refused before the first byte, the usual one is not needed" {
	run -5 overlay apply new.raw "${target[@]}" "${waive[@]}" --sha256 "$(printf '0%.0s' {1..64})" --confirm-disk disk.raw --progress none --log failed.log
	[[ $(tail -n 1 failed.log) == *"  end: exit status 5: "* ]]
	cp --sparse=always old.raw disk.raw
	run -1 apply --log nowhere/log
	[[ $output == *"nowhere/log"* ]]
	cmp old.raw disk.raw
	: > state.file
	XDG_STATE_HOME=$PWD/state.file run -0 --separate-stderr apply
	[[ $stderr == *"log       none: "* ]]
}

# on_terminal WHAT: apply on a terminal of its own, of which WHAT becomes when writing has begun
on_terminal()
{
	python3 - "$1" "$MOULT" overlay apply new.raw "${target[@]}" "${waive[@]}" --sha256 "$SHA" --confirm-disk disk.raw <<-'END'
		import os, pty, select, sys, termios, time
		what, words = sys.argv[1], sys.argv[2:]
		child, terminal = pty.fork()
		if child == 0:
		    os.environ["TERM"] = "xterm"
		    os.execv(words[0], words)
		said, end = b"", time.time() + 120
		while b"log       " not in said:
		    assert time.time() < end, said
		    if select.select([terminal], [], [], 1)[0]:
		        said += os.read(terminal, 4096)
		if what == "closed":
		    os.close(terminal)
		else:
		    termios.tcflow(os.open(os.readlink(f"/proc/{child}/fd/2"), os.O_RDWR | os.O_NOCTTY), termios.TCOOFF)
		while True:
		    pid, status = os.waitpid(child, os.WNOHANG)
		    if pid == child:
		        break
		    if time.time() > end:
		        os.kill(child, 9)
		        sys.exit("it did not end")
		    if what == "stopped" and os.path.exists("state/moult/overlay-disk.raw.log") and b"end: complete" in open("state/moult/overlay-disk.raw.log", "rb").read():
		        # the disk is done; what is left to say waits for the terminal
		        os.close(terminal)
		        what = "done"
		    time.sleep(0.1)
		sys.exit(os.waitstatus_to_exitcode(status) if status else 0)
	END
}

@test "a terminal that goes away in the middle does not end it: the log has all, and the status is right" {
	run -0 on_terminal closed
	[[ $(tail -n 1 state/moult/overlay-disk.raw.log) == *"  end: complete; "* ]]
	cmp -i 1M -n 46M new.raw disk.raw
}

@test "a terminal that was stopped does not hold it" {
	run -0 on_terminal stopped
	[[ $(tail -n 1 state/moult/overlay-disk.raw.log) == *"  end: complete; "* ]]
	cmp -i 1M -n 46M new.raw disk.raw
}

@test "hangups again and again change nothing; SIGINT behind one ends it with the state" {
	: > messages
	begin "$MOULT" overlay apply new.raw "${target[@]}" "${waive[@]}" --sha256 "$SHA" --confirm-disk disk.raw --progress lines
	until grep -q '^log' messages; do sleep 0.02; done
	while kill -HUP $started 2> /dev/null; do sleep 0.02; done
	wait $started
	started=
	cmp -i 1M -n 46M new.raw disk.raw
	for round in 1 2 3 4; do
		cp --sparse=always old.raw disk.raw
		: > messages # that of the round before has the line that is waited for
		"$MOULT" overlay apply new.raw "${target[@]}" "${waive[@]}" --sha256 "$SHA" --confirm-disk disk.raw --progress lines > text 2> messages 3>&- &
		started=$!
		until grep -q '^log' messages; do sleep 0.02; done
		kill -HUP $started
		sleep "0.0$round"
		kill -INT $started || true # it may have ended
		status=0
		wait $started || status=$?
		started=
		case $status in
		0) cmp -i 1M -n 46M new.raw disk.raw ;;
		6) grep -q "'moult overlay apply' goes on, 'moult overlay rollback' goes back" messages
			grep -q '  end: exit status 6: ' state/moult/overlay-disk.raw.log ;;
		130) cmp old.raw disk.raw ;;
		*) echo "status $status"; false ;;
		esac
	done
}

@test "SIGINT ends a rollback with the state, and the next one goes on" {
	"$MOULT" overlay apply new.raw "${target[@]}" "${waive[@]}" --sha256 "$SHA" --confirm-disk disk.raw --progress none > text
	cp --sparse=always disk.raw applied.raw
	for round in 1 2 3 4 5; do
		cp --sparse=always applied.raw disk.raw
		: > messages
		"$MOULT" overlay rollback "${target[@]}" --confirm-disk disk.raw --progress lines > text 2> messages 3>&- &
		started=$!
		until grep -q '^log' messages; do sleep 0.01; done
		sleep "0.0$round"
		kill -INT $started || true # it may have ended
		status=0
		wait $started || status=$?
		started=
		case $status in
		0) ;;
		6) grep -q "interrupted.*'moult overlay rollback' goes on" messages ;;
		130) cmp applied.raw disk.raw ;;
		*) echo "status $status"; false ;;
		esac
		"$MOULT" overlay rollback "${target[@]}" --confirm-disk disk.raw --progress none > text
		cmp -n 46M old.raw disk.raw
	done
}

# altered JQ STATUS TEXT: the plan with this change is refused so, and nothing was written
altered()
{
	local before
	before=$(sha256sum < disk.raw)
	jq "$1" plan.json > altered.json
	run "-$2" overlay apply --plan altered.json --confirm-disk "${4:-disk.raw}" --progress none "${@:5}"
	[[ $output == *"$3"* ]] || { echo "$1: $output"; false; }
	[ "$before" = "$(sha256sum < disk.raw)" ]
}

@test "plans by hand: beyond the disk, over the log, over each other, of another disk, in another place" {
	overlay plan new.raw "${target[@]}" "${waive[@]}" --sha256 "$SHA" -o plan.json > /dev/null
	altered '.ranges[0].start_bytes = .disk.size_bytes' 3 "beyond the disk's end"
	altered '.ranges[0].size_bytes = 4611686018427387904' 3 "beyond the disk's end"
	altered '.ranges[0].start_bytes = 513' 3 "no whole sectors"
	altered '.ranges[0].size_bytes = .undo.start_bytes' 3 "over its own log"
	altered '.ranges[1].start_bytes = .ranges[0].start_bytes' 3 "overlap"
	altered '.edits[0].start_bytes = .undo.start_bytes' 3 "lies in no range"
	altered '.chunk_bytes = 0' 3 "chunks of 0 bytes"
	altered '.chunk_bytes = 1073741824' 3 "chunks of 1073741824 bytes"
	altered '.keeps = [{start_bytes: 0, size_bytes: 512}, {start_bytes: 0, size_bytes: 512}]' 3 "cannot be"
	altered '.undo.place = "none"' 3 "do not fit"
	altered '.undo.start_bytes = .disk.size_bytes - 4096' 3 "beyond the disk's end"
	altered '.disk.size_bytes += 1048576' 4 "stale-plan"
	altered '.disk.sector_bytes = 4096' 3 "no whole sectors"
	cp --sparse=always new.raw other.raw
	truncate -s 160M other.raw
	other=$(sha256sum < other.raw)
	# the id that was given is the other disk's; then its own, and it is not what was planned
	altered ".disk.path = \"$PWD/other.raw\"" 3 "is none of the disk"
	altered ".disk.path = \"$PWD/other.raw\" | .disk.confirm = \"other.raw\"" 4 "stale-plan" other.raw
	[ "$other" = "$(sha256sum < other.raw)" ]
}

@test "a plan by hand whose log would lie over another file: not without --undo" {
	rm -f log
	overlay plan new.raw "${target[@]}" "${waive[@]}" --sha256 "$SHA" --undo log -o plan.json > /dev/null
	truncate -s 200M precious.raw
	head -c 1M /dev/urandom | dd of=precious.raw conv=notrunc status=none
	before=$(sha256sum < precious.raw)
	altered ".undo.path = \"$PWD/precious.raw\"" 4 "undo-room"
	altered ".undo.path = \"$PWD/disk.raw\"" 4 "undo-room"
	altered ".undo.path = \"$PWD/disk.raw\"" 4 "holds" disk.raw --undo disk.raw
	[ "$before" = "$(sha256sum < precious.raw)" ]
	overlay apply --plan plan.json --confirm-disk disk.raw --progress none > /dev/null
	# it goes on with what it has begun
	overlay apply --plan plan.json --confirm-disk disk.raw --progress none > /dev/null
	overlay rollback "${target[@]}" --undo log --confirm-disk disk.raw --progress none > /dev/null
	cmp old.raw disk.raw
}

@test "an undo log that somebody made: of another size of disk, of another plan, with records beyond it" {
	apply > /dev/null
	complete=$(sha256sum < disk.raw)
	cp --sparse=always disk.raw larger.raw
	# cut: the log is not where the size of the disk says
	truncate -s 161M larger.raw
	run -4 overlay rollback --disk larger.raw --file --confirm-disk larger.raw --progress none
	[[ $output == *"no undo log"* ]]
	# a log for another size
	rm -f log
	cp --sparse=always old.raw disk.raw
	apply --undo log > /dev/null
	new=$(sha256sum < disk.raw)
	cp --sparse=always disk.raw larger.raw
	truncate -s 161M larger.raw
	larger=$(sha256sum < larger.raw)
	run -4 overlay rollback --disk larger.raw --file --undo log --confirm-disk disk.raw --progress none
	[[ $output == *"of a disk of 167772160 bytes"* ]]
	[ "$larger" = "$(sha256sum < larger.raw)" ]
	# another plan goes not on with it
	run -4 overlay apply new.raw "${target[@]}" "${waive[@]}" --sha256 "$SHA" --scope full --undo log --confirm-disk disk.raw --progress none
	[ "$new" = "$(sha256sum < disk.raw)" ]
	[ -n "$complete" ]
}
