/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_log.c - what a kernel log says, in whatever form it was kept: dmesg, journal,
 * syslog, a console capture, a mail that quotes and wraps it. A line counts when its message
 * begins with the words of the kernel; "registering driver" and other lines that a kernel
 * prints on any machine are not in the tables. Sources of the words: Linux 2.6.32 to 6.12
 * (arch/x86/xen, arch/x86/kernel/kvm.c, arch/x86/kernel/cpu/hypervisor.c, mshyperv.c,
 * vmware.c, drivers/xen), and logs of the years between. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>

#include "base/own.h"
#include "virt/read.h"
#include "virt/rules.h"

enum {
	LINE_MOST = 4096,
	PREFIX_MOST = 100,
	PREFIXES_MOST = 8, /* quotes, levels, times: no log has more */
	STAMP_MOST = 40,
	KLOG_READ_ALL = 3, /* syslog(2) */
	KLOG_SIZE_BUFFER = 10,
	KLOG_MOST = 16 << 20,
};

/* The message begins with the text. The first that fits counts, so longer ones stand first. */
static const struct rule message_rules[] = {
	{RULE_STARTS, "Hypervisor detected: Xen PV", CLAIM_XEN_PV, SIGN_PROOF, NULL},
	{RULE_STARTS, "Hypervisor detected: Xen HVM", CLAIM_XEN_AUTOTRANSLATED,
	 SIGN_PROOF, NULL},
	{RULE_STARTS, "Hypervisor detected: Xen", CLAIM_XEN, SIGN_PROOF, NULL},
	{RULE_STARTS, "Hypervisor detected: KVM", CLAIM_KVM, SIGN_STRONG, NULL},
	{RULE_STARTS, "Hypervisor detected: VMware", CLAIM_VMWARE, SIGN_STRONG, NULL},
	{RULE_STARTS, "Hypervisor detected: Microsoft", CLAIM_HYPERV_INTERFACE,
	 SIGN_PROOF, "kernel"},
	{RULE_STARTS, "Hypervisor detected: ACRN", CLAIM_ACRN, SIGN_PROOF, NULL},
	{RULE_STARTS, "Hypervisor detected: Jailhouse", CLAIM_JAILHOUSE, SIGN_PROOF,
	 NULL},
	{RULE_STARTS, "Hypervisor detected: Bhyve", CLAIM_BHYVE, SIGN_PROOF, NULL},
	{RULE_STARTS, "Booting paravirtualized kernel on Xen PVH", CLAIM_XEN_PVH,
	 SIGN_PROOF, NULL},
	{RULE_STARTS, "Booting paravirtualized kernel on Xen HVM", CLAIM_XEN_HVM,
	 SIGN_STRONG, NULL},
	{RULE_STARTS, "Booting paravirtualized kernel on Xen HVM",
	 CLAIM_XEN_AUTOTRANSLATED, SIGN_PROOF, NULL},
	{RULE_STARTS, "Booting paravirtualized kernel on Xen", CLAIM_XEN_PV_BANNER,
	 SIGN_STRONG, NULL},
	{RULE_STARTS, "Booting kernel on Xen PVH", CLAIM_XEN_PVH, SIGN_PROOF, NULL},
	{RULE_STARTS, "Booting kernel on Xen", CLAIM_XEN_PV, SIGN_PROOF, NULL},
	{RULE_STARTS, "Booting paravirtualized kernel on KVM", CLAIM_KVM, SIGN_STRONG,
	 NULL},
	{RULE_STARTS, "Booting paravirtualized kernel on VMware", CLAIM_VMWARE,
	 SIGN_STRONG, NULL},
	{RULE_STARTS, "Booting paravirtualized kernel on Hyper-V", CLAIM_HYPERV_INTERFACE,
	 SIGN_PROOF, "kernel"},
	{RULE_STARTS, "ACPI in unprivileged domain disabled", CLAIM_XEN_DOMU, SIGN_PROOF,
	 NULL},
	{RULE_STARTS, "ACPI in unprivileged domain disabled", CLAIM_XEN_PV, SIGN_PROOF,
	 NULL},
	{RULE_STARTS, "Kernel/User page tables isolation: disabled on XEN PV",
	 CLAIM_XEN_PV, SIGN_PROOF, NULL},
	{RULE_STARTS, "Setting APIC routing to Xen PV", CLAIM_XEN_PV, SIGN_PROOF, NULL},
	{RULE_STARTS, "Xen PV: Detected", CLAIM_XEN_PV, SIGN_PROOF, NULL},
	{RULE_STARTS, "Xen: [mem", CLAIM_XEN_PV_E820, SIGN_STRONG, NULL},
	{RULE_STARTS, "Xen: 0000", CLAIM_XEN_PV_E820, SIGN_STRONG, NULL},
	{RULE_STARTS, "p2m virtual area at", CLAIM_XEN_PV, SIGN_STRONG, NULL},
	{RULE_STARTS, "Xen Platform PCI: I/O protocol version", CLAIM_XEN_HVM, SIGN_PROOF,
	 NULL},
	{RULE_STARTS, "Netfront and the Xen platform PCI", CLAIM_XEN_HVM, SIGN_PROOF,
	 NULL},
	{RULE_STARTS, "Netfront and the Xen platform PCI", CLAIM_XEN_PV_DRIVERS,
	 SIGN_PROOF, NULL},
	{RULE_STARTS, "Blkfront and the Xen platform PCI", CLAIM_XEN_HVM, SIGN_PROOF,
	 NULL},
	{RULE_STARTS, "Blkfront and the Xen platform PCI", CLAIM_XEN_PV_DRIVERS,
	 SIGN_PROOF, NULL},
	{RULE_STARTS, "Xen HVM callback vector for event", CLAIM_XEN_AUTOTRANSLATED,
	 SIGN_PROOF, NULL},
	{RULE_STARTS, "Xen HVM callback vector for event", CLAIM_XEN_PV_DRIVERS,
	 SIGN_STRONG, NULL},
	{RULE_STARTS, "HVMOP_pagetable_dying not supported", CLAIM_XEN_AUTOTRANSLATED,
	 SIGN_STRONG, NULL},
	{RULE_STARTS, "blkfront: xvd", CLAIM_XEN_PV_DRIVERS, SIGN_PROOF, NULL},
	{RULE_STARTS, "installing Xen timer for CPU", CLAIM_XEN, SIGN_STRONG, NULL},
	{RULE_STARTS, "Xen: using vcpuop timer interface", CLAIM_XEN, SIGN_STRONG, NULL},
	{RULE_STARTS, "xen:grant_table: Grant tables using", CLAIM_XEN, SIGN_STRONG,
	 NULL},
	{RULE_STARTS, "xenbus_probe_frontend: Device with no driver", CLAIM_XEN,
	 SIGN_STRONG, NULL},
	{RULE_STARTS, "xen_netfront: Initialising Xen virtual ethernet", CLAIM_XEN,
	 SIGN_WEAK, NULL},
	{RULE_STARTS, "xen_acpi_processor: Uploading", CLAIM_XEN_DOM0, SIGN_PROOF, NULL},
	{RULE_STARTS, "pciback: seizing device", CLAIM_XEN_DOM0, SIGN_STRONG, NULL},
	{RULE_STARTS, "xen-pciback: ", CLAIM_XEN_DOM0, SIGN_STRONG, NULL},
	{RULE_STARTS, "xen_pciback: ", CLAIM_XEN_DOM0, SIGN_STRONG, NULL},
	{RULE_STARTS, "(XEN) ", CLAIM_XEN_DOM0, SIGN_STRONG, NULL},
	{RULE_STARTS, "kvm-clock: ", CLAIM_KVM, SIGN_STRONG, NULL},
	{RULE_STARTS, "kvm-guest: ", CLAIM_KVM, SIGN_STRONG, NULL},
	{RULE_STARTS, "kvm-stealtime: ", CLAIM_KVM, SIGN_STRONG, NULL},
	{RULE_STARTS, "KVM setup ", CLAIM_KVM, SIGN_STRONG, NULL},
	{RULE_STARTS, "clocksource: Switched to clocksource kvm-clock", CLAIM_KVM,
	 SIGN_STRONG, NULL},
	{RULE_STARTS, "Switched to clocksource kvm-clock", CLAIM_KVM, SIGN_STRONG, NULL},
	{RULE_STARTS, "Switching to clocksource kvm-clock", CLAIM_KVM, SIGN_STRONG, NULL},
	{RULE_STARTS, "Switched to clocksource xen", CLAIM_XEN, SIGN_STRONG, NULL},
	{RULE_STARTS, "clocksource: Switched to clocksource xen", CLAIM_XEN, SIGN_STRONG,
	 NULL},
	{RULE_STARTS, "Hyper-V Host Build", CLAIM_HYPERV, SIGN_STRONG, NULL},
	{RULE_STARTS, "Hyper-V: Host Build", CLAIM_HYPERV, SIGN_STRONG, NULL},
	{RULE_STARTS, "Hyper-V: features", CLAIM_HYPERV_INTERFACE, SIGN_PROOF, NULL},
	{RULE_STARTS, "Hyper-V: privilege flags", CLAIM_HYPERV_INTERFACE, SIGN_PROOF,
	 NULL},
	{RULE_STARTS, "HyperV: features", CLAIM_HYPERV_INTERFACE, SIGN_PROOF, NULL},
	{RULE_STARTS, "hv_vmbus: Vmbus version", CLAIM_HYPERV, SIGN_PROOF, NULL},
	{RULE_STARTS, "hv_vmbus: Hyper-V Host", CLAIM_HYPERV, SIGN_PROOF, NULL},
	{RULE_STARTS, "vmware: ", CLAIM_VMWARE, SIGN_STRONG, NULL},
	{RULE_STARTS, "TSC freq read from hypervisor", CLAIM_SOME_HYPERVISOR, SIGN_STRONG,
	 NULL},
	{RULE_STARTS, "vboxguest: host-version", CLAIM_VIRTUALBOX, SIGN_PROOF, NULL},
	{RULE_STARTS, "Starting gVisor", CLAIM_GVISOR, SIGN_PROOF, NULL},
	{RULE_STARTS, "User Mode Linux", CLAIM_UML, SIGN_STRONG, NULL},
	RULE_END,
};

