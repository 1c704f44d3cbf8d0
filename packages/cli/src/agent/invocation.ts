import { stat } from "node:fs/promises";
import { type Account, accountFor } from "./account.ts";
import type { AllowedCommand, AllowList } from "./allow-list.ts";

/** What is started: a program file with arguments, and all it gets from us. */
export type Invocation = {
  file: string;
  args: readonly string[];
  cwd: string;
  env: { readonly [name: string]: string };
  stdin: string | null;
};

/** The parts of a run that its command is told of. */
export type RunFacts = { runId: string; attempt: number; nominalAt: string; jobName: string | null };

/** The payload names no command of the list, or brings what the list does not allow. Trying again changes nothing. */
export class RefusedRun extends Error {
  override readonly name = "RefusedRun";
}

/** By its whole path: a command's own PATH must not decide what runs as root. */
const setpriv = "/usr/bin/setpriv";
/** As cron's. What the agent's own environment has stays with the agent: its API key is there. */
const defaults = { SHELL: "/bin/sh", PATH: "/usr/bin:/bin" };

/**
 * The command that a payload `{ command, args? }` names.
 *
 * @throws RefusedRun for every other payload
 */
export function chooseCommand(commands: AllowList, payload: unknown): { name: string; entry: AllowedCommand; args: readonly string[] } {
  const {
    command: name,
    args = [],
    ...rest
  } = (typeof payload === "object" && payload !== null ? payload : {}) as { [field: string]: unknown };
  const surplus = Object.keys(rest)[0];
  if (typeof name !== "string") throw new RefusedRun('the payload must be {"command": "<name in the allow-list>", "args": [...]}');
  if (surplus !== undefined) throw new RefusedRun(`the payload has the field "${surplus}"; an agent takes "command" and "args" only`);
  const entry = commands.get(name);
  if (entry === undefined) throw new RefusedRun(`command "${name}" is not in this agent's allow-list`);
  if (!isArguments(args)) throw new RefusedRun('"args" must be a list of texts without NUL');
  if (args.length > 0 && !("argv" in entry && entry.args === true)) {
    throw new RefusedRun(`command "${name}" takes no arguments: its entry in the allow-list does not say "args": true`);
  }
  return { name, entry, args };
}

/** @throws CliError for a user it cannot run as, Error when its folder is not there */
export async function invocationOf(
  { name, entry, args }: ReturnType<typeof chooseCommand>,
  run: RunFacts,
  own: Account,
): Promise<Invocation> {
  const account = await accountFor(name, entry.user, own);
  const env = {
    ...defaults,
    HOME: account.home,
    ...entry.env,
    LOGNAME: account.name,
    USER: account.name,
    PUNCTUAL_RUN_ID: run.runId,
    PUNCTUAL_ATTEMPT: String(run.attempt),
    PUNCTUAL_NOMINAL_AT: run.nominalAt,
    PUNCTUAL_JOB_NAME: run.jobName ?? "",
  };
  const cwd = entry.cwd ?? env.HOME;
  // Started in a folder that is not there, a program is reported as missing itself.
  if (!(await stat(cwd).catch(() => undefined))?.isDirectory()) throw new Error(`its folder ${cwd} is not there`);
  const argv = "argv" in entry ? [...entry.argv, ...args] : [env.SHELL, "-c", entry.command];
  const [file = "", ...rest] = account.uid === own.uid ? argv : [setpriv, ...becoming(account), "--", ...argv];
  return { file, args: rest, cwd, env, stdin: entry.stdin ?? null };
}

/** setpriv, unlike Node's own uid and gid, brings the groups that the user is a member of; and it stays no process of its own, as su would. */
function becoming({ uid, gid }: Account): string[] {
  return [`--reuid=${uid}`, `--regid=${gid}`, "--init-groups"];
}

function isArguments(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string" && !each.includes("\0"));
}
