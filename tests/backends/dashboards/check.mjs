// Checks dashboards against Grafana's types and their TraceQL against Tempo's grammar: node check.mjs FOLDER
// Runs where package.json was installed. Says what is wrong and exits with 1.
import { parser } from "@grafana/lezer-traceql";
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.argv[2];
const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
const wrong = [];

for (const file of files) {
  for (const { title, targets } of JSON.parse(readFileSync(join(folder, file), "utf8")).panels) {
    for (const { queryType, query } of targets.filter(({ queryType }) => queryType === "traceql")) {
      parser.parse(query).iterate({
        enter: ({ type, from }) => {
          if (type.isError) wrong.push(`${file}: ${title}: TraceQL is wrong at ${from}: ${query}`);
        },
      });
    }
  }
}

// As literals, so that words of closed lists and keys that Grafana does not know are looked at too.
const types = `check-${process.pid}.ts`;
const literal = (file, place) => `const d${place}: Partial<Dashboard> = ${readFileSync(join(folder, file), "utf8")};`;
writeFileSync(types, `import type { Dashboard } from "@grafana/schema";\n${files.map(literal).join("\n")}\n`);
const flags = "--noEmit --skipLibCheck --module esnext --moduleResolution bundler --target es2022".split(" ");
const checked = spawnSync("node_modules/.bin/tsc", [...flags, types], { encoding: "utf8" });
rmSync(types);
if (checked.status !== 0) wrong.push(checked.stdout);

if (files.length === 0) wrong.push(`no dashboards in ${folder}`);
for (const line of wrong) console.error(line);
process.exit(wrong.length ? 1 : 0);
