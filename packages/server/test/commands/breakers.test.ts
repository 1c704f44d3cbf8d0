import { afterAll, beforeAll, expect, test } from "vitest";
import { openBreaker } from "../../src/store/breakers.ts";
import { startMs } from "../store/fixture.ts";
import { actor, type Office, openOffice } from "./fixture.ts";

let office: Office;
beforeAll(async () => {
  office = await openOffice();
});
afterAll(() => office.database.drop());

const open = (origin: number, target: string) =>
  openBreaker(office.db, { tenantId: office.tenantId, origin, target }, { reason: "all failed", firstProbeMs: 5_000 });

test("what is forced says by whom and why, and is shown with the origin of whatever URL was named", async () => {
  const body = { target: "https://example.com/a/path?q=1", state: "open", reason: "maintenance till noon" } as const;
  const { body: breaker } = await office.ask("forceBreaker", { body });
  expect(breaker).toEqual({
    target: "https://example.com",
    state: "open",
    forced: "open",
    forcedBy: actor,
    reason: "maintenance till noon",
    heldRuns: 0,
    openedAt: new Date(startMs).toISOString(),
    nextProbeAt: null,
    healedAt: null,
  });
  expect((await office.ask("listBreakers", { query: {} })).body.items).toEqual([breaker]);
});

test("what was forced and is let go is measured again, and says nothing of the one who forced it", async () => {
  const wish = (state: "open" | "closed" | "auto") => office.ask("forceBreaker", { body: { target: "https://example.com", state } });
  expect((await wish("auto")).body).toMatchObject({ state: "open", forced: null, forcedBy: null, reason: null });
  expect((await wish("closed")).body).toMatchObject({ state: "closed", forced: "closed", openedAt: null });
  expect((await wish("auto")).body).toMatchObject({ state: "closed", forced: null });
  expect((await office.ask("listBreakers", { query: {} })).body.items).toEqual([]);
});

test("breakers come page by page, by target, and another tenant's are not shown", async () => {
  for (let origin = 1; origin <= 5; origin++) await open(origin, `https://${origin}.example.com`);
  const seen = [];
  let cursor: string | null | undefined;
  do {
    const { body } = await office.ask("listBreakers", { query: { limit: 2, ...(cursor && { cursor }) } });
    seen.push(...body.items.map((item) => item.target));
    cursor = body.nextCursor;
  } while (cursor !== null);
  expect(seen).toEqual([1, 2, 3, 4, 5].map((origin) => `https://${origin}.example.com`));
  const other = await office.addTenant("other");
  expect((await office.ask("listBreakers", { query: {} }, other)).body.items).toEqual([]);
});

test.each(["example.com", "ftp://example.com", "https://me:secret@example.com", "https://example.com/#top", " "])(
  "the target %s is refused, as no run could go there",
  async (target) => {
    expect(await office.refusalOf("forceBreaker", { body: { target, state: "open" } })).toBe("target_invalid");
    expect(await office.refusalOf("listBreakers", { query: { target } })).toBe("target_invalid");
  },
);