/* Anywhere in the message. */
static const struct rule phrase_rules[] = {
	{RULE_HAS, "Dependent on hypervisor status", CLAIM_SOME_HYPERVISOR, SIGN_STRONG,
	 NULL},
	{RULE_HAS, "VBOX HARDDISK", CLAIM_VIRTUALBOX, SIGN_STRONG, NULL},
	{RULE_HAS, "VBOX CD-ROM", CLAIM_VIRTUALBOX, SIGN_STRONG, NULL},
	{RULE_HAS, "QEMU HARDDISK", CLAIM_QEMU, SIGN_STRONG, NULL},
	{RULE_HAS, "QEMU DVD-ROM", CLAIM_QEMU, SIGN_STRONG, NULL},
	{RULE_HAS, "VMware Virtual S", CLAIM_VMWARE, SIGN_STRONG, NULL},
	{RULE_HAS, "VMware   Virtual disk", CLAIM_VMWARE, SIGN_STRONG, NULL},
	{RULE_HAS, "VMware Virtual disk", CLAIM_VMWARE, SIGN_STRONG, NULL},
	{RULE_HAS, "Msft     Virtual Disk", CLAIM_HYPERV, SIGN_STRONG, NULL},
	{RULE_HAS, "systemd[1]: Detected virtualization xen", CLAIM_XEN, SIGN_WEAK, NULL},
	{RULE_HAS, "systemd[1]: Detected virtualization kvm", CLAIM_KVM, SIGN_WEAK, NULL},
	{RULE_HAS, "systemd[1]: Detected virtualization vmware", CLAIM_VMWARE, SIGN_WEAK,
	 NULL},
	{RULE_HAS, "systemd[1]: Detected virtualization microsoft",
	 CLAIM_HYPERV_INTERFACE, SIGN_WEAK, NULL},
	{RULE_HAS, "systemd[1]: Detected virtualization oracle", CLAIM_VIRTUALBOX,
	 SIGN_WEAK, NULL},
	{RULE_HAS, "systemd[1]: Detected virtualization qemu", CLAIM_QEMU, SIGN_WEAK,
	 NULL},
	RULE_END,
};

