/**
 * What a proxy does to the way between a node and the database.
 *
 * - `pass`: nothing.
 * - `cut`: tears every connection down and refuses new ones, as a host that is gone.
 * - `silent`: nothing comes through either way and nobody is told (half-open): what was sent waits, as TCP would send it again, and comes through when healed.
 * - `deaf`: the same for what the database answers; what the node asks still arrives and is carried out.
 * - `mute`: the same for what the node asks.
 * - `slow`: everything takes `delayMs`, give or take a half, each way.
 */
export const modes = ["pass", "cut", "silent", "deaf", "mute", "slow"] as const;
export type Mode = (typeof modes)[number];

export type Setting = { mode: Mode; delayMs: number };

/** What a way has seen since it was made. */
export type Counts = { opened: number; torn: number; heldChunks: number; slowedChunks: number };

export const holdsRequests = ({ mode }: Setting): boolean => mode === "silent" || mode === "mute";
export const holdsAnswers = ({ mode }: Setting): boolean => mode === "silent" || mode === "deaf";
