const closing = "<!-- up to here -->";

/** Replaces what stands between a marker and the next `up to here`. */
export function insertBetween(text: string, opening: string, content: string): string {
  const from = text.indexOf(opening);
  const to = text.indexOf(closing, from);
  if (from < 0 || to < from) throw new Error(`The page has no place for what is to be written: ${opening} ... ${closing}`);
  return `${text.slice(0, from + opening.length)}\n\n${content}\n\n${text.slice(to)}`;
}
