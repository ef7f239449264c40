#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What overlay apply reads, writes and needs, counted; that its threads end; and bench/overlay-peers.

bats_require_minimum_version 1.5.0

setup_file()
{
	cd "$BATS_FILE_TMPDIR" || exit 1
	# 64 MiB, of which the MiB 8 to 15, 24 to 31 and so on are holes
	truncate -s 64M new.raw
	for at in 0 16 32 48; do
		head -c 8M /dev/urandom | dd of=new.raw bs=1M seek=$at conv=notrunc status=none
	done
	truncate -s 96M old.raw
	head -c 70M /dev/urandom | dd of=old.raw bs=1M conv=notrunc status=none
	for file in new.raw old.raw; do
		sgdisk -Z $file > /dev/null 2>&1 || true
		sgdisk -n 1:2048:0 $file > /dev/null
	done
}

setup()
{
	cd "$BATS_FILE_TMPDIR" || exit 1
	export TMPDIR=$BATS_FILE_TMPDIR
	case $(nm "$MOULT" 2> /dev/null) in *__asan_init*) plain=${MOULT_PLAIN:-} ;; *) plain=$MOULT ;; esac
	rm -f disk.raw undo.log trace.* plan.json
	cp --sparse=always old.raw disk.raw
}

# plan PROGRAM IMAGE [OPTION]...: for disk.raw
plan()
{
	"$1" overlay plan "$2" --disk disk.raw --file --sha256 "$(sha256sum "$2" | cut -d' ' -f1)" --waive no-boot-path \
		--waive firmware -o plan.json "${@:3}" > /dev/null
}

# apply PROGRAM [WRAPPER]...: the plan
apply() { "${@:2}" "$1" overlay apply --plan plan.json --confirm-disk disk.raw --progress none --json; }

# bytes CALL FILE: what came of all calls of this kind, by the traces of the threads
bytes() { awk -v call="$1" -v file="/$2>" 'index($0, call "(") && index($0, file) && $NF ~ /^[0-9]+$/ { sum += $NF } END { print sum + 0 }' trace.*; }

traced() { strace -ff -qq -y -e trace=pread64,pwrite64,fallocate -o trace "$@"; }

MIB=$(( 1 << 20 ))

@test "apply reads what stands there once, and what it wrote once more; holes are neither read nor written" {
	[ -n "$plain" ] || skip "MOULT_PLAIN names no program without sanitizers, which bear no tracer"
	plan "$plain" new.raw --scope none
	apply "$plain" traced > out.json
	[ "$(jq .outcome.written_bytes out.json)" -ge $(( 63 * MIB )) ]
	read=$(bytes pread64 disk.raw) image=$(bytes pread64 new.raw) written=$(bytes pwrite64 disk.raw)
	echo "disk: $read read, $written written; image: $image read"
	# beside it: the first and the last MiB, which tell whether anything moved, and the tables
	[ "$read" -le $(( (64 + 64 + 8) * MIB )) ]
	[ "$read" -ge $(( (64 + 62) * MIB )) ]
	[ "$written" -le $(( 36 * MIB )) ]
	[ "$image" -le $(( 38 * MIB )) ]
	cmp -i $MIB -n $(( 62 * MIB )) new.raw disk.raw
}

@test "a second apply reads the disk once, and writes nothing" {
	[ -n "$plain" ] || skip "MOULT_PLAIN names no program without sanitizers, which bear no tracer"
	plan "$plain" new.raw --undo undo.log
	apply "$plain" > out.json
	apply "$plain" traced > out.json
	[ "$(jq .outcome.written_bytes out.json)" = 0 ]
	read=$(bytes pread64 disk.raw)
	echo "$read read"
	[ "$read" -ge $(( 64 * MIB )) ]
	[ "$read" -le $(( (64 + 6) * MIB )) ]
	[ "$(grep -c 'pwrite64(.*disk.raw>\|fallocate(.*disk.raw>' <(cat trace.*))" = 0 ]
	[ "$(bytes pwrite64 undo.log)" = 0 ]
}

# peak PROGRAM: the plan is applied; KiB of memory at most
peak()
{
	apply "$1" /usr/bin/time -f %M -o peak > out.json
	[ "$(jq .outcome.written_bytes out.json)" -gt 0 ]
	cat peak
}

