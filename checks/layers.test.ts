import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { cruise } from "./lib/layers.ts";
import { formatViolations } from "./lib/violation.ts";

/** One breach for every rule: the file that offends, and what it says. */
const plants: Record<string, { path: string; text: string }> = {
  "front-door-only": { path: "packages/cli/src/peek.ts", text: 'import "../../server/src/store/jobs.ts";' },
  "packages-point-one-way (contract)": { path: "packages/contract/src/up.ts", text: 'import "@punctual/client";' },
  "packages-point-one-way (client)": { path: "packages/client/src/up.ts", text: 'import "@punctual/server";' },
  "packages-point-one-way (dashboard)": { path: "packages/dashboard/src/up.ts", text: 'import "@punctual/server";' },
  "packages-point-one-way (server)": { path: "packages/server/src/up.ts", text: 'import "@punctual/client";' },
  "no-test-doors": { path: "packages/server/src/store/door.ts", text: 'import "vitest";' },
  "schedule-and-model-are-pure (schedule)": { path: "packages/schedule/src/impure.ts", text: 'import "node:fs";' },
  "schedule-and-model-are-pure (model)": { path: "packages/server/src/model/impure.ts", text: 'import "../store/jobs.ts";' },
  "only-store-speaks-sql": { path: "packages/server/src/http/sql.ts", text: 'import "pg";' },
  "rooms-point-down (store)": { path: "packages/server/src/store/up.ts", text: 'import "../commands/verb.ts";' },
  "rooms-point-down (commands)": { path: "packages/server/src/commands/up.ts", text: 'import "../engine/loop.ts";' },
  "rooms-point-down (telemetry)": { path: "packages/server/src/telemetry/up.ts", text: 'import "../store/jobs.ts";' },
  "engine-and-http-are-strangers (engine)": { path: "packages/server/src/engine/up.ts", text: 'import "../http/server.ts";' },
  "engine-and-http-are-strangers (http)": { path: "packages/server/src/http/up.ts", text: 'import "../engine/loop.ts";' },
  "targets-are-guests (guest)": { path: "packages/server/src/targets/http/up.ts", text: 'import "../mock/mock.ts";' },
  "targets-are-guests (port)": { path: "packages/server/src/targets/tool.ts", text: 'import "../store/jobs.ts";' },
  "targets-are-guests (host)": { path: "packages/server/src/engine/host.ts", text: 'import "../targets/mock/mock.ts";' },
  "only-boot-wires": { path: "packages/server/src/http/boot.ts", text: 'import type { Wire } from "../boot/wire.ts";' },
  "no-cycles": { path: "packages/client/src/self.ts", text: 'import type { Other } from "./other.ts"; export type Self = Other;' },
  "no-orphans": { path: "packages/client/src/alone.ts", text: "export const alone = 1;" },
  "no-strays": { path: "packages/client/src/stray.ts", text: 'import "./nowhere.ts";' },
};

/** What the offenders import, and neighbours that offend nobody. */
const soil: Record<string, string> = {
  "node_modules/pg/package.json": '{ "name": "pg", "main": "index.js" }',
  "node_modules/pg/index.js": "",
  "node_modules/vitest/package.json": '{ "name": "vitest", "main": "index.js" }',
  "node_modules/vitest/index.js": "",
  "packages/server/src/store/jobs.ts": 'import "../model/state.ts"; import "pg";',
  "packages/server/src/model/state.ts": 'import "@punctual/schedule";',
  "packages/server/src/commands/verb.ts": 'import "../store/jobs.ts";',
  "packages/server/src/engine/loop.ts": 'import "../commands/verb.ts"; import "../targets/port.ts";',
  "packages/server/src/http/server.ts": 'import "../commands/verb.ts";',
  "packages/server/src/targets/port.ts": 'import "@punctual/contract";',
  "packages/server/src/targets/mock/mock.ts": 'import "../port.ts";',
  "packages/server/src/boot/wire.ts":
    'import "../engine/loop.ts"; import "../http/server.ts"; import "../targets/mock/mock.ts"; export type Wire = 1;',
  "packages/server/src/index.ts": 'import "./boot/wire.ts";',
  "packages/schedule/src/index.ts": "export {};",
  "packages/contract/src/index.ts": 'import "@punctual/schedule";',
  "packages/client/src/index.ts": 'import "@punctual/contract"; import "./self.ts";',
  "packages/client/src/other.ts": 'import type { Self } from "./self.ts"; export type Other = Self;',
};

/** The other half of the planted cycle; the tool names either half. */
const partner = "packages/client/src/other.ts";

function plantTree(): string {
  const folder = mkdtempSync(join(tmpdir(), "punctual-layers-"));
  const files = { ...soil, ...Object.fromEntries(Object.values(plants).map(({ path, text }) => [path, text])) };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `${text}\n`);
  }
  return folder;
}

describe("layers", () => {
  it("holds in this repository", () => {
    expect(formatViolations(cruise().breaches)).toEqual([]);
  });

  it("notices a breach of every rule, and nothing in the neighbours", () => {
    const folder = plantTree();
    try {
      const { breaches, ruleNames } = cruise(folder);
      const caught = (name: string): boolean =>
        breaches.some((breach) => breach.rule === name && [plants[name]?.path, partner].includes(breach.path));
      expect([...ruleNames].filter((name) => !caught(name))).toEqual([]);
      const offenders = new Set(Object.values(plants).map((plant) => plant.path));
      const innocent = breaches.filter((breach) => !offenders.has(breach.path) && breach.path !== partner);
      expect(formatViolations(innocent)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
