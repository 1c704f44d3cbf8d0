import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { flameGraph } from "../bench/suite/profile/flame.ts";
import { type CpuProfile, framesOf, nameOf } from "../bench/suite/profile/frames.ts";
import { profileTables } from "../bench/suite/profile/profile-table.ts";
import { publishProfiles } from "../bench/suite/profile/publish-profiles.ts";
import { labelOf } from "../bench/suite/profile/statements.ts";
import { tally } from "../bench/suite/profile/waits.ts";

const always = { fromUs: 0, toUs: Number.POSITIVE_INFINITY };
const call = (functionName: string, url = "") => ({ functionName, url });
/** main calls fire and settle; both call query. Two milliseconds in main's own code, five in fire's query, two in settle's, one collecting, ten idle. */
const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: call("(root)"), children: [2, 3, 8] },
    { id: 2, callFrame: call("main", "file:///srv/checkout/packages/server/dist/boot/main.js"), children: [4, 5] },
    { id: 3, callFrame: call("(idle)") },
    { id: 4, callFrame: call("fire", "file:///srv/checkout/packages/server/dist/engine/fire-loop.js"), children: [6] },
    { id: 5, callFrame: call("settle", "file:///srv/checkout/packages/server/dist/engine/settler.js"), children: [7] },
    { id: 6, callFrame: call("query", "file:///srv/checkout/node_modules/pg/lib/client.js") },
    { id: 7, callFrame: call("query", "file:///srv/checkout/node_modules/pg/lib/client.js") },
    { id: 8, callFrame: call("(garbage collector)") },
  ],
  startTime: 1_000_000,
  samples: [2, 6, 7, 3, 8],
  timeDeltas: [2_000, 5_000, 2_000, 10_000, 1_000],
};

test("frames add up the time below them, the longest first, and idle time is none of theirs", () => {
  const { root, us, busyUs, samples } = framesOf([profile], always);
  expect({ us, busyUs, samples }).toEqual({ us: 20_000, busyUs: 10_000, samples: 5 });
  expect(root.children.map(({ name, us: time }) => [name, time])).toEqual([
    ["main, server/boot/main.js", 9_000],
    ["(garbage collector)", 1_000],
  ]);
  expect(root.children[0]?.children).toEqual([
    {
      name: "fire, server/engine/fire-loop.js",
      us: 5_000,
      children: [{ name: "query, pg/lib/client.js", us: 5_000, children: [] }],
    },
    {
      name: "settle, server/engine/settler.js",
      us: 2_000,
      children: [{ name: "query, pg/lib/client.js", us: 2_000, children: [] }],
    },
  ]);
});

test("only samples of the time that was measured count, of all processes", () => {
  const measured = { fromUs: 1_006_000, toUs: 1_010_000 };
  expect(framesOf([profile], measured)).toMatchObject({ us: 7_000, busyUs: 7_000, samples: 2 });
  expect(framesOf([profile, profile], measured)).toMatchObject({ busyUs: 14_000, samples: 4 });
});

test("a frame is named by its function and its file within a package, never by a path of the machine", () => {
  const places = [
    ["", ""],
    ["node:internal/timers", "node:internal/timers"],
    ["file:///srv/checkout/packages/schedule/dist/next.js", "schedule/next.js"],
    ["file:///srv/checkout/bench/suite/programs/node.ts?x=1", "bench/suite/programs/node.ts"],
    ["/srv/checkout/node_modules/pg-pool/index.js", "pg-pool/index.js"],
    ["/srv/checkout/node_modules/a/node_modules/b/c.js", "b/c.js"],
    ["/srv/checkout/node_modules/@punctual/contract/dist/routes.js", "contract/routes.js"],
    ["file:///home/somebody/tool.js", "tool.js"],
  ] as const;
  for (const [url, place] of places) expect(nameOf(call("f", url))).toBe(place === "" ? "f" : `f, ${place}`);
  expect(nameOf(call("", "node:net"))).toBe("(anonymous), node:net");
});