@test "less than 64 MiB of memory for 1 GiB, as a raw image and as xz, with a log and without" {
	[ -n "$plain" ] || skip "MOULT_PLAIN names no program without sanitizers"
	cp --sparse=always new.raw big.raw
	truncate -s 1G big.raw
	sgdisk -Z big.raw > /dev/null 2>&1 || true
	sgdisk -n 1:2048:0 big.raw > /dev/null
	xz -T1 -2 -c big.raw > big.raw.xz # its window is 2 MiB
	for image in big.raw big.raw.xz; do
		for scope in none until-boot; do
			rm -f disk.raw undo.log
			cp --sparse=always old.raw disk.raw
			truncate -s 1100M disk.raw
			options=(--scope $scope)
			[ $scope = none ] || options+=(--undo undo.log)
			plan "$plain" $image "${options[@]}"
			most=$(peak "$plain")
			echo "$image, scope $scope: $most KiB"
			[ "$most" -lt $(( (64 + 2) * 1024 )) ]
		done
	done
	rm -f big.raw big.raw.xz disk.raw undo.log
}

# The image in a server that gives it once, and the next time stops after 24 MiB without closing.
serve()
{
	cat > serve.py <<'END'
import http.server
import time

body = open("new.raw", "rb").read()
times = 0


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global times
        times += 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if times == 1 else body[:24 << 20])
        self.wfile.flush()
        if times > 1:
            time.sleep(300)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
END
	python3 serve.py > port 3>&- &
	server=$!
	for _ in $(seq 100); do
		[ -s port ] && break
		sleep 0.1
	done
	url=http://127.0.0.1:$(cat port)/new.raw
}

teardown() { [ -z "${server:-}" ] || kill "$server" 2> /dev/null || true; }

@test "a disk that fails while the source waits for bytes: the error comes at once" {
	serve
	"$MOULT" overlay plan "$url" --disk disk.raw --file --sha256 "$(sha256sum new.raw | cut -d' ' -f1)" --waive no-boot-path \
		--waive firmware --scope none -o plan.json > /dev/null
	# no byte beyond 12 MiB can be written: EFBIG where SIGXFSZ is ignored
	begin=$SECONDS
	run -6 --separate-stderr bash -c "trap '' XFSZ; ulimit -f $(( 12 * 1024 )); exec timeout 100 \"\$0\" overlay apply --plan plan.json --confirm-disk disk.raw --progress none" "$MOULT"
	echo "$stderr"
	[[ $stderr == *"written in part"* ]]
	[ $(( SECONDS - begin )) -lt 20 ]
}

@test "bench/overlay-peers: all contenders, a table, and a second call that measures nothing" {
	for program in fio nbdcopy bmaptool qemu-nbd losetup; do
		command -v $program > /dev/null || skip "$program is not here: install it by tools/deps test"
	done
	[ "$(id -u)" = 0 ] || skip "only root has loop devices"
	mkdir -p peers
	run -0 --separate-stderr env MOULT="${plain:-$MOULT}" "$ROOT/bench/overlay-peers" peers --size 32 --rounds 1 --json
	printf '%s\n' "$output" > peers.json
	[ "$(jq -r '[.rows[] | select(.form == "raw") | .name] | sort | join(",")' peers.json)" = \
		"bmaptool,dd,fio,fio log,fio read,moult,moult again,moult log,nbdcopy,qemu-img" ]
	[ "$(jq -r '[.rows[] | select(.form == "xz") | .name] | sort | join(",")' peers.json)" = \
		"bmaptool,dd,fio,fio log,moult,moult log" ]
	[ "$(jq '[.rows[] | select(.seconds <= 0)] | length' peers.json)" = 0 ]
	[ "$(jq '[.rows[] | select(.name == "moult" and .most_by_peers == null)] | length' peers.json)" = 0 ]
	[ "$(losetup -l | grep -c peers/disk.raw)" = 0 ]
	run -0 --separate-stderr env MOULT=/nowhere timeout 20 "$ROOT/bench/overlay-peers" peers --size 32 --rounds 1
	[[ $output == *"moult again"*within* || $output == *"moult again"*beyond* ]]
	run -2 "$ROOT/bench/overlay-peers" nowhere
	run "$ROOT/bench/overlay-peers" peers --size 64 --rounds 1
	[ "$status" = 1 ]
	[[ $output == *"another measurement"* ]]
}
