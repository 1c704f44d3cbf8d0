export { migrate } from "./store/migrate.ts";