/* Rows of lscpu, as people paste them beside a log. */
static const struct rule lscpu_vendors[] = {
	{RULE_IS, "Xen", CLAIM_XEN, SIGN_STRONG, NULL},
	{RULE_IS, "KVM", CLAIM_KVM, SIGN_STRONG, NULL},
	{RULE_IS, "VMware", CLAIM_VMWARE, SIGN_STRONG, NULL},
	{RULE_IS, "Microsoft", CLAIM_HYPERV_INTERFACE, SIGN_STRONG, NULL},
	{RULE_IS, "Oracle", CLAIM_VIRTUALBOX, SIGN_STRONG, NULL},
	/* util-linux 2.1x printed its own table's neighbours on real machines */
	{RULE_IS, "(null)", CLAIM_REAL_MACHINE, SIGN_WEAK, NULL},
	{RULE_IS, "vertical", CLAIM_REAL_MACHINE, SIGN_WEAK, NULL},
	{RULE_IS, "horizontal", CLAIM_REAL_MACHINE, SIGN_WEAK, NULL},
	RULE_END,
};

struct log_reader {
	struct signs *out;
	char *name;
	unsigned long line_number; /* of `held` */
	char held[2 * LINE_MOST];  /* a line that the next one may continue */
	bool is_held, is_held_dated;
	char line[LINE_MOST]; /* the line that is being taken */
	size_t length;
	bool is_any_early;  /* a line of the boot came before "Linux version" */
	bool is_start_seen; /* "Linux version" was the first of the boot's lines */
	char lscpu_vendor[32];
};

