import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type FaultDatabase, quietPort } from "./postgres.ts";
import { connectToPrimary, primaryOf } from "./primary.ts";

const program = fileURLToPath(new URL("../../deploy/ha/ha.sh", import.meta.url));
const run = promisify(execFile);
const pollMs = 50;
/** Patroni's key in etcd lives for 20 s. */
const promotionMs = 90_000;
const portsInARow = 6;
/** Before the kill nothing reaches the standby for so long, in seconds: whatever is acknowledged without it is lost for certain, and not only with bad luck. */
const heldS = "2";

/**
 * Two servers under Patroni, by `deploy/ha/ha.sh`: `down` kills the primary and waits until the other one has taken over, `up` revives it and waits until it is the
 * synchronous standby.
 */
export async function startPatroni(parent: string): Promise<FaultDatabase> {
  const folder = join(parent, "ha");
  const env = { ...process.env, HA_BASE_PORT: String(await quietPort(portsInARow)) };
  const ha = async (verb: string, ...more: string[]): Promise<string> =>
    (await run(program, [verb, folder, ...more], { env })).stdout.trim();
  const stop = async (): Promise<void> => {
    if (existsSync(join(folder, "port"))) await ha("down");
  };
  try {
    await ha("up");
    const url = await ha("url");
    const servers = serversOf(url);
    let primary = await primaryOf(servers);
    return {
      url,
      servers,
      version: await versionOf(servers),
      pid: () => pidOf(join(folder, `db${servers.indexOf(primary) + 1}`)),
      async down() {
        await ha("kill-primary", heldS);
        primary = await promoted(servers, primary);
      },
      up: async () => void (await ha("up")),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function promoted(servers: readonly string[], old: string): Promise<string> {
  const deadline = performance.now() + promotionMs;
  while (performance.now() < deadline) {
    const primary = await primaryOf(servers).catch(() => old);
    if (primary !== old) return primary;
    await delay(pollMs);
  }
  throw new Error(`after ${promotionMs} ms no standby has taken over`);
}

async function versionOf(servers: readonly string[]): Promise<string> {
  const { client } = await connectToPrimary(servers, {});
  const { rows } = await client.query<{ version: string }>("select current_setting('server_version') as version");
  await client.end();
  return rows[0]?.version ?? "";
}

function pidOf(member: string): number {
  return Number.parseInt(readFileSync(join(member, "data", "postmaster.pid"), "utf8"), 10);
}

/** Each server of a URL that names several, as a URL of its own. */
function serversOf(url: string): string[] {
  const [, account = "", hosts = "", path = ""] = /^postgres:\/\/([^@]*)@([^/]*)(\/[^?]*)/.exec(url) ?? [];
  return hosts.split(",").map((host) => `postgres://${account}@${host}${path}`);
}
