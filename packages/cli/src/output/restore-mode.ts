import type { RestoreMode, RestoreResolution } from "@punctual/contract";
import type { Io } from "../io.ts";
import { paint } from "./paint.ts";
import { safeText } from "./safe.ts";
import { fieldsText, tableText } from "./table.ts";
import { exactText, whenText } from "./when.ts";

/** Beyond this the server does not count. */
const countedMost = 10_000;

/** Why nothing fires, and the jobs whose occurrences stand. */
export async function restoreModeText(io: Io, { restore, items, nextCursor }: RestoreMode): Promise<string> {
  if (restore === null) return "Firing is not stopped.\n";
  const now = io.nowMs();
  const fields = fieldsText(io, [
    ["restore mode", `${paint(io, "red", "nothing fires")}: ${safeText(restore.detail)}`],
    ["noticed", whenText(restore.noticedAt, now)],
    ["data until", restore.dataUntil === null ? null : whenText(restore.dataUntil, now)],
    ["live runs", restore.liveRuns === 0 ? null : `${countText(restore.liveRuns)} had not ended in these data, and may have since`],
  ]);
  if (items.length === 0) return fields;
  const table = await tableText(
    io,
    ["job", "tenant", "occurrences", "from", "to"],
    items.map((item) => [
      item.jobName === null ? item.jobId : safeText(item.jobName),
      safeText(item.tenant),
      countText(item.occurrences),
      exactText(item.firstAt),
      exactText(item.lastAt),
    ]),
  );
  const more = nextCursor === null ? "" : "There are more jobs; ask for them with --limit.\n";
  return `${fields}\n${table}${more}Decide with \`punctual restore-mode resolve run|skip|done\`.\n`;
}

const words = { run: "Nothing was passed over", skip: "Skipped", done: "Marked as done" } as const;

export function resolutionText(choice: keyof typeof words, { occurrences, runs, isResolved }: RestoreResolution): string {
  const what = choice === "run" ? words.run : `${words[choice]}: ${occurrences} occurrences, and ${runs} runs that had not ended`;
  return `${what}. ${isResolved ? "Firing goes on." : "Firing is still stopped."}\n`;
}

function countText(count: number): string {
  return count >= countedMost ? `${countedMost} or more` : String(count);
}
