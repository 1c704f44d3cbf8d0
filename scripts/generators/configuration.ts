import { type ConfigurationOption, configurationOptions } from "../../packages/server/src/boot/options.ts";

/** docs/reference/configuration.md: every option, as flag, variable and file entry, with its default and bounds. */
export async function generate(): Promise<{ path: string; content: string }[]> {
  const options: readonly ConfigurationOption[] = configurationOptions;
  const content = `# Configuration

Generated from the list of options; change \`packages/server/src/boot/options.ts\`, then run \`npm run generate\`.

Each option can be given as a flag, as an environment variable, or in the file \`punctual.toml\` of the folder the node is started in. The first of these that has it decides; then the
default does. An empty variable counts as none. Durations are written \`90s\`, \`15m\`, \`2h\`, or \`PT15M\`. A wrong value or an unknown name in the file ends the start with exit code 16 and
a list of all that is wrong.

\`\`\`toml
# punctual.toml
port = 9090
leaseTtl = "10s"
\`\`\`

| Option | Flag | Variable | Default | Bounds |
|---|---|---|---|---|
${options.map(row).join("\n")}

${options.map(section).join("\n\n")}
`;
  return [{ path: "docs/reference/configuration.md", content }];
}

function row({ name, flag, env, default: fallback, bounds }: ConfigurationOption): string {
  const cells = [
    `[${name}](#${name.toLowerCase()})`,
    `\`${flag}\``,
    `\`${env}\``,
    fallback === null ? "none" : `\`${fallback}\``,
    bounds ? `${bounds[0]} to ${bounds[1]}` : "",
  ];
  return `| ${cells.join(" | ")} |`;
}

function section({ name, description, extremes, commands, secret }: ConfigurationOption): string {
  const notes = [
    `${description}.`,
    ...(extremes === undefined ? [] : [`${extremes[0]?.toUpperCase()}${extremes.slice(1)}.`]),
    ...(secret === true
      ? ["A secret: never logged nor repeated in messages; prefer the variable, as flags are seen by other users of the machine."]
      : []),
  ];
  return `### ${name}\n\n${notes.join(" ")}\n\nRead by ${commands.map((command) => `\`punctual ${command}\``).join(", ")}.`;
}
