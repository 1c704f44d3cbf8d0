import { inject } from "vitest";

/** What the whole test run shares, provided once by test/global-setup.ts. */
export interface TestRun {
  /** URL of the maintenance database of the server under test; its user may create databases. */
  serverUrl: string;
  /** Begins the name of every database this run creates, so that the end of the run can remove what a crashed test left. */
  databasePrefix: string;
}

declare module "vitest" {
  export interface ProvidedContext {
    punctualTestRun: TestRun;
  }
}

export function testRun(): TestRun {
  return inject("punctualTestRun");
}

/** The same server, another database. */
export function urlOfDatabase(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}
