import type { ErrorCode } from "../errors.ts";

/** Codes that several operations share. */
export const scheduleErrors = [
  "schedule_missing",
  "schedule_ambiguous",
  "schedule_invalid",
  "schedule_never_fires",
  "timezone_unknown",
  "duration_invalid",
  "instant_invalid",
] as const satisfies readonly ErrorCode[];
export const definitionErrors = [...scheduleErrors, "target_invalid", "payload_too_large"] as const satisfies readonly ErrorCode[];
export const idempotencyErrors = ["idempotency_in_flight", "idempotency_mismatch"] as const satisfies readonly ErrorCode[];
