import { Type } from "typebox";
import { Instant, Nullable } from "./common.ts";

const NodeView = Type.Object(
  {
    nodeId: Type.Integer({ description: "A new one at every boot" }),
    name: Type.String(),
    version: Type.String(),
    startedAt: Instant,
    draining: Type.Boolean({ description: "It is stopping: it owns no shard and finishes what runs" }),
    leaseLeftMs: Type.Integer({ description: "Until others take its work over, if it does not renew" }),
    renewedAgoMs: Nullable(Type.Integer()),
    clockOffsetMs: Nullable(
      Type.Integer({
        description:
          "How far its machine's clock is ahead of the database's. Nothing depends on it; a large one hints at a machine in trouble",
      }),
    ),
    slots: Type.Integer({ description: "Attempts it can have under way at once" }),
    running: Nullable(Type.Integer({ description: "Attempts under way at its last renewal" })),
    shards: Type.Integer({ description: "How many shards it owns" }),
  },
  { title: "Node", additionalProperties: false },
);

export const Cluster = Type.Object(
  {
    nowAt: Type.String({ ...Instant, description: "The database's time, which decides everything" }),
    nodes: Type.Array(NodeView, { description: "Nodes with a lease, oldest first" }),
    shards: Type.Array(
      Type.Object({
        shard: Type.Integer(),
        owner: Nullable(Type.Integer({ description: "Node id; null while nobody owns it" })),
        epoch: Type.Integer({ description: "Rises with every change of owner" }),
      }),
      { description: "Every slice of the jobs, and who looks after it" },
    ),
    duties: Type.Array(Type.Object({ duty: Type.String(), holder: Nullable(Type.Integer()), leaseLeftMs: Type.Integer() }), {
      description: "What one node at a time does for all",
    }),
    stopped: Nullable(Type.String({ description: "Why nothing fires: restore mode; null when it does" })),
    findings: Type.Integer({ minimum: 0, description: "How much the watchdog has found that is not mended, counted up to 10,000" }),
  },
  { title: "Cluster", additionalProperties: false },
);
