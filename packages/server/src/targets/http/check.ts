import { type Fault, httpMethods, limits } from "@punctual/contract";
import { isReservedHeader } from "./spec.ts";

/** RFC 9110 section 5.6.2. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * Printable ASCII, space and tab. RFC 9110 also lets bytes above 0x7f pass, but leaves their meaning open, and receivers read them as Latin-1 or UTF-8 as they
 * like; a value that arrives as something else is worse than one that is refused.
 */
const fieldValue = /^[\t\x20-\x7e]*$/;

/** What the WHATWG parser would silently mend: it strips tabs and newlines, and reads a backslash as a slash. */
const unseenInUrl = /[\s\\\p{Cc}]/u;

/** The sum of the user's header names and values. Common servers refuse a request header above 8 KiB (nginx) or 16 KiB (Node); ours takes about 1 KiB. */
const headerBytesMax = 6 * 1024;

/**
 * Every fault of an HTTP target that its schema cannot express, or [] when it can be called. Pure: whether the address may be called at all (private networks)
 * is decided when it is connected to, because a name may point elsewhere by then. Takes anything, for a spec may come from an older version's row.
 */
export function checkHttpTarget(spec: unknown): Fault[] {
  if (!isRecord(spec))
    return [{ pointer: "", message: "the target is not an object", expected: '{ type: "http", url, method?, headers? }' }];
  return [...checkUrl(spec.url), ...checkMethod(spec.method), ...checkHeaders(spec.headers)];
}

function checkUrl(url: unknown): Fault[] {
  const fault = (message: string, expected: string): Fault[] => [{ pointer: "/url", message, expected }];
  if (typeof url !== "string") return fault("the URL is not a string", "an absolute http or https URL");
  if (url.length > limits.urlChars) return fault(`the URL has ${url.length} characters`, `at most ${limits.urlChars}`);
  if (unseenInUrl.test(url))
    return fault("the URL holds white space, a control character or a backslash", "these percent-encoded, or none");
  if (!URL.canParse(url)) return fault("the URL cannot be parsed", "an absolute URL such as https://example.com/hook");
  const parsed = new URL(url);
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") return fault(`the scheme is ${parsed.protocol}`, "http: or https:");
  if (parsed.username !== "" || parsed.password !== "")
    return fault(
      "the URL holds a user name or a password",
      "credentials in an Authorization header, where they are not logged with the address",
    );
  if (parsed.hash !== "" || url.includes("#"))
    return fault("the URL has a fragment, which is never sent", "the URL without # and what follows");
  if (parsed.port === "0") return fault("port 0 cannot be connected to", "a port from 1 to 65535");
  return [];
}

function checkMethod(method: unknown): Fault[] {
  if (method === undefined || httpMethods.some((known) => known === method)) return [];
  return [{ pointer: "/method", message: "the method is not one that Punctual sends", expected: httpMethods.join(", ") }];
}

function checkHeaders(headers: unknown): Fault[] {
  if (headers === undefined) return [];
  if (!isRecord(headers)) return [{ pointer: "/headers", message: "the headers are not an object", expected: "an object of name: value" }];
  const entries = Object.entries(headers);
  if (entries.length > limits.headers)
    return [{ pointer: "/headers", message: `there are ${entries.length} headers`, expected: `at most ${limits.headers}` }];
  const faults: Fault[] = [];
  const seen = new Set<string>();
  let bytes = 0;
  for (const [name, value] of entries) {
    const [message, expected] = headerFault(name, value, seen) ?? [];
    if (message !== undefined)
      faults.push({ pointer: `/headers/${escapePointer(name)}`, message, ...(expected !== undefined && { expected }) });
    seen.add(name.toLowerCase());
    bytes += name.length + (typeof value === "string" ? value.length : 0);
  }
  if (faults.length === 0 && bytes > headerBytesMax)
    faults.push({ pointer: "/headers", message: `the headers take ${bytes} bytes together`, expected: `at most ${headerBytesMax}` });
  return faults;
}

function headerFault(name: string, value: unknown, seen: ReadonlySet<string>): [message: string, expected: string] | null {
  if (!token.test(name)) return ["the name is not a header name", "letters, digits and !#$%&'*+-.^_`|~ (RFC 9110)"];
  if (isReservedHeader(name)) return ["this header is set by Punctual or belongs to the connection", "another name"];
  if (seen.has(name.toLowerCase())) return ["the header is given twice; case does not tell names apart", "one of the two"];
  if (typeof value !== "string") return ["the value is not a string", "a string"];
  if (value.length > limits.headerValueChars) return [`the value has ${value.length} characters`, `at most ${limits.headerValueChars}`];
  if (!fieldValue.test(value))
    return ["the value holds a line break, another control character or non-ASCII text", "printable ASCII, space and tab"];
  return null;
}

/** RFC 6901; a name with control characters is shown by the message alone, not repeated raw in logs. */
function escapePointer(name: string): string {
  return name
    .slice(0, 64)
    .replaceAll("~", "~0")
    .replaceAll("/", "~1")
    .replaceAll(/\p{Cc}/gu, "\ufffd");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
