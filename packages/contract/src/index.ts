export * from "./errors.ts";
export { limits } from "./limits.ts";
export { openApiDocument } from "./openapi.ts";
export * from "./routes.ts";
export { auditLatenessMs, auditProblems, auditVerdicts } from "./schemas/audit.ts";
export { type BreakerState, breakerStates, breakerWishes } from "./schemas/breaker.ts";
export { BulkItem, BulkResult as BulkResultSchema } from "./schemas/bulk.ts";
export { type FindingKind, findingKinds } from "./schemas/finding.ts";
export { CreateJob, jobStatuses, UpsertJob } from "./schemas/job.ts";
export {
  attemptOutcomes,
  type FailureClass,
  failureClasses,
  type HoldReason,
  holdReasons,
  type NextReason,
  nextReasons,
  type RunKind,
  type RunState,
  runKinds,
  runStates,
  type TerminalRunState,
  terminalRunStates,
} from "./schemas/run.ts";
export { httpMethods, targetTypes } from "./schemas/target.ts";
export { heartbeatStatuses, logLevels, workerOutcomes } from "./schemas/worker.ts";
export type * from "./types.ts";
