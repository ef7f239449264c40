/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include "bench/launch.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/own.h"
#include "base/str.h"
#include "sys/child.h"
#include "sys/clock.h"
#include "sys/proc.h"
#include "sys/signals.h"

enum { TICK_MS = 200, LINE_MOST = 4096 };

/* A workload that says nothing for so long, beyond its duration, is given up. On an
 * emulated machine the preparation of a test takes seconds. */
static const int64_t patience_ns = 120 * NUM_SECOND_NS;

/* Between the order to start and the start: enough for every copy to read the order and
 * to sleep. */
static const int64_t start_delay_ns = 5000000;
static const int64_t start_delay_copy_ns = 500000;

enum copy_state { COPY_PREPARES, COPY_READY, COPY_RUNS, COPY_ANSWERED };

struct copy {
	struct sys_child child;
	enum copy_state state;
	struct str out, errors;
	uint64_t count;
	int64_t start_ns, elapsed_ns, scored_ns, user_ns, system_ns, busy_ns, voluntary,
		forced, n4_ns;
};

static const struct {
	const char *name;
	size_t offset;
} result_fields[] = {
	{"start_ns=", offsetof(struct copy, start_ns)},
	{"elapsed_ns=", offsetof(struct copy, elapsed_ns)},
	{"scored_ns=", offsetof(struct copy, scored_ns)},
	{"user_ns=", offsetof(struct copy, user_ns)},
	{"system_ns=", offsetof(struct copy, system_ns)},
	{"busy_ns=", offsetof(struct copy, busy_ns)},
	{"voluntary=", offsetof(struct copy, voluntary)},
	{"forced=", offsetof(struct copy, forced)},
};

static int64_t field_value(const char *line, const char *name, int64_t otherwise)
{
	autostr struct str wanted = STR_EMPTY;
	const char *place;

	str_addf(&wanted, " %s", name);
	place = strstr(line, wanted.bytes);
	return place != NULL ? strtoll(place + wanted.length, NULL, 10) : otherwise;
}

static int parse_result(struct copy *copy, const char *line, struct error *err)
{
	int64_t count = field_value(line, "count=", -1), value;
	size_t i;

	for (i = 0; i < sizeof(result_fields) / sizeof(result_fields[0]); i++) {
		value = field_value(line, result_fields[i].name, -1);
		if (value < 0 || count < 0)
			return error_set(err, ERROR_SYSTEM,
					 "the workload's answer is not understood: '%s'",
					 line);
		memcpy((char *)copy + result_fields[i].offset, &value, sizeof(value));
	}
	if (count == 0 || copy->scored_ns == 0)
		return error_set(err, ERROR_VERIFY, "not one loop was done in the time");
	copy->count = (uint64_t)count;
	copy->n4_ns = field_value(line, "n4_ns=", -1);
	copy->state = COPY_ANSWERED;
	return 0;
}

static int take_line(struct copy *copy, const char *line, struct error *err)
{
	if (strncmp(line, "fail ", 5) == 0)
		return error_set(err, ERROR_VERIFY, "%s", line + 5);
	if (copy->state == COPY_PREPARES && strcmp(line, "ready") == 0) {
		copy->state = COPY_READY;
		return 0;
	}
	if (copy->state == COPY_RUNS && strncmp(line, "result ", 7) == 0)
		return parse_result(copy, line, err);
	return error_set(err, ERROR_SYSTEM,
			 "the workload's answer is not understood: '%s'", line);
}

/* What the workload or its children wrote to standard error, on one line, as the reason
 * of a failure. */
static int fail_of_errors(const struct copy *copy, struct error *err)
{
	return error_set(err, ERROR_VERIFY, "%.*s",
			 (int)strcspn(copy->errors.bytes, "\n"), copy->errors.bytes);
}

static int take_lines(struct copy *copy, struct error *err)
{
	char *line = copy->out.bytes, *end;

	while ((end = strchr(line, '\n')) != NULL) {
		*end = '\0';
		if (take_line(copy, line, err) != 0)
			return -1;
		line = end + 1;
	}
	memmove(copy->out.bytes, line, strlen(line) + 1);
	copy->out.length = strlen(copy->out.bytes);
	return 0;
}

