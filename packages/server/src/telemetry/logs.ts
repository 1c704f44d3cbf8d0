import type { Logger } from "pino";
import type { Emit, Event } from "./events.ts";

/** The words and levels of events. Routine ones (every attempt, every request) are debug: at thousands a second they are for metrics, not for reading. */
export function createLogs(logger: Logger): Emit {
  return (event) => {
    // Before the words are made: thousands a second that nobody reads cost 2 % of a node.
    if (routine.has(event.type) && !logger.isLevelEnabled("debug")) return;
    const { level, text, data } = wording(event);
    logger[level](data, text);
  };
}

/** Those of level debug. */
const routine = new Set<Event["type"]>(["fired", "attempt_ended", "runs_held", "dead_letters_counted", "lease_renewed", "request_ended"]);

type Wording = { level: "debug" | "info" | "warn" | "error"; text: string; data: object };

function wording(event: Event): Wording {
  const data = Object.fromEntries(Object.entries(event).filter(([key]) => key !== "type"));
  switch (event.type) {
    case "node_registered":
      return { level: "info", text: `node ${event.nodeId} joined the cluster`, data };
    case "node_stopping":
      return { level: "info", text: `stopping: ${event.running} runs under way are given time to finish`, data };
    case "node_stopped":
      return { level: "info", text: `node ${event.nodeId} left the cluster`, data };
    case "lease_lost":
      return {
        level: "error",
        text: "this node was cut off from the database for too long; its runs were given to others and it joins anew",
        data,
      };
    case "lease_given_up":
      return {
        level: "error",
        text: `nothing but the lease reached the database for ${event.silentMs} ms: given up, so that another node does the work`,
        data,
      };
    case "nodes_buried":
      return { level: "warn", text: `nodes ${event.nodeIds.join(", ")} are gone; their runs are handed back`, data };
    case "shards_changed":
      return { level: "info", text: `owns ${event.owned} shards (${event.taken} taken, ${event.released} released)`, data };
    case "fired":
      return { level: "debug", text: `fired ${event.runs} runs`, data };
    case "attempt_ended":
      return { level: "debug", text: `attempt ${event.attempt} of run ${event.runId}: ${event.next}`, data };
    case "attempt_accepted":
      return { level: "debug", text: `attempt ${event.attempt} of run ${event.runId} was accepted, to be completed later`, data };
    case "results_lost":
      return {
        level: "warn",
        text: `${event.runIds.length} results came after their runs were given to another node; nothing was changed`,
        data,
      };
    case "result_unstorable":
      return { level: "error", text: `the result of run ${event.runId} could not be stored as it came`, data: withError(data) };
    case "job_unusable":
      return {
        level: "error",
        text: `job ${event.jobId} cannot be carried out by this node: its definition is not usable here`,
        data: withError(data),
      };
    case "breaker_changed":
      return event.state === "open"
        ? { level: "warn", text: `breaker of ${event.target} opened: ${event.reason}; its runs wait`, data }
        : { level: "info", text: `breaker of ${event.target} is ${event.state}`, data };
    case "runs_held":
      return { level: "debug", text: `${event.runs} runs are held: ${event.why}`, data };
    case "runs_orphaned":
      return { level: "warn", text: `${event.runs} runs of nodes that are gone were handed back`, data };
    case "runs_expired":
      return {
        level: "warn",
        text: `${event.skipped} runs could not begin in time and were skipped; ${event.ended} were not completed by those who had taken them`,
        data,
      };
    case "job_paused":
      return { level: "warn", text: `job ${event.jobId} was paused: ${event.reason}`, data };
    case "partitions_changed":
      return {
        level: "info",
        text: `history: ${event.made.length} daily partitions made, ${event.dropped.length} dropped; ${event.kept} rows of open dead letters kept`,
        data,
      };
    case "dead_letters_counted":
      return { level: "debug", text: `${event.open} dead letters are open`, data };
    case "finding_changed":
      return event.change === "raised"
        ? { level: "error", text: `watchdog: job ${event.jobId}: ${event.kind}: ${event.detail}`, data }
        : { level: "info", text: `watchdog: job ${event.jobId}: ${event.kind} is mended`, data };
    case "findings_counted":
      return { level: "debug", text: `${event.findings} findings of the watchdog are not mended`, data };
    case "restore_mode":
      return event.stopped
        ? { level: "error", text: `restore mode: nothing fires until a person decides (punctual restore-mode). ${event.detail}`, data }
        : { level: "warn", text: "restore mode is over: firing goes on", data };
    case "listener_lost":
      return { level: "warn", text: "the connection for wake-ups is lost; polling goes on", data: withError(data) };
    case "loop_failed":
      return event.databaseAway
        ? { level: "warn", text: `${event.loop}: the database does not answer; trying again`, data: withError(data) }
        : { level: "error", text: `${event.loop} failed; trying again`, data: withError(data) };
    case "lease_renewed":
      return { level: "debug", text: `node ${event.nodeId} has renewed its lease`, data };
    case "outage_lasts":
      return {
        level: "warn",
        text: `for ${seconds(event.forMs)} s the database has not answered as it should; ${event.failures} looks failed (${event.loops.join(", ")})`,
        data: withError(data),
      };
    case "outage_over":
      return { level: "warn", text: `the database is back after ${seconds(event.forMs)} s; failed looks: ${event.failures}`, data };
    case "request_ended":
      return { level: "debug", text: `${event.method} ${event.route} ${event.status}`, data };
    case "request_failed":
      return { level: "error", text: `${event.method} ${event.route} broke`, data: withError(data) };
  }
}

const seconds = (ms: number): string => (ms / 1_000).toFixed(1);

/**
 * What a log may tell of an error. Not its other properties: PostgreSQL's `detail` and `where` quote the row at fault, and that may be a payload or a
 * target's answer.
 */
function withError(data: object): object {
  const { error, ...rest } = data as { error?: unknown };
  if (!(error instanceof Error)) return { ...rest, error: { message: String(error) } };
  const { name, message, code, stack } = error as Error & { code?: unknown };
  return { ...rest, error: { type: name, message, ...(code !== undefined && { code }), stack } };
}
