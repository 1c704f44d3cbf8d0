import { promiseAllKept } from "./seeds.ts";

promiseAllKept(1, 100);
