// A node as `punctual start` wires it, configured by the environment. With `--noop`, webhooks end at once and call nothing: what remains is the engine. It runs what was
// built, not the sources: the program that compiles these on the fly slows functions down.
import type { Target as TargetSpec } from "@punctual/contract";
import { readConfiguration } from "../../../packages/server/dist/boot/config.js";
import { untilSignal } from "../../../packages/server/dist/boot/lifecycle.js";
import { guests, startNode } from "../../../packages/server/dist/boot/wire.js";
import type { Target } from "../../../packages/server/dist/targets/port.js";

const told = untilSignal();
const config = readConfiguration("start", {});
if (config.databaseUrl === null || config.encryptionKey === null) throw new Error("expected DATABASE_URL and PUNCTUAL_ENCRYPTION_KEY");
const targets = guests(Date.now);
const http = targets.get("http");
if (process.argv.includes("--noop") && http) targets.set("http", noopFor(http));
const node = await startNode({ ...config, databaseUrl: config.databaseUrl, encryptionKey: config.encryptionKey }, targets);
console.log(`Punctual serves ${node.url}`);
await told;
await node.stop();

/** Everything of the webhook target but the call. */
function noopFor(target: Target<TargetSpec>): Target<TargetSpec> {
  const done = Promise.resolve({ ok: true as const, statusCode: 204, output: null, outputTruncated: false });
  return { ...target, attempt: () => done };
}
