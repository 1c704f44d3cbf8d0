import type { Command } from "commander";
import { type ConnectionOptions, connect, withConnection } from "./connection.ts";
import type { Io } from "./io.ts";
import { answer, withJson } from "./output/answer.ts";
import { breakerText } from "./output/breaker.ts";

type Options = ConnectionOptions & { reason?: string; json?: true };

/** What `breakers open`, `close` and `auto` share: a target, a reason, and the wish that differs. */
export function defineForce(command: Command, io: Io, state: "open" | "closed" | "auto"): void {
  withJson(withConnection(command))
    .argument("<target>", "a URL of the target; its scheme, host and port count")
    .option("--reason <text>", "for those who look at it later")
    .action(async (target: string, options: Options) => {
      const { reason } = options;
      const breaker = await connect(io, options).breakers.force({ target, state, ...(reason !== undefined && { reason }) });
      await answer(io, options, breaker, () => breakerText(io, breaker));
    });
}
