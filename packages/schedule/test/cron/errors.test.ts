import { describe, expect, it } from "vitest";
import { parseSchedule } from "../../src/index.ts";
import { refusal } from "../support/refusal.ts";

describe("a cron expression that cannot be used", () => {
  it.each([
    ["61 * * * *", "minutes", 1, "61", /0 to 59/],
    ["* 24 * * *", "hours", 3, "24", /Midnight is hour 0/],
    ["* * 0 * *", "day of month", 5, "0", /starts at 1/],
    ["* * * 13 *", "months", 7, "13", /start at 1/],
    ["* * * * 8", "day of week", 9, "8", /names are safest/],
    ["*  *   * FOO *", "months", 10, "FOO", /JAN, FEB/],
    ["* * * * MO", "day of week", 9, "MO", /SUN, MON/],
    ["*/0 * * * *", "minutes", 3, "0", /stands still/],
    ["*/x * * * *", "minutes", 3, "x", /after the slash/],
    ["5- * * * *", "minutes", 3, "nothing", /takes numbers/],
    ["1,,2 * * * *", "minutes", 3, ",", /lists/],
    ["1, * * * *", "minutes", 3, "nothing", /lists/],
    ["1;2 * * * *", "minutes", 2, ";2", /lists/],
    ["1.5 * * * *", "minutes", 2, ".5", /lists/],
    ["? * * * *", "minutes", 1, "?", /write "\*"/],
    ["H * * * *", "minutes", 1, "H", /hashSeed/],
    ["* * * * L", "day of week", 9, "L", /5L/],
    ["* * * * MON#6", "day of week", 12, "#6", /more than five/],
    ["* * * * MON#", "day of week", 12, "#", /more than five/],
    ["* * L-31 * *", "day of month", 7, "31", /L-3/],
    ["* * W * *", "day of month", 5, "W", /takes numbers/],
    ["0 0 0 1 1 * 1969", "years", 13, "1969", /1970 to 2199/],
    ["0 0 0 1 1 * 2030-2020", "years", 13, "2030-2020", /earlier year first/],
    ["\u0661 * * * *", "minutes", 1, "\u0661", /takes numbers/],
    ["5\u0000 * * * *", "minutes", 2, "\u0000", /takes numbers/],
    ["99999999999999999999 * * * *", "minutes", 1, "99999999999999999999", /0 to 59/],
  ])("%j names part, column, what was found and a remedy", (cron, part, column, found, remedy) => {
    const error = refusal(() => parseSchedule({ cron }));
    expect(error).toMatchObject({ code: "schedule_invalid", field: "cron", part, column, found });
    expect(error.remedy).toMatch(remedy);
    expect(error.message).toContain(`column ${column} (${part})`);
  });

  it.each([
    ["", /5, 6 or 7 fields, not 0/],
    ["* * *", /5, 6 or 7 fields, not 3/],
    ["* * * * * * * *", /not 8/],
    ["@reboot", /when your service starts/],
    ["@every 5m", /Write it as "every"/],
    ["@fortnightly", /@yearly/],
    ["@daily 5", /@yearly/],
    [`${"1,".repeat(40_000)}1 * * * *`, /65,536/],
  ])("%j is refused as a whole", (cron, message) => expect(refusal(() => parseSchedule({ cron })).message).toMatch(message));

  it("does not repeat a long expression in its message", () => {
    expect(refusal(() => parseSchedule({ cron: "x".repeat(60_000) })).message.length).toBeLessThan(400);
  });

  it.each(["* * 31 2 *", "0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 0 29 2 * 2027", "0 0 5 1 +MON#2", "0 0 L-30 2 *"])(
    "%s never fires",
    (cron) => {
      expect(refusal(() => parseSchedule({ cron })).code).toBe("schedule_never_fires");
    },
  );

  it("says which zone it does not know, and which one may be meant", () => {
    expect(refusal(() => parseSchedule({ cron: "* * * * *", timezone: "Berlin" }))).toMatchObject({
      code: "timezone_unknown",
      field: "timezone",
      remedy: 'Did you mean "Europe/Berlin"?',
    });
    expect(refusal(() => parseSchedule({ cron: "CRON_TZ=Nowhere/X * * * * *" }))).toMatchObject({
      code: "timezone_unknown",
      field: "cron",
    });
    expect(refusal(() => parseSchedule({ cron: "* * * * *", timezone: "+01:00" }))).toMatchObject({ code: "timezone_unknown" });
    expect(refusal(() => parseSchedule({ cron: "TZ=Europe/Paris * * * * *", timezone: "UTC" })).remedy).toMatch(/one place/);
  });
});

it.each([
  [{}, /no schedule/],
  [{ cron: "* * * * *", every: "5m" }, /cron and every/],
  [{ every: "999ms" }, /at least 1s/],
  [{ every: "1d", dst: { overlap: "both" as const } }, /first or second/],
  [{ every: "5m", startAt: "2026-01-02T00:00:00Z", endAt: "2026-01-01T00:00:00Z" }, /not before startAt/],
  [{ anyOf: [] }, /1 to 50/],
  [{ cron: "0 9 * * *", dst: { gap: "jump" as "skip" } }, /dst\.gap.*run_after, shift, skip/],
  [{ cron: "0 9 * * *", dialect: "vixie" as "spring" }, /dialect.*punctual, quartz, spring/],
  [{ cron: "0 9 * * *", roll: "backwards" as "preceding" }, /roll.*modified_following/],
  [{ every: "5m", exclude: [{ date: "2026-02-30" }] }, /exclude\[0\].*a day such as/],
  [{ every: "5m", exclude: [{ from: "2026-02-03", to: "2026-02-01" }] }, /days in order/],
  [{ every: "5m", exclude: [{ weekly: "MON", between: "25:00-26:00" }] }, /two times/],
])("%j is refused", (spec, message) => expect(refusal(() => parseSchedule(spec)).message).toMatch(message));
