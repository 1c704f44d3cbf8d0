/** What the catalogue says of a failure. */
export type ErrorDefinition = {
  /** HTTP status of the problem document; null for failures that only a starting node or the command line can meet. */
  status: number | null;
  exit: number;
  retryable: boolean;
  title: string;
  remedy: string;
};
