/** A word this house does not use, the word it uses instead, and why. */
export type BannedWord = { pattern: RegExp; instead: string; why: string };

/** One place that may use a banned word, with the reason. */
export type WordException = { path: RegExp; word: RegExp; reason: string };

/** One word per thing, the same in SQL, TypeScript, HTTP, CLI and pages; these are the synonyms that creep in. Matched against single lower-case words. */
export const bannedWords: readonly BannedWord[] = [
  { pattern: /^tasks?$/, instead: "job (the definition) or run (one carrying-out)", why: "other schedulers use it for both" },
  { pattern: /^cronjobs?$/, instead: "job", why: "cron is one of five schedules" },
  { pattern: /^executions?$/, instead: "run, or attempt for one try of it", why: "it blurs the two" },
  { pattern: /^dlqs?$/, instead: "dead letter", why: "dead letters are runs to look at, not a queue" },
  { pattern: /^tenancies$/, instead: "tenant", why: "one word per thing" },
  { pattern: /^hostnodes?$/, instead: "node", why: "one word per thing" },
  { pattern: /^(blacklist|whitelist)(s|ed)?$/, instead: "deny list, allow list", why: "the plain word says what it does" },
];

/** Promises that are not true, however good they sound; searched in prose, comments and strings. */
export const bannedClaims: readonly { pattern: RegExp; why: string }[] = [
  {
    pattern: /exactly[- ]once\s+(execution|delivery|processing|run\b)/i,
    why: "scheduling is exactly-once, execution is at-least-once: an attempt can be lost after its effect",
  },
  {
    pattern: /\b(never|cannot|can't) (lose|miss|drop)s? (a|any) (job|run|occurrence)\b/i,
    why: "say what is recorded when one does not run",
  },
  { pattern: /\bguaranteed? delivery\b/i, why: "say at-least-once, and until which limit" },
];

/** A claim is fine when the sentence denies it. */
export const denial = /\b(never|not|no|nobody|nor|cannot|isn't|without|instead of|reject|refuse)\b/i;

/** Where a banned word is the right one. Each needs its reason; an entry that excuses nothing any more fails the check. */
export const wordExceptions: readonly WordException[] = [
  {
    path: /\.md$/,
    word: /^execution$/,
    reason: "the promise itself reads: scheduling is exactly-once, execution is at-least-once",
  },
  {
    path: /^bench\/peers\//,
    word: /^tasks?$/,
    reason: "another scheduler's API calls them so",
  },
];
