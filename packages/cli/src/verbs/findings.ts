import { type ConnectionOptions, connect, withConnection } from "../connection.ts";
import { answerList, withLimit } from "../list.ts";
import { withJson } from "../output/answer.ts";
import { safeText } from "../output/safe.ts";
import { tableText } from "../output/table.ts";
import { exactText } from "../output/when.ts";
import type { Verb } from "../verb.ts";

export const verb: Verb = {
  examples: [{ command: "punctual findings", does: "jobs that stand still, and occurrences that are not as they must be, of all tenants" }],
  define: (command, io) => {
    withJson(withConnection(withLimit(command))).action(async (options: ConnectionOptions & { limit?: number; json?: true }) => {
      const client = connect(io, options);
      await answerList(io, options, (page) => client.cluster.findings(page), {
        table: (findings) =>
          tableText(
            io,
            ["found", "kind", "tenant", "job", "occurrence", "detail"],
            findings.map(({ foundAt, kind, tenant, jobId, jobName, nominalAt, detail }) => [
              exactText(foundAt),
              kind,
              safeText(tenant),
              jobName === null ? jobId : safeText(jobName),
              nominalAt === null ? "" : exactText(nominalAt),
              safeText(detail),
            ]),
          ),
        empty: "Nothing is amiss.",
      });
    });
  },
};
