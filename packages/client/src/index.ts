export { PunctualApiError } from "./api-error.ts";
export { BulkInterruptedError } from "./bulk.ts";
export type { ClientOptions } from "./call.ts";
export { type Client, createClient } from "./client.ts";
export { createExpressReceiver } from "./receivers/express.ts";
export { createFastifyReceiver, type FastifyReceiverOptions } from "./receivers/fastify.ts";
export { createNodeReceiver, type NodeReceiverOptions } from "./receivers/node-http.ts";
export type { ReceivedRun, ReceiverOptions } from "./receivers/receive.ts";
export * from "./webhook.ts";
