#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What machine is this: the article's consoles, captured machines, hostile evidence, this machine.

bats_require_minimum_version 1.5.0

setup()
{
	SHARED=${SHARED:-$ROOT/../shared}
	cd "$BATS_TEST_TMPDIR" || exit 1
	# the program without sanitizers, where time, memory or system calls are counted
	case $(nm "$MOULT" 2> /dev/null) in *__asan_init*) plain=${MOULT_PLAIN:-} ;; *) plain=$MOULT ;; esac
}

traced() { ASAN_OPTIONS=detect_leaks=0 strace -f "$@"; }

corpus()
{
	[ -d "$SHARED/corpus/$1" ] || skip "$SHARED/corpus/$1 is not here: it is not ours to copy"
}

@test "the article's consoles: PV, PVHVM, PVHVM, Xen 4.1.5" {
	[ -d "$SHARED/seed" ] || skip "$SHARED/seed is not here"
	for row in ubuntu-14.04-pv:xen-pv debian-8.1-hvm:xen-pvhvm ubuntu-14.04-hvm:xen-pvhvm; do
		"$MOULT" identify --json --log "$SHARED/seed/${row%%:*}.console.txt" > answer.json
		run /usr/bin/python3 -c "
import json
answer = json.load(open('answer.json'))
xen = [layer for layer in answer['layers'] if layer['kind'] == 'hypervisor'][0]
mode = [layer for layer in answer['layers'] if layer['kind'] == 'mode'][0]
print(answer['class'], xen['version'], answer['weight'], len(mode['evidence']) >= 2)"
		echo "$output"
		[ "$output" = "${row##*:} 4.1.5 proof True" ]
	done
}

