import type { Answer, OperationId } from "@punctual/contract";
import type { CommandContext } from "../commands/operation.ts";
import { jobSigningSecret, readSecret } from "../store/secrets.ts";

type Job = Answer<"createJob">;

/**
 * The answer as it may be stored: without the signing secrets that were shown in it. The table of stored answers is not encrypted; the table of secrets is,
 * and holds them already.
 */
export function withoutSecrets(operationId: OperationId, body: unknown): unknown {
  if (operationId === "createJob") return withoutSecret(body as Job);
  if (operationId !== "createJobsBulk") return body;
  const bulk = body as Answer<"createJobsBulk">;
  return { ...bulk, items: bulk.items.map((item) => (item.job ? { ...item, job: withoutSecret(item.job) } : item)) };
}

/** Puts the secrets back into a stored answer, in place: whoever lost the first answer lost its secret too, and has no other way to learn it. */
export async function restoreSecrets(context: CommandContext, operationId: OperationId, body: unknown): Promise<void> {
  for (const job of jobsIn(operationId, body)) {
    if (job.target.type !== "http" || job.target.signing !== "own") continue;
    // Newest first; the last is the one that was made with the job. None when the job was deleted since.
    const secret = (await readSecret(context.db, context.cipher, context.tenantId, jobSigningSecret(job.jobId))).at(-1);
    if (secret !== undefined) job.signingSecret = secret;
  }
}

function withoutSecret(job: Job): Job {
  const stored = { ...job };
  delete stored.signingSecret;
  return stored;
}

function jobsIn(operationId: OperationId, body: unknown): Job[] {
  if (operationId === "createJob") return [body as Job];
  if (operationId !== "createJobsBulk") return [];
  return (body as Answer<"createJobsBulk">).items.flatMap((item) => item.job ?? []);
}
