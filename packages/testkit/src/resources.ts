import { eventually } from "./eventually.ts";

// What a test forgets to close. Others (pipes of the test runner, file requests) come and go on their own.
const watched = ["TCPSocketWrap", "TCPServerWrap", "ProcessWrap", "Timeout"];

/**
 * Notes the sockets, servers, child processes and timers that keep the process alive. `assertReleased` waits up to two seconds until there are no more of any
 * kind than there were, and rejects naming those left.
 */
export function watchResources(): { assertReleased(): Promise<void> } {
  const before = countResources();
  return {
    async assertReleased() {
      await eventually(
        () => {
          const left = [...countResources()].filter(([type, count]) => count > (before.get(type) ?? 0));
          if (left.length === 0) return;
          const list = left.map(([type, count]) => `${type} ${before.get(type) ?? 0} -> ${count}`).join(", ");
          throw new Error(`expected every resource to be released, left: ${list}`);
        },
        { timeoutMs: 2_000 },
      );
    },
  };
}

function countResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) if (watched.includes(type)) counts.set(type, (counts.get(type) ?? 0) + 1);
  return counts;
}
