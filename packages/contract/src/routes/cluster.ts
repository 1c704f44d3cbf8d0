import { Cluster } from "../schemas/cluster.ts";
import { FindingPage, ListFindingsQuery } from "../schemas/finding.ts";
import { BeginRestore, ResolveRestore, RestoreMode, RestoreModeQuery, RestoreResolution } from "../schemas/restore.ts";
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
  getRestoreMode: {
    method: "GET",
    path: "/v1/cluster/restore",
    tag: "cluster",
    scope: "operate",
    summary: "Why nothing fires since a restore, and what lies between",
    description: "Of all tenants.",
    query: RestoreModeQuery,
    responses: { 200: { description: "The open restore, and a page of the jobs it concerns", schema: RestoreMode } },
    errors: ["cursor_invalid"],
  },
  beginRestoreMode: {
    method: "POST",
    path: "/v1/cluster/restore",
    tag: "cluster",
    scope: "operate",
    summary: "Stop firing, on every node, until a person has decided",
    description: "Does nothing when firing is stopped already. Runs under way go on.",
    body: BeginRestore,
    bodyOptional: true,
    responses: { 200: { description: "The open restore, without its jobs", schema: RestoreMode } },
    errors: [],
  },
  resolveRestoreMode: {
    method: "POST",
    path: "/v1/cluster/restore/resolve",
    tag: "cluster",
    scope: "operate",
    summary: "Decide what becomes of what lies between, and let firing go on",
    description: "A request does a part; send it again until isComplete. Repeating it does no harm.",
    body: ResolveRestore,
    responses: { 200: { description: "What was done", schema: RestoreResolution } },
    errors: ["instant_invalid", "job_not_found", "not_in_restore_mode"],
  },
} as const satisfies Record<string, Route>;
