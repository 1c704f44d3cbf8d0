/** What keeps statements of nodes from doing harm, to be taken away in order to see whether the simulation notices. */
export type Guard = {
  name: string;
  what: string;
  /** Stands in the statements that are meant, and in no other. */
  within: string;
  /** What stands there, and what instead of it without the guard. */
  cuts: readonly (readonly [stands: string, instead: string])[];
};

const isTaking = "owner = $1, epoch = s.epoch + 1";
const isReleasing = "owner = null, epoch = s.epoch + 1";
const isStoringMarks = "set watermark = punctual.at(h.watermark_ms)";
const isSettling = "l.holder = r.holder";
const isFiring = "moves as (";
const leaseLasts = "and n.lease_until > punctual.clock()";

export const guards: readonly Guard[] = [
  {
    name: "cursor",
    what: "the compare-and-set of the cursor: `fire` moves it from wherever it is",
    within: isFiring,
    cuts: [
      [" and c.next_at = m.next_at", ""],
      ["c.ctid = m.place and ", ""],
    ],
  },
  { name: "take-epoch", what: "the epoch in taking a shard", within: isTaking, cuts: [[" and s.epoch = w.epoch", ""]] },
  {
    name: "take-owner",
    what: "the owner's lease in taking a shard",
    within: isTaking,
    cuts: [["n.node_id = s.owner and n.node_id <> $1", "false"]],
  },
  {
    name: "take-taker",
    what: "the taker's lease in taking a shard",
    within: isTaking,
    cuts: [[`where n.node_id = $1 ${leaseLasts}`, "where n.node_id = $1"]],
  },
  { name: "release-epoch", what: "the epoch in giving a shard back", within: isReleasing, cuts: [[" and s.epoch = h.epoch", ""]] },
  {
    name: "release-mark",
    what: "what keeps a watermark from going back when a shard is given back",
    within: isReleasing,
    cuts: [["greatest(s.watermark, punctual.at(h.watermark_ms))", "punctual.at(h.watermark_ms)"]],
  },
  {
    name: "mark",
    what: "what keeps a stored watermark from going back",
    within: isStoringMarks,
    cuts: [[" and s.watermark < punctual.at(h.watermark_ms)", ""]],
  },
  {
    name: "mark-owner",
    what: "epoch and owner in storing watermarks",
    within: isStoringMarks,
    cuts: [[" and s.epoch = h.epoch and s.owner = $1", " and $1::bigint is not null"]],
  },
  { name: "settle-holder", what: "the holder in `settle`", within: isSettling, cuts: [[" and l.holder = r.holder", ""]] },
  {
    name: "settle-attempt",
    what: "the attempt in `settle`",
    within: isSettling,
    cuts: [
      [" and l.attempt = r.attempt", ""],
      [" and l.attempt = 1\n", "\n"],
    ],
  },
  { name: "fire-lease", what: "the node's lease in `fire`", within: isFiring, cuts: [[`n.node_id = $1 ${leaseLasts}`, "n.node_id = $1"]] },
  {
    name: "claim-lease",
    what: "the node's lease in `claim`",
    within: "picked as (",
    cuts: [[`n.node_id = $4 ${leaseLasts}`, "n.node_id = $4"]],
  },
  {
    name: "queue-lease",
    what: "the node's lease in the claim of a queue",
    within: "with recursive seen as (",
    cuts: [[`n.node_id = $5 ${leaseLasts}`, "n.node_id = $5"]],
  },
  {
    name: "burial",
    what: "what keeps a buried node from renewing",
    within: "beat in ($2, $3)",
    cuts: [["beat in ($2, $3) and buried_at is null", "beat in ($2, $3)"]],
  },
  {
    name: "queue-count",
    what: "other nodes' runs in a queue's count",
    within: "with recursive seen as (",
    cuts: [["h.queue = $2 and h.state = 'running'", "h.queue = $2 and h.state = 'running' and h.holder = $4"]],
  },
];

/** @returns the statement as it would be without the guard; itself where it has none of it */
export function withoutGuard({ within, cuts }: Guard, statement: string): string {
  if (!statement.includes(within)) return statement;
  return cuts.reduce((text, [stands, instead]) => text.replaceAll(stands, instead), statement);
}
