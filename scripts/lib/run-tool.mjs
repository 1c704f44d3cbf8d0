import { spawn } from "node:child_process";
import { root } from "./repository.mjs";

/**
 * Runs a program in the repository and keeps what it prints. Never throws: one that cannot be started has failed.
 *
 * @param {{ command: string, args: string[] }} tool
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export function runTool({ command, args }) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const keep = (chunk) => {
      output += chunk;
    };
    child.stdout.setEncoding("utf8").on("data", keep);
    child.stderr.setEncoding("utf8").on("data", keep);
    child.on("error", (error) => resolve({ ok: false, output: error.message }));
    child.on("close", (code) => resolve({ ok: code === 0, output }));
  });
}
