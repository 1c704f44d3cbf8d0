import { WebhookVerificationError } from "./webhook-error.ts";

/** Headers as node:http, Express and Fastify have them (a record), or as fetch has them (`get`). */
export type WebhookHeaders = Readonly<Record<string, string | readonly string[] | undefined>> | { get(name: string): string | null };

export type HeaderReader = {
  required(name: string): string;
  /** Null for one that is absent or empty. */
  optional(name: string): string | null;
  positiveInteger(name: string): number;
  instant(name: string): Date;
};

/** Reads headers whatever the case of their names. A header given twice is refused: what one layer checks, another might read differently. */
export function createHeaderReader(headers: WebhookHeaders): HeaderReader {
  const optional = (name: string): string | null => find(headers, name) || null;
  const required = (name: string): string => {
    const value = optional(name);
    if (value === null) throw new WebhookVerificationError("missing_header", `the request has no ${name}`);
    return value;
  };
  return {
    required,
    optional,
    positiveInteger(name) {
      const value = required(name);
      if (!/^[1-9]\d{0,14}$/.test(value)) throw new WebhookVerificationError("invalid_header", `${name} is not a positive number`);
      return Number(value);
    },
    instant(name) {
      const value = new Date(required(name));
      if (Number.isNaN(value.getTime())) throw new WebhookVerificationError("invalid_header", `${name} is not a time`);
      return value;
    },
  };
}

function find(headers: WebhookHeaders, name: string): string | undefined {
  if (isGetter(headers)) return headers.get(name) ?? undefined;
  const values = Object.entries(headers)
    .filter(([key]) => key.toLowerCase() === name)
    .flatMap(([, value]) => value ?? []);
  if (values.length > 1) throw new WebhookVerificationError("invalid_header", `the request has more than one ${name}`);
  return values[0];
}

function isGetter(headers: WebhookHeaders): headers is { get(name: string): string | null } {
  return typeof headers.get === "function";
}
