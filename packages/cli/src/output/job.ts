import type { Job } from "@punctual/contract";
import type { Io } from "../io.ts";
import { paint, paintStatus } from "./paint.ts";
import { safeText } from "./safe.ts";
import { nextRunText, scheduleText, shapeFields } from "./schedule.ts";
import { fieldsText, tableText } from "./table.ts";
import { whenText } from "./when.ts";

/** A job in full, a field a line. */
export function jobText(io: Io, job: Job): string {
  const now = io.nowMs();
  const { target } = job;
  const headers = target.type === "http" ? target.headers : undefined;
  return fieldsText(io, [
    ["job", job.jobId],
    ["name", job.name],
    ["status", `${paintStatus(io, job.status)}${job.pauseReason === null ? "" : `: ${job.pauseReason}`}`],
    ["schedule", scheduleText(job)],
    ...shapeFields(job),
    ["next run", nextRunText(job, now) || "none"],
    ["max runs", job.maxRuns?.toString()],
    ["target", target.type === "http" ? `http ${target.method ?? "POST"} ${target.url}` : `worker of queue ${target.queue}`],
    [
      "headers",
      Object.entries(headers ?? {})
        .map(([name, value]) => `${name}: ${value}`)
        .join("\n") || null,
    ],
    ["payload", job.payload === undefined ? null : safeText(JSON.stringify(job.payload, null, 2))],
    ["labels", labelsText(job) || null],
    ["retry", retryText(job.retry)],
    ["timeout", job.timeout],
    ["misfire", `${job.misfire.policy}, window ${job.misfire.window}`],
    ["priority", String(job.priority)],
    ["queue", target.type === "worker" ? undefined : job.queue],
    ["concurrency key", job.concurrencyKey === undefined ? undefined : safeText(job.concurrencyKey)],
    ["overlap", job.overlap === "allow" ? undefined : job.overlap],
    ["start timeout", job.startTimeout],
    ["pauses after", job.pauseAfterDeadRuns === undefined ? undefined : `${job.pauseAfterDeadRuns} dead runs in a row`],
    ["revision", String(job.revision)],
    ["created", whenText(job.createdAt, now)],
    ["updated", whenText(job.updatedAt, now)],
    [
      "secret",
      job.signingSecret === undefined ? null : `${job.signingSecret}\n${paint(io, "yellow", "Shown only now: give it to the receiver.")}`,
    ],
  ]);
}

/** A retry policy in a line. */
export function retryText({ attempts, backoff, baseDelay, maxDelay, deadline }: Job["retry"]): string {
  const delays =
    typeof backoff === "string" ? `${backoff} from ${baseDelay}${maxDelay === undefined ? "" : ` to ${maxDelay}`}` : backoff.join(", ");
  return `${attempts} attempts, ${delays}${deadline === undefined ? "" : `, within ${deadline}`}`;
}

/** Jobs as a table. */
export function jobTable(io: Io, jobs: readonly Job[]): Promise<string> {
  const now = io.nowMs();
  return tableText(
    io,
    ["job", "name", "status", "schedule", "next run", "target"],
    jobs.map((job) => [job.jobId, job.name ?? "", paintStatus(io, job.status), scheduleText(job), nextRunText(job, now), targetText(job)]),
  );
}

function targetText({ target }: Job): string {
  return target.type === "http" ? target.url : `worker: ${target.queue}`;
}

function labelsText(job: Job): string {
  return Object.entries(job.labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");
}
