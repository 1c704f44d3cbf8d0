import type { FailureClass } from "@punctual/contract";
import { errors } from "undici";

type Classified = { failureClass: FailureClass; message: string };

/** OpenSSL's verification results and Node's own TLS errors. EPROTO is what a handshake with something that speaks no TLS ends in. */
const tlsCode =
  /^(?:ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERROR_IN_C|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_)/;

/**
 * The class of an error that undici reported, and a sentence for people. By code, not by message: messages are reworded between versions. The
 * two exceptions are told below, and `broken-peers.test.ts` notices when their words change.
 */
export function classifyError(error: Error): Classified {
  const code = codeOf(error);
  if (error instanceof errors.HTTPParserError) return classifyParserError(error);
  const of = (failureClass: FailureClass, what: string): Classified => ({ failureClass, message: `${what} (${code ?? error.message})` });
  switch (code) {
    case "ECONNREFUSED":
      return of("connection_refused", "connection refused");
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "EHOSTDOWN":
    case "ENETDOWN":
    case "EADDRNOTAVAIL":
      return of("connection_refused", "no route to the address");
    case "ENOTFOUND":
    case "ENODATA":
      return of("dns", "the host name does not exist");
    case "EAI_AGAIN":
    case "EAI_FAIL":
      return of("dns", "the host name cannot be resolved at the moment");
    case "UND_ERR_CONNECT_TIMEOUT":
    case "ETIMEDOUT":
      return of("timeout", "the connection could not be made in time");
    case "UND_ERR_SOCKET":
      // undici gives a 100 or an upgrade nobody asked for the code of a broken connection; only the message tells them apart.
      return error.message.startsWith("bad ") ? of("response_invalid", "the answer is not one to this request") : brokenOff(code);
    case "ECONNRESET":
    case "EPIPE":
    case "ECONNABORTED":
    case "UND_ERR_RES_CONTENT_LENGTH_MISMATCH":
      return brokenOff(code);
    case "UND_ERR_HEADERS_OVERFLOW":
      return of("response_invalid", "the answer's header is larger than 16 KiB");
    case "UND_ERR_INVALID_ARG":
    case "UND_ERR_NOT_SUPPORTED":
    case "ERR_INVALID_URL":
      return of("internal", "the target cannot be called as it is written");
    default:
      if (code !== null && tlsCode.test(code)) return of("tls", "no trusted TLS connection");
      return of("internal", "the request could not be made");
  }
}

/** Parser errors have no code in undici 7.30, and an answer of chunks that just stops is a parser error when it was to be the connection's last. */
function classifyParserError(error: Error): Classified {
  if (error.message.includes("Invalid EOF state")) return brokenOff("invalid EOF state");
  return { failureClass: "response_invalid", message: "the answer is not HTTP/1.1" };
}

function brokenOff(how: string): Classified {
  return { failureClass: "connection_reset", message: `the connection broke before the answer was complete (${how})` };
}

/** With several addresses for a name, Node reports an AggregateError; its code is that of the first address. */
function codeOf(error: Error): string | null {
  return "code" in error && typeof error.code === "string" ? error.code : null;
}
