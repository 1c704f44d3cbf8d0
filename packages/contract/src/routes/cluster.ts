import { Cluster } from "../schemas/cluster.ts";
import { FindingPage, ListFindingsQuery } from "../schemas/finding.ts";
import type { Route } from "./route.ts";

export const clusterRoutes = {
  getCluster: {
    method: "GET",
    path: "/v1/cluster",
    tag: "cluster",
    scope: "operate",
    summary: "The nodes, the shards and who owns them",
    description: "Concerns the whole installation, not a tenant.",
    responses: { 200: { description: "The cluster as the database sees it", schema: Cluster } },
    errors: [],
  },
  listFindings: {
    method: "GET",
    path: "/v1/cluster/findings",
    tag: "cluster",
    scope: "operate",
    summary: "What the watchdog found and is not mended",
    description: "Of all tenants. A finding goes by itself when the watchdog does not find it any more.",
    query: ListFindingsQuery,
    responses: { 200: { description: "A page of findings", schema: FindingPage } },
    errors: ["cursor_invalid"],
  },
} as const satisfies Record<string, Route>;
