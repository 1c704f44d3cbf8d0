import { isDeepStrictEqual } from "node:util";
import { type CreateJobBody, limits, PunctualError, type UpdateJobBody } from "@punctual/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { acceptJob, mergeJob, planOf } from "../../src/model/job-definition.ts";
import { firstLook } from "../../src/model/job-schedule.ts";

const jobId = "01a318c5-c400-8abc-9def-0123456789ff";
const nowMs = Date.parse("2027-03-01T09:00:00.123Z");
const target = { type: "http", url: "https://example.com/hook" } as const;
const accept = (body: Partial<CreateJobBody>, mayBeOver = false) => acceptJob(jobId, { target, ...body }, nowMs, () => [], { mayBeOver });

/** The refusal's code and the pointers to the fields at fault. */
function refusal(body: Partial<CreateJobBody>): [string, string[]] {
  try {
    accept(body);
  } catch (error) {
    if (error instanceof PunctualError) return [error.code, error.faults.map((fault) => fault.pointer)];
    throw error;
  }
  throw new Error(`expected a refusal of ${JSON.stringify(body)}`);
}

describe("a job is refused with the field at fault", () => {
  const bad: [string, Partial<CreateJobBody>, string, string[]][] = [
    ["no schedule", {}, "schedule_missing", [""]],
    ["two schedules", { cron: "* * * * *", every: "5m" }, "schedule_ambiguous", ["/cron", "/every"]],
    ["a cron pattern that never fires", { cron: "* * 31 2 *" }, "schedule_never_fires", ["/cron"]],
    ["61 in the minutes", { cron: "61 * * * *" }, "schedule_invalid", ["/cron"]],
    ["an unknown zone", { cron: "* * * * *", timezone: "Mars/Olympus" }, "timezone_unknown", ["/timezone"]],
    ["an interval of nothing", { every: "0s" }, "duration_invalid", ["/every"]],
    ["a negative interval", { every: "-5m" }, "duration_invalid", ["/every"]],
    ["an interval of half a second", { every: "500ms" }, "duration_invalid", ["/every"]],
    ["a delay of more than a century", { delay: "9999999d" }, "duration_invalid", ["/delay"]],
    ["a time without an offset", { runAt: "2027-03-01T09:00:00" }, "instant_invalid", ["/runAt"]],
    ["a day that does not exist", { runAt: "2027-02-29T09:00:00Z" }, "instant_invalid", ["/runAt"]],
    [
      "an end before the start",
      { every: "5m", startAt: "2028-01-01T00:00:00Z", endAt: "2027-06-01T00:00:00Z" },
      "schedule_never_fires",
      ["/endAt"],
    ],
    ["an end in the past", { every: "5m", endAt: "2027-01-01T00:00:00Z" }, "schedule_never_fires", ["/endAt"]],
    ["a timeout below a second", { every: "5m", timeout: "999ms" }, "duration_invalid", ["/timeout"]],
    ["a timeout above an hour", { every: "5m", timeout: "61m" }, "duration_invalid", ["/timeout"]],
    ["a timeout that is no duration", { every: "5m", timeout: "soon" }, "duration_invalid", ["/timeout"]],
    ["a misfire window above 30 days", { every: "5m", misfire: { window: "31d" } }, "duration_invalid", ["/misfire/window"]],
    ["a payload over its limit", { every: "5m", payload: "x".repeat(limits.payloadBytes) }, "payload_too_large", ["/payload"]],
  ];
  test.each(bad)("%s", (_name, body, code, pointers) => {
    expect(refusal(body)).toEqual([code, pointers]);
  });

  test("a target that its guest cannot call", () => {
    const fault = { pointer: "/target/url", message: "the scheme is ftp:" };
    expect(() => acceptJob(jobId, { target, every: "5m" }, nowMs, () => [fault])).toThrow(
      expect.objectContaining({ code: "target_invalid", faults: [fault] }),
    );
  });
});

