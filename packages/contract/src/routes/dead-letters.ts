import { Type } from "typebox";
import { Uuid } from "../schemas/common.ts";
import * as letter from "../schemas/dead-letter.ts";
import { Run } from "../schemas/run.ts";
import type { Route } from "./route.ts";
import { idempotencyErrors } from "./shared-errors.ts";

const runId = Type.Object({ runId: Uuid }, { additionalProperties: false });

export const deadLetterRoutes = {
  listDeadLetters: {
    method: "GET",
    path: "/v1/dead-letters",
    tag: "dead letters",
    scope: "read",
    summary: "List runs that used up their attempts, latest nominal time first",
    description:
      "Filters other than job and nominal time are looked for in a bounded number of dead letters a page, so that no filter is slow: a page may hold fewer items than asked for, even none, and still have a nextCursor.",
    query: letter.ListDeadLettersQuery,
    responses: { 200: { description: "A page of dead letters", schema: letter.DeadLetterPage } },
    errors: ["cursor_invalid", "instant_invalid"],
  },
  countDeadLetters: {
    method: "GET",
    path: "/v1/dead-letters/count",
    tag: "dead letters",
    scope: "read",
    summary: "Count dead letters, up to a bound",
    query: letter.CountDeadLettersQuery,
    responses: { 200: { description: "How many there are", schema: letter.DeadLetterCount } },
    errors: ["instant_invalid"],
  },
  replayDeadLetters: {
    method: "POST",
    path: "/v1/dead-letters/replay",
    tag: "dead letters",
    scope: "write",
    idempotent: true,
    summary: "Replay many dead letters by filter, at a pace",
    description:
      "Oldest nominal time first. Each run keeps its id and its attempts, and waits for its turn; open breakers, queues and slots bind it as any other run. Go on with nextCursor: the pace goes on too.",
    body: letter.ReplayDeadLetters,
    responses: { 200: { description: "What was found and done", schema: letter.ReplayedDeadLetters } },
    errors: ["cursor_invalid", "instant_invalid", ...idempotencyErrors],
  },
  discardDeadLetters: {
    method: "POST",
    path: "/v1/dead-letters/discard",
    tag: "dead letters",
    scope: "write",
    idempotent: true,
    summary: "Discard many dead letters by filter",
    description: "They stay dead and in the history, and are listed as resolved.",
    body: letter.DiscardDeadLetters,
    responses: { 200: { description: "What was found and done", schema: letter.DiscardedDeadLetters } },
    errors: ["cursor_invalid", "instant_invalid", ...idempotencyErrors],
  },
  getDeadLetter: {
    method: "GET",
    path: "/v1/dead-letters/{runId}",
    tag: "dead letters",
    scope: "read",
    summary: "Read a dead letter with all attempts, its last request and its last response",
    params: runId,
    responses: { 200: { description: "The dead letter", schema: letter.DeadLetterDetail } },
    errors: ["run_not_found", "dead_letter_not_found"],
  },
  replayDeadLetter: {
    method: "POST",
    path: "/v1/dead-letters/{runId}/replay",
    tag: "dead letters",
    scope: "write",
    summary: "Give a dead letter another attempt, at once",
    description: "The run keeps its id, its attempts and its note. If it succeeds it is a dead letter no more; if not, it is one again.",
    params: runId,
    responses: { 200: { description: "The run as it is now", schema: Run } },
    errors: ["run_not_found", "dead_letter_not_found", "run_not_retryable"],
  },
  discardDeadLetter: {
    method: "POST",
    path: "/v1/dead-letters/{runId}/discard",
    tag: "dead letters",
    scope: "write",
    summary: "Take a dead letter off the list",
    description: "It stays dead and in the history. One that was discarded before stays as it was.",
    params: runId,
    body: letter.DiscardDeadLetter,
    bodyOptional: true,
    responses: { 200: { description: "The dead letter as it is now", schema: letter.DeadLetter } },
    errors: ["run_not_found", "dead_letter_not_found"],
  },
  noteDeadLetter: {
    method: "POST",
    path: "/v1/dead-letters/{runId}/note",
    tag: "dead letters",
    scope: "write",
    summary: "Write a note to a dead letter",
    params: runId,
    body: letter.NoteDeadLetter,
    responses: { 200: { description: "The dead letter as it is now", schema: letter.DeadLetter } },
    errors: ["run_not_found", "dead_letter_not_found"],
  },
} as const satisfies Record<string, Route>;