/* "[    0.000000]", "[    T1]", "[Mon Nov 23 09:00:00 2026]": the length of the bracket, or
 * 0 when it is something else. */
static size_t timestamp_length(const char *text)
{
	const char *end = memchr(text, ']', strnlen(text, STAMP_MOST));
	const size_t length = end != NULL ? (size_t)(end - text) : 0;
	size_t i, digits = 0;

	if (text[0] != '[' || length == 0)
		return 0;
	for (i = 1; i < length; i++)
		digits += isdigit((unsigned char)text[i]) != 0;
	if (digits == 0)
		return 0;
	if (strspn(text + 1, " 0123456789.TC+<>") == length - 1 ||
	    memchr(text, ':', length) != NULL)
		return length + 1;
	return 0;
}

/* "2024-05-01T10:11:12,123456+02:00 ": the length with the blank, or 0. */
static size_t iso_date_length(const char *text)
{
	const size_t length = strnlen(text, STAMP_MOST);
	const char *blank = memchr(text, ' ', length);

	if (length < 20 || blank == NULL || text[4] != '-' || text[7] != '-' ||
	    text[10] != 'T' || text[13] != ':' || !isdigit((unsigned char)text[0]))
		return 0;
	return (size_t)(blank - text) + 1;
}

static bool has_clock(const char *text, size_t length)
{
	size_t i;

	for (i = 0; i + 5 <= length; i++)
		if (isdigit((unsigned char)text[i]) && text[i + 1] != '\0' &&
		    text[i + 1] != ' ' && isdigit((unsigned char)text[i + 1]) &&
		    text[i + 2] == ':' && isdigit((unsigned char)text[i + 3]))
			return true;
	return false;
}

/* "host " between a time and "kernel: "; more than that is a message that holds the word. */
static bool is_one_word(const char *text, const char *end)
{
	return end > text && memchr(text, ' ', (size_t)(end - text)) == end - 1;
}

/* "Nov 21 08:21:11 host kernel: ", in any language; "machine # [    0.000000] ". */
static const char *after_log_prefix(const char *text, bool is_dated)
{
	const size_t length = strnlen(text, PREFIX_MOST);
	const char *kernel = memmem(text, length, "kernel: ", strlen("kernel: "));
	const char *bracket = memchr(text, '[', length);

	if (kernel != NULL &&
	    (kernel == text || (is_dated && is_one_word(text, kernel)) ||
	     has_clock(text, (size_t)(kernel - text))))
		return kernel + strlen("kernel: ");
	while (bracket != NULL) {
		const size_t left = length - (size_t)(bracket - text);

		if (timestamp_length(bracket) != 0 && memchr(bracket, '.', left) != NULL)
			return bracket;
		bracket = memchr(bracket + 1, '[', left - 1);
	}
	return text;
}

