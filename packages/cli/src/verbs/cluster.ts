import { type ConnectionOptions, connect, withConnection } from "../connection.ts";
import { answer, withJson } from "../output/answer.ts";
import { clusterText, shardMap } from "../output/cluster.ts";
import type { Verb } from "../verb.ts";

export const verb: Verb = {
  examples: [
    { command: "punctual cluster", does: "show the nodes, their load and their leases" },
    { command: "punctual cluster --shards", does: "show which node owns which shard, too" },
  ],
  define: (command, io) => {
    withJson(withConnection(command))
      .option("--shards", "draw a map of the shards: a letter each, that of the node that owns it")
      .action(async (options: ConnectionOptions & { json?: true; shards?: true }) => {
        const cluster = await connect(io, options).cluster.get();
        await answer(io, options, cluster, async () => (await clusterText(io, cluster)) + (options.shards ? shardMap(cluster) : ""));
      });
  },
};
