import { PutSettings, Settings } from "../schemas/settings.ts";
import type { Route } from "./route.ts";

export const settingsRoutes = {
  getSettings: {
    method: "GET",
    path: "/v1/settings",
    tag: "settings",
    scope: "read",
    summary: "The tenant's defaults",
    responses: { 200: { description: "What a job gets that does not say it itself", schema: Settings } },
    errors: [],
  },
  putSettings: {
    method: "PUT",
    path: "/v1/settings",
    tag: "settings",
    scope: "write",
    summary: "Replace the tenant's defaults",
    description:
      "What is left out goes back to Punctual's own default. Jobs that exist keep what they have: a default is written into a job when it is created or replaced without a retry of its own.",
    body: PutSettings,
    responses: { 200: { description: "The settings as they are now", schema: Settings } },
    errors: ["duration_invalid"],
  },
} as const satisfies Record<string, Route>;
