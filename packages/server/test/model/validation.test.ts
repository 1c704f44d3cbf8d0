import { limits, routes } from "@punctual/contract";
import { describe, expect, it } from "vitest";
import { nearestName } from "../../src/model/nearest-name.ts";
import { faultsOf, faultsOfQuery } from "../../src/model/validation.ts";

const createJob = routes.createJob.body;
const target = { type: "http", url: "https://example.com" };

describe("a body that does not fit its schema", () => {
  it("has every fault told at once, each with its place", () => {
    const faults = faultsOf(createJob, { target: { type: "htp", url: "" }, priority: 10, retry: { attempts: "6" } });
    expect(faults.map((fault) => fault.pointer).sort()).toEqual(["/priority", "/retry/attempts", "/target/type"]);
  });

  it("is judged by the kind of target that was meant, or told which kinds there are", () => {
    expect(
      faultsOf(createJob, { target: { type: "worker", url: "https://example.com" } })
        .map((fault) => fault.pointer)
        .sort(),
    ).toEqual(["/target/queue", "/target/url"]);
    expect(faultsOf(createJob, { target: { type: "htp", url: "" } })).toEqual([
      expect.objectContaining({ pointer: "/target/type", expected: "one of http, worker", remedy: 'Did you mean "http"?' }),
    ]);
  });

  it.each([
    [{ scheduel: { cron: "x" } }, ["/exclude/1/scheduel", "/exclude/1/schedule"]],
    [{ schedule: { cron: "x", timezome: "UTC" } }, ["/exclude/1/schedule/timezome"]],
    [{ weekly: "SAT", betwen: "22:00-06:00" }, ["/exclude/1/betwen"]],
    [{ schedule: { every: "1h", exclude: [{ date: 12 }] } }, ["/exclude/1/schedule/exclude/0/date"]],
  ])("is judged by the shape that was likely meant: %j", (exclusion, pointers) => {
    const faults = faultsOf(createJob, { target, cron: "* * * * *", exclude: [{ date: "12-25" }, exclusion] });
    expect(faults.map((fault) => fault.pointer).sort()).toEqual(pointers);
  });

  it("is told what was found, what was expected and which name was likely meant", () => {
    expect(faultsOf(createJob, { target, run_at: "2027-03-01T09:00:00Z" })).toEqual([
      expect.objectContaining({ pointer: "/run_at", found: '"run_at"', remedy: 'Did you mean "runAt"?' }),
    ]);
    expect(faultsOf(createJob, { target, priority: 2.5 })).toEqual([
      { pointer: "/priority", message: "must be an integer", found: "2.5", expected: "an integer" },
    ]);
    expect(faultsOf(createJob, {})).toEqual([{ pointer: "/target", message: "target is missing" }]);
    expect(faultsOf(createJob, [])).toEqual([expect.objectContaining({ pointer: "", message: "must be an object" })]);
  });

  it("is not coerced, not trimmed and not filled in", () => {
    const body = { target, priority: "5" };
    expect(faultsOf(createJob, body)).toEqual([expect.objectContaining({ pointer: "/priority", found: '"5"' })]);
    expect(body).toEqual({ target, priority: "5" });
  });

  it("does not have `or null` told as a fault of its own", () => {
    expect(faultsOf(routes.updateJob.body, { name: 5 })).toEqual([expect.objectContaining({ message: "must be a string or null" })]);
    expect(faultsOf(routes.updateJob.body, { name: null })).toEqual([]);
  });

  it("escapes the pointer as RFC 6901 says", () => {
    expect(faultsOf(createJob, { target, "a/b~c": 1 })[0]?.pointer).toBe("/a~1b~0c");
  });

  it.each(["a\nb", "a\u0000", "\u202e", "\ud800"])("is refused for a name that would garble a log line: %j", (name) => {
    expect(faultsOf(createJob, { target, name })).toEqual([expect.objectContaining({ pointer: "/name" })]);
  });

  it.each(["zwölf", "報告", "🚀 launch"])("is accepted with a name in any script: %s", (name) => {
    expect(faultsOf(createJob, { target, name })).toEqual([]);
  });

  it("costs little and gets one fault when a program made a hundred thousand", () => {
    const labels = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`!${i}`, ""]));
    expect(faultsOf(createJob, { target, labels })).toEqual([expect.objectContaining({ pointer: "/labels" })]);
  });
});

describe("a query", () => {
  it("has its numbers read and its repeated parameter made a list", () => {
    const query: { [name: string]: unknown } = { limit: "20", label: "team=billing" };
    expect(faultsOfQuery(routes.listJobs.query, query)).toEqual([]);
    expect(query).toEqual({ limit: 20, label: ["team=billing"] });
  });

  it.each(["0", String(limits.pageItems + 1), "", "ten", "1.5", "NaN"])("is refused with limit=%s", (limit) => {
    expect(faultsOfQuery(routes.listJobs.query, { limit })).toEqual([expect.objectContaining({ pointer: "limit" })]);
  });

  it("takes an id only in the form the database takes", () => {
    const jobId = "0192f3a4-5b6c-8d7e-9f01-23456789ab2c";
    expect(faultsOfQuery(routes.listRuns.query, { jobId })).toEqual([]);
    expect(faultsOfQuery(routes.listRuns.query, { jobId: `urn:uuid:${jobId}` })).toHaveLength(1);
  });
});

describe("a mistyped name", () => {
  it.each([
    ["time_zone", "timezone"],
    ["Cron", "cron"],
    ["priorty", "priority"],
  ])("%s is near %s", (name, meant) => {
    expect(nearestName(name, ["cron", "every", "timezone", "priority"])).toBe(meant);
  });

  it("is near nothing when it is something else", () => {
    expect(nearestName("webhook", ["cron", "every", "timezone"])).toBeNull();
  });
});
