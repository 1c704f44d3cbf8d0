// A receiver of webhooks: verifies the signature, makes each run's effect once, answers 204.
// Start it with the signing secret: SIGNING_SECRET=$(cat .punctual/signing-secret) node examples/receiver/receiver.mjs
import { createServer } from "node:http";
import { verifyWebhook, WebhookVerificationError } from "@punctual/client";

const secrets = [process.env.SIGNING_SECRET ?? ""];
// A real receiver remembers run ids where its effect lives, in the same transaction. A run may come again after a lost answer, so keep them for days.
const seen = new Set();

async function receive(request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString();
  try {
    const { runId, nominalTime } = verifyWebhook({ secrets, headers: request.headers, body });
    if (!seen.has(runId)) console.log(`run ${runId} of ${nominalTime.toISOString()}: ${body}`);
    seen.add(runId);
    response.writeHead(204).end();
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    response.writeHead(401).end(error.reason);
  }
}

const server = createServer((request, response) => {
  receive(request, response).catch((error) => response.destroy(error));
});

server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => console.log(`receiving on http://127.0.0.1:${server.address().port}`));
