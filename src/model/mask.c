/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/mask.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "base/str.h"

/* Whatever looks like one: a false alarm costs a few digits, a miss costs a secret. */
static const char secret_pattern[] =
	"[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}"
	"|[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}"
	"|([0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}"
	"|([0-9a-fA-F]{1,4}:)+(:[0-9a-fA-F]{1,4})+"
	"|::([0-9a-fA-F]{1,4}:)+[0-9a-fA-F]{1,4}"
	"|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
	"|[0-9a-fA-F]{32}" /* machine ids stand in the command line of some loaders */
	"|enx[0-9a-fA-F]{12}"
	"|PARTUUID=[^ \n]*"
	"|Hostname set to <[^>\n]*>"
	"|(SerialNumber|serial_number|Serial|Sequence Code|LPAR Name|VM[0-9]+ Name)"
	"[ \t]*[:=][ \t]*[^\n]*";

static char *without(const char *text, const regex_t *secret)
{
	struct str out = STR_EMPTY;
	regmatch_t found;

	while (regexec(secret, text, 1, &found, 0) == 0) {
		str_add_bytes(&out, text, (size_t)found.rm_so);
		str_add(&out, "(masked)");
		text += found.rm_eo;
	}
	str_add_bytes(&out, text, strlen(text));
	return out.bytes;
}

/* The host's name may stand in a command line or in a log as well. */
static char *without_host(const char *text, const char *host)
{
	struct str out = STR_EMPTY;
	const char *name;

	while (host != NULL && strlen(host) > 3 && (name = strstr(text, host)) != NULL) {
		str_add_bytes(&out, text, (size_t)(name - text));
		str_add(&out, "(masked)");
		text = name + strlen(host);
	}
	str_add_bytes(&out, text, strlen(text));
	return out.bytes;
}

/* The whole name, and its first label alone. */
static char *masked(const char *value, const regex_t *secret, const char *host)
{
	autofree char *label = host != NULL ? strndup(host, strcspn(host, ".")) : NULL;
	autofree char *first = without(value, secret);
	autofree char *second = without_host(first, host);

	return without_host(second, label);
}

static void compile(regex_t *secret)
{
	if (regcomp(secret, secret_pattern, REG_EXTENDED) != 0)
		abort(); /* the pattern is ours */
}

char *mask_text(const char *text, const char *host)
{
	regex_t secret;
	char *out;

	compile(&secret);
	out = masked(text, &secret, host);
	regfree(&secret);
	return out;
}

static void mask_place(char **place, const regex_t *secret, const char *host)
{
	char *text;

	if (*place == NULL)
		return;
	text = masked(*place, secret, host);
	free(*place);
	*place = text;
}

static void mask_facts(struct environment *environment, const regex_t *secret,
		       const char *host)
{
	size_t i;

	for (i = 0; i < environment->count; i++) {
		struct fact *fact = &environment->facts[i];

		mask_place(&fact->value, secret, host);
		mask_place(&fact->source, secret, host);
		mask_place(&fact->problem, secret, host);
		if (strcmp(fact->key, "host.name") == 0 && fact->value != NULL) {
			free(fact->value);
			fact->value = str_copy("masked");
		}
	}
}

/* The folders of a file tell who has it, and how his machine is set up. */
static void drop_folders(char *source)
{
	const char *slash = source != NULL && strstr(source, "://") == NULL
				    ? strrchr(source, '/')
				    : NULL;

	if (slash != NULL)
		memmove(source, slash + 1, strlen(slash + 1) + 1);
}

static void mask_run(struct run *run, const regex_t *secret)
{
	autofree char *host = str_copy(environment_value(&run->environment, "host.name"));
	char **const texts[] = {&run->label,	&run->provider, &run->plan,
				&run->location, &run->price,	&run->source};
	size_t i;

	mask_facts(&run->environment, secret, host);
	drop_folders(run->source);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		mask_place(texts[i], secret, host);
	for (i = 0; i < run->warning_count; i++)
		mask_place(&run->warnings[i], secret, host);
	for (i = 0; i < run->test_count; i++)
		mask_place(&run->tests[i].failure, secret, host);
}

void mask_runs(struct runs *runs)
{
	regex_t secret;
	size_t i;

	compile(&secret);
	for (i = 0; i < runs->count; i++)
		mask_run(&runs->runs[i], &secret);
	regfree(&secret);
}