/* Reads what is there. Returns 1 at the end of the stream. */
static int read_some(int fd, struct str *out, struct error *err)
{
	char block[1024];
	ssize_t length = read(fd, block, sizeof(block));

	if (length < 0)
		return errno == EAGAIN || errno == EINTR
			       ? 0
			       : error_sys(err, "read from a workload");
	if (out->length + (size_t)length > LINE_MOST)
		return error_set(err, ERROR_SYSTEM, "the workload says too much");
	str_add_bytes(out, block, (size_t)length);
	return length == 0;
}

static int serve_copy(struct copy *copy, const struct pollfd *polled, struct error *err)
{
	int ended;

	if (polled[1].revents != 0) {
		if (read_some(copy->child.errors, &copy->errors, err) < 0)
			return -1;
		if (copy->errors.length != 0 && strchr(copy->errors.bytes, '\n') != NULL)
			return fail_of_errors(copy, err);
	}
	if (polled[0].revents == 0)
		return 0;
	ended = read_some(copy->child.out, &copy->out, err);
	if (ended < 0 || take_lines(copy, err) != 0)
		return -1;
	if (ended == 1 && copy->state != COPY_ANSWERED) {
		(void)read_some(copy->child.errors, &copy->errors, NULL);
		if (copy->errors.length != 0)
			return fail_of_errors(copy, err);
		return error_set(err, ERROR_VERIFY,
				 "the workload ended without a result");
	}
	return 0;
}

static bool all_in(const struct copy *copies, unsigned count, enum copy_state state)
{
	unsigned i;

	for (i = 0; i < count; i++)
		if (copies[i].state != state)
			return false;
	return true;
}

/* Serves all copies until each is in @state. */
static int wait_for(struct copy *copies, unsigned count, enum copy_state state,
		    int64_t limit_ns, const struct bench_launch *launch,
		    struct error *err)
{
	const struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};
	const int64_t deadline_ns = sys_clock_monotonic_ns() + limit_ns;
	autofree struct pollfd *polled = mem_zero(2 * (size_t)count, sizeof(*polled));
	unsigned i;

	while (!all_in(copies, count, state)) {
		for (i = 0; i < count; i++) {
			const int is_done = copies[i].state == COPY_ANSWERED;

			polled[2 * i] =
				(struct pollfd){.fd = is_done ? -1 : copies[i].child.out,
						.events = POLLIN};
			polled[2 * i + 1] = (struct pollfd){
				.fd = is_done ? -1 : copies[i].child.errors,
				.events = POLLIN};
		}
		if (ppoll(polled, 2 * (nfds_t)count, &tick, sys_signals_waiting()) < 0 &&
		    errno != EINTR)
			return error_sys(err, "ppoll");
		if (sys_signals_came() != 0)
			return error_set(err, ERROR_INTERRUPTED, "interrupted");
		for (i = 0; i < count; i++)
			if (serve_copy(&copies[i], &polled[2 * i], err) != 0)
				return -1;
		if (launch->tick != NULL)
			launch->tick(launch->data);
		if (sys_clock_monotonic_ns() > deadline_ns)
			return error_set(err, ERROR_SYSTEM,
					 "the workload did not answer for %.0f s",
					 num_seconds(limit_ns));
	}
	return 0;
}

static int start_copy(const struct bench_launch *launch, unsigned number,
		      struct copy *copy, struct error *err)
{
	autostr struct str folder = STR_EMPTY, path = STR_EMPTY, duration = STR_EMPTY,
			   parameter = STR_EMPTY;
	static char shell[] = "shell=./busybox sh";
	char *argv[5] = {NULL};
	struct sys_child_plan plan;
	size_t count = 0;

	str_addf(&folder, "%s/%u", launch->place->folder, number);
	str_addf(&path, "%s/%s", folder.bytes, launch->test->helper);
	str_addf(&duration, "duration=%" PRId64, launch->duration_ns);
	str_add(&parameter, launch->test->parameter);
	argv[count++] = path.bytes;
	argv[count++] = duration.bytes;
	if (parameter.length != 0)
		argv[count++] = parameter.bytes;
	if (launch->place->profile->has_busybox)
		argv[count++] = shell;
	plan = (struct sys_child_plan){
		.path = path.bytes,
		.argv = argv,
		.environment = launch->place->environment,
		.folder = folder.bytes,
	};
	return sys_child_start(&plan, &copy->child, err);
}

