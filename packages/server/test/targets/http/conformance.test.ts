import type { ServerResponse } from "node:http";
import { createHttpTarget } from "../../../src/targets/http/target.ts";
import { describeTargetConformance } from "../conformance.ts";
import { refusedPort, startReceiver } from "./receiver.ts";

describeTargetConformance("the HTTP target", async () => {
  const receiver = await startReceiver((request, response) => {
    if (request.url === "/answers") response.end("done");
    if (request.url === "/drips") drip(response);
    if (request.url === "/breaks") request.socket.resetAndDestroy();
  });
  const at = (path: string) => ({ type: "http", url: `http://127.0.0.1:${receiver.port}${path}` }) as const;
  return {
    target: createHttpTarget({ now: Date.now, version: "0.0.0" }),
    specs: {
      answers: at("/answers"),
      hangs: at("/hangs"),
      drips: at("/drips"),
      refuses: { type: "http", url: `http://127.0.0.1:${await refusedPort()}/` },
      breaks: at("/breaks"),
      broken: { type: "http", url: "no url at all" },
    },
    receivedRunIds: () => receiver.requests.map((request) => String(request.headers["webhook-id"])),
    requestsArrived: receiver.received,
    connectionsClosed: receiver.connectionsClosed,
    close: receiver.close,
  };
});

/** A byte every 5 ms for ever: each of them would satisfy a timeout between bytes. */
function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write("."), 5);
  response.on("close", () => clearInterval(timer));
}
