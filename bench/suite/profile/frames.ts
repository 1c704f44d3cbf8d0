/** What V8 writes with --cpu-prof. Times are microseconds of the machine's monotonic clock. */
export type CpuProfile = {
  nodes: readonly {
    id: number;
    callFrame: { functionName: string; url: string };
    children?: readonly number[];
  }[];
  startTime: number;
  samples: readonly number[];
  timeDeltas: readonly number[];
};

/** A function and what it called, with the time that was spent in both. */
export type Frame = { name: string; us: number; children: readonly Frame[] };

/** What was seen in a time: `busyUs` is what `root` adds up to; the rest of `us` the process had nothing to do. */
export type Flames = { root: Frame; us: number; busyUs: number; samples: number };

/** V8's own words for time in which no function ran. */
const idleNames: ReadonlySet<string> = new Set(["(idle)", "(program)"]);

type Growing = { name: string; us: number; children: Map<string, Growing> };
const grow = (name: string): Growing => ({ name, us: 0, children: new Map() });

/**
 * One tree of the profiles of several processes.
 *
 * @param within of the samples only those of this time, monotonic microseconds
 */
export function framesOf(profiles: readonly CpuProfile[], within: { fromUs: number; toUs: number }): Flames {
  const root = grow("all");
  let [us, samples] = [0, 0];
  for (const profile of profiles) {
    const stacks = stacksOf(profile);
    let atUs = profile.startTime;
    for (const [index, id] of profile.samples.entries()) {
      const takesUs = Math.max(0, profile.timeDeltas[index] ?? 0);
      atUs += takesUs;
      if (atUs < within.fromUs || atUs > within.toUs) continue;
      us += takesUs;
      samples++;
      const stack = stacks.get(id) ?? [];
      if (idleNames.has(stack.at(-1) ?? "")) continue;
      let frame = root;
      frame.us += takesUs;
      for (const name of stack) {
        const next = frame.children.get(name) ?? grow(name);
        frame.children.set(name, next);
        next.us += takesUs;
        frame = next;
      }
    }
  }
  return { root: grown(root), us, busyUs: root.us, samples };
}

/** Names from the outermost function to the sampled one, by the id of the sample; V8's root is left out. */
function stacksOf({ nodes }: CpuProfile): Map<number, string[]> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const called = new Set(nodes.flatMap(({ children = [] }) => [...children]));
  const stacks = new Map<number, string[]>();
  const open = nodes.filter(({ id }) => !called.has(id)).map(({ id }) => ({ id, above: null as string[] | null }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const node = byId.get(next.id);
    if (!node) continue;
    const stack = next.above === null ? [] : [...next.above, nameOf(node.callFrame)];
    stacks.set(next.id, stack);
    for (const id of node.children ?? []) open.push({ id, above: stack });
  }
  return stacks;
}

/** `function, place`: the place is a package's file or a part of Node.js, and never a path of this machine. */
export function nameOf({ functionName, url }: { functionName: string; url: string }): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  const place = placeOf(url);
  return place === "" ? name : `${name}, ${place}`;
}

function placeOf(url: string): string {
  if (url === "" || url.startsWith("node:")) return url;
  const path = url.replace(/[?#].*$/, "");
  const dependency = /^.*\/node_modules\/(.+)$/.exec(path)?.[1];
  const own = /\/(?:packages\/([^/]+)\/(?:dist|src)|(bench))\/(.+)$/.exec(path);
  // Packages of the workspace are linked into node_modules.
  const linked = dependency?.replace(/^@punctual\/([^/]+)\/dist\//, "$1/");
  return linked ?? (own ? `${own[1] ?? own[2]}/${own[3]}` : (path.split("/").at(-1) ?? ""));
}

/** Most time first. */
function grown({ name, us, children }: Growing): Frame {
  return { name, us, children: [...children.values()].map(grown).sort((a, b) => b.us - a.us) };
}
