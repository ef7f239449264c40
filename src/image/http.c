/* SPDX-License-Identifier: GPL-2.0-or-later */
/* http.c - a download by curl, a child on a pipe. A cut is mended by asking for the rest
 * (Range, RFC 9110 section 14); where a server does not know ranges, what has come is gone over. */
#define _GNU_SOURCE
#include "image/http.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/own.h"
#include "base/str.h"
#include "image/format.h"
#include "sys/aside.h"
#include "sys/child.h"
#include "sys/file.h"
#include "sys/signals.h"

enum {
	BUFFER_BYTES = 65536,
	SAID_BYTES = 160,
	QUIET_MS = 120000,
	WAIT_MOST_MS = 30000,
	STARTS_MOST = 100, /* a server that cuts after each few bytes ends too */
};

struct http {
	struct stream stream;
	const struct image_options *options;
	char *url;
	char *curl;
	struct sys_child child;
	char validator[128];
	uint64_t come_bytes; /* given to the reader */
	uint64_t go_over;    /* of this answer: what came before */
	unsigned tries;	     /* since something came */
	unsigned starts;
	bool is_known; /* what the first answer said of the file */
	size_t next, used;
	char buffer[BUFFER_BYTES];
	char said[SAID_BYTES]; /* by curl, on its standard error */
	size_t said_bytes;
};

/* How an attempt ended. */
enum outcome { OUTCOME_GOOD, OUTCOME_AGAIN, OUTCOME_FAILED };

static const char malformed[] = "the server's answer is malformed";

/* Exit codes of curl(1) where another try is useless. */
static const struct {
	int code;
	enum error_kind kind;
	const char *reason;
} hopeless[] = {
	{1, ERROR_SYSTEM, "curl does not know the protocol"},
	{2, ERROR_SYSTEM, "curl could not begin"},
	{3, ERROR_SYSTEM, "the address is malformed"},
	{8, ERROR_INPUT, malformed},
	{47, ERROR_SYSTEM, "the server redirects in a circle"},
	{60, ERROR_SYSTEM,
	 "the certificate of the server is not trusted: install ca-certificates, or "
	 "look at the clock"},
};

static void listen_to_errors(struct http *http)
{
	char text[256];
	ssize_t length;

	while ((length = read(http->child.errors, text, sizeof(text))) > 0) {
		const size_t left = sizeof(http->said) - 1 - http->said_bytes;
		const size_t some = (size_t)length < left ? (size_t)length : left;

		memcpy(http->said + http->said_bytes, text, some);
		http->said_bytes += some;
	}
}

/* What curl said, in one line that a terminal can bear. */
static const char *said(struct http *http)
{
	char *byte;

	http->said[http->said_bytes] = '\0';
	for (byte = http->said; *byte != '\0'; byte++)
		if ((unsigned char)*byte < ' ' || (unsigned char)*byte >= 0x7f)
			*byte = ' ';
	(void)str_trim_end(http->said);
	return http->said[0] != '\0' ? http->said : "curl says nothing";
}

static void end_child(struct http *http)
{
	(void)sys_child_end(&http->child);
	http->next = 0;
	http->used = 0;
}

