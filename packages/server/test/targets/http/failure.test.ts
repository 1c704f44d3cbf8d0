import { describe, expect, it } from "vitest";
import { classifyError } from "../../../src/targets/http/failure.ts";

const errorWith = (code: string, message = "as it came"): Error => Object.assign(new Error(message), { code });

describe("an error that cannot be brought about at will", () => {
  it.each([
    ["ETIMEDOUT", "timeout"],
    ["UND_ERR_CONNECT_TIMEOUT", "timeout"],
    ["EHOSTUNREACH", "connection_refused"],
    ["ENETUNREACH", "connection_refused"],
    ["EAI_AGAIN", "dns"],
    ["EPIPE", "connection_reset"],
    ["CERT_HAS_EXPIRED", "tls"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "tls"],
    ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "tls"],
    ["ERR_SSL_WRONG_VERSION_NUMBER", "tls"],
    ["EMFILE", "internal"],
    ["SOMETHING_NEW", "internal"],
  ])("with the code %s is of class %s", (code, failureClass) => {
    expect(classifyError(errorWith(code))).toMatchObject({ failureClass, message: expect.stringContaining(code) });
  });

  it("without a code is of class internal and tells what it said", () => {
    expect(classifyError(new Error("out of luck"))).toEqual({
      failureClass: "internal",
      message: "the request could not be made (out of luck)",
    });
  });

  it("of several addresses is that of the first", () => {
    const error = Object.assign(new AggregateError([errorWith("ECONNREFUSED"), errorWith("ENETUNREACH")]), { code: "ECONNREFUSED" });
    expect(classifyError(error).failureClass).toBe("connection_refused");
  });
});
