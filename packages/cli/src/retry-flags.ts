import type { RetryBody } from "@punctual/contract";
import { type Command, InvalidArgumentError, Option } from "commander";
import { given, wholeNumber } from "./input.ts";

/** The flags of a retry policy, as commander hands them over. */
export type RetryFlags = {
  retryAttempts?: number;
  retryBackoff?: NonNullable<RetryBody["backoff"]>;
  retryBaseDelay?: string;
  retryFactor?: number;
  retryMaxDelay?: string;
  retryJitter?: "full" | "none";
  retryDeadline?: string;
};

export function withRetryFlags(command: Command): Command {
  return command
    .option("--retry-attempts <count>", "tries in all; 1 never retries (default: 6)", wholeNumber)
    .option("--retry-backoff <rule>", "exponential, linear, fixed, or delays such as 1m,5m,1h (default: exponential)", backoff)
    .option("--retry-base-delay <duration>", "first ceiling of the delay (default: 5s)")
    .option("--retry-factor <number>", "growth of an exponential backoff, 1 to 10 (default: 3)", decimal)
    .option("--retry-max-delay <duration>", "no ceiling of the delay is longer (default: 1h)")
    .addOption(
      new Option("--retry-jitter <kind>", "any time below the ceiling, or exactly then (default: full; none with delays)").choices([
        "full",
        "none",
      ]),
    )
    .option("--retry-deadline <duration>", "no attempt begins or goes on later than this after the first began (default: none)");
}

/** The retry policy of the flags over another one; undefined when no flag says anything of it. */
export function retryFromFlags(flags: RetryFlags, base: RetryBody | undefined): RetryBody | undefined {
  const said: RetryBody = given({
    attempts: flags.retryAttempts,
    backoff: flags.retryBackoff,
    baseDelay: flags.retryBaseDelay,
    factor: flags.retryFactor,
    maxDelay: flags.retryMaxDelay,
    jitter: flags.retryJitter,
    deadline: flags.retryDeadline,
  });
  return Object.keys(said).length === 0 ? undefined : mergeRetry(base, said);
}

/** `change` over `base`. Another backoff drops what shaped the old one, which would contradict it. */
export function mergeRetry(base: RetryBody | undefined, change: RetryBody): RetryBody {
  if (change.backoff === undefined) return { ...base, ...change };
  return { ...given({ attempts: base?.attempts, deadline: base?.deadline, retryOn: base?.retryOn }), ...change };
}

function backoff(text: string): NonNullable<RetryBody["backoff"]> {
  return text === "exponential" || text === "linear" || text === "fixed" ? text : text.split(",").map((delay) => delay.trim());
}

function decimal(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError("It must be a number.");
  return Number(text);
}
