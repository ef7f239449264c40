/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work that a second thread does: all of it, in order, and an end at any time. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "sys/aside.h"
#include "sys/clock.h"

enum { MOST = 5, ROUNDS = 20000, SLOW_NS = 200 * 1000 };

struct job {
	unsigned number, answer;
};

static uint32_t noise = 1;

static uint32_t next_noise(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void dawdle(uint32_t *state)
{
	const struct timespec wait = {.tv_nsec = SLOW_NS};

	if (next_noise(state) % 400 == 0)
		(void)nanosleep(&wait, NULL);
}

/* The thread's number of each job is that of the order in which they came. */
static void count_and_square(void *data, void *job)
{
	struct job *one = job;
	unsigned *seen = data;
	static uint32_t own_noise = 77;

	dawdle(&own_noise);
	one->answer = one->number * one->number + (one->number == *seen ? 0 : 1);
	(*seen)++;
}

static void test_all_jobs_come_out_in_their_order(void **state)
{
	struct job jobs[MOST] = {0};
	struct error err = {0};
	struct aside *aside;
	struct job *job;
	unsigned given = 0, taken = 0, seen = 0;

	(void)state;
	assert_int_equal(aside_open(count_and_square, &seen, MOST, &aside, &err), 0);
	while (taken < ROUNDS) {
		dawdle(&noise);
		if (given < ROUNDS && aside_count(aside) < MOST &&
		    (aside_count(aside) == 0 || next_noise(&noise) % 3 != 0)) {
			job = &jobs[given % MOST];
			job->number = given++;
			aside_give(aside, job);
			continue;
		}
		job = aside_take(aside);
		assert_int_equal(job->number, taken);
		assert_int_equal(job->answer, taken * taken);
		taken++;
	}
	assert_int_equal(aside_count(aside), 0);
	aside_close(aside);
	assert_int_equal(seen, ROUNDS);
}

static void wait_for_the_end(void *data, void *job)
{
	struct pollfd end = {.fd = aside_end_fd(), .events = POLLIN};

	(void)data;
	((struct job *)job)->answer =
		poll(&end, 1, 20000) == 1 && aside_is_ending() ? 1 : 2;
}

static void test_work_that_waits_is_asked_to_end(void **state)
{
	struct job jobs[2] = {0};
	const int64_t before_ns = sys_clock_monotonic_ns();
	const struct timespec wait = {.tv_nsec = 100 * SLOW_NS};
	struct error err = {0};
	struct aside *aside;

	(void)state;
	assert_int_equal(aside_open(wait_for_the_end, NULL, 2, &aside, &err), 0);
	aside_give(aside, &jobs[0]);
	aside_give(aside, &jobs[1]);
	(void)nanosleep(&wait, NULL);
	aside_close(aside);
	assert_int_equal(jobs[0].answer, 1);
	assert_int_equal(jobs[1].answer, 0); /* was not begun */
	assert_true(sys_clock_monotonic_ns() - before_ns < INT64_C(10000000000));
}

static void test_it_ends_at_any_time(void **state)
{
	struct job jobs[MOST] = {0};
	struct error err = {0};
	struct aside *aside;
	unsigned round, i, seen;

	(void)state;
	for (round = 0; round < 500; round++) {
		seen = 0;
		assert_int_equal(aside_open(count_and_square, &seen, MOST, &aside, &err),
				 0);
		for (i = 0; i < round % (MOST + 1); i++) {
			jobs[i].number = i;
			aside_give(aside, &jobs[i]);
		}
		if (i > 0 && round % 2 == 0)
			assert_ptr_equal(aside_take(aside), &jobs[0]);
		aside_close(aside);
		assert_true(seen <= i);
	}
	aside_close(NULL);
}

static void test_who_is_no_such_thread_is_not_asked_to_end(void **state)
{
	(void)state;
	assert_int_equal(aside_end_fd(), -1);
	assert_false(aside_is_ending());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_jobs_come_out_in_their_order),
		cmocka_unit_test(test_work_that_waits_is_asked_to_end),
		cmocka_unit_test(test_it_ends_at_any_time),
		cmocka_unit_test(test_who_is_no_such_thread_is_not_asked_to_end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
