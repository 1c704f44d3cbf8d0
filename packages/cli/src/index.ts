export type { Io } from "./io.ts";
export { cliReference } from "./reference.ts";
export { runCli } from "./run-cli.ts";
