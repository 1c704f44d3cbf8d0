import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newApiKey, parseApiKey } from "../../src/store/api-key-format.ts";
import { createApiKey } from "../../src/store/api-keys.ts";
import { bootstrapTenant } from "../../src/store/tenants.ts";
import { type Api, jobAnswer, operation, someJobId, startApi } from "./fixture.ts";

let api: Api;
/** A well-formed key whose id is known, with a secret that is not the stored one. */
let wrongSecret: string;
const seenTenants: number[] = [];
const seenActors: string[] = [];

beforeAll(async () => {
  api = await startApi({
    getJob: operation("getJob", async (context) => {
      seenTenants.push(context.tenantId);
      seenActors.push(context.actor);
      return { status: 200, body: jobAnswer(someJobId), revision: 1 };
    }),
  });
  wrongSecret = await createApiKey(api.database.pool, api.tenantId, "changed", ["read"]);
  await api.database.pool.query("update punctual.api_keys set secret_hash = sha256(secret_hash) where key_id = $1", [
    parseApiKey(wrongSecret)?.keyId,
  ]);
});
afterAll(() => api.stop());

const read = (key: string | null, headers: { [name: string]: string } = {}) =>
  api.request("GET", `/v1/jobs/${someJobId}`, { key, headers });

describe("a request's key", () => {
  it("lets its tenant in, and no header names another one", async () => {
    const answer = await read(api.key, { "x-tenant-id": "2", "tenant-id": "2" });
    expect(answer.status).toBe(200);
    expect(seenTenants.at(-1)).toBe(api.tenantId);
  });

  it("names who asks, by the key's name and id", async () => {
    for (const key of [api.key, api.readOnlyKey]) await read(key);
    const ids = [api.key, api.readOnlyKey].map((key) => parseApiKey(key)?.keyId);
    expect(seenActors.slice(-2)).toEqual([`key bootstrap (${ids[0]})`, `key reader (${ids[1]})`]);
  });

  const wrongKeys: [string, () => string | null][] = [
    ["no key", () => null],
    ["an empty key", () => " "],
    ["a key that was cut short", () => api.key.slice(0, -1)],
    ["a key with a letter changed", () => api.key.slice(0, -8) + (api.key.at(-8) === "a" ? "b" : "a") + api.key.slice(-7)],
    ["a key that nobody was given", () => newApiKey().text],
    ["a known id with another secret", () => wrongSecret],
    ["a key of a megabyte", () => "a".repeat(8_000)],
    ["a token of another kind", () => "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."],
  ];
  it.each(wrongKeys)("is refused with 401: %s", async (_what, key) => {
    const answer = await read(key());
    expect(answer.status).toBe(401);
    expect(answer.json.code).toBe("unauthorized");
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  });

  it("is not taken from the query or from another scheme", async () => {
    expect((await api.request("GET", `/v1/jobs/${someJobId}?key=${api.key}`, { key: null })).status).toBe(401);
    expect((await read(null, { authorization: `Basic ${api.key}` })).status).toBe(401);
  });

  it("gets the same refusal for an id that exists and one that does not", async () => {
    const [unknown, wrong] = [await read(newApiKey().text), await read(wrongSecret)];
    expect({ ...unknown.json, requestId: "" }).toEqual({ ...wrong.json, requestId: "" });
  });

  it("needs the scope of the route, which the refusal names", async () => {
    expect((await read(api.readOnlyKey)).status).toBe(200);
    const answer = await api.request("DELETE", `/v1/jobs/${someJobId}`, { key: api.readOnlyKey });
    expect(answer.status).toBe(403);
    expect(answer.json).toMatchObject({ code: "forbidden", detail: expect.stringContaining("write") });
  });

  it("is refused once it has expired or was revoked", async () => {
    const [revoked, expired] = await Promise.all([1, 2].map((n) => createApiKey(api.database.pool, api.tenantId, `key ${n}`, ["read"])));
    const id = (key = "") => parseApiKey(key)?.keyId;
    await api.database.pool.query("update punctual.api_keys set revoked_at = punctual.clock() where key_id = $1", [id(revoked)]);
    await api.database.pool.query("update punctual.api_keys set expires_at = punctual.clock() where key_id = $1", [id(expired)]);
    expect((await read(revoked ?? "")).status).toBe(401);
    expect((await read(expired ?? "")).status).toBe(401);
  });

  it("is not kept readable in the database", async () => {
    const { rows } = await api.database.pool.query("select string_agg(k::text, ' ') as everything from punctual.api_keys k");
    const secret = parseApiKey(api.key)?.secret ?? "";
    expect(secret).toHaveLength(34);
    expect(rows[0].everything).not.toContain(secret);
  });
});

describe("a tenant", () => {
  it("is made once, by whoever comes first, and only that one sees its key", async () => {
    const made = await Promise.all([1, 2, 3, 4].map(() => bootstrapTenant(api.database.pool, "acme")));
    expect(new Set(made.map((one) => one.tenantId)).size).toBe(1);
    expect(made.filter((one) => one.apiKey !== null)).toHaveLength(1);
  });
});
