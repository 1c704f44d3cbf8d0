import { setMaxListeners } from "node:events";

/** What must be undone at the end, whatever the end is; last made, first undone. */
export type Cleanup = {
  add(undo: () => Promise<void> | void): void;
  /** Undoes everything; one failure does not stop the rest. */
  run(): Promise<void>;
};

export function createCleanup(say: (line: string) => void): Cleanup {
  const steps: (() => Promise<void> | void)[] = [];
  return {
    add: (undo) => void steps.push(undo),
    async run() {
      for (let undo = steps.pop(); undo !== undefined; undo = steps.pop()) {
        try {
          await undo();
        } catch (error) {
          say(`cleaning up: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
    },
  };
}

/**
 * Aborts at Ctrl-C and SIGTERM. Every wait of the proof listens, so that its clean-up runs. Further signals change nothing: one Ctrl-C in a terminal arrives
 * twice here, once from the terminal and once handed on by the program that runs this one.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  // Many wait at once, and all of them listen.
  setMaxListeners(0, controller.signal);
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => controller.abort(new Error(`interrupted by ${name}`)));
  return controller.signal;
}
