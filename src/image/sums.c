/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sums.c - digests that were told, files of sums, and their signatures by the program gpgv:
 * it gets the very bytes that are then looked into. */
#define _GNU_SOURCE
#include "image/sums.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "image/format.h"
#include "sys/child.h"
#include "sys/file.h"

enum { SUMS_MOST = 1 << 20, WAIT_MS = 60000, SHA256_DIGITS = 64, SHA512_DIGITS = 128 };

static size_t digits(const char *text)
{
	size_t count = 0;

	while (isxdigit((unsigned char)text[count]))
		count++;
	return count;
}

/* @what: for the message */
static int take_told(const char *text, size_t wanted, const char *what, char *out,
		     struct error *err)
{
	size_t i;

	if (text == NULL)
		return 0;
	if (digits(text) != wanted || text[wanted] != '\0')
		return error_set(err, ERROR_USAGE, "%s takes %zu hexadecimal digits",
				 what, wanted);
	for (i = 0; i <= wanted; i++)
		out[i] = (char)tolower((unsigned char)text[i]);
	return 0;
}

/* A digest of the name: of which kind its length tells. */
static int take_digest(const char *text, size_t length, struct image_digests *out,
		       struct error *err)
{
	char *place = length == SHA256_DIGITS ? out->sha256 : out->sha512;
	char digest[SHA512_DIGITS + 1] = "";
	size_t i;

	if (length != SHA256_DIGITS && length != SHA512_DIGITS)
		return 0;
	for (i = 0; i < length; i++)
		digest[i] = (char)tolower((unsigned char)text[i]);
	if (place[0] != '\0' && strcmp(place, digest) != 0)
		return error_set(err, ERROR_INPUT,
				 "the sums have two different digests of the image");
	memcpy(place, digest, length + 1);
	return 0;
}

static bool is_name(const char *text, size_t length, const char *name)
{
	if (length > 2 && strncmp(text, "./", 2) == 0) {
		text += 2;
		length -= 2;
	}
	return strlen(name) == length && memcmp(text, name, length) == 0;
}

/* "DIGEST  NAME", "DIGEST *NAME", or "SHA256 (NAME) = DIGEST". */
static int take_line(const char *line, size_t length, const char *name,
		     struct image_digests *out, struct error *err)
{
	const size_t count = digits(line);
	const char *open, *close;

	if (count >= SHA256_DIGITS && length > count + 2 && line[count] == ' ')
		return is_name(line + count + 2, length - count - 2, name)
			       ? take_digest(line, count, out, err)
			       : 0;
	open = memmem(line, length, " (", 2);
	close = memmem(line, length, ") = ", 4);
	if (open == NULL || close == NULL || close < open + 2 ||
	    !is_name(open + 2, (size_t)(close - open - 2), name))
		return 0;
	return take_digest(close + 4, digits(close + 4), out, err);
}

int sums_find(const char *text, const char *name, struct image_digests *out,
	      struct error *err)
{
	struct image_digests found = *out;
	size_t length;

	while (*text != '\0') {
		length = strcspn(text, "\r\n");
		if (take_line(text, length, name, &found, err) != 0)
			return -1;
		text += length;
		text += strspn(text, "\r\n");
	}
	if (found.sha256[0] == '\0' && found.sha512[0] == '\0')
		return error_set(err, ERROR_INPUT,
				 "the sums have no SHA-256 and no SHA-512 of '%s'", name);
	*out = found;
	return 0;
}

/* What a child has said so far is thrown away; both pipes end when it ends. */
static int wait_for_end(const struct sys_child *child, struct error *err)
{
	char text[256];
	ssize_t length;

	for (;;) {
		while (read(child->errors, text, sizeof(text)) > 0)
			;
		length = read(child->out, text, sizeof(text));
		if (length == 0)
			return 0;
		if (length < 0 && errno != EAGAIN && errno != EINTR)
			return error_sys(err, "read from gpgv");
		if (length < 0 && program_wait(child->out, -1, WAIT_MS, err) != 0)
			return -1;
	}
}

