// The receiver of the proof, a program of its own: `node receiver.ts LEDGER SECRET_FILE`. Says on which port it listens, then appends a line to its ledger for
// each request before it answers. It knows the Standard Webhooks library and nothing of Punctual.
import { openSync, readFileSync, writeSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import type { ArrivalFact } from "./history.ts";

const [ledgerPath = "", secretPath = ""] = process.argv.slice(2);
const ledger = openSync(ledgerPath, "a");
const webhook = new Webhook(readFileSync(secretPath, "utf8").trim());
/** What `/slow` takes to answer: long enough that a node that is killed leaves requests without an answer. */
const slowMs = 700;

const server = createServer((request, response) => {
  const receivedMs = Date.now();
  text(request).then(
    (body) => {
      writeSync(ledger, `${JSON.stringify(arrivalOf(request, body, receivedMs))}\n`);
      setTimeout(() => response.end("ok"), request.url === "/slow" ? slowMs : 0);
    },
    // The caller died while it sent; what did not arrive whole did not arrive.
    () => response.destroy(),
  );
});
server.listen(0, "127.0.0.1", () => console.log(`listening on ${(server.address() as AddressInfo).port}`));
process.once("SIGTERM", () => process.exit(0));

function arrivalOf(request: IncomingMessage, body: string, receivedMs: number): ArrivalFact {
  const header = (name: string): string => String(request.headers[name] ?? "");
  return {
    webhookId: header("webhook-id"),
    jobId: header("punctual-job-id"),
    jobName: header("punctual-job-name"),
    attempt: Number(header("punctual-attempt")),
    nominalMs: Date.parse(header("punctual-nominal-time")),
    receivedMs,
    signatureValid: isSigned(request, body),
  };
}

function isSigned(request: IncomingMessage, body: string): boolean {
  try {
    webhook.verify(body, request.headers as Record<string, string>, { jsonParse: false });
    return true;
  } catch {
    return false;
  }
}