describe("a job is stored", () => {
  test("with its relative times resolved", () => {
    expect(accept({ delay: "15m" }).definition.runAt).toBe("2027-03-01T09:15:00.123Z");
    expect(accept({ every: "90s" }).definition.anchor).toBe("2027-03-01T09:00:00.123Z");
    expect(accept({ every: "90s", anchor: "2027-01-01T00:00:00Z" }).definition.anchor).toBe("2027-01-01T00:00:00Z");
  });

  test("without the defaults, which its plan fills in", () => {
    const { definition, plan } = accept({ cron: "0 9 * * *" });
    expect(definition).toEqual({ cron: "0 9 * * *", target });
    expect(plan).toMatchObject({
      retry: { attempts: 6 },
      timeoutMs: 30_000,
      misfire: { windowMs: 600_000, policy: "latest" },
      maxRuns: null,
      priority: 4,
    });
  });

  test("as the same text, in whatever order its fields were sent and however its times were given", () => {
    const text = (body: Partial<CreateJobBody>) => JSON.stringify(accept(body).definition);
    const headers = { "x-b": "2", "x-a": "1" };
    expect(text({ misfire: { policy: "all", window: "5m" }, cron: "* * * * *", target: { headers, url: target.url, type: "http" } })).toBe(
      text({
        target: { type: "http", url: target.url, headers: { "x-a": "1", "x-b": "2" } },
        cron: "* * * * *",
        misfire: { window: "5m", policy: "all" },
      }),
    );
    expect(text({ timezone: "Europe/Berlin", delay: "1h" })).toBe(text({ runAt: "2027-03-01T10:00:00.123Z", timezone: "Europe/Berlin" }));
    expect(text({ startAt: "2027-04-01T00:00:00Z", every: "1h" })).toBe(
      text({ every: "1h", anchor: "2027-03-01T09:00:00.123Z", startAt: "2027-04-01T00:00:00Z" }),
    );
  });

  test("with a payload that is read back as it was sent, characters that databases dislike included", () => {
    const back = (payload: unknown) => JSON.parse(accept({ every: "5m", payload }).payload ?? "undefined") as unknown;
    const values = fc.json().map((text) => JSON.parse(text) as unknown);
    fc.assert(fc.property(values, (payload) => isDeepStrictEqual(back(payload), payload)));
    expect(back("\u0000 and \ud800 alone")).toBe("\u0000 and \ud800 alone");
    expect(back(null)).toBeNull();
    expect(accept({ every: "5m" }).payload).toBeNull();
  });

  test("but for a number that JSON cannot write, which would become null, wherever it stands and whatever else is null", () => {
    for (const text of ["1e400", "[null, -1e400]", '{"a":{"b":[1e400]}}']) {
      expect(() => accept({ every: "5m", payload: JSON.parse(text) as unknown })).toThrow(
        expect.objectContaining({ code: "request_invalid" }),
      );
    }
    expect(accept({ every: "5m", payload: { null: [null, "null"] } }).payload).toBe('{"null":[null,"null"]}');
  });

  test("and parses for ever: the stored text gives the plan that was accepted", () => {
    const { definition, plan } = accept({
      cron: "*/5 * * * *",
      timezone: "Asia/Tokyo",
      timeout: "5s",
      maxRuns: 3,
      priority: 9,
      retry: { attempts: 2 },
    });
    const again = planOf(JSON.parse(JSON.stringify(definition)) as typeof definition, jobId);
    const facts = ({ schedule, dueAt, ...rest }: typeof plan) => ({ ...rest, next: schedule.next(nowMs), dueAt: dueAt(nowMs) });
    expect(facts(again)).toEqual(facts(plan));
  });
});

describe("the first occurrence", () => {
  test("of a recurring job lies after now, so that creating it fires nothing", () => {
    const { definition, plan } = accept({ cron: "* * * * *", startAt: "2020-01-01T00:00:00Z" });
    expect(plan.schedule.next(firstLook(definition, nowMs))).toBe(Date.parse("2027-03-01T09:01:00Z"));
  });

  test("of a one-time job may have passed", () => {
    const { definition, plan } = accept({ runAt: "2020-01-01T00:00:00Z" });
    expect(plan.schedule.next(firstLook(definition, nowMs))).toBe(Date.parse("2020-01-01T00:00:00Z"));
  });

  test("may be missing when the job is being changed, not when it is created", () => {
    const over = { every: "5m", endAt: "2027-01-01T00:00:00Z" };
    expect(accept(over, true).plan.schedule.next(nowMs)).toBeNull();
  });
});

describe("a patch", () => {
  const { definition } = accept({ cron: "0 9 * * *", timezone: "Europe/Berlin", timeout: "5s" });
  const current = { definition, name: "report", labels: { team: "billing" }, payload: '{"a":1}' };
  const merge = (patch: UpdateJobBody) => mergeJob(current, patch);
  const whole = {
    cron: "0 9 * * *",
    timezone: "Europe/Berlin",
    target,
    timeout: "5s",
    name: "report",
    labels: { team: "billing" },
    payload: { a: 1 },
  };

  test("of nothing changes nothing", () => {
    expect(merge({})).toEqual(whole);
  });

  test("replaces the fields it names and keeps the others", () => {
    expect(merge({ timeout: "9s", labels: {} })).toEqual({ ...whole, timeout: "9s", labels: {} });
    expect(merge({ timezone: "UTC" })).toEqual({ ...whole, timezone: "UTC" });
    expect(merge({ payload: [1] })).toEqual({ ...whole, payload: [1] });
  });

  test("removes what it names with null", () => {
    expect(merge({ name: null, timeout: null, payload: null })).toEqual({
      cron: whole.cron,
      timezone: whole.timezone,
      target,
      labels: whole.labels,
    });
  });

  test("that names another kind of schedule replaces the schedule whole", () => {
    const { timeout, name, labels, payload } = whole;
    expect(merge({ every: "5m" })).toEqual({ every: "5m", target, timeout, name, labels, payload });
  });

  test("that removes the schedule leaves a job without one, which is refused", () => {
    expect(refusal(merge({ cron: null }))).toEqual(["schedule_missing", [""]]);
  });
});