/* Let curl end by itself: its pipe has ended. Returns: its exit code, or -1 */
static int exit_code(struct http *http)
{
	siginfo_t info;
	int status;

	while (waitid(P_PID, (id_t)http->child.pid, &info, WEXITED | WNOWAIT) != 0 &&
	       errno == EINTR)
		;
	listen_to_errors(http);
	status = sys_child_end(&http->child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* More bytes into the empty buffer; none at the end. */
static int fill(struct http *http, struct error *err)
{
	ssize_t length;

	for (;;) {
		length = read(http->child.out, http->buffer + http->used,
			      sizeof(http->buffer) - http->used);
		if (length >= 0)
			break;
		if (errno != EAGAIN && errno != EINTR)
			return error_sys(err, "read from curl");
		if (program_wait(http->child.out, -1, QUIET_MS, err) != 0)
			return -1;
		listen_to_errors(http);
	}
	http->used += (size_t)length;
	return length > 0 ? 1 : 0;
}

/* A quoted value of curl's configuration. */
static void add_quoted(struct str *config, const char *key, const char *value)
{
	str_addf(config, "%s = \"", key);
	for (; *value != '\0'; value++) {
		if (*value == '"' || *value == '\\')
			str_add(config, "\\");
		str_add_bytes(config, value, 1);
	}
	str_add(config, "\"\n");
}

/* By its standard input, as an address may have a password in it. */
static int configure(struct http *http, struct error *err)
{
	const bool is_secure = strncasecmp(http->url, "https:", 6) == 0;
	autostr struct str config = STR_EMPTY;
	autostr struct str condition = STR_EMPTY;
	int result;

	str_add(&config, "silent\nshow-error\nlocation\ngloboff\ninclude\n"
			 "suppress-connect-headers\nmax-redirs = 10\n"
			 "connect-timeout = 30\nspeed-limit = 1\nspeed-time = 60\n"
			 "proto = \"=http,https\"\n"
			 "header = \"Accept-Encoding: identity\"\n");
	add_quoted(&config, "proto-redir", is_secure ? "=https" : "=http,https");
	add_quoted(&config, "url", http->url);
	if (http->come_bytes > 0)
		str_addf(&config, "range = \"%" PRIu64 "-\"\n", http->come_bytes);
	if (http->come_bytes > 0 && http->validator[0] != '\0') {
		str_addf(&condition, "If-Range: %s", http->validator);
		add_quoted(&config, "header", condition.bytes);
	}
	result = sys_fd_write(http->child.in, config.bytes, config.length, err);
	own_close(&http->child.in);
	http->child.in = -1;
	return result;
}

static int start(struct http *http, struct error *err)
{
	char name[] = "curl", plain[] = "-q", config[] = "-K", input[] = "-";
	char *const argv[] = {name, plain, config, input, NULL};
	const struct sys_child_plan plan = {http->curl, argv, environ, "/"};

	http->next = 0;
	http->used = 0;
	http->said_bytes = 0;
	if (sys_child_start(&plan, &http->child, err) != 0)
		return -1;
	if (configure(http, err) != 0) {
		end_child(http);
		return -1;
	}
	return 0;
}

/* The end of the header fields in the buffer; 0: it is not there yet. */
static size_t find_end(const struct http *http)
{
	const char *crlf = memmem(http->buffer, http->used, "\r\n\r\n", 4);
	const char *lf = memmem(http->buffer, http->used, "\n\n", 2);

	if (crlf != NULL && (lf == NULL || crlf < lf))
		return (size_t)(crlf - http->buffer) + 4;
	return lf != NULL ? (size_t)(lf - http->buffer) + 2 : 0;
}

/* Answers in front of the one that counts: "100 Continue", and those that redirect. */
static bool is_passing(const struct http_reply *reply)
{
	return reply->status / 100 == 1 ||
	       (reply->status / 100 == 3 && reply->has_location);
}

/* Returns: 1 with a reply, 0 when curl ended before there was one, or -1 */
static int read_reply(struct http *http, struct http_reply *out, struct error *err)
{
	size_t end;
	int more;

	for (;;) {
		while ((end = find_end(http)) == 0) {
			if (http->used == sizeof(http->buffer))
				return error_set(err, ERROR_INPUT,
						 "the server's header fields are longer "
						 "than %d bytes",
						 BUFFER_BYTES);
			more = fill(http, err);
			if (more <= 0)
				return more;
		}
		http_parse_reply(http->buffer, end, out);
		if (!is_passing(out)) {
			http->next = end;
			return 1;
		}
		memmove(http->buffer, http->buffer + end, http->used - end);
		http->used -= end;
	}
}

static int changed(struct error *err)
{
	return error_set(err, ERROR_INPUT,
			 "what the server has became another file while it was read: "
			 "begin again");
}

/* The first answer tells the length; a later one must be of the same file. */
static int take_reply(struct http *http, const struct http_reply *reply,
		      struct error *err)
{
	const bool is_rest = reply->status == 206;
	const uint64_t total = is_rest ? reply->total_bytes : reply->length_bytes;

	if (is_rest && (http->come_bytes == 0 || reply->first_byte != http->come_bytes))
		return error_set(err, ERROR_INPUT,
				 "the server sends another part than it was asked for");
	if (!http->is_known) {
		http->is_known = true;
		http->stream.length_bytes = total;
		memcpy(http->validator, reply->validator, sizeof(http->validator));
	}
	if (strcmp(reply->validator, http->validator) != 0 ||
	    (total != http->stream.length_bytes && total != STREAM_LENGTH_UNKNOWN &&
	     http->stream.length_bytes != STREAM_LENGTH_UNKNOWN))
		return changed(err);
	http->go_over = is_rest ? 0 : http->come_bytes;
	return 0;
}

/* What a status means. */
static enum outcome judge_reply(struct http *http, const struct http_reply *reply,
				struct error *err)
{
	if (reply->is_wrong) {
		(void)error_set(err, ERROR_INPUT, "%s", malformed);
		return OUTCOME_FAILED;
	}
	if (reply->status == 200 || reply->status == 206)
		return take_reply(http, reply, err) == 0 ? OUTCOME_GOOD : OUTCOME_FAILED;
	(void)error_set(err, ERROR_INPUT,
			"the server answers with status %u: look at the address again",
			reply->status);
	if (reply->status / 100 == 5 || reply->status == 408 || reply->status == 429)
		return OUTCOME_AGAIN;
	return OUTCOME_FAILED;
}

/* curl ended too early. */
static enum outcome judge_exit(struct http *http, struct error *err)
{
	const int code = exit_code(http);
	size_t i;

	for (i = 0; i < sizeof(hopeless) / sizeof(hopeless[0]); i++)
		if (hopeless[i].code == code) {
			(void)error_set(err, hopeless[i].kind, "%s", hopeless[i].reason);
			return OUTCOME_FAILED;
		}
	if (code == 0 && http->come_bytes > 0 &&
	    http->stream.length_bytes == STREAM_LENGTH_UNKNOWN)
		return OUTCOME_GOOD;
	(void)error_set(err, ERROR_SYSTEM,
			"the download was cut after %" PRIu64 " bytes: %s",
			http->come_bytes, said(http));
	return OUTCOME_AGAIN;
}

static enum outcome attempt(struct http *http, struct error *err)
{
	struct http_reply reply;
	enum outcome outcome;
	int there;

	http->starts++;
	if (start(http, err) != 0)
		return OUTCOME_FAILED;
	there = read_reply(http, &reply, err);
	if (there < 0)
		outcome = OUTCOME_FAILED;
	else if (there == 0)
		outcome = judge_exit(http, err);
	else
		outcome = judge_reply(http, &reply, err);
	if (outcome != OUTCOME_GOOD)
		end_child(http);
	return outcome;
}

/* Longer each time; a signal ends it. */
static int pause_before(const struct http *http, struct error *err)
{
	int64_t wait_ms = (int64_t)http->options->retry_wait_ms << (http->tries - 1);
	struct pollfd end = {.fd = aside_end_fd(), .events = POLLIN};
	struct timespec wait;

	if (wait_ms > WAIT_MOST_MS)
		wait_ms = WAIT_MOST_MS;
	wait = (struct timespec){wait_ms / 1000, wait_ms % 1000 * 1000000};
	if (sys_signals_came() == 0)
		(void)ppoll(&end, 1, &wait, sys_signals_waiting());
	if (sys_signals_came() != 0 || aside_is_ending())
		return error_set(err, ERROR_INTERRUPTED, "interrupted");
	return 0;
}

/* Begin, or go on behind what has come. */
static int connect_again(struct http *http, struct error *err)
{
	enum outcome outcome;

	for (;;) {
		if (http->starts >= STARTS_MOST)
			return error_set(err, ERROR_INPUT,
					 "the server cut the download %u times",
					 http->starts);
		outcome = attempt(http, err);
		if (outcome == OUTCOME_GOOD)
			return 0;
		if (outcome == OUTCOME_FAILED || http->tries >= IMAGE_RETRIES)
			return -1;
		http->tries++;
		if (pause_before(http, err) != 0)
			return -1;
	}
}

/* The pipe ended: was that all? Returns: 1 when it was, 0 when it goes on, or -1 */
static int end_of_answer(struct http *http, struct error *err)
{
	struct error why = {0};
	enum outcome outcome;

	if (http->come_bytes == http->stream.length_bytes) {
		end_child(http);
		return 1;
	}
	outcome = judge_exit(http, &why);
	if (outcome == OUTCOME_GOOD)
		return 1;
	if (outcome == OUTCOME_FAILED || http->tries >= IMAGE_RETRIES)
		return error_set(err, ERROR_INPUT, "%s", why.cause);
	http->tries++;
	return pause_before(http, err) != 0 ? -1 : connect_again(http, err);
}

/* Take from the buffer. Returns: how many bytes */
static size_t take(struct http *http, void *buffer, size_t room)
{
	size_t some = http->used - http->next;

	if (http->go_over > 0) {
		if (some > http->go_over)
			some = (size_t)http->go_over;
		http->go_over -= some;
		http->next += some;
		return 0;
	}
	if (some > room)
		some = room;
	memcpy(buffer, http->buffer + http->next, some);
	http->next += some;
	http->come_bytes += some;
	if (some > 0)
		http->tries = 0;
	return some;
}

static int http_next(struct stream *stream, void *buffer, size_t room,
		     struct stream_piece *out, struct error *err)
{
	struct http *http = (struct http *)stream;
	size_t length = 0;
	int result;

	while (length == 0 && http->child.pid != 0) {
		if (http->next < http->used) {
			length = take(http, buffer, room);
			continue;
		}
		http->next = 0;
		http->used = 0;
		result = fill(http, err);
		if (result == 0)
			result = end_of_answer(http, err);
		if (result < 0)
			return -1;
	}
	*out = (struct stream_piece){length, false};
	return 0;
}

static void http_close(struct stream *stream)
{
	struct http *http = (struct http *)stream;

	(void)sys_child_end(&http->child);
	free(http->url);
	free(http->curl);
	free(http);
}

static const struct stream_ops http_ops = {
	.next = http_next,
	.close = http_close,
};

static int check_url(const char *url, struct error *err)
{
	for (; *url != '\0'; url++)
		if ((unsigned char)*url <= ' ' || *url == 0x7f)
			return error_set(err, ERROR_INPUT,
					 "an address has no blanks and control bytes");
	return 0;
}

int http_open(const char *url, const struct image_options *options, struct stream **out,
	      struct error *err)
{
	struct http *http;
	char *curl;

	if (check_url(url, err) != 0 || program_find("curl", "curl", &curl, err) != 0)
		return -1;
	http = mem_zero(1, sizeof(*http));
	http->stream.ops = &http_ops;
	http->stream.length_bytes = STREAM_LENGTH_UNKNOWN;
	http->options = options;
	http->url = str_copy(url);
	http->curl = curl;
	http->child = SYS_CHILD_NONE;
	if (connect_again(http, err) != 0) {
		http_close(&http->stream);
		return -1;
	}
	*out = &http->stream;
	return 0;
}
