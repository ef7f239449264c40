/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>

#include "cmd/adapt.h"
#include "cmd/bench.h"
#include "cmd/cmd.h"
#include "cmd/compare.h"
#include "cmd/identify.h"
#include "cmd/inspect.h"
#include "cmd/overlay.h"
#include "cmd/predict.h"
#include "cmd/runs.h"
#include "cmd/show.h"

const struct cmd *const cmd_table[] = {
	&cmd_adapt,   &cmd_bench,   &cmd_compare, &cmd_identify, &cmd_inspect,
	&cmd_overlay, &cmd_predict, &cmd_runs,	  &cmd_show,	 NULL};
const struct cmd *const cmd_table_rescue[] = {
	&cmd_adapt,   &cmd_bench_rescue, &cmd_compare, &cmd_identify, &cmd_inspect,
	&cmd_overlay, &cmd_predict,	 &cmd_runs,    &cmd_show,     NULL};
