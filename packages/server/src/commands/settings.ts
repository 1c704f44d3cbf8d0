import type { RetryBody } from "@punctual/contract";
import { retryPolicyOf, retryView } from "../model/retry-policy.ts";
import { readSettings, type TenantSettings, writeSettings } from "../store/settings.ts";
import type { Operation } from "./operation.ts";

export const getSettings: Operation<"getSettings"> = async (context) => {
  return { status: 200, body: settingsView(await readSettings(context.db, context.tenantId)) };
};

export const putSettings: Operation<"putSettings"> = async (context, { body }) => {
  // Judged here, so that no job is refused later for what its tenant decided.
  retryPolicyOf(body.retry);
  await writeSettings(context.db, context.tenantId, body);
  return { status: 200, body: settingsView(body) };
};

/**
 * A job's body with its tenant's default for `retry` when it has none of its own; `{}` is one of its own. Written into the job, so that a revision says all by
 * itself and a later change of the default changes no job that exists.
 */
export function withDefaults<B extends { retry?: RetryBody }>({ retry }: TenantSettings, body: B): B {
  return body.retry === undefined && retry !== undefined ? { ...body, retry } : body;
}

function settingsView({ retry }: TenantSettings) {
  return { retry: retryView(retry) };
}
