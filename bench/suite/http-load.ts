import { Agent, request } from "node:http";
import { type Percentiles, percentilesOf } from "./percentiles.ts";

export type HttpRequest = { method: "GET" | "POST"; path: string; body?: string };
/** What so many clients got answered, each asking again as soon as it has its answer. */
export type HttpOutcome = {
  requests: number;
  failures: number;
  perSecond: number;
  latencyMs: Percentiles | null;
  firstFailure: string | null;
};

/**
 * Asks a node for so long, `concurrency` requests at a time over connections that stay open. Node's own client, as it costs half of what `fetch` does: it runs on the cores it
 * measures.
 */
export async function loadHttp(
  target: { url: string; apiKey: string; signal: AbortSignal },
  { concurrency, seconds, next }: { concurrency: number; seconds: number; next: () => HttpRequest },
): Promise<HttpOutcome> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const times = new Map<number, number>();
  const startMs = performance.now();
  let requests = 0;
  let failures = 0;
  let firstFailure: string | null = null;
  const client = async (): Promise<void> => {
    while (performance.now() - startMs < seconds * 1_000) {
      target.signal.throwIfAborted();
      const askedMs = performance.now();
      const { status, text } = await ask(agent, target, next());
      // To a tenth of a millisecond, so that few distinct times are kept.
      const tookMs = Math.round((performance.now() - askedMs) * 10) / 10;
      times.set(tookMs, (times.get(tookMs) ?? 0) + 1);
      requests++;
      if (status < 300) continue;
      failures++;
      firstFailure ??= `${status} ${text.slice(0, 300)}`;
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, client));
  } finally {
    agent.destroy();
  }
  const tookSeconds = (performance.now() - startMs) / 1_000;
  return { requests, failures, perSecond: Math.round(requests / tookSeconds), latencyMs: percentilesOf(times), firstFailure };
}

function ask(
  agent: Agent,
  { url, apiKey }: { url: string; apiKey: string },
  { method, path, body }: HttpRequest,
): Promise<{ status: number; text: string }> {
  const headers = {
    authorization: `Bearer ${apiKey}`,
    ...(body !== undefined && { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, { method, headers, agent }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => void chunks.push(chunk));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }));
      answer.on("error", reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
