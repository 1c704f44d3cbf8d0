import type { Emit, Event } from "./events.ts";

/** Upper bounds in ms, from a tick to the outer wall of 30 s. */
const lagBucketsMs = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000];

export type Metrics = {
  emit: Emit;
  /** The Prometheus text format, version 0.0.4. `gauges` are read at the moment of asking. */
  render(gauges: { [name: string]: { help: string; value: number } }): string;
};

/**
 * Counters kept from events. A registry of our own, as there are a dozen series: prom-client is deprecated in favour of a package that Node 20 cannot load.
 */
export function createMetrics(): Metrics {
  const counters = new Map<string, number>();
  const lagCounts = Array.from({ length: lagBucketsMs.length + 1 }, () => 0);
  let lagSum = 0;
  let openDeadLetters: number | null = null;
  let findings: number | null = null;
  let stopped = 0;
  const count = (name: string, labels: { [label: string]: string } = {}, by = 1): void => {
    const text = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    add(text.length > 0 ? `${name}{${text.join(",")}}` : name, by);
  };
  const add = (series: string, by: number): void => {
    counters.set(series, (counters.get(series) ?? 0) + by);
  };
  const observeLag = (lagMs: number): void => {
    const bucket = lagBucketsMs.findIndex((bound) => lagMs <= bound);
    const at = bucket < 0 ? lagBucketsMs.length : bucket;
    lagCounts[at] = (lagCounts[at] ?? 0) + 1;
    lagSum += Math.max(0, lagMs);
  };
  return {
    emit: (event: Event) => {
      switch (event.type) {
        case "fired":
          count("punctual_occurrences_total", { verdict: "run" }, event.runs);
          count("punctual_occurrences_total", { verdict: "skipped" }, event.skipped);
          return;
        case "attempt_ended":
          add(`punctual_attempts_total{next="${event.next}",failure_class="${event.failureClass ?? ""}"}`, 1);
          if (event.lagMs !== null) observeLag(event.lagMs);
          return;
        case "attempt_accepted":
          count("punctual_attempts_accepted_total");
          if (event.lagMs !== null) observeLag(event.lagMs);
          return;
        case "results_lost":
          return count("punctual_results_lost_total", {}, event.runIds.length);
        case "breaker_changed":
          return count("punctual_breaker_changes_total", { state: event.state });
        case "runs_held":
          return count("punctual_runs_held_total", { why: event.why }, event.runs);
        case "runs_orphaned":
          return count("punctual_runs_orphaned_total", {}, event.runs);
        case "runs_expired":
          count("punctual_runs_expired_total", { what: "unstarted" }, event.skipped);
          count("punctual_runs_expired_total", { what: "held" }, event.ended);
          return;
        case "job_paused":
          return count("punctual_jobs_paused_total");
        case "loop_failed":
          return count("punctual_loop_failures_total", { loop: event.loop });
        case "dead_letters_counted":
          openDeadLetters = event.open;
          return;
        case "finding_changed":
          return count("punctual_findings_total", { change: event.change, kind: event.kind });
        case "findings_counted":
          findings = event.findings;
          return;
        case "restore_mode":
          stopped = event.stopped ? 1 : 0;
          return;
        case "request_ended":
          return count("punctual_requests_total", { method: event.method, status: String(event.status) });
        default:
          return;
      }
    },
    render: (given) => {
      const lines: string[] = [];
      const openHelp = "Dead letters that nobody dealt with, of all tenants, as every node sees them; counted up to 10,000";
      const findingsHelp = "What the watchdog found and is not mended, as every node sees it; counted up to 10,000";
      const gauges = {
        ...given,
        punctual_restore_mode: { help: "1 while nothing fires because of a restore, as every node sees it", value: stopped },
        ...(findings !== null && { punctual_findings: { help: findingsHelp, value: findings } }),
        ...(openDeadLetters !== null && { punctual_dead_letters_open: { help: openHelp, value: openDeadLetters } }),
      };
      for (const [name, { help, value }] of Object.entries(gauges))
        lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${value}`);
      let family = "";
      for (const [series, value] of [...counters].sort(([a], [b]) => a.localeCompare(b))) {
        const name = series.split("{")[0] ?? series;
        if (name !== family) lines.push(`# TYPE ${name} counter`);
        family = name;
        lines.push(`${series} ${value}`);
      }
      lines.push("# HELP punctual_lag_ms Nominal time to the start of the first attempt", "# TYPE punctual_lag_ms histogram");
      let total = 0;
      for (const [index, n] of lagCounts.entries()) {
        total += n;
        lines.push(`punctual_lag_ms_bucket{le="${lagBucketsMs[index] ?? "+Inf"}"} ${total}`);
      }
      lines.push(`punctual_lag_ms_sum ${lagSum}`, `punctual_lag_ms_count ${total}`);
      return `${lines.join("\n")}\n`;
    },
  };
}
