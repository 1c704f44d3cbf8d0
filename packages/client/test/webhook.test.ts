import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { type VerifyWebhookInput, verifyWebhook, WebhookVerificationError } from "../src/webhook.ts";

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const otherSecret = "whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcg==";
const signedAt = new Date("2027-03-01T09:00:00Z");
const body = '{"report":"daily"}';

const sign = (text: string, at = signedAt, key = secret): string => new Webhook(key).sign("run-1", at, text);

const headersOf = (overrides: Record<string, string | undefined> = {}): Record<string, string | undefined> => ({
  "webhook-id": "run-1",
  "webhook-timestamp": String(signedAt.getTime() / 1000),
  "webhook-signature": sign(body),
  "punctual-job-id": "job-1",
  "punctual-attempt": "2",
  "punctual-nominal-time": "2027-03-01T08:59:59.000Z",
  ...overrides,
});

const verify = (overrides: Partial<VerifyWebhookInput> = {}) =>
  verifyWebhook({ secrets: [secret], headers: headersOf(), body, now: signedAt, ...overrides });

const refusalOf = (overrides: Partial<VerifyWebhookInput>): string => {
  try {
    verify(overrides);
  } catch (error) {
    if (error instanceof WebhookVerificationError) return error.reason;
    throw error;
  }
  return "accepted";
};

const secondsLater = (seconds: number): Date => new Date(signedAt.getTime() + seconds * 1000);

describe("a webhook that Punctual sent", () => {
  const expected = { runId: "run-1", jobId: "job-1", attempt: 2, nominalTime: new Date("2027-03-01T08:59:59Z"), completion: null };

  it("is accepted, and tells its run", () => {
    expect(verify()).toEqual(expected);
  });

  it("is accepted with its body as bytes, and with headers of any case or from fetch", () => {
    expect(verify({ body: Buffer.from(body) })).toEqual(expected);
    const upper = Object.fromEntries(Object.entries(headersOf()).map(([name, value]) => [name.toUpperCase(), value]));
    expect(verify({ headers: upper })).toEqual(expected);
    expect(verify({ headers: new Headers(headersOf() as Record<string, string>) })).toEqual(expected);
  });

  it("is accepted while secrets are rotated, at either end", () => {
    expect(verify({ secrets: [otherSecret, secret] })).toEqual(expected);
    const both = `${sign(body, signedAt, otherSecret)} ${sign(body)}`;
    expect(verify({ headers: headersOf({ "webhook-signature": both }) })).toEqual(expected);
  });

  it("is accepted with signatures of versions yet unknown beside its own", () => {
    expect(verify({ headers: headersOf({ "webhook-signature": `v2,abc v1a,def ${sign(body)} nonsense` }) })).toEqual(expected);
  });

  it("is accepted within the tolerance, either way", () => {
    expect(verify({ now: secondsLater(300) })).toEqual(expected);
    expect(verify({ now: secondsLater(-300) })).toEqual(expected);
    expect(verify({ now: secondsLater(3_600), toleranceSeconds: 3_600 })).toEqual(expected);
  });

  it("is accepted from node:http as it comes", async () => {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => response.end(JSON.stringify(verify({ headers: request.headers, body: Buffer.concat(chunks) }))));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", headers: headersOf() as Record<string, string>, body });
    expect(await answer.json()).toEqual({ ...expected, nominalTime: "2027-03-01T08:59:59.000Z" });
    await new Promise((resolve) => server.close(resolve));
  });
});

describe("a request is refused", () => {
  it.each(Object.keys(headersOf()))("without %s", (name) => {
    expect(refusalOf({ headers: headersOf({ [name]: undefined }) })).toBe("missing_header");
    expect(refusalOf({ headers: headersOf({ [name]: "" }) })).toBe("missing_header");
  });

  it.each([
    ["another body", { body: `${body} ` }],
    ["no body", { body: "" }],
    ["another secret", { secrets: [otherSecret] }],
    ["another run id", { headers: headersOf({ "webhook-id": "run-2" }) }],
    ["another timestamp", { headers: headersOf({ "webhook-timestamp": String(signedAt.getTime() / 1000 + 1) }) }],
    ["a signature of another version only", { headers: headersOf({ "webhook-signature": sign(body).replace("v1,", "v1a,") }) }],
    ["a shortened signature", { headers: headersOf({ "webhook-signature": sign(body).slice(0, 20) }) }],
    ["an empty signature", { headers: headersOf({ "webhook-signature": "v1," }) }],
  ])("with %s", (_, overrides) => {
    expect(refusalOf(overrides)).toBe("signature_mismatch");
  });

  it("when it is too old or from the future, however well signed", () => {
    expect(refusalOf({ now: secondsLater(301) })).toBe("timestamp_too_old");
    expect(refusalOf({ now: secondsLater(-301) })).toBe("timestamp_in_future");
  });

  it.each(["soon", "-1", "1e9", "1803891600.5", "0x6b", " ", "99999999999999999999"])("with the timestamp %j", (timestamp) => {
    const headers = headersOf({ "webhook-timestamp": timestamp });
    expect(refusalOf({ headers })).toBe("invalid_header");
  });

  it("with values that Punctual does not send, or headers given twice", () => {
    expect(refusalOf({ headers: headersOf({ "punctual-attempt": "0" }) })).toBe("invalid_header");
    expect(refusalOf({ headers: headersOf({ "punctual-nominal-time": "yesterday" }) })).toBe("invalid_header");
    expect(refusalOf({ headers: { ...headersOf(), "Webhook-Id": "run-1" } })).toBe("invalid_header");
    expect(refusalOf({ headers: { ...headersOf(), "webhook-id": ["run-1", "run-1"] } })).toBe("invalid_header");
  });

  it("whatever its headers and body are, with an error of the one type", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(headersOf())), fc.string()), fc.string(), (headers, text) => {
        expect(["missing_header", "invalid_header", "signature_mismatch", "timestamp_too_old", "timestamp_in_future"]).toContain(
          refusalOf({ headers: { ...headersOf(), ...headers }, body: `${text}!` }),
        );
      }),
    );
  });
});

describe("a mistake at the receiver's end is no refusal but a TypeError", () => {
  it.each([
    ["no secret", { secrets: [] }],
    ["an empty secret", { secrets: ["whsec_"] }],
    ["an empty string as secret", { secrets: [""] }],
    ["a tolerance that is no number", { toleranceSeconds: Number.NaN }],
    ["a negative tolerance", { toleranceSeconds: -1 }],
    ["a time that is none", { now: new Date("never") }],
  ])("for %s", (_, overrides) => {
    expect(() => verify(overrides)).toThrow(TypeError);
  });
});

it("agrees with the standardwebhooks package on what is signed, for any body and secret", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), fc.uint8Array({ minLength: 24, maxLength: 64 }), (text, key) => {
      const any = Buffer.from(key).toString("base64");
      const headers = headersOf({ "webhook-signature": sign(text, signedAt, any) });
      expect(verify({ secrets: [`whsec_${any}`], headers, body: text }).runId).toBe("run-1");
    }),
  );
});
