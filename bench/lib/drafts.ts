import { readFileSync } from "node:fs";
import type { CreateJobBody, Job } from "@punctual/contract";
import type { ScheduleFact } from "./history.ts";

/** A job to be made. */
export type Draft = {
  body: CreateJobBody & { name: string };
  source: string;
  /** What its schedule means, given the API's answer: only an anchor that the server chose is taken from there. */
  scheduleOf(job: Job): ScheduleFact;
};

/** Where the receiver takes requests: `quick` answers at once, `slow` takes a while, so that a node has some under way at any time. */
export type ReceiverUrls = { quick: string; slow: string };

/** The cron corpus: each line as many jobs as its first column says. Expressions go to the API as they stand. */
export function corpusDrafts(path: string, url: string): Draft[] {
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((text, index) => {
      const [count = "", cron] = text.split("\t");
      if (text.startsWith("#") || cron === undefined) return [];
      const source = `corpus line ${index + 1}`;
      return Array.from({ length: Number(count) }, (_, n) => ({
        source,
        body: { name: `corpus-${index + 1}-${n + 1}`, cron, target: { type: "http" as const, url }, payload: { source, cron } },
        scheduleOf: () => ({ cron, timezone: "UTC" }),
      }));
    });
}

/** `every` jobs by interval: how many of each, and how their anchors are spread over it. Quick ones share the server's anchor, which makes every second a small herd. */
const recurring = [
  { every: "1s", everyMs: 1_000, jobs: 10, target: "quick", spread: false },
  { every: "1s", everyMs: 1_000, jobs: 20, target: "slow", spread: true },
  { every: "2s", everyMs: 2_000, jobs: 5, target: "quick", spread: true },
  { every: "3s", everyMs: 3_000, jobs: 5, target: "quick", spread: true },
  { every: "5s", everyMs: 5_000, jobs: 5, target: "quick", spread: false },
  { every: "7s", everyMs: 7_000, jobs: 5, target: "quick", spread: true },
] as const;

export function everyDrafts(nowMs: number, urls: ReceiverUrls): Draft[] {
  return recurring.flatMap(({ every, everyMs, jobs, target, spread }) =>
    Array.from({ length: jobs }, (_, n) => ({
      source: `every ${every}`,
      body: {
        name: `every-${every}-${target}-${n + 1}`,
        every,
        ...(spread ? { anchor: new Date(nowMs + Math.round((n * everyMs) / jobs) - everyMs).toISOString() } : {}),
        target: { type: "http" as const, url: urls[target] },
      },
      scheduleOf: ({ anchor }) => {
        if (anchor === undefined) throw new Error("the API's answer to a job with `every` names no anchor");
        return { everyMs, anchorMs: Date.parse(anchor) };
      },
    })),
  );
}

/** One-time jobs, spread evenly over a span. */
export function spreadDrafts(fromMs: number, untilMs: number, jobs: number, url: string): Draft[] {
  return Array.from({ length: jobs }, (_, n) =>
    onceDraft(`once-spread-${n + 1}`, Math.round(fromMs + ((untilMs - fromMs) * n) / jobs), url),
  );
}

export function onceDraft(name: string, runAtMs: number, url: string): Draft {
  return {
    source: "runAt",
    body: { name, runAt: new Date(runAtMs).toISOString(), target: { type: "http", url } },
    scheduleOf: () => ({ runAtMs }),
  };
}