static int run_gpgv(const char *gpgv, char *signature, char *keyring,
		    const struct str *sums, struct error *err)
{
	char name[] = "gpgv", option[] = "--keyring", input[] = "-";
	char *const argv[] = {name, option, keyring, signature, input, NULL};
	const struct sys_child_plan plan = {gpgv, argv, environ, "/"};
	struct sys_child child = SYS_CHILD_NONE;
	siginfo_t info;
	bool is_told;
	int result, status;

	if (sys_child_start(&plan, &child, err) != 0)
		return -1;
	is_told = sys_fd_write(child.in, sums->bytes, sums->length, NULL) == 0;
	own_close(&child.in);
	child.in = -1;
	result = wait_for_end(&child, err);
	while (result == 0 &&
	       waitid(P_PID, (id_t)child.pid, &info, WEXITED | WNOWAIT) != 0 &&
	       errno == EINTR)
		;
	status = sys_child_end(&child);
	if (result == 0 && (!is_told || !WIFEXITED(status) || WEXITSTATUS(status) != 0))
		return error_set(err, ERROR_VERIFY,
				 "the signature of the sums is not good: look at the "
				 "keyring, and get both files again");
	return result;
}

static int check_signature(const struct sums_request *request, const struct str *sums,
			   struct error *err)
{
	autofree char *gpgv = NULL;
	autofree char *signature = realpath(request->signature, NULL);
	autofree char *keyring = realpath(request->keyring, NULL);

	if (signature == NULL)
		return error_sys(err, "'%s'", request->signature);
	if (keyring == NULL)
		return error_sys(err, "'%s'", request->keyring);
	if (program_find("gpgv", "gpgv", &gpgv, err) != 0)
		return -1;
	return run_gpgv(gpgv, signature, keyring, sums, err);
}

/* The last part of a path or of a URL, without what a query adds. */
static char *base_name(const char *name)
{
	const bool is_url = strstr(name, "://") != NULL;
	const size_t length = is_url ? strcspn(name, "?#") : strlen(name);
	const char *slash = memrchr(name, '/', length);
	const size_t start = slash != NULL ? (size_t)(slash - name) + 1 : 0;
	char *base = strndup(name + start, length - start);

	return base != NULL ? base : str_copy("");
}

static int take_sums(const struct sums_request *request, const char *name,
		     struct image_digests *out, struct error *err)
{
	autostr struct str sums = STR_EMPTY;
	autofree char *base = base_name(name);

	if (sys_file_read(AT_FDCWD, request->sums, SUMS_MOST, &sums, err) != 0)
		return -1;
	if (request->signature != NULL && check_signature(request, &sums, err) != 0)
		return error_frame(err, "'%s'", request->sums);
	if (sums_find(sums.bytes, base, out, err) != 0)
		return error_frame(err, "'%s'", request->sums);
	return 0;
}

bool sums_is_asked(const struct sums_request *request)
{
	return request->sha256 != NULL || request->sha512 != NULL ||
	       request->sums != NULL || request->signature != NULL ||
	       request->keyring != NULL;
}

int sums_require(const struct sums_request *request, const char *name,
		 struct image_digests *out, struct error *err)
{
	struct image_digests digests = {0};

	if ((request->signature != NULL) != (request->keyring != NULL) ||
	    (request->signature != NULL && request->sums == NULL))
		return error_set(err, ERROR_USAGE,
				 "--sig needs --keyring and --sums, and --keyring needs "
				 "--sig");
	if (take_told(request->sha256, SHA256_DIGITS, "--sha256", digests.sha256, err) !=
		    0 ||
	    take_told(request->sha512, SHA512_DIGITS, "--sha512", digests.sha512, err) !=
		    0)
		return -1;
	if (request->sums != NULL && take_sums(request, name, &digests, err) != 0)
		return -1;
	*out = digests;
	return 0;
}

static int check_one(const char *required, const char *seen, const char *what,
		     struct error *err)
{
	if (required[0] == '\0' || strcmp(required, seen) == 0)
		return 0;
	return error_set(err, ERROR_VERIFY,
			 "the %s is %.16s... and not %.16s...: get the image again, or "
			 "look at where the digest is from",
			 what, seen[0] != '\0' ? seen : "not known", required);
}

int sums_check(const struct image_digests *required, const struct image_digests *seen,
	       struct error *err)
{
	if (check_one(required->sha256, seen->sha256, "SHA-256", err) != 0)
		return -1;
	return check_one(required->sha512, seen->sha512, "SHA-512", err);
}
