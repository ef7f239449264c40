/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <unistd.h>

#include "virt/read.h"

extern const struct reader reader_cpuid, reader_dmi, reader_xen, reader_cpuinfo,
	reader_vulnerabilities, reader_partition, reader_acpi, reader_devices,
	reader_container, reader_kernel, reader_log;

const struct reader *const reader_table[] = {
	&reader_cpuid,
	&reader_xen,
	&reader_dmi,
	&reader_acpi,
	&reader_devices,
	&reader_cpuinfo,
	&reader_vulnerabilities,
	&reader_partition,
	&reader_kernel,
	&reader_container,
	&reader_log,
	NULL,
};

static int read_log_file(int fd, struct signs *out, struct error *err)
{
	struct log_reader *log = log_reader_new("log", out);
	char block[16384];
	ssize_t length;

	while ((length = read(fd, block, sizeof(block))) != 0) {
		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			break;
		log_reader_feed(log, block, (size_t)length);
	}
	log_reader_end(log);
	return length == 0 ? 0 : error_sys(err, "read the log");
}

int virt_identify(const struct place *place, int log_fd, struct verdict *out,
		  struct error *err)
{
	const struct reader *const *reader;

	if (place != NULL)
		for (reader = reader_table; *reader != NULL; reader++)
			(*reader)->read(place, &out->signs);
	if (log_fd >= 0 && read_log_file(log_fd, &out->signs, err) != 0)
		return -1;
	verdict_decide(out);
	return 0;
}