test("a flame graph shows each frame as wide as its time, with its name and figures, and what is small together", () => {
  const small = Array.from({ length: 4 }, (_, index) => ({ name: `tiny${index}<T>`, us: 20, children: [] }));
  const large = { name: "main, server/boot/main.js", us: 9_920, children: [] };
  const root = { name: "all", us: 10_000, children: [large, ...small] };
  const svg = flameGraph("engine & friends", { root, us: 20_000, busyUs: 10_000, samples: 15 });
  expect(svg).toContain("<title>engine &amp; friends</title>");
  expect(svg).toContain("15 samples over 0 s, busy 50.0 % of the time");
  expect(svg).toContain("<title>main, server/boot/main.js: 99.2 %, 10 ms</title>");
  expect(svg).toContain("<title>… 4 more: 0.8 %, 0 ms</title>");
  expect(svg).not.toContain("tiny");
  const widths = [...svg.matchAll(/<g><title>([^:]+):.*?width="([\d.]+)"/g)].map(([, name, wide]) => [name, Number(wide)]);
  expect(widths).toEqual([
    ["all", 1179.5],
    ["main, server/boot/main.js", 1170.1],
    ["… 4 more", 8.9],
  ]);
});

test("a process that did nothing has an empty flame graph, not a broken one", () => {
  const svg = flameGraph("idle", framesOf([{ ...profile, samples: [3], timeDeltas: [1_000] }], always));
  expect(svg).toContain("busy 0.0 % of the time");
  expect(svg).not.toContain("NaN");
});

const waits = tally([
  [
    { event: "CPU", backends: 2 },
    { event: "IO: WalSync", backends: 1 },
  ],
  [],
  [{ event: "IO: WalSync", backends: 5 }],
]);

test("waits are counted by backend over all samples, the most frequent first", () => {
  expect(waits).toEqual({
    samples: 3,
    backends: 8,
    events: [
      { event: "IO: WalSync", seen: 6 },
      { event: "CPU", seen: 2 },
    ],
  });
});

test("a statement is called by what it changes, or else by what it reads", () => {
  expect(
    labelOf("with moved as (\n update punctual.cursors c set x = 1 -- update punctual.jobs\n) insert into punctual.live_runs select 1"),
  ).toBe("update cursors, insert live_runs");
  expect(labelOf("select 1 from punctual.cursors c join punctual.jobs j on true join punctual.cursors d on true")).toBe(
    "select cursors, jobs",
  );
  expect(labelOf("BEGIN")).toBe("BEGIN");
});

const statements = {
  ms: 1_000,
  top: [
    { statement: "update cursors", calls: 50, ms: 750, rows: 2_000, walBytes: 100_000 },
    { statement: "select nodes", calls: 10, ms: 1, rows: 10, walBytes: 0 },
  ],
};

test("tables tell shares and what a run costs, and leave out what is too rare to limit anything", () => {
  const text = profileTables({ waits, statements }, 1_000);
  expect(text).toContain("3 samples of the database, 2.67 backends at work on average");
  const rows = text.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  expect(rows).toContainEqual(["", "IO: WalSync", "75 %", "2", ""]);
  expect(rows).toContainEqual(["", "update cursors", "75 %", "750", "0.05", "2", "100", ""]);
  expect(text).not.toContain("select nodes");
});

test("profiles of a folder come between their markers of the page, each under its name with its picture, and figures have no part of them", () => {
  const root = mkdtempSync(join(tmpdir(), "punctual-check-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const folder = join(root, "results");
  mkdirSync(join(root, "docs"));
  mkdirSync(folder);
  const opening = "<!-- profiles, written by `npm run bench -- table` -->";
  const page = join(root, "docs", "performance.md");
  writeFileSync(page, `before\n<!-- up to here -->\n${opening}\nold\n<!-- up to here -->\nafter`);
  expect(publishProfiles(folder, root)).toEqual([]);
  const result = {
    ...{ scenario: "engine", at: "2027-01-01T00:00:00Z", machine: { node: "20.0.0", postgres: "18", loadBefore: 0.1 } },
    ...{ runsPerSecond: 100, seconds: 10, cpuSeconds: { node: 5, database: 10 }, walBytesPerRun: 1_337 },
    profile: { fromUs: 0, toUs: 1, waits, statements },
  };
  writeFileSync(join(folder, "engine.profile.json"), JSON.stringify(result));
  writeFileSync(join(folder, "engine.profile.svg"), "<svg/>");
  cpSync(join(folder, "engine.profile.json"), join(folder, "engine-before.profile.json"));
  expect(publishProfiles(folder, root)).toEqual(["docs/performance.md", "docs/performance-flame-engine.svg"]);
  const text = readFileSync(page, "utf8");
  expect(text).toMatch(
    /^before\n<!-- up to here -->\n<!-- profiles[^\n]*\n\n### engine\n[^]*### engine-before\n[^]*<!-- up to here -->\nafter$/,
  );
  expect(text).toContain("100 runs a second; 0.5 cores in nodes; 1 in the database; 1,337 bytes of log a run");
  expect(text).toContain("(performance-flame-engine.svg)");
  expect(text).not.toContain("old");
});
