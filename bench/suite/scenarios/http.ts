import { carry } from "../carry.ts";
import { startReceiver } from "../receiver.ts";
import type { Scenario } from "../scenario.ts";
import { setUpStage } from "../stage.ts";

const jobs = 60_000;
/** Just above what is carried: far above it, most of what is measured is the firing of runs that then wait. */
const defaultRate = 8_500;
const defaultSeconds = 60;
const slots = 1_000;
const payload = JSON.stringify({ report: "daily", recipients: ["a@example.com", "b@example.com"], limit: 100, dryRun: false });

export const http: Scenario = {
  name: "http",
  purpose: "the same with signed webhooks, whose answers are kept, to a cheap receiver in a process of its own (--nodes N, --rate N)",
  async run(context) {
    const { seconds, rate, nodes } = context.options;
    const stage = await setUpStage(context);
    const receiver = await startReceiver(context, stage);
    const { figures } = await carry(context, stage, {
      fleet: {
        jobs,
        everyMs: Math.max(1_000, Math.round((jobs / (rate ?? defaultRate)) * 1_000)),
        definition: { target: { type: "http", url: receiver.url } },
        origins: 1,
        payload,
      },
      nodes: { count: nodes, noop: false, slots },
      seconds: seconds ?? defaultSeconds,
    });
    const { requests, signed } = await receiver.stop();
    return { ...figures, receiver: { requests, signed } };
  },
};
