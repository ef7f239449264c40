/* SPDX-License-Identifier: GPL-2.0-or-later */
/** error.h - one error value, on the caller's stack.
 *
 * A function that can fail takes a `struct error *` as its last parameter and returns 0
 * or -1 (or a count >= 0). It fills the error once, where the failure is seen; callers
 * may put words in front of it on the way up. Nothing is allocated, so nothing is freed,
 * and it works out of memory.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#define nodiscard __attribute__((warn_unused_result))

/** What went wrong, as the exit status tells it (house.md, section 2). */
enum error_kind {
	ERROR_NONE = 0,
	ERROR_SYSTEM = 1,	/* the operating system refused something */
	ERROR_USAGE = 2,	/* the command line is wrong */
	ERROR_INPUT = 3,	/* a file or a stream is not what it should be */
	ERROR_REFUSED = 4,	/* we will not do it; nothing was written */
	ERROR_VERIFY = 5,	/* what was written is not what should be there */
	ERROR_WRITTEN = 6,	/* failed after writing began */
	ERROR_PARTIAL = 7,	/* a part of the result is missing */
	ERROR_REGRESSION = 8,	/* a comparison found one, and was asked to look */
	ERROR_INTERRUPTED = 130 /* SIGINT, SIGTERM or SIGHUP */
};

/** An error: its kind, errno (0 when none), where we were (outermost first), and the
 * cause. */
struct error {
	enum error_kind kind;
	int os;
	char trail[256];
	char cause[256];
};

/** Set an error.
 *
 * @err: filled; NULL is allowed
 * @fmt: lower case, values quoted, units told, no full stop; says what to do next where it can
 *
 * Returns: -1 always, so that a failure branch is one statement
 */
int error_set(struct error *err, enum error_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** Set an error of kind ERROR_SYSTEM whose cause ends in the text of errno, as it is on
 * entry.
 *
 * Returns: -1 always
 */
int error_sys(struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** Put words in front of the trail: where we were when it happened.
 *
 * Returns: -1 always
 */
int error_frame(struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** The whole message, "trail: cause", in @out of @size bytes; cut when it does not fit.
 *
 * Returns: @out
 */
const char *error_text(const struct error *err, char *out, unsigned long size);

#endif
