import { describe, expect, it } from "vitest";
import { statementIn } from "../faults/proxy/trap.ts";

/** As a node asks for a prepared statement: `B`, length, name of the portal (none), name of the statement, and the rest. */
const bind = (name: string): Buffer => Buffer.from(`B\0\0\0\u0040\0${name}\0\0\0the values`);

describe("a trap on the way to the database", () => {
  it("knows a statement by its whole name", () => {
    expect(statementIn(bind("fire"), ["claim", "fire"])).toBe("fire");
    expect(statementIn(bind("fire_unless_busy"), ["claim", "fire"])).toBeNull();
  });

  it("is not sprung by a value that has the name in it", () => {
    expect(statementIn(Buffer.concat([bind("wake"), Buffer.from("fire claim")]), ["claim", "fire"])).toBeNull();
  });
});
