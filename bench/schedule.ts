/**
 * How fast schedules are read and asked, side by side with croner, cron-parser and rrule-temporal.
 *
 *   npm run build && npm run bench:schedule
 *
 * Each case walks from occurrence to occurrence, starting over after ten years, for a fifth of a second at a time; the best of three counts, as
 * everything that disturbs a measurement makes it slower. Beside it stands what a web page would load. Results go to the terminal and to
 * bench/results/schedule.json.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseSchedule } from "@punctual/schedule";
import { CronExpressionParser } from "cron-parser";
import { Cron } from "croner";
import { RRuleTemporal } from "rrule-temporal";
import { bundleSize } from "../checks/lib/bundle.ts";

type Walk = (afterMs: number) => number | null;
type Library = { name: string; version: string; prepare(cron: string, timezone: string): Walk };
type Result = { library: string; what: string; timezone: string; cron: string; perSecond: number };

const startMs = Date.parse("2026-01-01T00:00:00Z");
const endMs = Date.parse("2036-01-01T00:00:00Z");

const libraries: Library[] = [
  { name: "punctual", version: "workspace", prepare: (cron, timezone) => parseSchedule({ cron, timezone }).next },
  {
    name: "croner",
    version: "11.0.1",
    prepare: (cron, timezone) => {
      const parsed = new Cron(cron, { timezone });
      return (afterMs) => parsed.nextRun(new Date(afterMs))?.getTime() ?? null;
    },
  },
  {
    name: "cron-parser",
    version: "5.10.5",
    prepare: (cron, tz) => {
      const parsed = CronExpressionParser.parse(cron, { tz });
      return (afterMs) => {
        parsed.reset(new Date(afterMs));
        return parsed.next().getTime();
      };
    },
  },
];

const cases = [
  { what: "common", cron: "*/5 * * * *" },
  { what: "common", cron: "0 9 * * 1-5" },
  { what: "common", cron: "30 4 1,15 * *" },
  { what: "rare", cron: "0 0 29 2 *" },
  { what: "rare", cron: "0 0 31 12 5" },
];

/** Calls a second of a step, best of three turns. */
function measure(step: () => void, turnMs = 200): number {
  const turn = (): number => {
    const start = performance.now();
    let calls = 0;
    for (; performance.now() - start < turnMs; calls += 100) for (let call = 0; call < 100; call++) step();
    return (calls / (performance.now() - start)) * 1000;
  };
  return Math.max(turn(), turn(), turn());
}

function walkSpeed(walk: Walk): number {
  let at = startMs;
  return measure(() => {
    const next = walk(at);
    at = next === null || next > endMs ? startMs : next;
  });
}

const results: Result[] = [];
for (const timezone of ["UTC", "America/New_York"]) {
  for (const { what, cron } of cases) {
    for (const library of libraries)
      results.push({ library: library.name, what: `next, ${what}`, timezone, cron, perSecond: walkSpeed(library.prepare(cron, timezone)) });
  }
}
// Only ours: the 29th of February on a Monday, which comes every 28 years, and a far year.
for (const cron of ["0 0 29 2 +MON", "0 0 0 1 1 * 2030,2199"]) {
  for (const timezone of ["UTC", "America/New_York"]) {
    const { next } = parseSchedule({ cron, timezone });
    const afterMs = cron.includes("2199") ? Date.parse("2031-01-01T00:00:00Z") : startMs;
    results.push({ library: "punctual", what: "next, decades away", timezone, cron, perSecond: measure(() => next(afterMs)) });
  }
}
for (const cron of ["*/5 * * * *", "*/5 9-17 * * MON-FRI"]) {
  for (const library of libraries)
    results.push({ library: library.name, what: "parse", timezone: "UTC", cron, perSecond: measure(() => library.prepare(cron, "UTC")) });
}

for (const rule of ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,WE,FR", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"]) {
  for (const timezone of ["UTC", "America/New_York"]) {
    const rrule = `DTSTART;TZID=${timezone}:20260101T090000\nRRULE:${rule}`;
    const theirs = new RRuleTemporal({ rruleString: rrule });
    const walks: [string, Walk][] = [
      ["punctual", parseSchedule({ rrule }).next],
      ["rrule-temporal", (afterMs) => theirs.next(new Date(afterMs))?.epochMilliseconds ?? null],
    ];
    for (const [library, walk] of walks) results.push({ library, what: "next, RRULE", timezone, cron: rule, perSecond: walkSpeed(walk) });
  }
}

for (const { library, what, timezone, cron, perSecond } of results) {
  console.log(
    [
      what.padEnd(20),
      cron.padEnd(44),
      timezone.padEnd(18),
      library.padEnd(14),
      `${Math.round(perSecond / 1000)
        .toLocaleString("en-US")
        .padStart(8)} k/s`,
    ].join(" "),
  );
}
const bundles = {
  core: await bundleSize("core", "parseSchedule"),
  whole: await bundleSize("index", "parseSchedule"),
};
for (const [entry, { minifiedBytes, gzipBytes }] of Object.entries(bundles))
  console.log(`bundle of parseSchedule, ${entry}: ${minifiedBytes} bytes, gzipped ${gzipBytes}`);
const file = new URL("./results/schedule.json", import.meta.url);
mkdirSync(new URL(".", file), { recursive: true });
const versions = { ...Object.fromEntries(libraries.map(({ name, version }) => [name, version])), "rrule-temporal": "2.2.7" };
writeFileSync(
  file,
  `${JSON.stringify({ node: process.version, tz: process.versions.tz, cpu: cpus()[0]?.model, versions, bundles, results }, null, 2)}\n`,
);
