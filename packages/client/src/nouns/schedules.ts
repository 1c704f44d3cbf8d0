import type {
  DiffRequest,
  ExplainRequest,
  Explanation,
  Forecast,
  ForecastRequest,
  LintRequest,
  LintResult,
  Preview,
  PreviewRequest,
  ScheduleDiff,
} from "@punctual/contract";
import type { Call } from "../call.ts";

/** Questions about schedules. Every function throws PunctualApiError. */
export function createSchedules(call: Call) {
  return {
    /** The next occurrences of a schedule that needs no job. */
    preview: (body: PreviewRequest): Promise<Preview> => call("previewSchedule", { body }),
    /** Why a schedule fires at a time, or not. */
    explain: (body: ExplainRequest): Promise<Explanation> => call("explainSchedule", { body }),
    /** What may surprise the author of a schedule. */
    lint: (body: LintRequest): Promise<LintResult> => call("lintSchedule", { body }),
    /** What would change if one schedule replaced another. */
    diff: (body: DiffRequest): Promise<ScheduleDiff> => call("diffSchedules", { body }),
    /** How many occurrences the tenant's jobs will have, by default in each minute of the next day. */
    forecast: (body: ForecastRequest = {}): Promise<Forecast> => call("forecastLoad", { body }),
  };
}
