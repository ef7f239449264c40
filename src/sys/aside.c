/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sys/aside.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/str.h"

/* The counts only grow: taken <= done <= given <= taken + most. */
struct aside {
	void (*work)(void *data, void *job);
	void *data;
	void **jobs; /* a ring of @most */
	unsigned most;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t has_more, has_done;
	uint64_t given, done, taken;
	atomic_bool is_ending;
	int end_fd;
};

/* That of the thread which asks. */
static _Thread_local struct aside *own;

static bool wait_for_job(struct aside *aside, void **out_job)
{
	bool is_there;

	(void)pthread_mutex_lock(&aside->lock);
	while (aside->done == aside->given && !atomic_load(&aside->is_ending))
		(void)pthread_cond_wait(&aside->has_more, &aside->lock);
	is_there = !atomic_load(&aside->is_ending);
	if (is_there)
		*out_job = aside->jobs[aside->done % aside->most];
	(void)pthread_mutex_unlock(&aside->lock);
	return is_there;
}

static void *run(void *data)
{
	struct aside *aside = data;
	void *job;

	own = aside;
	while (wait_for_job(aside, &job)) {
		aside->work(aside->data, job);
		(void)pthread_mutex_lock(&aside->lock);
		aside->done++;
		(void)pthread_cond_signal(&aside->has_done);
		(void)pthread_mutex_unlock(&aside->lock);
	}
	return NULL;
}

static void dispose(struct aside *aside)
{
	(void)close(aside->end_fd); /* nothing was kept in it */
	(void)pthread_cond_destroy(&aside->has_more);
	(void)pthread_cond_destroy(&aside->has_done);
	(void)pthread_mutex_destroy(&aside->lock);
	free(aside->jobs);
	free(aside);
}

/* The thread has the signal mask of the caller: what sys_signals_catch keeps away from the one, it
 * keeps away from the other. */
int aside_open(void (*work)(void *data, void *job), void *data, unsigned most,
	       struct aside **out, struct error *err)
{
	const int end_fd = eventfd(0, EFD_CLOEXEC);
	struct aside *aside;
	int result;

	if (end_fd < 0)
		return error_sys(err, "begin a thread");
	aside = mem_zero(1, sizeof(*aside));
	aside->work = work;
	aside->data = data;
	aside->jobs = mem_zero(most, sizeof(aside->jobs[0]));
	aside->most = most;
	aside->end_fd = end_fd;
	(void)pthread_mutex_init(&aside->lock, NULL);
	(void)pthread_cond_init(&aside->has_more, NULL);
	(void)pthread_cond_init(&aside->has_done, NULL);
	result = pthread_create(&aside->thread, NULL, run, aside);
	if (result != 0) {
		dispose(aside);
		return error_set(err, ERROR_SYSTEM,
				 "no thread could be begun (error %d): the number of "
				 "processes may be limited here",
				 result);
	}
	*out = aside;
	return 0;
}

void aside_give(struct aside *aside, void *job)
{
	(void)pthread_mutex_lock(&aside->lock);
	if (aside->given - aside->taken == aside->most)
		abort();
	aside->jobs[aside->given % aside->most] = job;
	aside->given++;
	(void)pthread_cond_signal(&aside->has_more);
	(void)pthread_mutex_unlock(&aside->lock);
}

/* Both counts are changed by the caller's thread alone. */
unsigned aside_count(const struct aside *aside)
{
	return (unsigned)(aside->given - aside->taken);
}

void *aside_take(struct aside *aside)
{
	void *job;

	(void)pthread_mutex_lock(&aside->lock);
	if (aside->taken == aside->given)
		abort();
	while (aside->done == aside->taken)
		(void)pthread_cond_wait(&aside->has_done, &aside->lock);
	job = aside->jobs[aside->taken % aside->most];
	aside->taken++;
	(void)pthread_mutex_unlock(&aside->lock);
	return job;
}

void aside_close(struct aside *aside)
{
	if (aside == NULL)
		return;
	(void)pthread_mutex_lock(&aside->lock);
	atomic_store(&aside->is_ending, true);
	(void)pthread_cond_signal(&aside->has_more);
	(void)pthread_mutex_unlock(&aside->lock);
	(void)eventfd_write(aside->end_fd, 1); /* from 0 it neither waits nor fails */
	(void)pthread_join(aside->thread, NULL);
	dispose(aside);
}

int aside_end_fd(void)
{
	return own != NULL ? own->end_fd : -1;
}

bool aside_is_ending(void)
{
	return own != NULL && atomic_load(&own->is_ending);
}
