import { listFindings as listRows } from "../store/findings.ts";
import type { Operation } from "./operation.ts";
import { cutPage, pageCursor } from "./page-cursor.ts";
import { instant, instantOrNull } from "./views.ts";

const defaultPage = 50;

/** Of all tenants: its pages belong to nobody in particular. */
export const listFindings: Operation<"listFindings"> = async ({ db }, { query }) => {
  const { cursor, limit = defaultPage } = query;
  const pages = pageCursor(0, "findings", []);
  const [shard = "", jobId = "", kind = ""] = pages.read(cursor)?.split("/") ?? [];
  const found = await listRows(db, shard === "" ? null : { shard: Number(shard), jobId, kind }, limit + 1);
  const { rows, lastKey } = cutPage(found, limit, (row) => `${row.shard}/${row.job_id}/${row.kind}`);
  return {
    status: 200,
    body: {
      items: rows.map((row) => ({
        kind: row.kind,
        tenant: row.tenant,
        jobId: row.job_id,
        jobName: row.job_name,
        nominalAt: instantOrNull(row.nominal_ms),
        foundAt: instant(row.found_ms),
        detail: row.detail,
      })),
      nextCursor: pages.after(lastKey),
    },
  };
};
