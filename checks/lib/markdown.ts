/** A stretch of text with the line it starts on. */
export type Prose = { text: string; line: number };

/** A link of a document: where it points (as written) and its line. */
export type Link = { target: string; line: number };

/** The lines of a document without fenced code and inline code, which quote other programs. Blanked, not removed: lines keep their numbers. */
export function proseOf(text: string): Prose[] {
  let fence: string | undefined;
  return text.split("\n").map((raw, index) => {
    const mark = /^\s*(`{3,}|~{3,})/.exec(raw)?.[1];
    if (fence !== undefined) {
      if (mark?.startsWith(fence)) fence = undefined;
      return { text: "", line: index + 1 };
    }
    fence = mark;
    return { text: mark === undefined ? raw.replace(/`[^`]*`/g, "``") : "", line: index + 1 };
  });
}

/** Links of a document: inline, reference definitions, and HTML href or src. */
export function linksOf(text: string): Link[] {
  const forms = [/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g, /^\s{0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)/g, /\b(?:href|src)="([^"]+)"/g];
  return proseOf(text).flatMap(({ text: line, line: number }) =>
    forms.flatMap((form) => [...line.matchAll(form)].map((match) => ({ target: match[1] ?? "", line: number }))),
  );
}

/** The anchors a document offers: its headings as GitHub slugs (repeated ones get -1, -2, ...) and explicit ids. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  const seen = new Map<string, number>();
  for (const heading of headingsOf(text)) {
    const slug = slugOf(heading);
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    anchors.add(count === 0 ? slug : `${slug}-${count}`);
  }
  for (const match of text.matchAll(/<[a-z]+\s[^>]*\b(?:id|name)="([^"]+)"/g)) anchors.add(match[1] ?? "");
  return anchors;
}

// Headings are read from the raw line, because inline code is part of a slug; the prose only tells which lines are not in a fence.
function headingsOf(text: string): string[] {
  const raw = text.split("\n");
  return proseOf(text).flatMap(({ text: line, line: number }) =>
    /^#{1,6}\s/.test(line) ? [(raw[number - 1] ?? "").replace(/^#+\s+|\s+#*\s*$/g, "")] : [],
  );
}

function slugOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");
}
