import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type SeenRequest = { method: string; url: string; headers: IncomingHttpHeaders; body: unknown };
/** An answer to give, or `drop` to close the connection without one. */
export type Scripted = "drop" | { status: number; body?: unknown; text?: string; headers?: { [name: string]: string } };

/** A real HTTP server that gives the scripted answers in order (the last one again and again) and remembers what it was asked. */
export async function startFakeServer(...script: Scripted[]) {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const answer = script[Math.min(seen.length, script.length - 1)] ?? { status: 200, body: {} };
      seen.push({
        method: request.method ?? "",
        url: request.url ?? "",
        headers: request.headers,
        body: text === "" ? undefined : (JSON.parse(text) as unknown),
      });
      give(response, answer);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
    },
  };
}

function give(response: ServerResponse, answer: Scripted): void {
  if (answer === "drop") {
    response.destroy();
    return;
  }
  const type = answer.status >= 400 ? "application/problem+json" : "application/json";
  response.writeHead(answer.status, { "content-type": answer.text === undefined ? type : "text/html", ...answer.headers });
  response.end(answer.text ?? (answer.body === undefined ? "" : JSON.stringify(answer.body)));
}
