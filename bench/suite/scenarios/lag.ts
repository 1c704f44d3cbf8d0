import { carry, clear } from "../carry.ts";
import { quietJob } from "../jobs.ts";
import { startReceiver } from "../receiver.ts";
import type { Context, Figures, Scenario } from "../scenario.ts";
import { type Stage, setUpStage } from "../stage.ts";

type Step = { rate: number; webhooks: boolean };

/** 2,894 a second is 250 million a day. */
const steps: readonly Step[] = [
  { rate: 100, webhooks: false },
  { rate: 1_000, webhooks: false },
  { rate: 2_894, webhooks: false },
  { rate: 2_894, webhooks: true },
];
/** Each job's interval: the warm-up is as long, so that every job has fired once. */
const everyMs = 10_000;
const defaultSeconds = 60;
const slots = 1_000;

export const lag: Scenario = {
  name: "lag",
  purpose: "a steady 100, 1,000 and 2,894 runs a second: how late they start, and what that costs (--rate N: only this one)",
  async run(context) {
    const { rate } = context.options;
    const stage = await setUpStage(context);
    const wanted = rate === null ? steps : [false, true].map((webhooks) => ({ rate, webhooks }));
    const found: (Figures & { step: string })[] = [];
    for (const step of wanted) found.push(await measure(context, stage, step));
    const last = found.filter(({ webhooks }) => webhooks === false).at(-1);
    if (last === undefined) throw new Error("no step without webhooks");
    const { step: _step, ...figures } = last;
    return { ...figures, steps: found };
  },
};

async function measure(context: Context, stage: Stage, { rate, webhooks }: Step): Promise<Figures & { step: string }> {
  await clear(stage);
  const receiver = webhooks ? await startReceiver(context, stage) : null;
  const { figures } = await carry(context, stage, {
    fleet: {
      jobs: Math.round((rate * everyMs) / 1_000),
      everyMs,
      definition: receiver === null ? quietJob : { target: { type: "http", url: receiver.url } },
      origins: 100,
    },
    nodes: { count: context.options.nodes, noop: !webhooks, slots },
    seconds: context.options.seconds ?? defaultSeconds,
  });
  return { step: `${rate.toLocaleString("en-US")}/s${webhooks ? ", webhooks" : ""}`, ...figures, webhooks };
}
