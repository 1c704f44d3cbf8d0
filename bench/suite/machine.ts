import { readFileSync, statfsSync } from "node:fs";
import { cpus, platform, release, tmpdir, totalmem } from "node:os";

/** What a figure depends on besides the code. Nothing that names the machine. */
export type Machine = {
  cores: number;
  cpu: string;
  memoryMb: number;
  system: string;
  node: string;
  postgres: string;
  /** On a file system in memory a commit costs nothing: such figures prove nothing. */
  storage: "disk" | "memory" | "unknown";
  /** Runnable processes when the scenario began: above a few tenths of a core, something else was at work. */
  loadBefore: number | null;
};

const tmpfs = 0x01021994;

export function describeMachine(postgres: string, loadBefore: number | null): Machine {
  const [first] = cpus();
  return {
    cores: cpus().length,
    cpu: first?.model ?? "unknown",
    memoryMb: Math.round(totalmem() / 1024 ** 2),
    system: `${platform()} ${release()}`,
    node: process.versions.node,
    postgres,
    storage: storageOf(tmpdir()),
    loadBefore,
  };
}

/** Of the last minute; null where the system does not tell. */
export function readLoad(): number | null {
  try {
    return Number(readFileSync("/proc/loadavg", "utf8").split(" ")[0]);
  } catch {
    return null;
  }
}

function storageOf(folder: string): Machine["storage"] {
  try {
    return statfsSync(folder).type === tmpfs ? "memory" : "disk";
  } catch {
    return "unknown";
  }
}
