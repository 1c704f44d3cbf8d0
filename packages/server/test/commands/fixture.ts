import { randomBytes } from "node:crypto";
import {
  type Body,
  type CreateJobBody,
  type ErrorCode,
  type Job,
  type OperationId,
  type Params,
  PunctualError,
  type Query,
} from "@punctual/contract";
import { createOperations } from "../../src/commands/index.ts";
import type { CommandContext, OperationResult } from "../../src/commands/operation.ts";
import { planFiring } from "../../src/model/firing-plan.ts";
import { planOf } from "../../src/model/job-definition.ts";
import { fire, readDue } from "../../src/store/firing.ts";
import { readPlans } from "../../src/store/plans.ts";
import { createCipher } from "../../src/store/secrets.ts";
import { checkHttpTarget } from "../../src/targets/http/check.ts";
import { createStore, placement, type Store } from "../store/fixture.ts";
import { emptyDesk } from "../workers/empty-desk.ts";

type Request<K extends OperationId> = { params?: Params<K>; query?: Query<K>; body?: Body<K>; ifMatch?: number | null };

export type Office = Store & {
  /** Shards that were woken, in order. */
  woken: number[];
  /** Asks for an operation as a tenant, the first one unless said otherwise. */
  ask<K extends OperationId>(id: K, request: Request<K>, tenantId?: number): Promise<OperationResult<K>>;
  /** The code of the refusal, or null when the operation is carried out. */
  refusalOf<K extends OperationId>(id: K, request: Request<K>, tenantId?: number): Promise<ErrorCode | null>;
  create(body: Partial<CreateJobBody>): Promise<Job>;
  /** What an engine does when it looks: fires a page of all that is due, as ready runs. @returns how many became live */
  engineLooks(): Promise<number>;
};

/** Who asks in these tests. */
export const actor = "key test (k1)";
export const hook = { type: "http", url: "https://example.com/hook" } as const;
const allShards = Array.from({ length: 256 }, (_, shard) => shard);

/** Every operation on a real database with a frozen clock; no engine runs unless a test lets it look. */
export async function openOffice(): Promise<Office> {
  const store = await createStore();
  const guests = {
    check: (target: { type: string }) =>
      (target.type === "http" ? checkHttpTarget(target) : []).map((fault) => ({ ...fault, pointer: `/target${fault.pointer}` })),
    originOf: () => "https://example.com",
    describe: (target: unknown, attempt: object) => ({
      method: "POST",
      url: JSON.stringify(target),
      headers: {},
      body: JSON.stringify(attempt),
    }),
  };
  const operations = createOperations(guests, emptyDesk);
  const cipher = createCipher(randomBytes(32));
  const woken: number[] = [];
  const ask: Office["ask"] = (id, request, tenantId = store.tenantId) => {
    const context: CommandContext = { db: store.db, tenantId, actor, cipher, wake: (shard) => void woken.push(shard) };
    const whole = { params: {}, query: {}, body: undefined, ifMatch: null, ...request };
    // The table ties each operation to its own request; TypeScript cannot follow that through an id that is only known to be one of them.
    const operation = operations[id] as (context: CommandContext, request: object) => Promise<OperationResult<typeof id>>;
    return operation(context, whole);
  };
  return {
    ...store,
    woken,
    ask,
    refusalOf: async (id, request, tenantId) => {
      try {
        await ask(id, request, tenantId);
        return null;
      } catch (error) {
        if (error instanceof PunctualError) return error.code;
        throw error;
      }
    },
    create: async (body) => (await ask("createJob", { body: { target: hook, ...body } })).body,
    engineLooks: async () => {
      const due = await readDue(store.db, { shards: allShards, watermarksMs: allShards.map(() => 0) }, 100);
      let live = 0;
      for (const row of due) {
        const [definition] = await readPlans(store.db, [{ jobId: row.job_id, revision: row.revision }]);
        const plan = planOf(JSON.parse(definition?.definition ?? "null") as Parameters<typeof planOf>[0], row.job_id);
        const firing = planFiring({ jobId: row.job_id, nextMs: row.next_ms, dueMs: row.due_ms, fired: row.fired }, plan, row.now, 1_000);
        const move = {
          shard: row.shard,
          jobId: row.job_id,
          revision: row.revision,
          nextMs: row.next_ms,
          next: firing.next,
          counted: firing.counted,
        };
        const runs = firing.occurrences.map(({ runId, nominalMs, verdict, reason }) => {
          const state = verdict === "run" ? ("ready" as const) : ("skipped" as const);
          return { shard: row.shard, jobId: row.job_id, runId, nominalMs, state, placement, expiresMs: null, held: null, reason };
        });
        live += (await fire(store.db, null, [move], runs)).live.size;
      }
      return live;
    },
  };
}

export type KnownRun = { nominal: string; revision: number; state: string; reason: string | null };

/** All runs of a job, live and ended, by nominal time. */
export function runsOf(office: Office, jobId: string): Promise<KnownRun[]> {
  return office.rows<KnownRun>(
    `select to_char(nominal_at at time zone 'UTC', 'HH24:MI:SS') as nominal, revision, state, reason from (
       select run_id, nominal_at, revision, state, cancel_reason as reason from punctual.live_runs where job_id = $1
       union all select run_id, nominal_at, revision, state, reason from punctual.finished_runs where job_id = $1) r
     order by run_id`,
    [jobId],
  );
}

/** Ends all live runs as if a node had carried them out, so that nothing but history knows of them. */
export async function carryOutAll(office: Office): Promise<void> {
  await office.rows(`with done as (delete from punctual.live_runs returning *)
    insert into punctual.finished_runs (shard, run_id, job_id, tenant_id, revision, state, kind, nominal_at, attempt, started_at, finished_at)
    select shard, run_id, job_id, tenant_id, revision, 'succeeded', kind, nominal_at, 1, due_at, punctual.clock() from done`);
}
