/** The bounds of the wire, in one place so that schemas, documents and tests cannot disagree. Sizes in bytes of UTF-8 unless the name says otherwise. */
export const limits = {
  /** One job's payload, serialised. Receivers buffer it whole; larger data belongs in a store that the payload names. */
  payloadBytes: 256 * 1024,
  /** The body of any request but bulk. Room for a full payload whose every character is escaped as six. */
  bodyBytes: 2 * 1024 * 1024,
  bulkBodyBytes: 16 * 1024 * 1024,
  bulkJobs: 1_000,
  /** Nested arrays and objects in a request body. Deeper input only ever came from fuzzers. */
  jsonDepth: 64,
  nameChars: 200,
  labels: 32,
  labelValueChars: 255,
  urlChars: 2_048,
  headers: 64,
  headerValueChars: 4_096,
  /** Entries of a schedule's exclude, and members of its anyOf. */
  exclusions: 500,
  scheduleMembers: 50,
  pageItems: 200,
  /** Dead letters handled by one request, and how far they are counted. */
  deadLettersAtOnce: 10_000,
  deadLettersCounted: 10_000,
  previewOccurrences: 1_000,
  /** A week of minutes. */
  forecastBuckets: 10_080,
  forecastDays: 31,
  forecastJobs: 100_000,
  /** What is kept of a target's answer, and of an error's text. */
  outputBytes: 16 * 1024,
  /** Runs that a worker leases, extends or completes with one request. */
  workerBatch: 100,
  /** What is kept of a run's log: of one line, in lines, and in all. */
  logLineBytes: 8 * 1024,
  logLines: 10_000,
  logBytes: 1024 * 1024,
  /** Lines of one run that a request may bring, and a page may hold. */
  logLinesAtOnce: 1_000,
  logPageLines: 1_000,
} as const;
