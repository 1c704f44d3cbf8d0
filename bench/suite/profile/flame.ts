import type { Flames, Frame } from "./frames.ts";

const width = 1_200;
const rowHeight = 17;
const top = 64;
const charWidth = 6.3;
/** Frames below this share of the busy time are put together: they could not be read. */
const leastShare = 0.003;
const deepest = 60;
const colours = { own: "#8fbce6", dependency: "#f3c178", node: "#cfcfcf", collector: "#e59a9a", rest: "#eeeeee" };

type Box = { frame: Frame; x: number; depth: number };

/**
 * A flame graph: each frame as wide as the time it was on the stack, on top of whoever called it. A browser shows a frame's whole name and figures when pointed at.
 *
 * @param title what was measured
 */
export function flameGraph(title: string, { root, us, busyUs, samples }: Flames): string {
  const boxes = boxesOf(collapsed(root, busyUs * leastShare), busyUs);
  const rows = Math.max(0, ...boxes.map(({ depth }) => depth)) + 1;
  const height = top + rows * rowHeight + 12;
  const share = us === 0 ? 0 : busyUs / us;
  const about = `${samples.toLocaleString("en-US")} samples over ${(us / 1e6).toFixed(0)} s, busy ${percent(share)} of the time; widths are shares of that`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11" fill="#222">
<title>${escape(title)}</title>
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="10" y="20" font-size="14">${escape(title)}</text>
<text x="10" y="38">${about}</text>
${legend()}
${boxes.map((box) => drawn(box, busyUs, height)).join("\n")}
</svg>
`;
}

function legend(): string {
  const entries = [
    ["Punctual", colours.own],
    ["dependencies", colours.dependency],
    ["Node.js and V8", colours.node],
    ["garbage collector", colours.collector],
    ["many small ones", colours.rest],
  ];
  return entries
    .map(([text, colour], index) => {
      const x = 10 + index * 130;
      return `<rect x="${x}" y="46" width="10" height="10" fill="${colour}"/><text x="${x + 14}" y="55">${text}</text>`;
    })
    .join("");
}

function collapsed(frame: Frame, leastUs: number): Frame {
  const kept = frame.children.filter(({ us }) => us >= leastUs).map((child) => collapsed(child, leastUs));
  const small = frame.children.filter(({ us }) => us < leastUs);
  const restUs = small.reduce((sum, { us }) => sum + us, 0);
  const rest: Frame[] = restUs >= leastUs && small.length > 0 ? [{ name: `… ${small.length} more`, us: restUs, children: [] }] : [];
  return { ...frame, children: [...kept, ...rest] };
}

function boxesOf(root: Frame, busyUs: number): Box[] {
  const boxes: Box[] = [];
  const place = (frame: Frame, x: number, depth: number): void => {
    boxes.push({ frame, x, depth });
    if (depth === deepest) return;
    let at = x;
    for (const child of frame.children) {
      place(child, at, depth + 1);
      at += widthOf(child, busyUs);
    }
  };
  if (busyUs > 0) place(root, 10, 0);
  return boxes;
}

function drawn({ frame, x, depth }: Box, busyUs: number, height: number): string {
  const wide = widthOf(frame, busyUs);
  const y = height - 10 - (depth + 1) * rowHeight;
  const room = Math.floor((wide - 6) / charWidth);
  const text = room < 3 ? "" : frame.name.length <= room ? frame.name : `${frame.name.slice(0, room - 1)}…`;
  const said = `${escape(frame.name)}: ${percent(frame.us / busyUs)}, ${Math.round(frame.us / 1_000).toLocaleString("en-US")} ms`;
  const box = `<rect x="${x.toFixed(1)}" y="${y}" width="${Math.max(0.5, wide - 0.5).toFixed(1)}" height="${rowHeight - 1}" fill="${colourOf(frame.name)}"/>`;
  return `<g><title>${said}</title>${box}${text === "" ? "" : `<text x="${(x + 3).toFixed(1)}" y="${y + 12}">${escape(text)}</text>`}</g>`;
}

/** By where the function is, as frames name it. */
function colourOf(name: string): string {
  if (name === "(garbage collector)") return colours.collector;
  if (name.startsWith("…")) return colours.rest;
  const place = name.split(", ").at(-1) ?? "";
  if (!name.includes(", ") || place.startsWith("node:")) return colours.node;
  return /^(server|contract|schedule|client|cli|bench|testkit)\//.test(place) ? colours.own : colours.dependency;
}

const widthOf = ({ us }: Frame, busyUs: number): number => ((width - 20) * us) / busyUs;
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
