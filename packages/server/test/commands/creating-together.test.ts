import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { hook, type Office, openOffice } from "./fixture.ts";

let office: Office;
beforeAll(async () => {
  office = await openOffice();
});
afterAll(() => office.database.drop());

describe("jobs that many ask for at once", () => {
  test("are all created, as each one's author asked, with a statement or two in place of one each", async () => {
    const statements = vi.spyOn(office.db, "query");
    const wishes = Array.from({ length: 40 }, (_, index) => ({ name: `wish-${index}`, every: `${index + 1}m` }));
    const jobs = await Promise.all(wishes.map((wish) => office.create(wish)));
    expect(statements.mock.calls.length).toBeLessThanOrEqual(4);
    statements.mockRestore();
    expect(jobs.map(({ name, every }) => ({ name, every }))).toEqual(wishes);
    for (const job of jobs) expect(job).toEqual((await office.ask("getJob", { params: { jobId: job.jobId } })).body);
  });

  test("under one name become one job; the others are told that it is taken", async () => {
    const codes = await Promise.all(
      Array.from({ length: 5 }, () => office.refusalOf("createJob", { body: { name: "sought", every: "1h", target: hook } })),
    );
    expect(codes.filter((code) => code === null)).toHaveLength(1);
    expect(codes.filter((code) => code === "name_taken")).toHaveLength(4);
  });
});
