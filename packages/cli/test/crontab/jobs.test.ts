import { expect, test } from "vitest";
import { commandName, parseAllowList } from "../../src/agent/allow-list.ts";
import { allowedCommands } from "../../src/crontab/allowed.ts";
import { isSystemCrontab } from "../../src/crontab/file.ts";
import { jobsOfCrontab } from "../../src/crontab/jobs.ts";
import { parseCrontab } from "../../src/crontab/parse.ts";

const options = { target: { targetUrl: "https://example.com/run" }, namePrefix: "c-", file: "crontab" };
const jobsOf = (text: string) => jobsOfCrontab(parseCrontab(text, { system: false, timezone: "UTC" }).entries, options);
const withoutLines = (text: string) => jobsOf(text).map(({ name, body }) => ({ name, body }));

test("a line becomes a job that posts its command, environment and input", () => {
  const [job] = jobsOf("A=1\n0 9 * * 1 /usr/bin/report --all%hello");
  expect(job?.name).toMatch(/^c-report-all-[0-9a-f]{8}$/);
  expect(job?.body).toEqual({
    cron: "0 9 * * 1",
    timezone: "UTC",
    target: { type: "http", url: "https://example.com/run" },
    payload: { command: "/usr/bin/report --all", environment: { A: "1" }, stdin: "hello\n", source: { file: "crontab" } },
    labels: { crontab: "crontab" },
  });
});

test("comments, blank lines and blanks between fields change no job", () => {
  expect(withoutLines("# new\n\n0  9 * *\t1   run it\n")).toEqual(withoutLines("0 9 * * 1 run it"));
});

test("a line whose times change keeps its name, so that it updates its job", () => {
  expect(jobsOf("0 9 * * 1 run")[0]?.name).toBe(jobsOf("0 8 * * 1 run")[0]?.name);
  expect(jobsOf("0 9 * * 1 run")[0]?.name).not.toBe(jobsOf("0 9 * * 1 run -v")[0]?.name);
});

test("a command that occurs more than once is numbered, and all names differ", () => {
  const names = jobsOf("0 9 * * 1 run\n0 17 * * 1 run\n0 17 * * 1 run").map((job) => job.name);
  expect(names).toEqual([names[0], `${names[0]}-2`, `${names[0]}-3`]);
});

test("a command made of signs still has a name", () => {
  expect(jobsOf("* * * * * :")[0]?.name).toMatch(/^c-[0-9a-f]{8}$/);
});

test.each([
  ["/etc/crontab", "/", true],
  ["crontab", "/etc", true],
  ["/etc/cron.d/e2scrub_all", "/", true],
  ["/etc/cron.daily/x", "/", false],
  ["crontab", "/home/me", false],
])("%s in %s has a user column: %s", (path, cwd, expected) => {
  expect(isSystemCrontab(path, cwd)).toBe(expected);
});

const agentJobsOf = (text: string) => {
  const { entries } = parseCrontab(text, { system: true, timezone: "UTC" });
  const jobs = jobsOfCrontab(entries, { target: { agent: "web-1", timeout: "7d" }, namePrefix: "c-", file: "crontab" });
  return { jobs, allowed: allowedCommands(entries, "/etc/crontab") };
};

test("with an agent, a job names its command, and the allow-list has it as cron would run it", () => {
  const { jobs, allowed } = agentJobsOf("SHELL=/bin/bash\n0 9 * * 1 backup /usr/bin/report --all%hello");
  const [id = "", command] = [...allowed][0] ?? [];
  expect(id).toMatch(/^cron-report-all-[0-9a-f]{16}$/);
  expect(command).toEqual({
    command: "/usr/bin/report --all",
    env: { SHELL: "/bin/bash" },
    stdin: "hello\n",
    user: "backup",
    crontab: "/etc/crontab",
  });
  expect(jobs[0]?.body).toEqual({
    cron: "0 9 * * 1",
    timezone: "UTC",
    target: { type: "worker", queue: "agent.web-1" },
    payload: { command: id },
    retry: { attempts: 1 },
    timeout: "7d",
    startTimeout: "1h",
    labels: { crontab: "crontab", agent: "web-1" },
  });
});

test("a name in the allow-list never comes to mean another command, and is one that it takes", () => {
  const lines = ["* * * * * root run", "* * * * * bob run", "* * * * * root run%x", "A=1\n* * * * * root run", "* * * * * root _run -- x"];
  const ids = lines.flatMap((line) => [...agentJobsOf(line).allowed.keys()]);
  expect(new Set(ids).size).toBe(lines.length);
  expect(ids.every((id) => commandName.test(id))).toBe(true);
  expect([...agentJobsOf("# other times\n5 5 * * * root run").allowed.keys()][0]).toBe(ids[0]);
  expect(parseAllowList(Object.fromEntries(agentJobsOf(lines.join("\n")).allowed)).faults).toEqual([]);
});
