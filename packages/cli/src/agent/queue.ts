import { InvalidArgumentError } from "commander";

/** The queue of an agent. It is its own: whoever leases from it is taken for the agent. */
export function agentQueue(agent: string): string {
  return `agent.${agent}`;
}

/** Parser of an agent's name, for options: what a queue's name may hold, and short enough to be part of one. */
export function agentName(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,93}$/.test(text)) return text;
  throw new InvalidArgumentError("An agent's name is letters, digits, dot, hyphen and underscore, at most 94.");
}
