export { PunctualApiError } from "./api-error.ts";
export { BulkInterruptedError } from "./bulk.ts";
export type { ClientOptions } from "./call.ts";
export { type Client, createClient } from "./client.ts";
export * from "./webhook.ts";