/* Steps over everything that stands in front of the message. */
static const char *message_of(const char *line, bool *out_is_dated)
{
	const char *text = line, *before;
	unsigned taken = 0;

	*out_is_dated = false;
	do {
		before = text;
		text += strspn(text, " \t>|");
		if (text[0] == '<' && isdigit((unsigned char)text[1]))
			text += text[strspn(text + 1, "0123456789") + 1] == '>'
					? strspn(text + 1, "0123456789") + 2
					: 0;
		if (timestamp_length(text) != 0) {
			text += timestamp_length(text);
			*out_is_dated = true;
		}
		if (iso_date_length(text) != 0) {
			text += iso_date_length(text);
			*out_is_dated = true;
		}
		if (after_log_prefix(text, *out_is_dated) != text) {
			text = after_log_prefix(text, *out_is_dated);
			*out_is_dated = true;
		}
	} while (text != before && ++taken < PREFIXES_MOST);
	return text;
}

/* "Xen version: 4.17.7 (preserve-AD)" is printed by a kernel that was started by Xen as PV
 * or PVH; "Xen version 4.1." comes from CPUID, in HVM. */
static void take_xen_version(const char *message, const char *source, struct signs *out)
{
	const bool has_colon = message[11] == ':';
	const char *start = message + 11 + has_colon;
	autofree char *version = NULL;
	size_t length;

	start += strspn(start, " ");
	length = strcspn(start, " ");
	if (length > 0 && start[length - 1] == '.')
		length--;
	if (length == 0 || !isdigit((unsigned char)start[0]))
		return;
	version = strndup(start, length);
	signs_add(out, CLAIM_XEN, has_colon ? SIGN_PROOF : SIGN_STRONG, source, message,
		  version);
	if (strstr(message, "(preserve-AD)") != NULL)
		signs_add(out, CLAIM_XEN_PV, SIGN_PROOF, source, message, NULL);
	if (!has_colon)
		signs_add(out, CLAIM_XEN_AUTOTRANSLATED, SIGN_STRONG, source, message,
			  NULL);
}

/* "ACPI: FACP 0x.. 000114 (v06 DELL   Dell Inc ..". */
static void take_acpi(const char *message, const char *source, struct signs *out)
{
	const char *version = strstr(message, "(v");

	if (version == NULL || strlen(message) < 12 || message[10] != ' ' ||
	    !isdigit((unsigned char)version[2]) || !isdigit((unsigned char)version[3]) ||
	    version[4] != ' ')
		return;
	version += 5 + strspn(version + 5, " ");
	acpi_oem_signs(version, source, message, out);
}

static void take_lscpu(struct log_reader *log, const char *message, const char *source)
{
	const char *value = strchr(message, ':') + 1;

	value += strspn(value, " \t");
	if (strncmp(message, "Hypervisor vendor:", 18) == 0) {
		(void)snprintf(log->lscpu_vendor, sizeof(log->lscpu_vendor), "%s", value);
		(void)rules_apply(lscpu_vendors, value, source, message, log->out);
	} else if (strcmp(value, "container") == 0) {
		signs_add(log->out, CLAIM_CONTAINER, SIGN_STRONG, source, message,
			  strcmp(log->lscpu_vendor, "Parallels") == 0 ? "openvz"
								      : "other");
	} else if (strcmp(log->lscpu_vendor, "Xen") == 0) {
		/* lscpu says none where /proc/xen/capabilities has control_d */
		if (strcmp(value, "none") == 0)
			signs_add(log->out, CLAIM_XEN_DOM0, SIGN_STRONG, source, message,
				  NULL);
		else if (strcmp(value, "para") == 0)
			signs_add(log->out, CLAIM_XEN_PV, SIGN_STRONG, source, message,
				  NULL);
		else if (strcmp(value, "full") == 0)
			signs_add(log->out, CLAIM_XEN_AUTOTRANSLATED, SIGN_WEAK, source,
				  message, NULL);
	}
}

