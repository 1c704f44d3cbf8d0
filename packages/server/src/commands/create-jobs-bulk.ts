import { type BulkResult, CreateJob, type CreateJobBody, type Problem, PunctualError } from "@punctual/contract";
import { acceptJob, type JobDefinition, signsWithOwnSecret } from "../model/job-definition.ts";
import { problemOf } from "../model/problem.ts";
import { faultsOf } from "../model/validation.ts";
import { type Created, insertJobsHopefully, type NewJob } from "../store/jobs.ts";
import { addSecret, jobSigningSecret, newSigningSecret, removeSecret } from "../store/secrets.ts";
import { readGrounds, type TenantSettings } from "../store/settings.ts";
import { asCreated, newJob, newJobId, randomForIds, wakeIfSoon } from "./create-job.ts";
import type { Guests } from "./guests.ts";
import type { CommandContext, Operation } from "./operation.ts";
import { nameTaken } from "./require-job.ts";
import { withDefaults } from "./settings.ts";
import { jobView } from "./views.ts";

type Item = BulkResult["items"][number];
type Candidate = { row: NewJob & { shard: number }; signingSecret: string | null; definition: JobDefinition };

/** Judges each job on its own, then creates the good ones in one statement: 1,000 jobs cost one round trip, not a thousand. */
export function createJobsBulk(guests: Guests): Operation<"createJobsBulk"> {
  return async (context, { body }) => {
    const { nowMs, settings } = await readGrounds(context.db, context.tenantId, null);
    const random = randomForIds(body.jobs.length);
    const judged = body.jobs.map((job, index) => judge(context, job, nowMs, guests, settings, random(index)));
    const candidates = judged.filter((entry): entry is Candidate => !(entry instanceof PunctualError));
    const created = await store(context, candidates);
    for (const { row } of candidates) if (created.has(row.jobId)) wakeIfSoon(context, row, nowMs);
    const items = judged.map((entry) => itemOf(entry, created, context.tenantId));
    const failed = items.filter((item) => item.problem !== undefined).length;
    return { status: 200, body: { created: items.length - failed, failed, items } };
  };
}

function judge(
  context: CommandContext,
  job: unknown,
  nowMs: number,
  guests: Guests,
  settings: TenantSettings,
  random: string,
): Candidate | PunctualError {
  try {
    const faults = faultsOf(CreateJob, job);
    if (faults.length > 0) throw new PunctualError("request_invalid", faults[0]?.message ?? "The job does not fit its schema.", { faults });
    const body = withDefaults(settings, job as CreateJobBody);
    if (body.idempotencyKey !== undefined) {
      const message = "A job of a bulk request takes no idempotencyKey of its own.";
      throw new PunctualError("request_invalid", message, {
        faults: [{ pointer: "/idempotencyKey", message, remedy: "Send an Idempotency-Key header for the whole request." }],
      });
    }
    const id = newJobId(nowMs, context.tenantId, body, random);
    const accepted = acceptJob(id, body, nowMs, guests.check);
    const signingSecret = signsWithOwnSecret(accepted.definition.target) ? newSigningSecret() : null;
    return { row: newJob(context.tenantId, id, accepted, nowMs), signingSecret, definition: accepted.definition };
  } catch (error) {
    if (error instanceof PunctualError) return error;
    throw error;
  }
}

async function store(context: CommandContext, candidates: readonly Candidate[]): Promise<Created> {
  if (candidates.length === 0) return new Map();
  for (const { row, signingSecret } of candidates) {
    if (signingSecret) await addSecret(context.db, context.cipher, context.tenantId, jobSigningSecret(row.jobId), signingSecret);
  }
  const created = await insertJobsHopefully(
    context.db,
    context.tenantId,
    candidates.map((candidate) => candidate.row),
  );
  for (const { row, signingSecret } of candidates) {
    if (signingSecret && !created.has(row.jobId)) await removeSecret(context.db, context.tenantId, jobSigningSecret(row.jobId));
  }
  return created;
}

function itemOf(entry: Candidate | PunctualError, created: Created, tenantId: number): Item {
  if (entry instanceof PunctualError) return refused(entry);
  const createdMs = created.get(entry.row.jobId);
  if (createdMs === undefined) return refused(nameTaken(entry.row.name));
  const job = jobView(asCreated(entry.row, tenantId, createdMs), { withPayload: false, definition: entry.definition });
  return { status: 201, job: entry.signingSecret ? { ...job, signingSecret: entry.signingSecret } : job };
}

function refused(error: PunctualError): Item {
  const problem: Problem = problemOf(error);
  return { status: problem.status, problem };
}
