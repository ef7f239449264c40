/* SPDX-License-Identifier: GPL-2.0-or-later */
/** dhrystone.h - what the two halves of Dhrystone 2.1 share.
 *
 * R. P. Weicker, "Dhrystone Benchmark: Rationale for Version 2 and Measurement Rules",
 * ACM SIGPLAN Notices 23(8), August 1988. The measurement rules ask for two files that
 * are compiled apart, with no procedure merging between them. The names are the paper's,
 * in lower case.
 */
#ifndef BENCH_WORK_DHRYSTONE_H
#define BENCH_WORK_DHRYSTONE_H

enum dhry_ident { IDENT_1, IDENT_2, IDENT_3, IDENT_4, IDENT_5 };

typedef char dhry_str_30[31];
typedef int dhry_arr_1_dim[50];
typedef int dhry_arr_2_dim[50][50];

/** The paper's record with its variant part. */
struct dhry_record {
	struct dhry_record *ptr_comp;
	enum dhry_ident discr;
	union {
		struct {
			enum dhry_ident enum_comp;
			int int_comp;
			char str_comp[31];
		} var_1;
		struct {
			enum dhry_ident e_comp_2;
			char str_2_comp[31];
		} var_2;
		struct {
			char ch_1_comp;
			char ch_2_comp;
		} var_3;
	} variant;
};

extern int int_glob;
extern char ch_1_glob;

/** Proc_6 of the paper: *@enum_ref_par becomes IDENT_2 for IDENT_3. */
void proc_6(enum dhry_ident enum_val_par, enum dhry_ident *enum_ref_par);

/** Proc_7 of the paper: *@int_par_ref becomes the sum of both and 2. */
void proc_7(int int_1_par_val, int int_2_par_val, int *int_par_ref);

/** Proc_8 of the paper: writes both arrays around @int_1_par_val + 5, and int_glob. */
void proc_8(dhry_arr_1_dim arr_1_par_ref, dhry_arr_2_dim arr_2_par_ref, int int_1_par_val,
	    int int_2_par_val);

/** Func_1 of the paper. Returns: IDENT_1 when the characters differ, else IDENT_2. */
enum dhry_ident func_1(char ch_1_par_val, char ch_2_par_val);

/** Func_2 of the paper. Returns: 1 when the first text is the greater one, else 0. */
int func_2(dhry_str_30 str_1_par_ref, dhry_str_30 str_2_par_ref);

/** Func_3 of the paper. Returns: 1 for IDENT_3, else 0. */
int func_3(enum dhry_ident enum_par_val);

#endif
