import { describe, expect, it } from "vitest";
import { createMetrics } from "../../src/telemetry/metrics.ts";

const attempt = (lagMs: number | null) =>
  ({
    type: "attempt_ended",
    runId: "r",
    jobId: "j",
    tenantId: 1,
    attempt: 1,
    next: "succeeded",
    failureClass: null,
    lagMs,
    durationMs: 1,
  }) as const;

/** The text format 0.0.4, strictly: a type line before a family's samples, no family twice, every sample a number. */
function parse(text: string): { types: Map<string, string>; samples: Map<string, number> } {
  expect(text.endsWith("\n")).toBe(true);
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  for (const line of text.trimEnd().split("\n")) {
    const type = /^# TYPE ([a-z_]+) (gauge|counter|histogram)$/.exec(line);
    if (type) {
      if (types.has(type[1] ?? "")) throw new Error(`a family twice: ${line}`);
      types.set(type[1] ?? "", type[2] ?? "");
      continue;
    }
    if (/^# HELP [a-z_]+ \S/.test(line)) continue;
    const sample = /^([a-z_]+)(\{(?:[a-z_]+="[^"\\\n]*",?)+\})? (-?[0-9.e+]+|\+Inf)$/.exec(line);
    expect(sample, line).not.toBeNull();
    const family = (sample?.[1] ?? "").replace(/_(bucket|sum|count)$/, "");
    expect(types.has(family) || types.has(sample?.[1] ?? ""), line).toBe(true);
    expect(samples.has(`${sample?.[1]}${sample?.[2] ?? ""}`), line).toBe(false);
    samples.set(`${sample?.[1]}${sample?.[2] ?? ""}`, Number(sample?.[3]));
  }
  return { types, samples };
}

describe("metrics", () => {
  it("are in the text format that Prometheus reads, with and without anything counted", () => {
    const metrics = createMetrics();
    expect(parse(metrics.render({})).samples.get("punctual_lag_ms_count")).toBe(0);
    metrics.emit({ type: "fired", runs: 3, skipped: 1, handed: 2 });
    metrics.emit({ type: "fired", runs: 2, skipped: 0, handed: 2 });
    metrics.emit({ type: "results_lost", runIds: ["a", "b"] });
    metrics.emit({ type: "runs_orphaned", runs: 4 });
    metrics.emit({ type: "loop_failed", loop: "wake line", error: null, databaseAway: true });
    metrics.emit({ type: "request_ended", method: "GET", route: "/", status: 404, durationMs: 1, requestId: "q" });
    const { types, samples } = parse(metrics.render({ punctual_running: { help: "Attempts under way", value: 7 } }));
    expect(types.get("punctual_running")).toBe("gauge");
    expect(types.get("punctual_occurrences_total")).toBe("counter");
    expect(Object.fromEntries(samples)).toMatchObject({
      punctual_running: 7,
      'punctual_occurrences_total{verdict="run"}': 5,
      'punctual_occurrences_total{verdict="skipped"}': 1,
      punctual_results_lost_total: 2,
      punctual_runs_orphaned_total: 4,
      'punctual_loop_failures_total{loop="wake line"}': 1,
      'punctual_requests_total{method="GET",status="404"}': 1,
    });
  });

  it("count every lag once, in buckets that add up, whatever the clock's estimate says", () => {
    const metrics = createMetrics();
    for (const lagMs of [-3, 5, 5.01, 100, 30_000, 86_400_000, null]) metrics.emit(attempt(lagMs));
    const { samples } = parse(metrics.render({}));
    const bucket = (le: string) => samples.get(`punctual_lag_ms_bucket{le="${le}"}`);
    expect([bucket("5"), bucket("10"), bucket("100"), bucket("30000"), bucket("+Inf")]).toEqual([2, 3, 4, 5, 6]);
    expect(samples.get("punctual_lag_ms_count")).toBe(6);
    expect(samples.get("punctual_lag_ms_sum")).toBeGreaterThan(0);
  });
});
