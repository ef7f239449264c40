/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dhrystone_2.c - the second half of Dhrystone 2.1 (dhrystone.h cites it), statement by
 * statement. It must stay apart from the first: merged, or with -flto, the compiler
 * removes the loop. */
#include <string.h>

#include "dhrystone.h"

void proc_6(enum dhry_ident enum_val_par, enum dhry_ident *enum_ref_par)
{
	*enum_ref_par = enum_val_par;
	if (!func_3(enum_val_par))
		*enum_ref_par = IDENT_4;
	switch (enum_val_par) {
	case IDENT_1:
		*enum_ref_par = IDENT_1;
		break;
	case IDENT_2:
		if (int_glob > 100)
			*enum_ref_par = IDENT_1;
		else
			*enum_ref_par = IDENT_4;
		break;
	case IDENT_3:
		*enum_ref_par = IDENT_2;
		break;
	case IDENT_4:
		break;
	case IDENT_5:
		*enum_ref_par = IDENT_3;
		break;
	}
}

void proc_7(int int_1_par_val, int int_2_par_val, int *int_par_ref)
{
	int int_loc;

	int_loc = int_1_par_val + 2;
	*int_par_ref = int_2_par_val + int_loc;
}

void proc_8(dhry_arr_1_dim arr_1_par_ref, dhry_arr_2_dim arr_2_par_ref, int int_1_par_val,
	    int int_2_par_val)
{
	register int int_index;
	register int int_loc;

	int_loc = int_1_par_val + 5;
	arr_1_par_ref[int_loc] = int_2_par_val;
	arr_1_par_ref[int_loc + 1] = arr_1_par_ref[int_loc];
	arr_1_par_ref[int_loc + 30] = int_loc;
	for (int_index = int_loc; int_index <= int_loc + 1; ++int_index)
		arr_2_par_ref[int_loc][int_index] = int_loc;
	arr_2_par_ref[int_loc][int_loc - 1] += 1;
	arr_2_par_ref[int_loc + 20][int_loc] = arr_1_par_ref[int_loc];
	int_glob = 5;
}

enum dhry_ident func_1(char ch_1_par_val, char ch_2_par_val)
{
	char ch_1_loc;
	char ch_2_loc;

	ch_1_loc = ch_1_par_val;
	ch_2_loc = ch_1_loc;
	if (ch_2_loc != ch_2_par_val)
		return IDENT_1;
	ch_1_glob = ch_1_loc;
	return IDENT_2;
}

int func_2(dhry_str_30 str_1_par_ref, dhry_str_30 str_2_par_ref)
{
	register int int_loc;
	char ch_loc = '\0';

	int_loc = 2;
	while (int_loc <= 2) {
		if (func_1(str_1_par_ref[int_loc], str_2_par_ref[int_loc + 1]) ==
		    IDENT_1) {
			ch_loc = 'A';
			int_loc += 1;
		}
	}
	if (ch_loc >= 'W' && ch_loc < 'Z')
		int_loc = 7;
	if (ch_loc == 'R')
		return 1;
	if (strcmp(str_1_par_ref, str_2_par_ref) > 0) {
		int_loc += 7;
		int_glob = int_loc;
		return 1;
	}
	return 0;
}

int func_3(enum dhry_ident enum_par_val)
{
	enum dhry_ident enum_loc;

	enum_loc = enum_par_val;
	return enum_loc == IDENT_3;
}
