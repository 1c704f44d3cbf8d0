import { spawn } from "node:child_process";
import { PunctualError } from "@punctual/contract";

/** What pg_dump says is long when the server is large; its last lines say what went wrong. */
const keptChars = 2_000;

/**
 * Runs one of PostgreSQL's own programs, found on the PATH, against a database. The password goes by the environment: arguments can be read by every user of
 * the machine.
 *
 * @throws PunctualError backup_tool_missing, backup_failed
 */
export async function runTool(tool: "pg_dump" | "pg_restore", databaseUrl: string, options: readonly string[]): Promise<void> {
  const { url, password } = withoutPassword(databaseUrl);
  const env = { ...process.env, PGAPPNAME: "punctual backup", ...(password !== null && { PGPASSWORD: password }) };
  const child = spawn(tool, ["--no-password", "--no-owner", "--no-privileges", `--dbname=${url}`, ...options], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-keptChars);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => reject(error.code === "ENOENT" ? missing(tool) : error));
    child.once("close", resolve);
  });
  if (code !== 0) throw new PunctualError("backup_failed", `${tool} ended with code ${code}: ${said.trim() || "it said nothing"}`);
}

/** The URL of another database on the same server. */
export function withDatabase(databaseUrl: string, name: string): string {
  return databaseUrl.replace(/^(postgres(?:ql)?:\/\/[^/?]*)(?:\/[^?]*)?/, (_whole, server: string) => `${server}/${name}`);
}

function withoutPassword(databaseUrl: string): { url: string; password: string | null } {
  const found = /^(postgres(?:ql)?:\/\/[^:@/?]*):([^@/?]*)@/.exec(databaseUrl);
  if (!found) return { url: databaseUrl, password: null };
  const [head, user, password = ""] = found;
  return { url: `${user}@${databaseUrl.slice(head.length)}`, password: decodeURIComponent(password) };
}

function missing(tool: string): PunctualError {
  return new PunctualError("backup_tool_missing", `${tool} is not on the PATH.`);
}
