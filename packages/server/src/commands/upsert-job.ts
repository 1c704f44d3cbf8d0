import { PunctualError } from "@punctual/contract";
import { acceptJob } from "../model/job-definition.ts";
import { findJobByName } from "../store/jobs.ts";
import { readGrounds } from "../store/settings.ts";
import { createAccepted, newJobId } from "./create-job.ts";
import type { Guests } from "./guests.ts";
import type { Operation } from "./operation.ts";
import { withDefaults } from "./settings.ts";
import { replaceJob } from "./update-job.ts";

/**
 * Creates or replaces by name. Two at once may both find nothing: the slower one's insert meets the taken name, and it replaces instead. A job that is
 * deleted between being found and being replaced is created anew.
 */
export function upsertJob(guests: Guests): Operation<"upsertJob"> {
  return async (context, { params, body, ifMatch }) => {
    const { nowMs, settings } = await readGrounds(context.db, context.tenantId, null);
    const wanted = withDefaults(settings, { ...body, name: params.name });
    for (;;) {
      const existing = await findJobByName(context.db, context.tenantId, params.name);
      if (!existing && ifMatch !== null) {
        throw new PunctualError("revision_mismatch", `There is no job named ${JSON.stringify(params.name)} to match revision ${ifMatch}.`);
      }
      try {
        if (existing) {
          const job = await replaceJob(context, guests, { jobId: existing.job_id, ifMatch }, () => wanted);
          return { status: 200, body: job, revision: job.revision };
        }
        const id = newJobId(nowMs, context.tenantId, body);
        const job = await createAccepted(context, id, acceptJob(id, wanted, nowMs, guests.check), nowMs);
        return { status: 201, body: job, revision: job.revision };
      } catch (error) {
        const overtaken = existing ? "job_not_found" : "name_taken";
        if (!(error instanceof PunctualError && error.code === overtaken)) throw error;
      }
    }
  };
}
