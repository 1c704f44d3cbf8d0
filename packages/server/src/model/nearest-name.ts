const maxChars = 64;

/**
 * The known name that a mistyped one most likely meant, or null when none is near. Case, hyphens and underscores are free (`run_at` is runAt); beyond
 * that, one wrong letter in four is forgiven.
 */
export function nearestName(name: string, known: readonly string[]): string | null {
  if (name.length > maxChars) return null;
  const wanted = fold(name);
  let best: { name: string; distance: number } | null = null;
  for (const candidate of known) {
    const distance = editDistance(wanted, fold(candidate));
    if (distance <= Math.max(1, Math.floor(wanted.length / 4)) && distance < (best?.distance ?? Number.POSITIVE_INFINITY)) {
      best = { name: candidate, distance };
    }
  }
  return best?.name ?? null;
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, "");
}

/** Levenshtein, with a swap of neighbours counted as two. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
