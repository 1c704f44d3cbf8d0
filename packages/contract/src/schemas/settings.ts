import { Type } from "typebox";
import { Retry, RetryView } from "./retry.ts";

export const Settings = Type.Object({ retry: RetryView }, { title: "Settings", additionalProperties: false });

export const PutSettings = Type.Object({ retry: Type.Optional(Retry) }, { title: "PutSettings", additionalProperties: false });
