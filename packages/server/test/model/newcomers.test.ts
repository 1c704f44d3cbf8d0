import { describe, expect, it } from "vitest";
import { chooseNewcomers } from "../../src/model/newcomers.ts";

const nobodys = () => false;
const of = (tenant: number, count: number) => Array.from({ length: count }, (_, n) => ({ tenant_id: tenant, n }));

describe("those who fall due behind a herd", () => {
  it("are all let through, and held back for, while they are few", () => {
    const due = [...of(1, 3), ...of(2, 32)];
    expect(chooseNewcomers(due, nobodys)).toEqual({ chosen: due, holdBackFor: 35 });
    expect(chooseNewcomers([], nobodys)).toEqual({ chosen: [], holdBackFor: 0 });
  });

  it("are not those of a tenant that owes as much as a herd, which hides nobody else's", () => {
    expect(chooseNewcomers([...of(1, 900), ...of(2, 1)], nobodys)).toEqual({ chosen: of(2, 1), holdBackFor: 1 });
  });

  it("are let through in part, the latest first, when they are many of many, and nobody holds back for them", () => {
    const due = Array.from({ length: 200 }, (_, n) => ({ tenant_id: n, n }));
    expect(chooseNewcomers(due, nobodys)).toEqual({ chosen: due.slice(0, 128), holdBackFor: 0 });
  });

  it("are let through also when the herd is their tenant's, and nobody holds back for them", () => {
    const due = [...of(1, 3), ...of(2, 4)];
    expect(chooseNewcomers(due, (tenant) => tenant === 1)).toEqual({ chosen: due, holdBackFor: 4 });
  });
});
