/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dhrystone_1.c - the first half of Dhrystone 2.1 with register variables (dhrystone.h
 * cites it), statement by statement, and the final values that the paper publishes. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "dhrystone.h"
#include "work.h"

int int_glob;
char ch_1_glob;
int bool_glob;
char ch_2_glob;
struct dhry_record *ptr_glob, *next_ptr_glob;
dhry_arr_1_dim arr_1_glob;
dhry_arr_2_dim arr_2_glob;

/* The locals of the main procedure, kept for the check. */
static struct dhry_locals {
	int int_1, int_2, int_3;
	enum dhry_ident ident;
	dhry_str_30 str_1, str_2;
} final;

void proc_3(struct dhry_record **ptr_ref_par)
{
	if (ptr_glob != NULL)
		*ptr_ref_par = ptr_glob->ptr_comp;
	proc_7(10, int_glob, &ptr_glob->variant.var_1.int_comp);
}

void proc_1(register struct dhry_record *ptr_val_par)
{
	register struct dhry_record *next_record = ptr_val_par->ptr_comp;

	*ptr_val_par->ptr_comp = *ptr_glob;
	ptr_val_par->variant.var_1.int_comp = 5;
	next_record->variant.var_1.int_comp = ptr_val_par->variant.var_1.int_comp;
	next_record->ptr_comp = ptr_val_par->ptr_comp;
	proc_3(&next_record->ptr_comp);
	if (next_record->discr == IDENT_1) {
		next_record->variant.var_1.int_comp = 6;
		proc_6(ptr_val_par->variant.var_1.enum_comp,
		       &next_record->variant.var_1.enum_comp);
		next_record->ptr_comp = ptr_glob->ptr_comp;
		proc_7(next_record->variant.var_1.int_comp, 10,
		       &next_record->variant.var_1.int_comp);
	} else {
		*ptr_val_par = *ptr_val_par->ptr_comp;
	}
}

void proc_2(int *int_par_ref)
{
	int int_loc;
	enum dhry_ident enum_loc = IDENT_2;

	int_loc = *int_par_ref + 10;
	do {
		if (ch_1_glob == 'A') {
			int_loc -= 1;
			*int_par_ref = int_loc - int_glob;
			enum_loc = IDENT_1;
		}
	} while (enum_loc != IDENT_1);
}

void proc_4(void)
{
	int bool_loc;

	bool_loc = ch_1_glob == 'A';
	bool_glob = bool_loc | bool_glob;
	ch_2_glob = 'B';
}

void proc_5(void)
{
	ch_1_glob = 'A';
	bool_glob = 0;
}

static int dhry_prepare(struct work_call *call)
{
	(void)call;
	next_ptr_glob = calloc(1, sizeof(*next_ptr_glob));
	ptr_glob = calloc(1, sizeof(*ptr_glob));
	if (next_ptr_glob == NULL || ptr_glob == NULL)
		return work_fail("allocate two records", 1);
	ptr_glob->ptr_comp = next_ptr_glob;
	ptr_glob->discr = IDENT_1;
	ptr_glob->variant.var_1.enum_comp = IDENT_3;
	ptr_glob->variant.var_1.int_comp = 40;
	strcpy(ptr_glob->variant.var_1.str_comp, "DHRYSTONE PROGRAM, SOME STRING");
	arr_2_glob[8][7] = 10;
	return 0;
}

/* The pinned build keeps everything that the program says; the other keeps what gcc leaves of it. */
#ifdef WORK_PINNED
#define MEASURED_LOCALS (&final)
#else
#define MEASURED_LOCALS NULL
#endif

/* One loop: the statements of the main procedure, in their order. @out is NULL while the
 * clock runs: the compiler then removes what computes nothing but the locals of the loop
 * (the division, Proc_2), as it does in UnixBench 5.1.3, whose endless loop never looks
 * at them. */
static inline __attribute__((always_inline)) void dhry_loop(uint64_t run_index,
							    dhry_str_30 str_1_loc,
							    dhry_str_30 str_2_loc,
							    struct dhry_locals *out)
{
	int int_1_loc;
	register int int_2_loc;
	int int_3_loc;
	register char ch_index;
	enum dhry_ident enum_loc;

