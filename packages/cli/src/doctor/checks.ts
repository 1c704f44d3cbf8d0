import { createClient, PunctualApiError } from "@punctual/client";
import type { ErrorCode } from "@punctual/contract";
import { tzVersion } from "@punctual/schedule";
import { type ConnectionOptions, findKey, serverUrl } from "../connection.ts";
import type { Io } from "../io.ts";

/** What one check found. `skip`: could not be looked at, because an earlier one failed. `code` names the failure in the catalogue. */
export type Finding = {
  check: string;
  verdict: "ok" | "warn" | "fail" | "skip";
  detail: string;
  remedy: string | null;
  code: ErrorCode | null;
};

const oldestNode = [20, 19] as const;
const timeoutMs = 5_000;
/** Below this a clock is good enough for people to compare logs; NTP keeps it a hundred times better. */
const clockToleranceMs = 2_000;

const ok = (check: string, detail: string): Finding => ({ check, verdict: "ok", detail, remedy: null, code: null });
const fail = (check: string, code: ErrorCode, detail: string, remedy: string): Finding => ({
  check,
  verdict: "fail",
  detail,
  remedy,
  code,
});
const skip = (check: string, detail: string): Finding => ({ check, verdict: "skip", detail, remedy: null, code: null });

/** Looks at everything a command needs, in the order in which one thing depends on another. Never throws for what it finds. */
export async function examine(io: Io, options: ConnectionOptions, nodeVersion: string, tzRelease = "unknown"): Promise<Finding[]> {
  const baseUrl = serverUrl(io, options).replace(/\/+$/, "");
  const { finding: server, answer } = await checkServer(baseUrl, io);
  if (answer === undefined) {
    const after = "the server cannot be asked";
    return [checkNode(nodeVersion), checkTimeZones(tzRelease), server, skip("clock", after), skip("database", after), skip("key", after)];
  }
  return [
    checkNode(nodeVersion),
    checkTimeZones(tzRelease),
    server,
    checkClock(answer),
    await checkDatabase(baseUrl),
    await checkKey(io, options, baseUrl),
  ];
}

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return ok("node", `Node.js ${version}`);
  return fail("node", "platform_unsupported", `Node.js ${version} is too old.`, `Install ${oldestNode.join(".")} or newer.`);
}

/** Which rules of time this machine has. The server has its own, and tells them with every preview. */
function checkTimeZones(release: string): Finding {
  return ok("zones", `tz data ${release}, rules ${tzVersion()}`);
}

type TimedAnswer = { date: string | null; askedAtMs: number; answeredAtMs: number };

async function checkServer(baseUrl: string, io: Io): Promise<{ finding: Finding; answer?: TimedAnswer }> {
  const remedy = "Start it with npm start or punctual dev, or name another with --server or PUNCTUAL_SERVER.";
  const askedAtMs = io.nowMs();
  try {
    const response = await fetch(`${baseUrl}/healthz`, { signal: AbortSignal.timeout(timeoutMs) });
    const body = (await response.json().catch(() => null)) as { status?: unknown } | null;
    if (!response.ok || body?.status !== "ok") {
      return {
        finding: fail("server", "server_unreachable", `${baseUrl} answers, but not as a Punctual server (${response.status}).`, remedy),
      };
    }
    return { finding: ok("server", baseUrl), answer: { date: response.headers.get("date"), askedAtMs, answeredAtMs: io.nowMs() } };
  } catch (error) {
    const cause = (error as Error).cause as NodeJS.ErrnoException | undefined;
    return {
      finding: fail("server", "server_unreachable", `${baseUrl} cannot be reached (${cause?.code ?? (error as Error).message}).`, remedy),
    };
  }
}

/** The server's Date header has whole seconds: its clock was somewhere in that second at some moment between our question and its answer. */
export function checkClock({ date, askedAtMs, answeredAtMs }: TimedAnswer): Finding {
  const dateMs = Date.parse(date ?? "");
  if (Number.isNaN(dateMs)) return skip("clock", "the server does not tell its time");
  const behindMs = Math.max(0, dateMs - answeredAtMs);
  const aheadMs = Math.max(0, askedAtMs - (dateMs + 999));
  const differenceMs = Math.max(behindMs, aheadMs);
  if (differenceMs <= clockToleranceMs) return ok("clock", "this machine and the server agree");
  const detail = `This machine's clock is ${(differenceMs / 1_000).toFixed(1)} s ${behindMs > 0 ? "behind" : "ahead of"} the server's.`;
  return {
    check: "clock",
    verdict: "warn",
    detail,
    remedy: "Runs follow the database's clock and are not touched; set the clocks by NTP so that logs agree.",
    code: null,
  };
}

async function checkDatabase(baseUrl: string): Promise<Finding> {
  const remedy = "Look at the node's log; the database must be reachable from the node, and its schema migrated.";
  try {
    const response = await fetch(`${baseUrl}/readyz`, { signal: AbortSignal.timeout(timeoutMs) });
    const { detail } = (await response.json()) as { detail?: string };
    return response.ok
      ? ok("database", detail ?? "reachable")
      : fail("database", "unavailable", detail ?? "The node is not ready.", remedy);
  } catch (error) {
    return fail("database", "unavailable", `The node does not say whether it is ready (${(error as Error).message}).`, remedy);
  }
}

async function checkKey(io: Io, options: ConnectionOptions, baseUrl: string): Promise<Finding> {
  const found = findKey(io, options, baseUrl);
  if (found === undefined)
    return fail("key", "unauthorized", "No API key was found.", "Run this where npm start ran, or set PUNCTUAL_API_KEY.");
  try {
    await createClient({ baseUrl, apiKey: found.key, timeoutMs }).jobs.list({ limit: 1 });
    return ok("key", `accepted (from ${found.from})`);
  } catch (error) {
    if (!(error instanceof PunctualApiError)) throw error;
    return fail("key", error.code, `The key from ${found.from} was refused: ${error.detail}`, error.remedy);
  }
}
