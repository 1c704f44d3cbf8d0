import { Type } from "typebox";
import { limits } from "../limits.ts";
import { QueueName } from "./common.ts";

export const httpMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] as const;

/** A webhook. Finer rules (header names, reserved names, userinfo) are the target's own check, which can explain itself. */
export const HttpTarget = Type.Object(
  {
    type: Type.Literal("http"),
    url: Type.String({ minLength: 1, maxLength: limits.urlChars, examples: ["https://example.com/hooks/report"] }),
    method: Type.Optional(Type.Enum([...httpMethods], { default: "POST" })),
    headers: Type.Optional(
      Type.Record(Type.String({ minLength: 1, maxLength: 256 }), Type.String({ maxLength: limits.headerValueChars }), {
        maxProperties: limits.headers,
        description: "Sent besides Punctual's own, which cannot be replaced",
      }),
    ),
    completion: Type.Optional(
      Type.Enum(["answer", "callback"], {
        default: "answer",
        description:
          "answer: any 2xx is the run's success; callback: 202 only accepts the run, which goes on until the receiver completes it, for as long as timeout allows",
      }),
    ),
    signing: Type.Optional(
      Type.Enum(["tenant", "own"], {
        default: "tenant",
        description: "Sign with the tenant's secret, or with a secret of this job's own, shown once in the answer that made it",
      }),
    ),
  },
  { title: "HttpTarget", additionalProperties: false },
);

/** A worker of the user's own, which leases runs from a queue instead of being called. */
export const WorkerTarget = Type.Object(
  { type: Type.Literal("worker"), queue: QueueName },
  { title: "WorkerTarget", additionalProperties: false },
);

/** Every kind of target a job may name. Other kinds join as further members, told apart by `type`. */
export const Target = Type.Union([HttpTarget, WorkerTarget]);
export const targetTypes = ["http", "worker"] as const;
