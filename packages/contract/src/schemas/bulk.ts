import { Type } from "typebox";
import { Job } from "./job.ts";
import { Problem } from "./problem.ts";

export const BulkItem = Type.Object(
  { status: Type.Integer({ description: "201, or the status of the problem" }), job: Type.Optional(Job), problem: Type.Optional(Problem) },
  { title: "BulkItem", additionalProperties: false },
);

/** One item for each job of the request, in its order. */
export const BulkResult = Type.Object(
  { created: Type.Integer(), failed: Type.Integer(), items: Type.Array(BulkItem) },
  { title: "BulkResult", additionalProperties: false },
);