/* All copies get one absolute start time. */
static int give_start(struct copy *copies, unsigned count, struct error *err)
{
	const int64_t start_ns =
		sys_clock_monotonic_ns() + start_delay_ns + count * start_delay_copy_ns;
	autostr struct str line = STR_EMPTY;
	unsigned i;

	str_addf(&line, "%" PRId64 "\n", start_ns);
	for (i = 0; i < count; i++) {
		if (write(copies[i].child.in, line.bytes, line.length) !=
		    (ssize_t)line.length)
			return error_sys(err, "start a workload");
		copies[i].state = COPY_RUNS;
	}
	return 0;
}

static void sum_copies(const struct copy *copies, unsigned count,
		       const struct bench_launch *launch, struct run_sample *sample,
		       int64_t *out_n4_ns)
{
	unsigned i;

	sample->start_ns = copies[0].start_ns - launch->origin_ns;
	for (i = 0; i < count; i++) {
		sample->count += copies[i].count;
		sample->elapsed_ns += copies[i].elapsed_ns / count;
		sample->scored_ns += copies[i].scored_ns / count;
		sample->user_ns += copies[i].user_ns;
		sample->system_ns += copies[i].system_ns;
		sample->switches_voluntary += copies[i].voluntary;
		sample->switches_forced += copies[i].forced;
	}
	*out_n4_ns = copies[0].n4_ns;
	if (count == 1)
		return;
	sample->parts = mem_zero(count, sizeof(*sample->parts));
	sample->part_count = count;
	for (i = 0; i < count; i++)
		sample->parts[i] = (struct run_part){.count = copies[i].count,
						     .start_ns = copies[i].start_ns -
								 launch->origin_ns,
						     .elapsed_ns = copies[i].elapsed_ns,
						     .scored_ns = copies[i].scored_ns};
}

static int64_t at_least_zero(int64_t value)
{
	return value > 0 ? value : 0;
}

/* CPU time of all copies from the start to their answers. */
static int64_t busy_ns(const struct copy *copies, unsigned count)
{
	int64_t sum_ns = 0;
	unsigned i;

	for (i = 0; i < count; i++)
		sum_ns += copies[i].busy_ns;
	return sum_ns;
}

static int measure(struct copy *copies, const struct bench_launch *launch,
		   struct run_sample *sample, int64_t *out_n4_ns, struct error *err)
{
	const unsigned count = launch->place->copies;
	struct sys_cpu_time before, after;
	int64_t own_ns;
	unsigned i;

	for (i = 0; i < count; i++)
		if (start_copy(launch, i, &copies[i], err) != 0)
			return -1;
	if (wait_for(copies, count, COPY_READY, patience_ns, launch, err) != 0)
		return -1;
	sample->load_before = sys_proc_load();
	if (sys_proc_cpu_time(&before, err) != 0)
		return -1;
	own_ns = sys_proc_own_cpu_ns();
	if (give_start(copies, count, err) != 0 ||
	    wait_for(copies, count, COPY_ANSWERED, patience_ns + 4 * launch->duration_ns,
		     launch, err) != 0)
		return -1;
	if (sys_proc_cpu_time(&after, err) != 0)
		return -1;
	own_ns = sys_proc_own_cpu_ns() - own_ns;
	sample->load_after = sys_proc_load();
	sum_copies(copies, count, launch, sample, out_n4_ns);
	/* both are clamped: ticks are coarser than CPU times, and steal has been seen to go backwards */
	sample->steal_ns = at_least_zero(after.steal_ns - before.steal_ns);
	sample->foreign_ns = at_least_zero(after.busy_ns - before.busy_ns - own_ns -
					   busy_ns(copies, count));
	return 0;
}

int bench_launch(const struct bench_launch *launch, struct run_sample *out,
		 int64_t *out_n4_ns, struct error *err)
{
	const unsigned count = launch->place->copies;
	autofree struct copy *copies = mem_zero(count, sizeof(*copies));
	struct run_sample sample = {.wanted_ns = launch->duration_ns};
	unsigned i;
	int result;

	for (i = 0; i < count; i++)
		copies[i] = (struct copy){
			.child = SYS_CHILD_NONE, .out = STR_EMPTY, .errors = STR_EMPTY};
	result = measure(copies, launch, &sample, out_n4_ns, err);
	for (i = 0; i < count; i++) {
		(void)sys_child_end(&copies[i].child); /* the answer was checked; the
							  status adds nothing */
		str_clear(&copies[i].out);
		str_clear(&copies[i].errors);
	}
	if (result == 0)
		*out = sample;
	return result;
}
