import { styleText } from "node:util";
import type { Io } from "../io.ts";

type Style = Parameters<typeof styleText>[0];

/** Text in a style, on a terminal that shows styles; plain text elsewhere. */
export function paint(io: Pick<Io, "colour">, style: Style, text: string): string {
  return io.colour ? styleText(style, text) : text;
}

const statusStyles: { readonly [status: string]: Style } = {
  active: "green",
  succeeded: "green",
  ok: "green",
  running: "cyan",
  ready: "cyan",
  paused: "yellow",
  waiting: "yellow",
  warn: "yellow",
  dead: "red",
  lost: "red",
  failed: "red",
  fail: "red",
  refused: "red",
  open: "red",
  recovering: "yellow",
  closed: "green",
};

/** A status, a verdict or an outcome in the colour of its weight. */
export function paintStatus(io: Pick<Io, "colour">, status: string): string {
  const style = statusStyles[status];
  return style === undefined ? status : paint(io, style, status);
}
