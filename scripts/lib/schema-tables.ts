/** The part of JSON Schema that the contract uses. */
export type JsonSchema = {
  $ref?: string;
  title?: string;
  type?: string;
  description?: string;
  default?: unknown;
  const?: Scalar;
  enum?: readonly Scalar[];
  anyOf?: readonly JsonSchema[];
  items?: JsonSchema;
  properties?: { [name: string]: JsonSchema };
  patternProperties?: { [pattern: string]: JsonSchema };
  required?: readonly string[];
  format?: string;
  examples?: readonly unknown[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  maxItems?: number;
  maxProperties?: number;
};
type Scalar = string | number | boolean | null;

const limitWords: ["minimum" | "maximum" | "maxLength" | "maxItems" | "maxProperties", string][] = [
  ["minimum", "from %"],
  ["maximum", "to %"],
  ["maxLength", "at most % characters"],
  ["maxItems", "at most % items"],
  ["maxProperties", "at most % fields"],
];

/** A Markdown table of an object's fields; a sentence for anything else. */
export function schemaTable(schema: JsonSchema): string {
  if (!schema.properties) return `${describeSchema(schema)}.`;
  const rows = Object.entries(schema.properties).map(([name, field]) => {
    const optional = schema.required?.includes(name) ? "" : " (optional)";
    return `| \`${name}\`${optional} | ${describeSchema(field)} | ${cell(remarks(field))} |`;
  });
  return `| Field | Type | |\n|---|---|---|\n${rows.join("\n")}`;
}

/** A type in a few words, with a link where it has a section of its own. */
export function describeSchema(schema: JsonSchema): string {
  const name = schema.title ?? schema.$ref?.split("/").at(-1);
  if (name) return `[${name}](#${name.toLowerCase()})`;
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(", ");
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.anyOf) return schema.anyOf.map(describeSchema).join(" or ");
  if (schema.type === "array") return `list of ${schema.items ? describeSchema(schema.items) : "anything"}`;
  const [values] = Object.values(schema.patternProperties ?? {});
  if (values) return `object of ${describeSchema(values)}`;
  if (schema.format === "date-time") return "time";
  if (schema.format === "uuid") return "id";
  return schema.type ?? "any JSON";
}

/** Description, limits, default and example of a field; those of `T or null` are T's. */
function remarks(schema: JsonSchema): string {
  const inner = schema.anyOf?.find((branch) => branch.type !== "null") ?? schema;
  const bounds = limitWords.flatMap(([key, words]) => (inner[key] === undefined ? [] : [words.replace("%", String(inner[key]))]));
  const sentences = [
    schema.description ?? inner.description,
    bounds.length > 0 ? capital(bounds.join(" ")) : undefined,
    inner.default === undefined ? undefined : `Default \`${JSON.stringify(inner.default)}\``,
    inner.examples?.[0] === undefined ? undefined : `Example: \`${JSON.stringify(inner.examples[0])}\``,
  ];
  return sentences.filter((sentence) => sentence !== undefined).join(". ");
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A pipe would end the cell. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
