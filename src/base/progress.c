/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/progress.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/num.h"

enum { BAR_WIDTH = 20, COLUMNS_DEFAULT = 80 };

int progress_parse(const char *name, enum progress_form *out, struct error *err)
{
	static const char *const names[] = {[PROGRESS_AUTO] = "auto",
					    [PROGRESS_NONE] = "none",
					    [PROGRESS_LINES] = "lines",
					    [PROGRESS_JSON] = "json"};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i] == NULL || strcmp(names[i], name) != 0)
			continue;
		*out = (enum progress_form)i;
		return 0;
	}
	return error_set(err, ERROR_USAGE,
			 "--progress takes auto, none, lines or json, not '%s'", name);
}

static int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC,
			    &now); /* cannot fail: every kernel has this clock */
	return (int64_t)now.tv_sec * NUM_SECOND_NS + now.tv_nsec;
}

void progress_begin(struct progress *display, FILE *out, enum progress_form form)
{
	const char *term = getenv("TERM");
	const bool is_terminal =
		isatty(fileno(out)) && (term == NULL || strcmp(term, "dumb") != 0);

	*display = (struct progress){.out = out, .form = form};
	if (form == PROGRESS_AUTO)
		display->form = is_terminal ? PROGRESS_LIVE : PROGRESS_LINES;
}

static int terminal_columns(FILE *out)
{
	struct winsize size;

	if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col < 20)
		return COLUMNS_DEFAULT;
	return size.ws_col;
}

static void show_live(struct progress *display, const struct progress_state *state)
{
	const int filled = (int)(state->done * BAR_WIDTH + 0.5);
	char line[256], left[32] = "";

	if (state->left_ns >= 0)
		(void)snprintf(left, sizeof(left), "%lld s left",
			       (long long)((state->left_ns + NUM_SECOND_NS - 1) /
					   NUM_SECOND_NS));
	(void)snprintf(line, sizeof(line), "[%.*s%.*s] %3d%%  %-11s %-17s %s", filled,
		       "####################", BAR_WIDTH - filled, "....................",
		       (int)(state->done * 100), left, state->phase, state->detail);
	(void)fprintf(display->out, "\r\033[K%.*s", terminal_columns(display->out) - 1,
		      line);
	(void)fflush(display->out);
	display->is_live = true;
}

static void show_line(struct progress *display, const struct progress_state *state)
{
	if (state->left_ns >= 0)
		(void)fprintf(display->out, "%3d%%  %s  %s  (%.0f s left)\n",
			      (int)(state->done * 100), state->phase, state->detail,
			      num_seconds(state->left_ns));
	else
		(void)fprintf(display->out, "%3d%%  %s  %s\n", (int)(state->done * 100),
			      state->phase, state->detail);
}

/* The phase and detail are our own words and figures: nothing in them needs escaping. */
static void show_json(struct progress *display, const struct progress_state *state)
{
	(void)fprintf(display->out,
		      "{\"schema\":\"moult.progress/"
		      "1\",\"phase\":\"%s\",\"done\":%.4f,\"left_s\":%.1f,"
		      "\"detail\":\"%s\"}\n",
		      state->phase, state->done, num_seconds(state->left_ns),
		      state->detail);
	(void)fflush(display->out);
}

void progress_show(struct progress *display, const struct progress_state *state)
{
	const int64_t time_ns = now_ns();

	switch (display->form) {
	case PROGRESS_NONE:
	case PROGRESS_AUTO:
		return;
	case PROGRESS_LIVE:
		if (!state->is_step && time_ns - display->last_ns < NUM_SECOND_NS / 10)
			return;
		show_live(display, state);
		break;
	case PROGRESS_LINES:
		if (!state->is_step)
			return;
		show_line(display, state);
		break;
	case PROGRESS_JSON:
		if (!state->is_step)
			return;
		show_json(display, state);
		break;
	}
	display->last_ns = time_ns;
}

void progress_end(struct progress *display)
{
	if (display->is_live)
		(void)fputs("\r\033[K", display->out);
	(void)fflush(display->out);
	display->is_live = false;
}
