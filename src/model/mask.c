/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/mask.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* Whatever looks like one: a false alarm costs a few digits, a miss costs a secret. */
static const char secret_pattern[] =
	"[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}"
	"|[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}"
	"|[0-9a-fA-F]{0,4}:[0-9a-fA-F]{0,4}:[0-9a-fA-F:]*[0-9a-fA-F]"
	"|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";

static char *masked(const char *value, const regex_t *secret, const char *host)
{
	struct str out = STR_EMPTY;
	const char *name;
	regmatch_t found;

	while (regexec(secret, value, 1, &found, 0) == 0) {
		str_add_bytes(&out, value, (size_t)found.rm_so);
		str_add(&out, "(masked)");
		value += found.rm_eo;
	}
	/* the host's name may stand in a command line as well */
	while (host != NULL && strlen(host) > 3 && (name = strstr(value, host)) != NULL) {
		str_add_bytes(&out, value, (size_t)(name - value));
		str_add(&out, "(masked)");
		value = name + strlen(host);
	}
	str_add(&out, value);
	return out.room != 0 ? out.bytes : str_copy("");
}

static void mask_run(struct run *run, const regex_t *secret)
{
	char *host = str_copy(environment_value(&run->environment, "host.name"));
	struct fact *fact;
	char *value;
	size_t i;

	for (i = 0; i < run->environment.count; i++) {
		fact = &run->environment.facts[i];
		if (fact->value == NULL)
			continue;
		if (strcmp(fact->key, "host.name") == 0)
			value = str_copy("masked");
		else
			value = masked(fact->value, secret, host);
		free(fact->value);
		fact->value = value;
	}
	free(host);
}

void mask_runs(struct runs *runs)
{
	regex_t secret;
	size_t i;

	if (regcomp(&secret, secret_pattern, REG_EXTENDED) != 0)
		abort(); /* the pattern is ours */
	for (i = 0; i < runs->count; i++)
		mask_run(&runs->runs[i], &secret);
	regfree(&secret);
}
