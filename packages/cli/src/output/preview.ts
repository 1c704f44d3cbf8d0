import type { Preview } from "@punctual/contract";
import type { Io } from "../io.ts";
import { safeText } from "./safe.ts";
import { exactText, whenText } from "./when.ts";

/** A preview: the schedule in words, then an occurrence a line, by the clock of its zone and exactly, with its start where that is another time. */
export function previewText(io: Pick<Io, "nowMs">, preview: Preview): string {
  const now = io.nowMs();
  const title = `${safeText(preview.description)}:`;
  if (preview.occurrences.length === 0) return `${title} no occurrence.\n`;
  const lines = preview.occurrences.map(({ nominalAt, effectiveAt, localTime }) => {
    const when = `${whenText(nominalAt, now)}${effectiveAt === nominalAt ? "" : `, starts ${exactText(effectiveAt)}`}`;
    return localTime.endsWith("Z") || localTime.endsWith("+00:00") ? `  ${when}` : `  ${localTime.replace("T", " ")}  ${when}`;
  });
  return `${title}\n${lines.join("\n")}\n${preview.nextFrom === null ? "  and no more\n" : ""}`;
}
