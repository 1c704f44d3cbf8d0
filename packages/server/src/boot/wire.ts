import { isIP } from "node:net";
import { PunctualError, type Target as TargetSpec } from "@punctual/contract";
import { pino } from "pino";
import { createOperations } from "../commands/index.ts";
import type { WorkerDesk } from "../commands/workers/desk.ts";
import { type Engine, startEngine } from "../engine/engine.ts";
import { createHttpServer, type HttpEvents } from "../http/server.ts";
import { openDatabase } from "../store/database.ts";
import { openListener } from "../store/listener.ts";
import { checkSchema } from "../store/migrate.ts";
import { createPartitions } from "../store/partitions.ts";
import { checkEncryptionKey, createCipher } from "../store/secrets.ts";
import { createHttpTarget } from "../targets/http/target.ts";
import type { Target } from "../targets/port.ts";
import { createWorkerTarget } from "../targets/worker/target.ts";
import type { Emit } from "../telemetry/events.ts";
import { createLogs } from "../telemetry/logs.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { createOutageLog } from "../telemetry/outage-log.ts";
import type { Configuration } from "./config.ts";
import { databaseProblem } from "./database-problem.ts";
import { readiness } from "./readiness.ts";
import { version } from "./version.ts";

export type Node = {
  /** Where the API is served. */
  url: string;
  engine: Engine;
  /** Drains and stops; safe to call twice. */
  stop(): Promise<void>;
};

/**
 * Opens the pools, checks the schema and the key, and starts engine and API: the one place where all rooms meet.
 *
 * @param given targets by type; those of `guests` unless given
 */
export async function startNode(
  config: Configuration & { databaseUrl: string; encryptionKey: Buffer },
  given?: ReadonlyMap<string, Target<TargetSpec>>,
): Promise<Node> {
  const metrics = createMetrics();
  const emit = telemetry(config, metrics.emit);
  const half = Math.ceil(config.databaseConnections / 2);
  const pooled = config.databasePooler !== "none";
  const timeouts = { statementTimeoutMs: config.databaseTimeoutMs, connectTimeoutMs: config.databaseTimeoutMs };
  const shared = { url: config.databaseUrl, pooled, ...timeouts };
  const apiDb = openDatabase({ ...shared, applicationName: "punctual api", maxConnections: half, minConnections: 1 });
  const loops = { applicationName: "punctual engine", maxConnections: half, minConnections: 2, indexPlansOnly: true };
  const engineDb = openDatabase({ ...shared, ...loops });
  const lease = { applicationName: "punctual lease", maxConnections: 1, minConnections: 1, ...leaseTimeouts(config.leaseTtlMs) };
  const leaseDb = openDatabase({ ...shared, ...lease });
  const direct = { url: config.databaseDirectUrl ?? config.databaseUrl, pooled: pooled && config.databaseDirectUrl === null };
  const cleaning = { applicationName: "punctual cleaning", maxConnections: 2, statementTimeoutMs: cleaningTimeoutMs };
  const cleaningDb = openDatabase({ ...shared, ...direct, ...cleaning });
  const closePools = async (): Promise<void> => {
    await Promise.all([apiDb, engineDb, leaseDb, cleaningDb].map((db) => db.end()));
  };
  const listenUrl = config.databaseDirectUrl ?? (pooled ? null : config.databaseUrl);
  const cipher = createCipher(config.encryptionKey);
  let draining = false;
  let engine: Engine | null = null;
  const targets = given ?? guests(() => engine?.nowMs() ?? Date.now());
  let http: ReturnType<typeof createHttpServer> | null = null;
  try {
    await checkSchema(apiDb);
    if (!(await checkEncryptionKey(apiDb, cipher)))
      throw new PunctualError("encryption_key_mismatch", "The stored secrets were encrypted with another key.");
    await createPartitions(apiDb);
    http = createHttpServer({
      db: apiDb,
      cipher,
      operations: createOperations(
        {
          check: (spec) =>
            targetOf(targets, spec)
              .check(spec)
              .map((fault) => ({ ...fault, pointer: `/target${fault.pointer}` })),
          originOf: (spec) => targetOf(targets, spec).originOf(spec),
          describe: (spec, { number, startedMs, nominalMs, ...attempt }) =>
            targetOf(targets, spec).describe?.(
              { ...attempt, target: spec, attempt: number, nominalAt: nominalMs, idempotencyKey: attempt.runId },
              startedMs,
            ) ?? null,
        },
        deskOf(() => engine),
      ),
      // A job created before the engine runs is found by its first look.
      wake: (shard) => engine?.wake(shard),
      version,
      events: httpEvents(emit),
      isDraining: () => draining,
      isReady: () => readiness(apiDb, () => engine),
      metrics: () => metrics.render(engine ? gaugesOf(engine) : {}),
    });
    // The port before the engine: a node that cannot listen must not have taken shards.
    const url = await listen(http, config);
    const server = http;
    const started = await startEngine({
      db: engineDb,
      leaseDb,
      cleaningDb,
      listen: listenUrl === null ? null : (on) => openListener(listenUrl, on),
      cipher,
      targets,
      nodeName: config.nodeName,
      version,
      slots: config.slots,
      slotsPerOrigin: config.slotsPerOrigin,
      leaseTtlMs: config.leaseTtlMs,
      publicUrl: config.publicUrl,
      retention: { retentionDays: config.retentionDays, deadLetterRetentionDays: config.deadLetterRetentionDays },
      overdueAfterMs: config.overdueAfterMs,
      guard: { gapMs: config.restoreGapMs, clockJumpMs: config.clockJumpMs },
      emit,
    });
    engine = started;
    let stopped: Promise<void> | null = null;
    const stop = async (): Promise<void> => {
      draining = true;
      await started.stop(config.drainTimeoutMs);
      await server.close();
      await Promise.all([...targets.values()].map((target) => target.close()));
      await closePools();
    };
    return { url, engine: started, stop: () => (stopped ??= stop()) };
  } catch (error) {
    await http?.close();
    await closePools();
    throw databaseProblem(error);
  }
}