/* A log is whole where its first line of the boot is the kernel's name. */
static void watch_start(struct log_reader *log, const char *message)
{
	if (strncmp(message, "Linux version ", 14) == 0)
		log->is_start_seen = log->is_start_seen || !log->is_any_early;
	else if (!log->is_start_seen &&
		 strncmp(message, "Initializing cgroup", 19) != 0 &&
		 strncmp(message, "microcode", 9) != 0)
		log->is_any_early = true;
	/* enough of the boot was seen for a hypervisor to have been named */
	if (log->is_start_seen && (strncmp(message, "Memory: ", 8) == 0 ||
				   strncmp(message, "Calibrating delay", 17) == 0 ||
				   strncmp(message, "ACPI: Early table", 17) == 0 ||
				   strncmp(message, "ACPI: RSDP", 10) == 0))
		log->out->is_log_whole = true;
}

static void take_hardware(const char *message, const char *source, struct signs *out)
{
	const char *name = strstr(message, "Hardware name: ");

	if (name != NULL && strncmp(name + 15, "VMware Virtual", 14) == 0)
		signs_add(out, CLAIM_VMWARE, SIGN_STRONG, source, message, NULL);
	else if (name != NULL)
		dmi_line_signs(name + 15, source, out);
	else if (strncmp(message, "DMI: Memory", 11) != 0)
		dmi_line_signs(message + 5, source, out);
}

static void take_message(struct log_reader *log, const char *message, bool is_dated,
			 const char *source)
{
	struct signs *out = log->out;

	if (strncmp(message, "platform_pci_unplug: ", 21) == 0)
		message += 21;
	else if (strncmp(message, "xen:events: ", 12) == 0)
		message += 12;
	else if (strncmp(message, "smpboot: CPU0: ", 15) == 0)
		message += 9;
	(void)rules_apply(message_rules, message, source, NULL, out);
	(void)rules_apply(phrase_rules, message, source, NULL, out);
	if (strncmp(message, "Xen version", 11) == 0)
		take_xen_version(message, source, out);
	else if (strncmp(message, "ACPI: ", 6) == 0)
		take_acpi(message, source, out);
	else if (strncmp(message, "CPU0: ", 6) == 0)
		cpu_model_signs(message + 6, source, out);
	else if (strncmp(message, "DMI: ", 5) == 0 ||
		 strstr(message, "Hardware name: ") != NULL)
		take_hardware(message, source, out);
	else if (strncmp(message, "Command line: ", 14) == 0 ||
		 strncmp(message, "Kernel command line: ", 21) == 0)
		command_line_signs(message, source, out);
	else if (strncmp(message, "Linux version ", 14) == 0 &&
		 (strstr(message, "WSL2") != NULL || strstr(message, "-Microsoft")))
		signs_add(out, CLAIM_CONTAINER, SIGN_PROOF, source, message, "wsl");
	if (!is_dated && (strncmp(message, "Hypervisor vendor:", 18) == 0 ||
			  strncmp(message, "Virtualization type:", 20) == 0))
		take_lscpu(log, message, source);
	else if (!is_dated && strncmp(message, "Flags: ", 7) == 0)
		cpu_flag_signs(message + 7, source, out);
	else if (!is_dated && strncmp(message, "Model name:", 11) == 0)
		cpu_model_signs(message + 11 + strspn(message + 11, " "), source, out);
	watch_start(log, message);
}

static void let_go(struct log_reader *log)
{
	char source[96];
	const char *message;
	bool is_dated;

	if (!log->is_held)
		return;
	(void)snprintf(source, sizeof(source), "%s, line %lu", log->name,
		       log->line_number);
	message = message_of(log->held, &is_dated);
	take_message(log, message, is_dated, source);
	log->is_held = false;
}

