export type { Answer } from "./answer.ts";
export { eventually } from "./eventually.ts";
export { freePort } from "./free-port.ts";
export { type ReceivedRequest, type Receiver, startReceiver } from "./receiver.ts";
export { watchResources } from "./resources.ts";
export type { Instant, TestClock } from "./test-clock.ts";
export { createTestDatabase, type TestDatabase } from "./test-database.ts";
