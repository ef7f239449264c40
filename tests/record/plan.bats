#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Plans as JSON: data/moult.plan.schema.json says the same as what reads them.
bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir plan undo-log
	"$OVERLAY_SEEDS" .
}

@test "what is written fits the schema, and is the same when it was read" {
	"$ROOT/tests/tools/validate-run" "$ROOT/data/moult.plan.schema.json" plan/*.json
	for file in plan/*.json; do
		"$PLAN_SHOW" json "$file" > again.json
		cmp "$file" again.json
		cmp "$file" "$ROOT/tests/fuzz/seeds/$file"
	done
}

@test "the schema knows all checks, scopes, places, phases and verdicts" {
	run -0 python3 - "$ROOT" <<-'END'
		import json, re, sys
		schema = json.load(open(sys.argv[1] + "/data/moult.plan.schema.json"))
		source = open(sys.argv[1] + "/src/model/plan.c").read()
		rows = source[source.index("plan_check_rows[] ="):]
		names = re.findall(r'{"([a-z-]+)", (?:true|false)}', rows)
		assert names and names == schema["properties"]["checks"]["items"]["properties"]["name"]["enum"], names
		own = {w for t in re.findall(r"_names\[[A-Z]+_COUNT\] = \{(.*?)\};", source, re.S) for w in re.findall('"(.*?)"', t)}
		def enums(node):
		    if isinstance(node, dict):
		        for key, value in node.items():
		            if key == "enum":
		                yield from (v for v in value if isinstance(v, str))
		            else:
		                yield from enums(value)
		assert own and set(enums(schema["properties"])) - set(names) == own, own
	END
}

@test "the machine in it has the shape that a machine has" {
	run -0 python3 - "$ROOT" <<-'END'
		import json, sys
		plan, machine = (json.load(open(f"{sys.argv[1]}/data/moult.{name}.schema.json")) for name in ("plan", "platform"))
		own = {key: machine[key] for key in ("type", "properties", "required", "additionalProperties")}
		assert plan["$defs"]["platform"] == own
		assert all(plan["$defs"][name] == shape for name, shape in machine["$defs"].items())
	END
}

@test "what is wrong for the schema is refused by the reader, and the other way round" {
	run -0 "$ROOT/tests/record/wrong-plans" "$ROOT/data/moult.plan.schema.json" plan/full.json
	read -r count refused <<< "$output"
	[ "$count" -gt 1500 ]
	[ "$refused" -gt 1200 ]
}
