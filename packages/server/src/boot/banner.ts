import type { DataFolder } from "./data-folder.ts";

/** What `punctual dev` says when it serves: where, with which key, what to try, how to stop. The key itself only when it has just been made. */
export function banner(facts: { url: string; folder: DataFolder; newApiKey: string | null; embedded: boolean }): string {
  const { url, folder, newApiKey, embedded } = facts;
  const keyFile = folder.path("api-key");
  const lines = [
    "",
    `Punctual serves ${url}`,
    `  documents   ${url}/docs`,
    `  API key     ${keyFile}${newApiKey === null ? "" : `\n              ${newApiKey}  (shown once)`}`,
    `  signing     ${folder.path("signing-secret")}  (receivers verify webhooks with it)`,
    ...(embedded ? [`  database    embedded PostgreSQL in ${folder.path("postgres")}`] : []),
    "",
    "Try it: a webhook every ten seconds (any URL that answers will do)",
    "",
    `  curl -s ${url}/v1/jobs \\`,
    `    -H "Authorization: Bearer $(cat ${keyFile})" -H "Content-Type: application/json" \\`,
    `    -d '{ "name": "hello", "every": "10s", "target": { "type": "http", "url": "${url}/healthz", "method": "GET" } }'`,
    "",
    "Then look:  npx punctual jobs list    npx punctual runs list",
    "Stop with Ctrl-C.",
    "",
  ];
  return lines.join("\n");
}
