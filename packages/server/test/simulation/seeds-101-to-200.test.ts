import { promiseAllKept } from "./seeds.ts";

promiseAllKept(101, 200);
