import { obligationsOf } from "../lib/expected.ts";
import { type ArrivalFact, type JobFact, occurrenceKey } from "../lib/history.ts";
import type { Life } from "./cluster.ts";
import type { FaultMark } from "./fault-log.ts";

export type Scene = {
  title: string;
  jobs: readonly JobFact[];
  arrivals: readonly ArrivalFact[];
  faults: readonly FaultMark[];
  lives: readonly Life[];
  startMs: number;
  endMs: number;
  stoppedMs: number;
};

/** An occurrence as it is drawn; of several on one pixel the worst counts. */
type Mark = { x: number; state: State };
const states = ["arrived", "late", "again", "missing"] as const;
type State = (typeof states)[number];
const colours: Record<State, string> = { arrived: "#2e9e5b", late: "#e0a100", again: "#3b6fd4", missing: "#d4261f" };

const width = 1_400;
const left = 190;
const laneHeight = 14;
const lagHeight = 180;
const lateMs = 1_000;
/** The lag's axis goes from 1 ms to 1,000 s. */
const decades = 6;
/** One-time jobs share a lane; of the others so many have one of their own. */
const maxLanes = 60;

/** Windows, runs and faults over time, as an SVG document: the nodes' lives, the lag of each occurrence, and a lane for each job. */
export function drawPicture(scene: Scene): string {
  const { jobs, arrivals, startMs, endMs, stoppedMs } = scene;
  const share = (epochMs: number): number => Math.max(0, (epochMs - startMs) / Math.max(1, stoppedMs - startMs));
  const x = (epochMs: number): number => left + Math.round(share(epochMs) * (width - left - 10));
  const inTime = (epochMs: number): boolean => epochMs >= startMs && epochMs <= stoppedMs;
  const times = arrivalTimes(arrivals);
  const required = [...obligationsOf(jobs, endMs, endMs).occurrences].filter(([, expected]) => expected.required && inTime(expected.dueMs));
  const occurrences = required.map(([key, { job, dueMs }]) => {
    const got = times.get(key) ?? [];
    return { lane: laneOf(job), x: x(dueMs), lagMs: (got[0] ?? stoppedMs) - dueMs, state: stateOf(got, dueMs) };
  });

  const nodes = [...new Set(scene.lives.map((life) => life.node))];
  const lanes = [...new Set(occurrences.map(({ lane }) => lane))].slice(0, maxLanes);
  const nodesTop = 50;
  const lagTop = nodesTop + nodes.length * laneHeight + 20;
  const lanesTop = lagTop + lagHeight + 20;
  const height = lanesTop + lanes.length * laneHeight + 40;
  const lagY = (lagMs: number): number => Math.round(lagTop + lagHeight - (Math.log10(Math.max(1, lagMs)) / decades) * lagHeight);

  const body = [
    text(10, 24, scene.title, 16),
    ...scene.faults.map((fault) => faultBand(fault, x, height)),
    ...scene.lives.map((life) => lifeBar(life, x, nodesTop + nodes.indexOf(life.node) * laneHeight)),
    ...nodes.map((node, index) => text(10, nodesTop + index * laneHeight + 11, node)),
    ...Array.from({ length: decades + 1 }, (_, power) => gridLine(lagY(10 ** power), `lag ${lagLabel(10 ** power)}`)),
    ...worstByPixel(occurrences.map(({ x: at, lagMs, state }) => ({ x: at, y: lagY(lagMs), state }))).map(
      ({ x: at, y, state }) => `<circle cx="${at}" cy="${y}" r="1.6" fill="${colours[state]}"/>`,
    ),
    ...lanes.flatMap((lane, index) => {
      const top = lanesTop + index * laneHeight;
      const marks = worstByPixel(occurrences.filter((each) => each.lane === lane).map(({ x: at, state }) => ({ x: at, y: top, state })));
      return [text(10, top + 11, lane), ...marks.map((mark) => tick(mark, top))];
    }),
    `<line x1="${x(endMs)}" x2="${x(endMs)}" y1="${nodesTop}" y2="${height - 30}" stroke="#444" stroke-dasharray="4 3"/>`,
    text(10, height - 12, "green: arrived; yellow: more than 1 s late; blue: arrived again; red: missing; grey: a fault; dashed: the end"),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="white"/>
${body.join("\n")}
</svg>
`;
}

const laneOf = (job: JobFact): string => ("runAtMs" in job.schedule ? "one-time jobs" : job.name);

function arrivalTimes(arrivals: readonly ArrivalFact[]): Map<string, number[]> {
  const times = new Map<string, number[]>();
  for (const { jobId, nominalMs, receivedMs } of arrivals) {
    const key = occurrenceKey(jobId, nominalMs);
    const known = times.get(key);
    if (known) known.push(receivedMs);
    else times.set(key, [receivedMs]);
  }
  return times;
}

function stateOf(got: readonly number[], dueMs: number): State {
  const [first] = got;
  if (first === undefined) return "missing";
  if (got.length > 1) return "again";
  return first - dueMs > lateMs ? "late" : "arrived";
}

function worstByPixel<T extends Mark & { y: number }>(marks: readonly T[]): T[] {
  const worst = new Map<string, T>();
  for (const mark of marks) {
    const key = `${mark.x},${mark.y}`;
    const known = worst.get(key);
    if (known === undefined || states.indexOf(mark.state) > states.indexOf(known.state)) worst.set(key, mark);
  }
  return [...worst.values()];
}

function tick({ x, state }: Mark, top: number): string {
  return `<rect x="${x}" y="${top + 2}" width="2" height="${laneHeight - 4}" fill="${colours[state]}"/>`;
}

function lifeBar({ fromMs, toMs, end, pid }: Life, x: (epochMs: number) => number, top: number): string {
  const wide = Math.max(1, x(toMs) - x(fromMs));
  return `<rect x="${x(fromMs)}" y="${top + 2}" width="${wide}" height="${laneHeight - 4}" fill="#9db8d9"><title>process ${pid}, ended: ${escaped(end)}</title></rect>`;
}

function faultBand({ fromMs, toMs, kind, on }: FaultMark, x: (epochMs: number) => number, height: number): string {
  const wide = Math.max(1, x(toMs) - x(fromMs));
  const name = escaped(`${kind}, ${on}`);
  return `<rect x="${x(fromMs)}" y="40" width="${wide}" height="${height - 70}" fill="#8884"><title>${name}</title></rect>${text(x(fromMs), 38, kind, 9)}`;
}

function gridLine(y: number, label: string): string {
  return `<line x1="${left}" x2="${width - 10}" y1="${y}" y2="${y}" stroke="#ddd"/>${text(10, y + 4, label)}`;
}

function lagLabel(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`;
}

function text(x: number, y: number, content: string, size = 11): string {
  return `<text x="${x}" y="${y}" font-size="${size}" fill="#222">${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
