import { carry } from "../carry.ts";
import { type JobDraft, quietJob } from "../jobs.ts";
import type { Scenario } from "../scenario.ts";
import { setUpStage } from "../stage.ts";

/** As many as a node's cache of definitions holds. */
const jobs = 90_000;
const defaultRate = 36_000;
/** A run that becomes ready costs twice as much, and one that is fired and not begun keeps another from it. */
const defaultRateReady = 20_000;
const defaultSeconds = 60;
/** Three lanes take up to 5,000 each for what they are firing, and a quarter is kept. */
const slots = 20_000;

/**
 * More due than can be carried, so that what ends each second is what the engine carries. Behind, it takes what a job has missed in one move of its cursor; how many
 * that were is told (`runsPerMove`), and a rate just above what it carries keeps it near one.
 */
export const engine: Scenario = {
  name: "engine",
  purpose:
    "recurring jobs with a target that does nothing: due, fired, held, settled, history and attempts kept (--ready, --nodes 2, --rate N)",
  async run(context) {
    const { seconds, rate, ready, nodes } = context.options;
    const offered = rate ?? (ready ? defaultRateReady : defaultRate);
    const everyMs = Math.max(1_000, Math.round((jobs / offered) * 1_000));
    // What the misfire policy alone lets run begins as ready, behind live work; and with a window of a millisecond that is every occurrence.
    const definition: JobDraft = ready ? { ...quietJob, misfire: { window: "1ms", policy: "all" } } : quietJob;
    const { figures } = await carry(context, await setUpStage(context), {
      fleet: { jobs, everyMs, definition, origins: 100 },
      nodes: { count: nodes, noop: true, slots },
      seconds: seconds ?? defaultSeconds,
    });
    return { ...figures, ready };
  },
};