/** Ten million cursors and their indexes on a busy disk; what is longer is begun again. */
const cleaningTimeoutMs = 600_000;

/** A renewal that hangs must be given up, and made again on a new connection, while the node is still trusted. */
function leaseTimeouts(ttlMs: number): { statementTimeoutMs: number; connectTimeoutMs: number } {
  return { statementTimeoutMs: ttlMs / 4, connectTimeoutMs: ttlMs / 2 };
}

/**
 * The targets that a node serves, by type.
 *
 * @param now epoch ms, for signatures: receivers refuse what is minutes off, and this machine's clock may be
 */
export function guests(now: () => number): Map<string, Target<TargetSpec>> {
  const http: Target<TargetSpec> = createHttpTarget({ now, version });
  const worker: Target<TargetSpec> = createWorkerTarget();
  return new Map([http, worker].map((target) => [target.type, target]));
}

/** The engine's desk, which is there a moment after the port is open. */
function deskOf(engine: () => Engine | null): WorkerDesk {
  const desk = (): WorkerDesk => {
    const workers = engine()?.workers;
    if (!workers) throw new PunctualError("unavailable", "This node is just starting.", { retryAfterSeconds: 1 });
    return workers;
  };
  return {
    lease: async (wish) => desk().lease(wish),
    beat: async (beats) => desk().beat(beats),
    complete: async (results) => desk().complete(results),
    completeAccepted: async (runId, grant, told) => desk().completeAccepted(runId, grant, told),
  };
}

function targetOf(targets: ReadonlyMap<string, Target<TargetSpec>>, spec: TargetSpec): Target<TargetSpec> {
  const target = targets.get(spec.type);
  if (!target) throw new PunctualError("target_invalid", `There are no targets of type ${spec.type}.`);
  return target;
}

function telemetry(config: Configuration, count: Emit): Emit {
  const pretty = process.stdout.isTTY
    ? { transport: { target: "pino-pretty", options: { ignore: "pid,hostname", translateTime: "HH:MM:ss.l" } } }
    : {};
  const log = createOutageLog(createLogs(pino({ level: config.logLevel, ...pretty })));
  return (event) => {
    count(event);
    log(event);
  };
}

function httpEvents(emit: Emit): HttpEvents {
  return {
    answered: ({ method, route, status, durationMs, requestId }) =>
      emit({ type: "request_ended", method, route: route ?? "none", status, durationMs, requestId }),
    failed: ({ method, route, requestId, error }) => emit({ type: "request_failed", method, route: route ?? "none", requestId, error }),
  };
}

function gaugesOf(engine: Engine) {
  const { running, slotsFree, shards, breakersOpen } = engine.gauges();
  return {
    punctual_running: { help: "Attempts under way on this node", value: running },
    punctual_slots_free: { help: "Attempts this node could begin now", value: slotsFree },
    punctual_shards_owned: { help: "Shards this node owns", value: shards },
    punctual_breakers_open: { help: "Targets that are held off, as this node knows; the same on every node", value: breakersOpen },
  };
}

async function listen(http: ReturnType<typeof createHttpServer>, config: Configuration): Promise<string> {
  try {
    await http.listen({ host: config.host, port: config.port });
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "EADDRINUSE") throw new PunctualError("port_busy", `Something listens on ${config.host}:${config.port} already.`);
    if (code === "EACCES") throw new PunctualError("rights_missing", `This user may not listen on port ${config.port}.`);
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
      throw new PunctualError("configuration_invalid", `${config.host} is not an address of this machine.`);
    throw error;
  }
  const address = http.server.address();
  const port = typeof address === "object" && address ? address.port : config.port;
  return `http://${isIP(config.host) === 6 ? `[${config.host}]` : config.host}:${port}`;
}
