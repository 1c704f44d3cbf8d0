// The receiver of the benchmarks: answers 200 with a few bytes, and counts. It shares its cores with what is measured, so it reads of HTTP only what it needs: Node's own
// server would cost as much as the node that calls it.

import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";

const answer = Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"ok":true}');
const count = { requests: 0, signed: 0 };

const server = createServer((socket) => {
  let rest = "";
  socket.setNoDelay(true);
  socket.on("data", (chunk) => {
    rest += chunk.toString("latin1");
    for (let end = requestEnd(rest); end > 0; end = requestEnd(rest)) {
      note(rest.slice(0, end), socket);
      rest = rest.slice(end);
    }
  });
  socket.on("error", () => socket.destroy());
});
server.listen(0, "127.0.0.1", () => console.log(`listening on ${(server.address() as AddressInfo).port}`));
process.once("SIGTERM", () => {
  process.stdout.write(`received ${JSON.stringify(count)}\n`, () => process.exit(0));
});

/** Where the first request ends; 0 while it has not come whole. */
function requestEnd(text: string): number {
  const head = text.indexOf("\r\n\r\n");
  if (head < 0) return 0;
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text.slice(0, head + 2))?.[1] ?? 0);
  const end = head + 4 + length;
  return text.length >= end ? end : 0;
}

function note(request: string, socket: Socket): void {
  count.requests++;
  if (request.includes("webhook-signature: v1,")) count.signed++;
  socket.write(answer);
}
