import { hostname } from "node:os";
import { resolve } from "node:path";
import { parseDuration } from "@punctual/schedule";
import { ownAccount } from "../agent/account.ts";
import { startAgent } from "../agent/agent.ts";
import { listenForLeaving } from "../agent/leaving.ts";
import { agentName, agentQueue } from "../agent/queue.ts";
import { CliError } from "../cli-error.ts";
import { type ConnectionOptions, connect, withConnection } from "../connection.ts";
import { positiveNumber } from "../input.ts";
import { safeText } from "../output/safe.ts";
import type { Verb } from "../verb.ts";

type Options = ConnectionOptions & { name: string; allow: string; concurrency: number; drain: string };

export const verb: Verb = {
  examples: [
    {
      command: "punctual agent --name web-1 --allow /etc/punctual/commands.json",
      does: "run the commands of the file when runs of the queue agent.web-1 name them",
    },
  ],
  define: (command, io) => {
    withConnection(command)
      .requiredOption("--name <name>", "the agent's name; its queue is agent.<name>", agentName)
      .requiredOption("--allow <file>", "the commands that may run: a JSON file of its own user or root, which nobody else can write")
      .option("--concurrency <count>", "at most this many commands at once", positiveNumber, 4)
      .option("--drain <duration>", "how long commands may go on once the agent is to end", "30s")
      .addHelpText("after", "\nIt runs until SIGTERM or SIGINT; a second one does not wait for the commands.")
      .action(async (options: Options) => {
        if (process.platform === "win32") throw new CliError("usage", "An agent needs process groups, which Windows does not have.");
        const drainMs = parseDuration(options.drain, "drain");
        const agent = await startAgent({
          client: connect(io, options),
          queue: agentQueue(options.name),
          name: `${options.name}@${hostname()}`,
          allowFile: resolve(io.cwd, options.allow),
          concurrency: options.concurrency,
          drainMs,
          own: ownAccount(),
          tell: (line) => io.out(`${new Date(io.nowMs()).toISOString()} ${safeText(line)}\n`),
        });
        const leaving = listenForLeaving();
        await leaving.asked;
        await agent.stop(leaving.hurried);
      });
  },
};
