import type { Cluster } from "@punctual/contract";
import type { Io } from "../io.ts";
import { paint } from "./paint.ts";
import { safeText } from "./safe.ts";
import { tableText } from "./table.ts";

/** Shards a line of the map: 16 lines for all. */
const perLine = 16;
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** Farther off than this, a machine's clock deserves a look. */
const noticeableOffsetMs = 1_000;

/** The nodes as a table, what nobody owns, and the duties. */
export async function clusterText(io: Io, cluster: Cluster): Promise<string> {
  const orphaned = cluster.shards.filter(({ owner }) => owner === null).length;
  const nodes = await tableText(
    io,
    ["", "node", "name", "version", "state", "shards", "running", "renewed", "clock"],
    cluster.nodes.map((node, index) => [
      letterOf(index),
      String(node.nodeId),
      safeText(node.name),
      node.version,
      node.draining ? "draining" : "live",
      String(node.shards),
      node.running === null ? "" : `${node.running}/${node.slots}`,
      node.renewedAgoMs === null ? "" : `${node.renewedAgoMs} ms ago`,
      clockText(io, node.clockOffsetMs),
    ]),
  );
  const shards =
    orphaned === 0
      ? `All ${cluster.shards.length} shards are owned.\n`
      : paint(io, "red", `${orphaned} of ${cluster.shards.length} shards are owned by nobody.\n`);
  const duties = cluster.duties.map(({ duty, holder }) => `${duty}: ${holder === null ? "nobody" : `node ${holder}`}`).join(", ");
  const { findings, stopped } = cluster;
  const stop =
    stopped === null ? "" : paint(io, "red", `Restore mode: nothing fires. ${safeText(stopped)} See \`punctual restore-mode show\`.\n`);
  const found = findings === 0 ? "" : paint(io, "red", `The watchdog has found ${findings}; see them with \`punctual findings\`.\n`);
  return `${stop}${nodes}\n${shards}${duties === "" ? "" : `Duties: ${duties}.\n`}${found}`;
}

/** A letter a shard, 16 a line: whose it is, at a glance. `.` is nobody's. */
export function shardMap(cluster: Cluster): string {
  const letterOfNode = new Map(cluster.nodes.map((node, index) => [node.nodeId, letterOf(index)]));
  const marks = cluster.shards.map(({ owner }) => (owner === null ? "." : (letterOfNode.get(owner) ?? "?")));
  const lines = Array.from({ length: Math.ceil(marks.length / perLine) }, (_, line) => {
    const from = line * perLine;
    return `${String(from).padStart(4)}  ${marks.slice(from, from + perLine).join(" ")}\n`;
  });
  return `\n${lines.join("")}`;
}

function letterOf(index: number): string {
  return letters[index % letters.length] ?? "?";
}

function clockText(io: Io, offsetMs: number | null): string {
  if (offsetMs === null) return "";
  const text = `${offsetMs >= 0 ? "+" : ""}${offsetMs} ms`;
  return Math.abs(offsetMs) > noticeableOffsetMs ? paint(io, "yellow", text) : text;
}