@test "the kernel logs of the corpus" {
	corpus dmesg
	run "$ROOT/tests/tools/judge-corpus" dmesg "$SHARED/corpus/dmesg"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "the captured hosts of the corpus, and firmware strings that mislead" {
	corpus hosts
	run "$ROOT/tests/tools/judge-corpus" hosts "$SHARED/corpus/hosts"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "our own captures" {
	run "$ROOT/tests/tools/judge-corpus" hosts "$ROOT/tests/hosts"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "virt-what's own trees: the same, or more exact" {
	mkdir -p apt/lists/partial apt/cache/archives/partial
	cat > apt/apt.conf <<-END
		Dir::State::lists "$PWD/apt/lists";
		Dir::Cache "$PWD/apt/cache";
		Dir::Etc::sourcelist "$PWD/apt/sources.list";
		Dir::Etc::sourceparts "-";
		APT::Sandbox::User "root";
	END
	echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main" > apt/sources.list
	export APT_CONFIG=$PWD/apt/apt.conf
	if ! { timeout 120 apt-get update && timeout 60 apt-get source --download-only virt-what=1.25-1; } > apt.log 2>&1; then
		cat apt.log
		skip "virt-what's source cannot be fetched here"
	fi
	tar xf virt-what_1.25.orig.tar.gz
	run "$ROOT/tests/tools/judge-corpus" virt-what virt-what-1.25/tests
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = "40 of 40 right" ]
}

@test "a log in the forms that people keep" {
	printf '[    0.000000] Linux version 5.4.0\n[    0.000000] DMI: Xen HVM domU, BIOS 4.11.amazon 08/24/2006\n[    0.000000] Hypervisor detected: Xen HVM\n[    0.000000] xen:events: Xen HVM callback vector for event delivery is enabled\n' > plain
	sed 's/^/> /' plain > quoted
	sed 's/^/Nov 21 08:21:11 host kernel: /' plain > syslog
	sed 's/^\[[^]]*\] /2026-11-23T08:21:11+00:00 host kernel: /' plain > journal
	sed 's/^\[[^]]*\] //' plain > bare
	sed 's/$/\r/' plain > dos
	iconv -f utf-8 -t utf-16 plain > utf16
	for form in plain quoted syslog journal bare dos utf16; do
		run "$MOULT" identify --brief --log "$form"
		echo "$form: $output"
		[ "$output" = xen-pvhvm ]
	done
	run bash -c "'$MOULT' identify --brief --log - < plain"
	[ "$output" = xen-pvhvm ]
}

@test "the forms that journalctl and dmesg can print" {
	printf '[    0.000000] host kernel: Hypervisor detected: KVM\n' > short-monotonic
	printf '[  +0.000000] Hypervisor detected: KVM\n' > human
	printf '2024-05-01T10:11:12,123456+02:00 Hypervisor detected: KVM\n' > iso
	printf '[    0.000000 <    0.000000>] Hypervisor detected: KVM\n' > delta
	for form in short-monotonic human iso delta; do
		run "$MOULT" identify --brief --log "$form"
		echo "$form: $output"
		[ "$output" = kvm ]
	done
}

@test "a capture keeps no password, no serial number, and no word of the evidence less" {
	run -0 unshare --pid --fork --mount-proc env -i container=lxc SECRET=hunter2 "$MOULT" identify --brief --capture box
	run ! grep -rq hunter2 box
	run -0 "$MOULT" identify --json --root box
	[[ "$output" == *'"lxc"'* ]]
	mkdir folder
	chmod 555 folder
	chmod 755 .
	run setpriv --reuid=65534 --regid=65534 --clear-groups "$MOULT" identify --brief --capture folder
	[ "$status" -eq 1 ]
	[[ "$output" == *"not whole"* ]]
	run ! grep -rl 'xen(masked)vents' "$ROOT/tests/hosts"
}

@test "what stands in a tree cannot speak to the terminal" {
	mkdir -p tree/sys/devices/system/cpu/vulnerabilities
	printf 'x' > "$(printf 'tree/sys/devices/system/cpu/vulnerabilities/\033]0;pwn\a')"
	run -0 "$MOULT" identify --facts --root tree
	run ! grep -q "$(printf '\033')" <<< "$output"
}

@test "a control domain in a Xen guest is one, and Xen is around it" {
	[ -d "$ROOT/tests/hosts/xen-dom0" ]
	cp -r "$ROOT/tests/hosts/xen-dom0" nested
	mkdir -p nested/sys/class/dmi/id
	echo Xen > nested/sys/class/dmi/id/sys_vendor
	echo "HVM domU" > nested/sys/class/dmi/id/product_name
	"$MOULT" identify --json --root nested > answer.json
	run -0 /usr/bin/python3 -c "
import json
answer = json.load(open('answer.json'))
print(answer['class'], [layer['id'] for layer in answer['layers'] if layer['kind'] == 'outer'])"
	[ "$output" = "xen-dom0-pv ['xen']" ]
}

@test "a banner that a mail program broke is not a PV kernel's" {
	printf 'Nov 21 08:21:11 host kernel: [    0.000000] Booting paravirtualized kernel on Xen\nHVM\n' > log
	run "$MOULT" identify --brief --log log
	[ "$output" = xen-hvm-family ]
	printf 'Booting paravirtualized kernel on Xen\nHVM\n' > log
	run "$MOULT" identify --brief --log log
	[ "$output" = xen-hvm-family ]
	printf '[    0.000000] Booting paravirtualized kernel on Xen\nroot@host:~# uname -a\n' > log
	run "$MOULT" identify --brief --log log
	[ "$output" = xen-pv ]
}

@test "what a kernel's own command line, or a program, says is no evidence of the kernel" {
	printf '[    0.000000] Command line: root=/dev/vda quiet comment="Hypervisor detected: Xen PV"\n[    5.0] myprogram: Hypervisor detected: VMware\n[    6.0] VMware vmxnet3 virtual NIC driver - version 1.5.0.0-k-NAPI\n[    6.1] hv_vmbus: registering driver hyperv_fb\n' > log
	run "$MOULT" identify --brief --log log
	[ "$output" = unknown ]
}

@test "random bytes, NULs, endless lines, a log of 1 GB: an answer, in bounded memory" {
	head -c 3000000 /dev/urandom > random
	run "$MOULT" identify --brief --log random
	[ "$status" -eq 0 ]
	head -c 3000000 /dev/zero > zeros
	run "$MOULT" identify --brief --log zeros
	[ "$output" = unknown ]
	{ head -c 1000000 /dev/zero | tr '\0' x; printf '\n[    0.000000] Hypervisor detected: KVM\n'; } > long
	run "$MOULT" identify --brief --log long
	[ "$output" = kvm ]
	yes '[    0.000000] Hypervisor detected: KVM' | head -c 1000000000 > big
	[ -n "$plain" ] || skip "MOULT_PLAIN names no program without sanitizers"
	run -0 bash -c "ulimit -v 100000; timeout 120 '$plain' identify --brief --log big"
	[ "$output" = kvm ]
	rm big
	run "$MOULT" identify --log .
	[ "$status" -eq 1 ]
	run "$MOULT" identify --log nothing-here
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 1 ]
}

@test "a hostile tree: FIFOs, loops, links out of it, a folder for a file" {
	mkdir -p tree/proc/self tree/sys/class/dmi/id tree/sys/hypervisor outside/proc
	mkfifo tree/proc/cpuinfo
	ln -s ../../../outside/secret tree/sys/class/dmi/id/sys_vendor
	ln -s /etc/hostname tree/sys/class/dmi/id/product_name
	ln -s loop tree/sys/hypervisor/loop
	ln -s loop tree/sys/hypervisor/type
	mkdir tree/proc/version
	[ "$(id -u)" -ne 0 ] || mknod tree/proc/cmdline c 1 3
	echo "QEMU" > outside/secret
	printf 'abc' > tree/cpuid.raw
	run -0 traced -e trace=file -o trace timeout 20 "$MOULT" identify --json --root tree
	# a link's target is read as a text, and no more
	grep -v O_PATH trace > opened
	run grep -E 'open.*(outside|"/etc/hostname"|O_CREAT|O_WRONLY)|openat\(.*"cmdline"' opened
	echo "$output"
	[ "$status" -eq 1 ]
	run -0 "$MOULT" identify --brief --root tree
	[ "$output" = unknown ]
	chmod 000 tree/sys
	run -0 "$MOULT" identify --brief --root tree
	chmod 755 tree/sys
	echo text > file
	run "$MOULT" identify --root file
	[ "$status" -eq 3 ]
	[[ "$output" == *"is no folder"* ]]
	run "$MOULT" identify --root nowhere
	[ "$status" -eq 1 ]
}

@test "this machine: an answer with evidence, the same in brief, and nothing written or executed" {
	run -0 --separate-stderr "$MOULT" identify
	[[ "$output" == *"("* ]]
	"$MOULT" identify --json > answer.json
	run -0 "$MOULT" identify --brief
	brief=$output
	run -0 /usr/bin/python3 -c "import json; print(json.load(open('answer.json'))['class'])"
	[ "$output" = "$brief" ]
	traced -o trace "$MOULT" identify --facts > /dev/null
	run grep -E 'O_WRONLY|O_RDWR|O_CREAT|^[0-9]+ (unlink|rename|mkdir)' trace
	[ "$status" -eq 1 ]
	[ "$(grep -c 'execve(' trace)" -eq 1 ]
}

@test "the JSON keeps to its schema" {
	"$MOULT" identify --json --facts --measure > answer.json
	run -0 "$ROOT/tests/tools/validate-run" "$ROOT/data/moult.identify.schema.json" answer.json
}

@test "at least 30 facts, each with a value or a reason; the four pairs of a run" {
	"$MOULT" identify --json --facts > answer.json
	run -0 /usr/bin/python3 -c "
import json
facts = json.load(open('answer.json'))['environment']['facts']
assert len({fact['key'] for fact in facts}) == len(facts) >= 60, len(facts)
assert all((fact['value'] is None) == ('problem' in fact) and fact['source'] for fact in facts)
keys = {fact['key'] for fact in facts}
for key in ('virt.mode', 'virt.container', 'virt.outer', 'kernel.entry', 'kernel.release', 'kernel.command_line',
            'kernel.clocksource', 'cpu.model', 'cpu.flags', 'cpu.governor', 'cpu.smt', 'cgroup.cpu_max', 'moment.load',
            'memory.dirty_ratio', 'memory.transparent_hugepage', 'net.drivers', 'kernel.preemption', 'kernel.lsm',
            'process.seccomp', 'userland.libc', 'process.vdso', 'userland.shell', 'locale.charmap',
            'process.limit.open_files', 'moment.uptime_s', 'dmi.bios_version', 'cpu.vulnerability.meltdown'):
    assert key in keys, key
"
	"$MOULT" bench --no-store --json -b 40 --target-ci 50 --tests syscall,fstime > run.json
	run -0 /usr/bin/python3 -c "
import json
facts = {fact['key']: fact for fact in json.load(open('run.json'))['environment']['facts']}
for key in ('during.steal_s', 'during.throttled', 'during.load_change', 'during.frequency_change_khz',
            'during.clock_jump_s', 'tests.file_system', 'tests.mount_options', 'virt.class'):
    assert key in facts, key
"
}

# fact KEY: what identify says of the tree
fact() {
	"$MOULT" identify --facts --json --root tree | /usr/bin/python3 -c "
import json, sys
facts = json.load(sys.stdin)['environment']['facts']
print(*[fact['value'] for fact in facts if fact['key'] == '$1'])"
}

@test "of nested groups the tightest limit counts, each with its own period" {
	mkdir -p tree/proc/self tree/sys/fs/cgroup/a/b/c
	echo '0::/a/b/c' > tree/proc/self/cgroup
	echo '90000 100000' > tree/sys/fs/cgroup/a/cpu.max
	# the smaller number, and the larger share
	echo '50000 20000' > tree/sys/fs/cgroup/a/b/cpu.max
	echo 'max 100000' > tree/sys/fs/cgroup/a/b/c/cpu.max
	echo 1073741824 > tree/sys/fs/cgroup/a/memory.max
	echo 2147483648 > tree/sys/fs/cgroup/a/b/memory.max
	echo max > tree/sys/fs/cgroup/a/b/c/memory.max
	# a weight is among neighbours: that of the group above says nothing
	echo 50 > tree/sys/fs/cgroup/a/cpu.weight
	echo 100 > tree/sys/fs/cgroup/a/b/c/cpu.weight
	[ "$(fact cgroup.cpu_max)" = "90000 100000" ]
	[ "$(fact cgroup.memory_max)" = 1073741824 ]
	[ "$(fact cgroup.cpu_weight)" = 100 ]
	# version 1 has quota and period in two files
	rm -r tree
	mkdir -p tree/proc/self tree/sys/fs/cgroup/cpu/x/y
	echo '4:cpu,cpuacct:/x/y' > tree/proc/self/cgroup
	for row in .:-1:100000 x:30000:50000 x/y:25000:25000; do
		IFS=: read -r group quota period <<< "$row"
		echo "$quota" > "tree/sys/fs/cgroup/cpu/$group/cpu.cfs_quota_us"
		echo "$period" > "tree/sys/fs/cgroup/cpu/$group/cpu.cfs_period_us"
	done
	[ "$(fact cgroup.cpu_max)" = "30000 50000" ]
}

@test "a capture answers the same elsewhere, and holds no names" {
	"$MOULT" identify --json --capture tree > here.json
	"$MOULT" identify --json --root tree > there.json
	run -0 /usr/bin/python3 -c "
import json
here, there = json.load(open('here.json')), json.load(open('there.json'))
assert here['class'] == there['class'], (here['class'], there['class'])
assert [(l['kind'], l['id']) for l in here['layers']] == [(l['kind'], l['id']) for l in there['layers']]
"
	# every fact that has a value here has it there, but for the folder of the tests, which a tree has not
	"$MOULT" identify --json --facts > here.json
	"$MOULT" identify --json --facts --root tree > there.json
	run -0 /usr/bin/python3 -c "
import json
facts = [{fact['key']: fact['value'] for fact in json.load(open(name))['environment']['facts']} for name in ('here.json', 'there.json')]
lost = [key for key, value in facts[0].items() if value is not None and facts[1].get(key) is None and not key.startswith('tests.')]
assert not lost, lost
"
	host=$(hostname)
	if [ "${#host}" -gt 3 ]; then
		run ! grep -rqF "$host" tree
	fi
	run "$MOULT" identify --capture tree
	[ "$status" -eq 4 ]
	"$MOULT" identify --facts --root tree > facts
	run grep -E '^kernel.release +[0-9]' facts
	[ "$status" -eq 0 ]
}

@test "an ordinary user is told what could not be read" {
	[ "$(id -u)" -eq 0 ] || skip "needs root to become somebody else"
	chmod 755 "$BATS_TEST_TMPDIR"
	run -0 setpriv --reuid=65534 --regid=65534 --clear-groups "$MOULT" identify --facts
	[[ "$output" == *"not readable"* ]]
}

@test "--brief: fewer system calls than systemd-detect-virt, below 10 ms" {
	[ -n "$plain" ] || skip "MOULT_PLAIN names no program without sanitizers"
	command -v systemd-detect-virt > /dev/null || skip "systemd-detect-virt is not here"
	strace -f -o theirs systemd-detect-virt > /dev/null || true
	strace -f -o ours "$plain" identify --brief > /dev/null
	echo "systemd-detect-virt: $(wc -l < theirs) calls, moult: $(wc -l < ours)"
	[ "$(wc -l < ours)" -lt "$(wc -l < theirs)" ]
	/usr/bin/python3 - "$plain" > medians <<-'END'
		import statistics, subprocess, sys, time
		def median(words):
		    times = []
		    for _ in range(31):
		        start = time.perf_counter()
		        subprocess.run(words, stdout=subprocess.DEVNULL, check=False)
		        times.append(time.perf_counter() - start)
		    return round(1e6 * statistics.median(times))
		print(median([sys.argv[1], "identify", "--brief"]), median(["systemd-detect-virt"]))
	END
	read -r ours theirs < medians
	echo "medians, the start of the process included: $ours us, systemd-detect-virt $theirs us"
	# a slow minute of a shared machine is no fault of ours
	[ "$ours" -lt 10000 ] || [ "$ours" -lt $(( 2 * theirs + 2000 )) ]
}

@test "a wrong command line says what is wrong" {
	for words in "--brief --json" "--measure --log x" "--capture a --root b" "--raw" "--facts --log x" "extra"; do
		# shellcheck disable=SC2086
		run "$MOULT" identify $words
		echo "$words: $output"
		[ "$status" -eq 2 ]
		[ "${#lines[@]}" -eq 1 ]
	done
}
