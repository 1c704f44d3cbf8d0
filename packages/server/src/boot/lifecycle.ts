/**
 * Resolves at the first SIGINT or SIGTERM. Asked for before anything is started: a signal that comes while starting ends the node once it has started,
 * instead of leaving a half-started database behind. A second one ends the process at once: whoever asks twice does not want to wait for the drain, and the database
 * is safe from that (a node that dies is rescued).
 */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const first = (signal: NodeJS.Signals): void => {
      process.off("SIGINT", first);
      process.off("SIGTERM", first);
      process.once("SIGINT", () => process.exit(130));
      process.once("SIGTERM", () => process.exit(143));
      resolve(signal);
    };
    process.on("SIGINT", first);
    process.on("SIGTERM", first);
  });
}
