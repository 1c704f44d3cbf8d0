/** A set-up that failed for a reason a person can act on. Exit codes as in docs/reference: 1 defect, 7 unavailable, 14 rights, 15 platform. */
export class SetUpError extends Error {
  /** @param {string} message one sentence with the remedy @param {number} exitCode */
  constructor(message, exitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}
