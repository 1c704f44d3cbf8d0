import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { expect, it } from "vitest";
import { signWebhook } from "../../../src/targets/http/sign.ts";

const secretOf = (key: Uint8Array): string => `whsec_${Buffer.from(key).toString("base64")}`;

it("signs as the standardwebhooks package does, for any id, time, body and secret", () => {
  fc.assert(
    fc.property(
      fc.uuid(),
      fc.integer({ min: 0, max: 4_102_444_800 }),
      fc.string({ unit: "grapheme", maxLength: 200 }),
      fc.uint8Array({ minLength: 24, maxLength: 64 }),
      (id, timestampSeconds, body, key) => {
        const expected = new Webhook(secretOf(key)).sign(id, new Date(timestampSeconds * 1000), body);
        expect(signWebhook([secretOf(key)], { id, timestampSeconds, body })).toBe(expected);
      },
    ),
  );
});

it("signs once for each secret, newest first, so that a receiver may hold either while they are rotated", () => {
  const [fresh, old] = [secretOf(Buffer.alloc(32, 1)), secretOf(Buffer.alloc(32, 2))];
  const content = { id: "run", timestampSeconds: 1_800_000_000, body: "{}" };
  expect(signWebhook([fresh, old], content)).toBe(`${signWebhook([fresh], content)} ${signWebhook([old], content)}`);
});

it("refuses a secret without key bytes, which anyone could sign with", () => {
  expect(() => signWebhook(["whsec_"], { id: "run", timestampSeconds: 1, body: "" })).toThrow(
    expect.objectContaining({ code: "internal", message: expect.stringContaining("whsec_") }),
  );
});
