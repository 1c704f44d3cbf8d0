// The shape of the house as named rules. Each comment is what an offender reads: what the rule means, and what to do instead.
// Where one idea needs several rules, the part it speaks about stands in brackets. `checks/layers.test.ts` plants one breach for every rule, so a rule that can no longer fail is noticed.

import { fileURLToPath } from "node:url";

const room = (name) => `^packages/server/src/${name}/`;
const rooms = (...names) => names.map(room);
const source = "^packages/[^/]+/src/";
const insideOf = (name) => `^packages/${name}/src/`;
const testParts = ["^node_modules/(vitest|fast-check|croner|cron-parser|standardwebhooks)/", "/test/", "^packages/testkit/", "^checks/"];

/** Rules for the arrows between packages: schedule <- contract <- client <- cli; contract <- dashboard. */
const packageRules = [
  {
    name: "front-door-only",
    comment:
      "A package is entered through its src/index.ts and nowhere else (the schedule package's core.ts is for web pages outside of this house); the CLI and the dashboard never see a table. Export what you need from that package's index.ts, or ask whether it belongs in the contract.",
    // Tests are not bound: a set-up of the testkit may start a part of the server that the server does not offer.
    from: { path: "^packages/([^/]+)/(src|bin)/" },
    to: { path: "^packages/[^/]+/src/", pathNot: ["^packages/$1/", "^packages/[^/]+/src/index\\.ts$"] },
  },
  {
    name: "packages-point-one-way (contract)",
    comment:
      "schedule stands alone, contract knows schedule, client and dashboard know the contract, server knows contract and schedule, the CLI may know all of these. Move the shared thing to the package both may know.",
    from: { path: insideOf("contract") },
    to: { path: source, pathNot: rulesOut("contract", "schedule") },
  },
  {
    name: "packages-point-one-way (client)",
    comment: "The client speaks the wire and nothing else: it may import the contract and the schedule package.",
    from: { path: insideOf("client") },
    to: { path: source, pathNot: rulesOut("client", "contract", "schedule") },
  },
  {
    name: "packages-point-one-way (dashboard)",
    comment: "The dashboard uses the public API only: it may import the contract (types and routes).",
    from: { path: insideOf("dashboard") },
    to: { path: source, pathNot: rulesOut("dashboard", "contract") },
  },
  {
    name: "packages-point-one-way (server)",
    comment: "The server is called by clients, it never imports one: it may import the contract and the schedule package.",
    from: { path: insideOf("server") },
    to: { path: source, pathNot: rulesOut("server", "contract", "schedule") },
  },
  {
    name: "no-test-doors",
    comment:
      "What ships knows nothing of tests: no testkit, no test library, nothing from a test folder. Hand the clock, the signal or the fault in through a parameter that production uses too.",
    from: { path: source, pathNot: "^packages/testkit/" },
    to: { path: testParts },
  },
];

