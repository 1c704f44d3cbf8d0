import { ScheduleError } from "../../src/index.ts";

/** The ScheduleError something throws; anything else, or nothing thrown, fails the test. */
export function refusal(ask: () => unknown): ScheduleError {
  try {
    ask();
  } catch (error) {
    if (error instanceof ScheduleError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}
