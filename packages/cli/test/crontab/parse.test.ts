import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { parseCrontab } from "../../src/crontab/parse.ts";

const own = { system: false, timezone: "UTC" };
const system = { system: true, timezone: "UTC" };

const debianCrontab = `# /etc/crontab: system-wide crontab
# Unlike any other crontab you don't have to run the \`crontab'
# command to install the new version when you edit this file
# and files in /etc/cron.d. These files also have username fields,
# that none of the other crontabs do.

SHELL=/bin/sh
# You can also override PATH, but by default, newer versions inherit it from the environment
#PATH=/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin

# Example of job definition:
# .---------------- minute (0 - 59)
# *  *  *  *  * user-name command to be executed
17 *\t* * *\troot\tcd / && run-parts --report /etc/cron.hourly
25 6\t* * *\troot\ttest -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }
47 6\t* * 7\troot\ttest -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.weekly; }
52 6\t1 * *\troot\ttest -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.monthly; }
#
`;

describe("crontabs of real systems", () => {
  it("reads Debian's /etc/crontab", () => {
    const { entries, refused, notes } = parseCrontab(debianCrontab, system);
    expect([refused, notes]).toEqual([[], []]);
    expect(entries.map(({ line, cron, user, command }) => [line, cron, user, command])).toEqual([
      [14, "17 * * * *", "root", "cd / && run-parts --report /etc/cron.hourly"],
      [15, "25 6 * * *", "root", "test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }"],
      [16, "47 6 * * 7", "root", "test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.weekly; }"],
      [17, "52 6 1 * *", "root", "test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.monthly; }"],
    ]);
    expect(entries[0]?.environment).toEqual({ SHELL: "/bin/sh" });
  });

  it("reads /etc/cron.d/e2scrub_all, whose commands set variables of their own", () => {
    const { entries, refused } = parseCrontab(
      [
        "30 3 * * 0 root test -e /run/systemd/system || SERVICE_MODE=1 /usr/lib/x86_64-linux-gnu/e2fsprogs/e2scrub_all_cron",
        "10 3 * * * root test -e /run/systemd/system || SERVICE_MODE=1 /sbin/e2scrub_all -A -r",
      ].join("\n"),
      system,
    );
    expect(refused).toEqual([]);
    expect(entries.map(({ cron, user }) => [cron, user])).toEqual([
      ["30 3 * * 0", "root"],
      ["10 3 * * *", "root"],
    ]);
    expect(entries[1]?.command).toBe("test -e /run/systemd/system || SERVICE_MODE=1 /sbin/e2scrub_all -A -r");
  });

  it("reads a crontab of PHP's and of certbot's package: long tests, a list with a step, an escaped percent sign", () => {
    const { entries, refused } = parseCrontab(
      [
        "09,39 *     * * *     root   [ -x /usr/lib/php/sessionclean ] && if [ ! -d /run/systemd/system ]; then /usr/lib/php/sessionclean; fi",
        `0 */12 * * * root test -x /usr/bin/certbot -a \\! -d /run/systemd/system && perl -e 'sleep int(rand(43200))' && certbot -q renew`,
        "15 2 * * * backup tar czf /var/backups/home-$(date +\\%Y-\\%m-\\%d).tgz /home",
      ].join("\n"),
      system,
    );
    expect(refused).toEqual([]);
    expect(entries[0]?.cron).toBe("09,39 * * * *");
    expect(entries[1]?.command).toContain("-a \\! -d");
    expect(entries[2]).toMatchObject({ user: "backup", command: "tar czf /var/backups/home-$(date +%Y-%m-%d).tgz /home", stdin: null });
  });

  it("reads a user's crontab: nicknames, names of days, mail to nobody, input after a percent sign, Windows line ends", () => {
    const { entries, refused } = parseCrontab(
      [
        'MAILTO=""',
        "@daily /home/me/bin/rotate",
        "0 9 * jan-mar mon-fri mail -s Morning me%Dear me,%%wake up",
        "-*/10 * * * * poll --quiet   ",
      ].join("\r\n"),
      own,
    );
    expect(refused).toEqual([]);
    expect(entries.map(({ cron, command, stdin, user }) => ({ cron, command, stdin, user }))).toEqual([
      { cron: "@daily", command: "/home/me/bin/rotate", stdin: null, user: null },
      { cron: "0 9 * jan-mar mon-fri", command: "mail -s Morning me", stdin: "Dear me,\n\nwake up\n", user: null },
      { cron: "*/10 * * * *", command: "poll --quiet", stdin: null, user: null },
    ]);
    expect(entries[2]?.environment).toEqual({ MAILTO: "" });
  });
});

