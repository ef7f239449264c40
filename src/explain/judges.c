/* SPDX-License-Identifier: GPL-2.0-or-later */
/* judges.c - which run is on the slow side of a fact. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"
#include "explain/rules.h"

/* More of something that costs time is slower. */
static enum side by_cost(double first, double second)
{
	return second > first ? SIDE_SECOND : second < first ? SIDE_FIRST : SIDE_NONE;
}

static bool are_known(const struct rule_case *about)
{
	return about->first_value != NULL && about->second_value != NULL;
}

enum side judge_any_change(const struct rule_case *about)
{
	return are_known(about) && strcmp(about->first_value, about->second_value) != 0
		       ? SIDE_EITHER
		       : SIDE_NONE;
}

/* Costs that a value stands for: the first row that it begins with. */
struct cost {
	const char *start;
	double cost;
};

static double cost_of(const struct cost *rows, const char *value, double otherwise)
{
	for (; rows->start != NULL; rows++)
		if (strncmp(value, rows->start, strlen(rows->start)) == 0)
			return rows->cost;
	return otherwise;
}

static enum side by_table(const struct rule_case *about, const struct cost *rows,
			  double otherwise)
{
	if (!are_known(about))
		return SIDE_NONE;
	return by_cost(cost_of(rows, about->first_value, otherwise),
		       cost_of(rows, about->second_value, otherwise));
}

enum side judge_pv(const struct rule_case *about)
{
	static const struct cost rows[] = {{"pvh", 0}, {"pv", 1}, {"dom0-pv", 1}, {0}};

	return by_table(about, rows, 0);
}

/* Models that only QEMU makes up: below this hypervisor there is another one. */
static bool is_nested(const struct run *run)
{
	static const char *const models[] = {"QEMU Virtual CPU", "QEMU TCG CPU",
					     "Common KVM processor"};
	const char *model = explain_value(run, "cpu.model");
	size_t i;

	for (i = 0; model != NULL && i < sizeof(models) / sizeof(models[0]); i++)
		if (strncmp(model, models[i], strlen(models[i])) == 0)
			return true;
	return false;
}

enum side judge_nested(const struct rule_case *about)
{
	static const struct cost rows[] = {
		{"pvhvm", 1}, {"pvh", 1}, {"hvm-or-tcg", 0}, {"hvm", 1}, {0}};

	if (judge_pv(about) == SIDE_NONE || !is_nested(about->first) ||
	    !is_nested(about->second))
		return SIDE_NONE;
	return by_table(about, rows, 0);
}

enum side judge_emulation(const struct rule_case *about)
{
	static const struct cost rows[] = {{"tcg", 1}, {"hvm-or-tcg", 0.5}, {0}};
	const enum side side = by_table(about, rows, 0);

	/* what may be either proves nothing beside what is surely one of them */
	if (side != SIDE_NONE && (strcmp(about->first_value, "hvm-or-tcg") == 0 ||
				  strcmp(about->second_value, "hvm-or-tcg") == 0))
		return SIDE_NONE;
	return side;
}

enum side judge_seccomp(const struct rule_case *about)
{
	if (!are_known(about))
		return SIDE_NONE;
	return by_cost(strtod(about->first_value, NULL),
		       strtod(about->second_value, NULL));
}

enum side judge_present(const struct rule_case *about)
{
	static const struct cost rows[] = {{"0", 0}, {0}};
	double first, second;

	if (!are_known(about))
		return SIDE_NONE;
	first = about->first_value[0] == '\0' ? 0 : cost_of(rows, about->first_value, 1);
	second = about->second_value[0] == '\0' ? 0
						: cost_of(rows, about->second_value, 1);
	return by_cost(first, second);
}

enum side judge_switch(const struct rule_case *about)
{
	static const struct cost rows[] = {
		{"off", 0}, {"disabled", 0}, {"enabled, 0 ", 1}, {0}};

	return by_table(about, rows, 2);
}

enum side judge_mitigation(const struct rule_case *about)
{
	static const struct cost rows[] = {
		{"Not affected", 0}, {"Vulnerable", 0}, {"Mitigation", 1}, {0}};

	if (!are_known(about) || strncmp(about->first_value, "Unknown", 7) == 0 ||
	    strncmp(about->second_value, "Unknown", 7) == 0)
		return SIDE_NONE;
	return by_table(about, rows, 0);
}

/* CPUs' worth of time; infinite without a quota. */
static double quota_of(const char *value)
{
	double quota, period;

	if (value == NULL || sscanf(value, "%lf %lf", &quota, &period) != 2 ||
	    !(quota > 0) || !(period > 0))
		return INFINITY;
	return quota / period;
}

enum side judge_quota(const struct rule_case *about)
{
	/* no controller is no quota; a report that tells nothing of groups is not */
	if (!environment_has(&about->first->environment, "cgroup.cpu_max") ||
	    !environment_has(&about->second->environment, "cgroup.cpu_max"))
		return SIDE_NONE;
	return by_cost(-quota_of(about->first_value), -quota_of(about->second_value));
}

/* A copy needs one CPU, the tests of two processes nearly two. */
double size_of_quota(const struct rule_case *about)
{
	const double wanted = fmax(1, about->first->copies);
	const double first = fmin(wanted, quota_of(about->first_value));
	const double second = fmin(wanted, quota_of(about->second_value));

	return fmax(first, second) / fmin(first, second);
}

