import type { Command } from "commander";
import type { Io } from "./io.ts";

/** An invocation that works as it stands, and what it does. Every verb has one; its help ends with it and a test parses it. */
export type Example = { command: string; does: string };

/** One verb: its arguments, its flags and what it does, in one file. */
export type Verb = {
  examples: readonly [Example, ...Example[]];
  /** Adds arguments, options and the action to the command. */
  define(command: Command, io: Io): void | Promise<void>;
};

/** A verb before its file is loaded: what `--help` of the level above needs. */
export type VerbEntry = { name: string; summary: string; load(): Promise<{ verb: Verb }> };
export type VerbGroup = { name: string; summary: string; verbs: readonly VerbEntry[] };
