import { originKey, queueKey } from "../../packages/server/src/model/ids.ts";
import type { RunFilters } from "../../packages/server/src/store/run-search.ts";
import type { Stock } from "./fill.ts";

/** What is asked, by name: filters drawn anew for each page, which begins at a random time of the history. */
export function questionsOf(stock: Stock): { [name: string]: () => RunFilters } {
  const any = <T>(items: readonly T[]): T => {
    const item = items[Math.floor(Math.random() * items.length)];
    if (item === undefined) throw new RangeError("nothing to choose from");
    return item;
  };
  const toMs = (): number => stock.fromMs + Math.random() * (stock.toMs - stock.fromMs);
  const origin = (): number => originKey(stock.tenantId, any(stock.origins));
  const label = () => ({ key: "team", value: `t${Math.floor(Math.random() * stock.teams)}` });
  return {
    "no filter": () => ({ toMs: toMs() }),
    "an hour": () => {
      const fromMs = toMs();
      return { fromMs, toMs: fromMs + 3_600_000 };
    },
    job: () => ({ jobId: any(stock.jobIds), toMs: toMs() }),
    "job, dead": () => ({ jobId: any(stock.jobIds), states: ["dead"], toMs: toMs() }),
    label: () => ({ labels: [label()], toMs: toMs() }),
    "label, dead": () => ({ labels: [label()], states: ["dead"], toMs: toMs() }),
    dead: () => ({ states: ["dead"], toMs: toMs() }),
    "skipped or cancelled": () => ({ states: ["skipped", "cancelled"], toMs: toMs() }),
    succeeded: () => ({ states: ["succeeded"], toMs: toMs() }),
    running: () => ({ states: ["running"] }),
    "failure class": () => ({ failureClasses: [any(["dns", "timeout", "http_status"] as const)], toMs: toMs() }),
    "status code 503": () => ({ statusCodes: [{ from: 503, to: 503 }], toMs: toMs() }),
    kind: () => ({ kind: "manual", toMs: toMs() }),
    target: () => ({ origin: origin(), toMs: toMs() }),
    "target, timeout": () => ({ origin: origin(), failureClasses: ["timeout"], toMs: toMs() }),
    queue: () => ({ queue: queueKey(stock.tenantId, any(stock.queues)), toMs: toMs() }),
    "text, one run in 100,000": () => ({ text: stock.needle, toMs: toMs() }),
    "text of a job": () => ({ jobId: any(stock.jobIds), text: stock.needle, toMs: toMs() }),
    "text of dead runs": () => ({ states: ["dead"], text: "answered so: 503", toMs: toMs() }),
    "nothing to find": () => ({ kind: "backfill", toMs: toMs() }),
  };
}