static double number_of(const char *value)
{
	return value != NULL ? strtod(value, NULL) : 0;
}

enum side judge_usable(const struct rule_case *about)
{
	if (!are_known(about))
		return SIDE_NONE;
	return by_cost(-number_of(about->first_value), -number_of(about->second_value));
}

double size_of_usable(const struct rule_case *about)
{
	const double wanted = fmax(1, about->first->copies);
	const double first = fmin(wanted, number_of(about->first_value));
	const double second = fmin(wanted, number_of(about->second_value));

	if (!(first > 0) || !(second > 0))
		return 1;
	return fmax(first, second) / fmin(first, second);
}

/* What the samples of a run say of time that went elsewhere: CPU seconds a second. Negative:
 * there are none. */
static double share_of(const struct run *run, bool is_steal)
{
	int64_t elsewhere_ns = 0, elapsed_ns = 0;
	size_t i, k;

	for (i = 0; i < run->test_count; i++) {
		for (k = 0; k < run->tests[i].sample_count; k++) {
			const struct run_sample *sample = &run->tests[i].samples[k];

			elsewhere_ns += is_steal ? sample->steal_ns : sample->foreign_ns;
			elapsed_ns += sample->elapsed_ns;
		}
	}
	return elapsed_ns > 0 ? num_seconds(elsewhere_ns) / num_seconds(elapsed_ns) : -1;
}

/* Of a CPU: less is the noise of any machine. */
static const double share_worth_telling = 0.1;

static enum side by_share(double first, double second)
{
	if (first < 0 || second < 0 || fabs(second - first) < share_worth_telling)
		return SIDE_NONE;
	return by_cost(first, second);
}

/* The work of others that did not fit beside the copies: what ran on idle CPUs cost nothing. */
static double crowding_of(const struct run *run)
{
	const char *usable = environment_value(&run->environment, "cpu.usable");
	const double share = share_of(run, false);

	if (share < 0 || usable == NULL)
		return share;
	return fmax(0, share + fmax(1, run->copies) - strtod(usable, NULL));
}

enum side judge_load(const struct rule_case *about)
{
	const double first = crowding_of(about->first);
	const double second = crowding_of(about->second);
	const double before = number_of(about->first_value);
	const double after = number_of(about->second_value);

	if (first >= 0 && second >= 0)
		return by_share(first, second);
	if (!are_known(about) || fabs(after - before) < 1)
		return SIDE_NONE;
	return by_cost(before, after);
}

/* Others that crowd N CPUs of copies leave them N / (N + crowding) of the time. */
static double factor_of(double first, double second, unsigned copies)
{
	const double wanted = fmax(1, copies);

	return (wanted + fmax(first, second)) / (wanted + fmin(first, second));
}

double size_of_load(const struct rule_case *about)
{
	const double first = crowding_of(about->first);
	const double second = crowding_of(about->second);

	if (first < 0 || second < 0)
		return 1 + fabs(number_of(about->first_value) -
				number_of(about->second_value));
	return factor_of(first, second, about->first->copies);
}

enum side judge_steal(const struct rule_case *about)
{
	return by_share(share_of(about->first, true), share_of(about->second, true));
}

double size_of_steal(const struct rule_case *about)
{
	return factor_of(share_of(about->first, true), share_of(about->second, true),
			 about->first->copies);
}

enum side judge_charmap(const struct rule_case *about)
{
	static const struct cost rows[] = {{"UTF-8", 2}, {"ANSI_X3.4-1968", 0}, {0}};

	return by_table(about, rows, 1);
}

static bool has_option(const char *options, const char *name)
{
	const size_t length = strlen(name);
	const char *found;

	for (found = strstr(options, name); found != NULL;
	     found = strstr(found + 1, name))
		if ((found == options || strchr(", ;", found[-1]) != NULL) &&
		    (found[length] == '\0' || strchr(",;", found[length]) != NULL))
			return true;
	return false;
}

enum side judge_sync(const struct rule_case *about)
{
	if (!are_known(about))
		return SIDE_NONE;
	return by_cost(has_option(about->first_value, "sync"),
		       has_option(about->second_value, "sync"));
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

enum side judge_shell(const struct rule_case *about)
{
	static const struct cost rows[] = {{"dash", 0}, {"bash", 1}, {0}};
	double first, second;

	if (!are_known(about) || strcmp(about->first_value, about->second_value) == 0)
		return SIDE_NONE;
	first = cost_of(rows, base_name(about->first_value), -1);
	second = cost_of(rows, base_name(about->second_value), -1);
	return first < 0 || second < 0 ? SIDE_EITHER : by_cost(first, second);
}

enum side judge_file_system(const struct rule_case *about)
{
	static const struct cost rows[] = {{"nfs", 2}, {"9p", 2}, {"fuse", 2}, {0}};
	enum side side;

	/* memory is not always faster: ext4 with large folios beat tmpfs by 15% in Linux 6.18 */
	if (judge_any_change(about) == SIDE_NONE)
		return SIDE_NONE;
	side = by_table(about, rows, 1);
	return side != SIDE_NONE ? side : SIDE_EITHER;
}
