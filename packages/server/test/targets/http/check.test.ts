import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkHttpTarget } from "../../../src/targets/http/check.ts";

const withUrl = (url: unknown) => ({ type: "http", url });
const withHeaders = (headers: unknown) => ({ type: "http", url: "https://example.com/", headers });
const pointersOf = (spec: unknown): string[] => checkHttpTarget(spec).map((fault) => fault.pointer);

describe("an HTTP target is accepted", () => {
  it.each([
    "http://example.com",
    "https://example.com:8443/hook?a=1&b=%20",
    "http://127.0.0.1:8080/",
    "http://[::1]:9000/x",
    "https://bücher.example/",
  ])("with the URL %s", (url) => {
    expect(checkHttpTarget(withUrl(url))).toEqual([]);
  });

  it("with headers of its own", () => {
    expect(
      checkHttpTarget(withHeaders({ Authorization: "Bearer x", "x-tab": "a\tb", "user-agent": "mine", "content-type": "text/plain" })),
    ).toEqual([]);
  });

  it.each(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])("with the method %s", (method) => {
    expect(checkHttpTarget({ ...withUrl("https://example.com"), method })).toEqual([]);
  });
});

describe("an HTTP target is refused", () => {
  it.each([
    "",
    "example.com",
    "/hook",
    "ftp://example.com",
    "file:///etc/passwd",
    "gopher://example.com",
    "data:text/plain,x",
    "http://",
    "http://user@example.com",
    "http://user:secret@example.com",
    "http://1.1.1.1@127.0.0.1/",
    "http://127.0.0.1:80\\@x",
    "http://127.0.0.1#@x",
    "http://example.com/#",
    "http://example.com:0/",
    "http://example.com:65536/",
    "http://exa\tmple.com/",
    "http://example.com/\r\nX-Evil: 1",
    " http://example.com/",
    "http://example.com/a b",
    "http://example.com/\u0000",
    `http://example.com/${"x".repeat(2_048)}`,
    42,
    null,
    undefined,
  ])("for the URL %j", (url) => {
    expect(pointersOf(withUrl(url))).toEqual(["/url"]);
  });

  it.each(["CONNECT", "TRACE", "OPTIONS", "post", "POST ", "GET / HTTP/1.1\r\n", 1, null])("for the method %j", (method) => {
    expect(pointersOf({ ...withUrl("https://example.com"), method })).toEqual(["/method"]);
  });

  it.each([
    "Host",
    "content-length",
    "Transfer-Encoding",
    "connection",
    "TE",
    "upgrade",
    "expect",
    "proxy-authorization",
    "webhook-id",
    "Webhook-Signature",
    "punctual-attempt",
    "traceparent",
    "idempotency-key",
    "accept-encoding",
  ])("for the reserved header %s", (name) => {
    expect(pointersOf(withHeaders({ [name]: "x" }))).toEqual([`/headers/${name}`]);
  });

  it.each(["", "x y", "x:", "x\r\nX-Evil", "x\u010dX", "x\u0000", "ключ"])("for the header name %j", (name) => {
    expect(checkHttpTarget(withHeaders({ [name]: "1" }))).toHaveLength(1);
  });

  it.each(["x\r\nX-Evil: 1", "x\nX-Evil: 1", "x\r", "\u0000", "\u007f", "x\u010d\u010aX", "naïve", 1, null, "x".repeat(64 * 1024)])(
    "for a header value such as %j",
    (value) => {
      expect(pointersOf(withHeaders({ "x-a": value }))).toEqual(["/headers/x-a"]);
    },
  );

  it("for a header given twice in different case, too many headers, or too much of them", () => {
    expect(pointersOf(withHeaders({ "X-A": "1", "x-a": "2" }))).toEqual(["/headers/x-a"]);
    expect(pointersOf(withHeaders(Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`x-${i}`, "1"]))))).toEqual(["/headers"]);
    expect(pointersOf(withHeaders({ "x-a": "x".repeat(4_000), "x-b": "x".repeat(4_000) }))).toEqual(["/headers"]);
    expect(pointersOf(withHeaders(["x: 1"]))).toEqual(["/headers"]);
  });

  it("with every fault at once, each with what was expected, and pointers that can be followed", () => {
    const faults = checkHttpTarget({ url: "ftp://x", method: "BREW", headers: { "a/b": "1", Host: "x" } });
    expect(faults.map((fault) => fault.pointer)).toEqual(["/url", "/method", "/headers/a~1b", "/headers/Host"]);
    expect(faults.every((fault) => fault.message !== "" && fault.expected !== undefined)).toBe(true);
  });

  it("whatever it is, without throwing", () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (url, headers) => {
        expect(checkHttpTarget(url)).toBeInstanceOf(Array);
        expect(checkHttpTarget({ url, headers, method: url })).toBeInstanceOf(Array);
      }),
    );
  });
});
