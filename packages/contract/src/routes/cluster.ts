import { Cluster } from "../schemas/cluster.ts";
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
} as const satisfies Record<string, Route>;