/** Rules for the rooms of the server: model <- store <- commands <- {engine, http}; targets know only their port; boot wires all. */
const roomRules = [
  {
    name: "schedule-and-model-are-pure (schedule)",
    comment:
      "@punctual/schedule imports nothing but itself: it runs in a browser and has no dependencies. Pass the fact in as an argument.",
    from: { path: insideOf("schedule") },
    to: { pathNot: insideOf("schedule") },
  },
  {
    name: "schedule-and-model-are-pure (model)",
    comment:
      "model/ decides and does nothing: it may import itself, the schedule package, the contract and the contract's schema library; of Node only the hashes of node:crypto (checks/purity.test.ts refuses the rest). Read the clock or the database in the caller and pass the value in.",
    from: { path: room("model") },
    to: { pathNot: [room("model"), insideOf("schedule"), insideOf("contract"), "^node_modules/typebox/", "^crypto$"] },
  },
  {
    name: "only-store-speaks-sql",
    comment:
      "Only store/ talks to PostgreSQL. Add a function to the noun's file in store/ and call that. (The embedded launcher in boot/ asks its own server for its health.)",
    from: { path: source, pathNot: [room("store"), room("boot/embedded-postgres"), "^packages/testkit/"] },
    to: { path: "^node_modules/(@types/)?pg/" },
  },
  {
    name: "rooms-point-down (store)",
    comment:
      "store/ is below commands, engine, http and targets and knows none of them. Pass in what it needs, or move the decision to model/.",
    from: { path: room("store") },
    to: { path: rooms("commands", "engine", "http", "targets") },
  },
  {
    name: "rooms-point-down (commands)",
    comment:
      "A command is what anyone may ask for: it knows store and model, not who asks. Move what http or the engine would add to the caller.",
    from: { path: room("commands") },
    to: { path: rooms("engine", "http") },
  },
  {
    name: "rooms-point-down (telemetry)",
    comment: "telemetry/ turns events into words and numbers; it looks nothing up. Put the fact into the event.",
    from: { path: room("telemetry") },
    to: { path: rooms("store", "commands", "engine", "http", "targets") },
  },
  {
    name: "engine-and-http-are-strangers (engine)",
    comment:
      "Time and people ask for work through the same commands: the engine never imports http. What both need belongs in commands/ or model/.",
    from: { path: room("engine") },
    to: { path: room("http") },
  },
  {
    name: "engine-and-http-are-strangers (http)",
    comment:
      "The API never reaches into the engine's loops. Write a command; the engine notices through the database or is woken by boot's wiring.",
    from: { path: room("http") },
    to: { path: room("engine") },
  },
  {
    name: "targets-are-guests (guest)",
    comment:
      "A target knows its own folder, the port and the small tools beside it, and the contract; not the store, not the engine, not its neighbours. Widen the port if every target needs it; otherwise boot hands it to the factory.",
    from: { path: "^packages/server/src/targets/([^/]+)/" },
    to: {
      path: "^packages/",
      pathNot: ["^packages/server/src/targets/$1/", "^packages/server/src/targets/[^/]+\\.ts$", insideOf("contract"), insideOf("schedule")],
    },
  },
  {
    name: "targets-are-guests (port)",
    comment: "The port and the tools beside it are the guests' whole world: they may import the contract, nothing else of this server.",
    from: { path: "^packages/server/src/targets/[^/]+\\.ts$" },
    to: { path: "^packages/server/src/(?!targets/)" },
  },
  {
    name: "targets-are-guests (host)",
    comment: "Hosts know the port, never a guest: import targets/port.ts and let boot hand the targets in.",
    from: { path: "^packages/server/src/(?!targets/|boot/)" },
    to: { path: "^packages/server/src/targets/", pathNot: "^packages/server/src/targets/port\\.ts$" },
  },
  {
    name: "only-boot-wires",
    comment:
      "Nothing imports boot/ except the package's front door: boot reads the environment, builds the parts and hands them down as arguments.",
    from: { path: "^packages/server/src/", pathNot: [room("boot"), "^packages/server/src/index\\.ts$"] },
    to: { path: room("boot") },
  },
];

/** Rules for every file that ships. */
const graphRules = [
  {
    name: "no-cycles",
    comment:
      "Files that import each other cannot be read, tested or moved alone; types count, for a type cycle is one idea in two files. Move the shared part to a third file below both.",
    from: { path: source },
    to: { circular: true },
  },
  {
    name: "no-orphans",
    comment:
      "Nothing that ships reaches this file from its package's front door, so it is dead, or a test is its only caller. Delete it, or move it to the test. (The mock target exists for tests and benchmarks, which may not sit in the API.)",
    from: { path: "^packages/[^/]+/src/(index|main|core)\\.tsx?$" },
    to: { path: source, pathNot: ["/src/(index|main|core)\\.tsx?$", room("targets/mock"), "^packages/testkit/"], reachable: false },
  },
  {
    name: "no-strays",
    comment: "This import leads nowhere. Correct the path, or add the package to the package.json of the workspace that imports it.",
    from: { path: source },
    to: { couldNotResolve: true },
  },
];

function rulesOut(...packages) {
  return packages.map(insideOf);
}

export default {
  forbidden: [...packageRules, ...roomRules, ...graphRules].map((rule) => ({ severity: "error", ...rule })),
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: ["/dist/", "^bench/", "^node_modules/@punctual/"] },
    tsPreCompilationDeps: true,
    webpackConfig: { fileName: fileURLToPath(new URL("checks/layers.resolve.mjs", import.meta.url)) },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["types", "import", "node", "default"] },
  },
};