	proc_5();
	proc_4();
	int_1_loc = 2;
	int_2_loc = 3;
	strcpy(str_2_loc, "DHRYSTONE PROGRAM, 2'ND STRING");
	enum_loc = IDENT_2;
	bool_glob = !func_2(str_1_loc, str_2_loc);
	while (int_1_loc < int_2_loc) {
		int_3_loc = 5 * int_1_loc - int_2_loc;
		proc_7(int_1_loc, int_2_loc, &int_3_loc);
		int_1_loc += 1;
	}
	proc_8(arr_1_glob, arr_2_glob, int_1_loc, int_3_loc);
	proc_1(ptr_glob);
	for (ch_index = 'A'; ch_index <= ch_2_glob; ++ch_index) {
		if (enum_loc == func_1(ch_index, 'C')) {
			proc_6(IDENT_1, &enum_loc);
			strcpy(str_2_loc, "DHRYSTONE PROGRAM, 3'RD STRING");
			int_2_loc = (int)run_index;
			int_glob = (int)run_index;
		}
	}
	int_2_loc = int_2_loc * int_1_loc;
	int_1_loc = int_2_loc / int_3_loc;
	int_2_loc = 7 * (int_2_loc - int_3_loc) - int_1_loc;
	proc_2(&int_1_loc);
	if (out != NULL) {
		out->int_1 = int_1_loc;
		out->int_2 = int_2_loc;
		out->int_3 = int_3_loc;
		out->ident = enum_loc;
	}
}

static int dhry_run(struct work_call *call)
{
	dhry_str_30 str_1_loc, str_2_loc;
	uint64_t run_index;

	strcpy(str_1_loc, "DHRYSTONE PROGRAM, 1'ST STRING");
	for (run_index = 0; run_index < work_limit; ++run_index)
		dhry_loop(run_index, str_1_loc, str_2_loc, MEASURED_LOCALS);
	call->count = run_index;
	call->elapsed_ns = work_now_ns() - call->start_ns;
	/* one loop more, after the clock, for the values that the others do not compute
	 */
	dhry_loop(run_index, str_1_loc, str_2_loc, &final);
	memcpy(final.str_1, str_1_loc, sizeof(str_1_loc));
	memcpy(final.str_2, str_2_loc, sizeof(str_2_loc));
	return 0;
}

static int record_is(const struct dhry_record *record, enum dhry_ident ident, int number)
{
	return record->ptr_comp == next_ptr_glob && record->discr == IDENT_1 &&
	       record->variant.var_1.enum_comp == ident &&
	       record->variant.var_1.int_comp == number &&
	       strcmp(record->variant.var_1.str_comp, "DHRYSTONE PROGRAM, SOME STRING") ==
		       0;
}

/* "Final values of the variables used in the benchmark", as the published program prints
 * them. */
static int dhry_check(struct work_call *call)
{
	if (call->count == 0)
		return work_fail("no loop was done", 0);
	if (int_glob != 5 || bool_glob != 1 || ch_1_glob != 'A' || ch_2_glob != 'B')
		return work_fail("a global variable has a wrong final value", 0);
	if (arr_1_glob[8] != 7 ||
	    (unsigned)arr_2_glob[8][7] != (unsigned)(call->count + 1 + 10))
		return work_fail("an array has a wrong final value", 0);
	if (!record_is(ptr_glob, IDENT_3, 17) || !record_is(next_ptr_glob, IDENT_2, 18))
		return work_fail("a record has a wrong final value", 0);
	if (final.int_1 != 5 || final.int_2 != 13 || final.int_3 != 7 ||
	    final.ident != IDENT_2)
		return work_fail("a local variable has a wrong final value", 0);
	if (strcmp(final.str_1, "DHRYSTONE PROGRAM, 1'ST STRING") != 0 ||
	    strcmp(final.str_2, "DHRYSTONE PROGRAM, 2'ND STRING") != 0)
		return work_fail("a text has a wrong final value", 0);
	return 0;
}

const struct work work = {"dhry2reg", dhry_prepare, dhry_run, dhry_check, NULL};
