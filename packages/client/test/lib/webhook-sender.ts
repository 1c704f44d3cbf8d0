import { randomUUID } from "node:crypto";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";

export const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const otherSecret = "whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcg==";

export type Answered = { status: number; text: string };
type Webhooked = { runId?: string; body?: string | null; contentType?: string; method?: string; forged?: boolean };

/** The headers of a webhook that is sent now. `forged` signs it with another secret. */
export function signedHeaders(runId: string, body: string, { forged = false } = {}): { [name: string]: string } {
  const now = new Date();
  return {
    "webhook-id": runId,
    "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
    "webhook-signature": new Webhook(forged ? otherSecret : secret).sign(runId, now, body),
    "punctual-job-id": "job-1",
    "punctual-attempt": "2",
    "punctual-nominal-time": "2027-03-01T09:00:00.000Z",
  };
}

/** Sends a webhook as a node does. */
export async function deliver(url: string, options: Webhooked = {}): Promise<Answered> {
  const { runId = randomUUID(), body = '{"report":"daily"}', contentType = "application/json", method = "POST", forged = false } = options;
  const headers = { ...signedHeaders(runId, body ?? "", { forged }), ...(body === null ? {} : { "content-type": contentType }) };
  const response = await fetch(url, { method, body, headers });
  return { status: response.status, text: await response.text() };
}

/** A listener on a free loopback port. */
export async function listen(listener: RequestListener): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
