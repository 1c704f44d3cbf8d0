/**
 * Where the random tests of this run begin. Each prints it in its name; `SCHEDULE_SEED=123 npx vitest run packages/schedule` begins there again.
 */
export const seed = Number(process.env.SCHEDULE_SEED ?? Date.now() % 2 ** 31);
