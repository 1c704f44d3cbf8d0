import type { SentRequest } from "@punctual/contract";
import type { DescribedAttempt } from "../port.ts";
import { requestHeaders } from "./headers.ts";
import type { HttpTargetSpec } from "./spec.ts";

/** Names under which people send what others must not read. Rather one header too many: whoever may read the job finds its value there. */
const secretName = /auth|token|secret|key|cookie|passw|credential|signature/i;
const mask = "***";

/** The request of an attempt, from the same headers that were sent with it. */
export function describeRequest(attempt: DescribedAttempt<HttpTargetSpec>, startedMs: number, userAgent: string): SentRequest {
  const { url, method = "POST", headers: own = {} } = attempt.target;
  const masked = Object.fromEntries(Object.entries(own).map(([name, value]) => [name, secretName.test(name) ? mask : value]));
  const unsaid = { tenantId: 0, signingSecrets: [], timeoutMs: 0, traceparent: "", completion: null };
  const flat = requestHeaders({ ...attempt, ...unsaid, target: { ...attempt.target, headers: masked } }, startedMs, userAgent);
  const headers: { [name: string]: string } = {};
  for (let index = 0; index < flat.length; index += 2) headers[flat[index] ?? ""] = flat[index + 1] ?? "";
  delete headers.traceparent;
  return { method, url, headers, body: attempt.payload };
}