/* "=3D" and a "=" at the end of a line are what mail makes of "=" and of a long line. */
static void decode_quoted_printable(char *line)
{
	char *out = line;

	for (; *line != '\0'; line++) {
		*out++ = *line;
		if (strncmp(line, "=3D", 3) == 0 || strncmp(line, "=20", 3) == 0) {
			out[-1] = line[2] == 'D' ? '=' : ' ';
			line += 2;
		}
	}
	*out = '\0';
}

static void hold(struct log_reader *log, bool is_dated)
{
	(void)snprintf(log->held, sizeof(log->held), "%s", log->line);
	log->is_held = true;
	log->is_held_dated = is_dated;
}

/* A line without a time after one with it may be the rest of it, wrapped by a mail program:
 * it is read as that, and as a line of its own. So may "HVM" be the rest of "on Xen". */
static void end_line(struct log_reader *log)
{
	size_t held = strlen(log->held);
	bool is_dated, is_rest;

	log->line[log->length] = '\0';
	log->length = 0;
	decode_quoted_printable(log->line);
	(void)message_of(log->line, &is_dated);
	is_rest = log->is_held && !is_dated && held < LINE_MOST && log->line[0] != '\0' &&
		  (log->is_held_dated || strncmp(log->line, "HVM", 3) == 0 ||
		   strncmp(log->line, "PVH", 3) == 0);
	if (is_rest) {
		if (held > 0 && log->held[held - 1] == '=')
			held--;
		else
			log->held[held++] = ' ';
		(void)snprintf(log->held + held, sizeof(log->held) - held, "%s",
			       log->line + strspn(log->line, "> \t"));
	}
	let_go(log);
	log->line_number++;
	hold(log, is_dated);
}

struct log_reader *log_reader_new(const char *name, struct signs *out)
{
	struct log_reader *log = mem_zero(1, sizeof(*log));

	log->out = out;
	log->name = str_copy(name);
	return log;
}

static bool is_text(char byte)
{
	return byte != '\0' && byte != '\r' && byte != '\xff' && byte != '\xfe';
}

/* NULs and byte order marks go: what is left of UTF-16 is the text, if it was ASCII. */
void log_reader_feed(struct log_reader *log, const char *bytes, size_t length)
{
	const char *end = bytes + length, *line_end;

	while (bytes < end) {
		line_end = memchr(bytes, '\n', (size_t)(end - bytes));
		if (line_end == NULL)
			line_end = end;
		for (; bytes < line_end && log->length + 1 < LINE_MOST; bytes++)
			if (is_text(*bytes))
				log->line[log->length++] = *bytes;
		bytes = line_end;
		if (bytes < end) {
			end_line(log);
			bytes++;
		}
	}
}

void log_reader_end(struct log_reader *log)
{
	if (log->length > 0)
		end_line(log);
	let_go(log);
	free(log->name);
	free(log);
}

static void feed_whole(const char *bytes, size_t length, struct signs *out)
{
	struct log_reader *log = log_reader_new("kernel log", out);

	log_reader_feed(log, bytes, length);
	log_reader_end(log);
}

/* The kernel's own buffer: a ring, which may have lost its beginning. */
static void read_ring(const struct place *place, struct signs *out)
{
	const int size = klogctl(KLOG_SIZE_BUFFER, NULL, 0);
	autofree char *bytes = NULL;
	int length;

	if (size > 0 && size <= KLOG_MOST) {
		bytes = mem_zero((size_t)size + 1, 1);
		length = klogctl(KLOG_READ_ALL, bytes, size);
		if (length >= 0) {
			place_save(place, PLACE_LOG, bytes, (size_t)length);
			feed_whole(bytes, (size_t)length, out);
			return;
		}
	}
	signs_add_unread(out, "kernel log",
			 errno == EPERM ? "not permitted (kernel.dmesg_restrict)"
					: strerror(errno));
}

static void read_log(const struct place *place, struct signs *out)
{
	autostr struct str text = STR_EMPTY;

	if (place->root < 0)
		read_ring(place, out);
	else if (place_read(place, PLACE_LOG, KLOG_MOST, &text, NULL) == 0)
		feed_whole(text.bytes, text.length, out);
}

const struct reader reader_log = {"log", read_log};
