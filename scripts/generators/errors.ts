import { type ErrorDefinition, errorCatalogue, exitCodeMeanings, exitCodes } from "../../packages/contract/src/index.ts";

/** docs/reference/errors.md: the catalogue and the exit codes. */
export async function generate(): Promise<{ path: string; content: string }[]> {
  const entries = Object.entries(errorCatalogue) as [string, ErrorDefinition][];
  const served = entries.filter(([, definition]) => definition.status !== null).sort(byStatus);
  const local = entries.filter(([, definition]) => definition.status === null);
  const content = `# Errors

Generated from the error catalogue; change \`packages/contract/src/errors.ts\`, then run \`npm run generate\`.

Every error of the API is a problem document ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)): \`code\` is stable and made for programs, \`detail\` says what is wrong
in this case, \`errors\` lists each fault with its place (a JSON pointer into the body, or a parameter's name), \`remedy\` says what to do. \`requestId\` names the
request in the server's log. \`type\` leads to the explanation of the code that the server itself holds, \`/docs/errors#<code>\`.

"Retryable" means that the same request may succeed when it is sent again unchanged; wait for \`Retry-After\` where it is given.

## Answers of the API

${served.map(([code, definition]) => section(code, definition)).join("\n\n")}

## Failures of the command line and of a starting node

${local.map(([code, definition]) => section(code, definition)).join("\n\n")}

## Exit codes

| Code | Meaning |
|---|---|
${(Object.keys(exitCodes) as (keyof typeof exitCodes)[]).map((name) => `| ${exitCodes[name]} | ${exitCodeMeanings[name]} |`).join("\n")}
`;
  return [{ path: "docs/reference/errors.md", content }];
}

function section(code: string, { status, exit, retryable, title, remedy }: ErrorDefinition): string {
  const facts = [...(status === null ? [] : [`HTTP ${status}`]), `exit code ${exit}`, retryable ? "retryable" : "not retryable"].join(", ");
  return `### ${code}\n\n${title}. *${facts}.*\n\n${remedy}`;
}

function byStatus(a: [string, ErrorDefinition], b: [string, ErrorDefinition]): number {
  return (a[1].status ?? 0) - (b[1].status ?? 0);
}