test("variables reach the lines below them only, the last value of a name wins", () => {
  const { entries } = parseCrontab("* * * * * a\nX=1\n* * * * * b\nX=2\n* * * * * c", own);
  expect(entries.map((entry) => entry.environment)).toEqual([{}, { X: "1" }, { X: "2" }]);
});

test("CRON_TZ moves the times below it, TZ does not and is noted", () => {
  const { entries, notes } = parseCrontab("0 1 * * * a\nCRON_TZ=Asia/Tokyo\n0 1 * * * b\nTZ=America/Lima\n0 1 * * * c", {
    system: false,
    timezone: "Europe/Berlin",
  });
  expect(entries.map((entry) => entry.timezone)).toEqual(["Europe/Berlin", "Asia/Tokyo", "Asia/Tokyo"]);
  expect(notes).toEqual([{ line: 4, text: "TZ reaches the command, not the times; CRON_TZ moves the times" }]);
});

test.each([
  ["@reboot start-it", own, "@reboot fires when a machine starts"],
  ["@Reboot root start-it", system, "@reboot fires when a machine starts"],
  ["61 * * * * a", own, 'found "61"'],
  ["@fortnightly a", own, "cron"],
  ["* * * * *", own, "no command after the times"],
  ["* * * * * root", system, "no command after the user"],
  ["* * * * * %only input", own, "no command after the times"],
  ["* * * *", own, "neither a variable nor five time fields"],
  ["hello", own, "neither a variable nor five time fields"],
  ['"A" "B" = c', own, "neither a variable nor five time fields"],
  ["0 0 31 2 * a", own, "cron"],
])("the line %j is refused with its number and a reason", (line, options, reason) => {
  const { entries, refused } = parseCrontab(`# head\n\n${line}\n* * * * * ${options.system ? "root " : ""}good`, options);
  expect(refused).toHaveLength(1);
  expect(refused[0]?.line).toBe(3);
  expect(refused[0]?.reason).toContain(reason);
  expect(entries).toHaveLength(1);
});

test("a zone that does not exist refuses the lines below it, not itself", () => {
  const { entries, refused } = parseCrontab("0 1 * * * a\nCRON_TZ=Mars/Olympus\n0 1 * * * b", own);
  expect(entries.map((entry) => entry.line)).toEqual([1]);
  expect(refused.map(({ line, reason }) => [line, reason.includes("Mars/Olympus")])).toEqual([[3, true]]);
});

test("every line of any text is a comment, a variable, an entry or refused, and nothing throws", () => {
  const pieces = fc.constantFrom(
    "*",
    "0",
    "61",
    " ",
    "\t",
    "\n",
    "\r\n",
    "#",
    "=",
    "%",
    "\\",
    '"',
    "'",
    "@daily",
    "@reboot",
    "root",
    "TZ",
    "é",
    "-",
  );
  const texts = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(texts, fc.boolean(), (text, isSystem) => {
      const { entries, refused } = parseCrontab(text, { system: isSystem, timezone: "UTC" });
      const lines = [...entries, ...refused].map((item) => item.line);
      expect(new Set(lines).size).toBe(lines.length);
      for (const entry of entries) expect(entry.command.trim()).not.toBe("");
      const plain = text.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.trim().startsWith("#") && !line.includes("="));
      expect(lines.length).toBeGreaterThanOrEqual(plain.length);
    }),
    { numRuns: 2_000 },
  );
});
