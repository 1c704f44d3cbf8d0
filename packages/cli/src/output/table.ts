import type { Io } from "../io.ts";
import { paint } from "./paint.ts";

/** Rows in columns without lines around them, so that they can be copied, cut and compared. */
export async function tableText(io: Io, head: readonly string[], rows: readonly (readonly string[])[]): Promise<string> {
  // Loaded only when there is a table to draw: `--json` and errors do not need it.
  const { default: Table } = await import("cli-table3");
  const none = ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right", "left", "left-mid"];
  const table = new Table({
    head: head.map((title) => paint(io, "bold", title.toUpperCase())),
    chars: { ...Object.fromEntries(none.map((name) => [name, ""])), mid: "", "mid-mid": "", right: "", "right-mid": "", middle: "  " },
    // Its own colours know neither NO_COLOR nor the terminal.
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  table.push(...rows.map((row) => [...row]));
  return `${table.toString().replace(/[ \t]+$/gmu, "")}\n`;
}

/** One thing, a field a line; fields without a value are left out. */
export function fieldsText(io: Io, fields: readonly (readonly [string, string | null | undefined])[]): string {
  const shown = fields.filter((field): field is readonly [string, string] => field[1] !== null && field[1] !== undefined);
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown
    .map(([name, value]) => `${paint(io, "bold", name.padEnd(width))}  ${value.replaceAll("\n", `\n${" ".repeat(width + 2)}`)}\n`)
    .join("");
}
