import { Type } from "typebox";
import { type ErrorCode, errorCatalogue } from "../errors.ts";

/** RFC 9457, with the stable `code`, the remedy, and the place of each fault. */
export const Problem = Type.Object(
  {
    type: Type.String({ description: "Where this code is explained" }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: "What is wrong in this case" }),
    code: Type.Enum(Object.keys(errorCatalogue) as ErrorCode[]),
    remedy: Type.String(),
    requestId: Type.Optional(Type.String()),
    errors: Type.Optional(
      Type.Array(
        Type.Object(
          {
            pointer: Type.String({ description: "JSON pointer into the body, or the parameter's name" }),
            message: Type.String(),
            found: Type.Optional(Type.String()),
            expected: Type.Optional(Type.String()),
            remedy: Type.Optional(Type.String()),
          },
          { title: "Fault", additionalProperties: false },
        ),
      ),
    ),
  },
  { title: "Problem", additionalProperties: false },
);
