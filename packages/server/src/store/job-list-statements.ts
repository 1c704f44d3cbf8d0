import type { Queryable } from "./database.ts";
import { type Bind, cursorConditions, type JobFilters, jobConditions, labelCondition, patternOf } from "./job-filters.ts";
import { type JobRow, jobColumns } from "./jobs.ts";

export type JobKey = { shard: number; job_id: string };

/**
 * The planner's settings for these statements, for a transaction. Statistics that were taken while a tenant was small would have all its jobs sorted, and whole tables read
 * for a page.
 */
export const walkInOrder = "set local enable_sort = off; set local enable_seqscan = off";

/** The jobs `j` that are looked at; $1 is the tenant. `last` is the place of the one that a look ends with, when it does not end with the tenant's last. */
export type Look = (bind: Bind) => { from: string; last: string };

const newestFirst = { key: "job_id", type: "uuid", past: "<", direction: "desc" } as const;
const byName = { key: "name", type: "text", past: ">", direction: "asc" } as const;
const orderOf = ({ namePrefix }: JobFilters) => (namePrefix === undefined ? newestFirst : byName);

/** What the list of these filters is ordered by. */
export const keyOf = (filters: JobFilters, job: JobRow): string | null => job[orderOf(filters).key];

/** The next so many in the order of the list. `offset 0` keeps conditions out of the walk, which would run on for them. Indexes: jobs_tenant, backwards; primary key of job_names. */
export function next(filters: JobFilters, after: string | null, jobs: number): Look {
  const { namePrefix } = filters;
  return (bind) => {
    const last = bind(jobs);
    const tail = `${pastKey(filters, after, bind, "x")} order by x.${orderOf(filters).key} ${orderOf(filters).direction} limit ${last}`;
    if (namePrefix === undefined) return { from: `(select * from punctual.jobs x where x.tenant_id = $1 ${tail}) j`, last };
    const names = `select x.shard, x.job_id from punctual.job_names x where x.tenant_id = $1 and x.name like ${bind(patternOf(namePrefix))} ${tail}`;
    return {
      from: `(${names}) n cross join lateral (select * from punctual.jobs x where x.shard = n.shard and x.job_id = n.job_id offset 0) j`,
      last,
    };
  };
}

/** What is left of a list of jobs. */
export function these(filters: JobFilters, after: string | null, jobs: readonly JobKey[]): Look {
  return (bind) => {
    const list = `unnest(${bind(jobs.map(({ shard }) => shard))}::smallint[], ${bind(jobs.map(({ job_id: id }) => id))}::uuid[]) n(shard, job_id)`;
    const past = pastKey(filters, after, bind, "x");
    return {
      from: `${list} cross join lateral (
        select * from punctual.jobs x where x.shard = n.shard and x.job_id = n.job_id and x.tenant_id = $1 ${past} offset 0) j`,
      last: "null",
    };
  };
}

function pastKey(filters: JobFilters, after: string | null, bind: Bind, table: string): string {
  const { key, past, type } = orderOf(filters);
  return after === null ? "" : `and ${table}.${key} ${past} ${bind(after)}::${type}`;
}

/**
 * Of the jobs looked at those that match, in order, and how far was looked: `reached` is null for to the end, `labelled` is how many have the labels.
 *
 * What a job's own row tells is judged while looking, the cursor only of those that pass, in their order, until the page is full. Locks: none. Indexes: the look's; primary
 * keys of jobs and cursors.
 */
export async function readJobs(
  db: Queryable,
  tenantId: number,
  filters: JobFilters,
  look: Look,
  limit: number,
): Promise<{ rows: JobRow[]; reached: string | null; labelled: number }> {
  const { rows } = await db.query<JobRow & { reached: string | null; labelled: number; job_id: string | null }>(
    jobsStatement(tenantId, filters, look, limit),
  );
  return {
    rows: rows.filter((row) => row.job_id !== null).map(({ reached: _reached, labelled: _labelled, ...row }) => row),
    reached: rows[0]?.reached ?? null,
    labelled: rows[0]?.labelled ?? 0,
  };
}

function jobsStatement(tenantId: number, filters: JobFilters, look: Look, limit: number): { text: string; values: unknown[] } {
  const { key, direction } = orderOf(filters);
  const values: unknown[] = [tenantId];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const { from, last } = look(bind);
  const text = `
with looked as materialized (
  select j.shard, j.job_id, j.${key} as key, row_number() over (order by j.${key} ${direction}) as place,
         ${labelCondition(filters.labels, bind)} as labelled, ${jobConditions(filters, bind)} as fits from ${from})
select (select key from looked where place = ${last}) as reached, (select count(*)::int from looked where labelled) as labelled, page.* from (select) one left join lateral (
  select ${jobColumns}
  from (select shard, job_id, key from looked where labelled and fits order by key ${direction} offset 0) k
  cross join lateral (select * from punctual.jobs x where x.shard = k.shard and x.job_id = k.job_id offset 0) j
  left join lateral (select * from punctual.cursors x where x.shard = k.shard and x.job_id = k.job_id offset 0) c on true
  where ${cursorConditions(filters, bind)} order by k.key ${direction} limit ${bind(limit)}) page on true`;
  return { text, values };
}
