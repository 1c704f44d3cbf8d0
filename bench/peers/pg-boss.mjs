// pg-boss by its fetch and complete, 500 jobs each, in two loops side by side: its `work` polls at most twice a second. It keeps what is done in the same table.
import PgBoss from "pg-boss";
import { createTally, fill, url } from "./tally.mjs";

const queue = "nothing";
const batchSize = 500;
const boss = new PgBoss({ connectionString: url, max: 8, supervise: false, schedule: false });
boss.on("error", console.error);
await boss.start();
await boss.createQueue(queue);
await fill((batch) => boss.insert(batch.map((n) => ({ name: queue, data: { n } }))));

const tally = createTally();
let over = false;
const loop = async () => {
  while (!over) {
    const found = await boss.fetch(queue, { batchSize });
    if (found.length === 0) return;
    await boss.complete(
      queue,
      found.map(({ id }) => id),
    );
    tally.add(found.length);
  }
};
const loops = [loop(), loop()];
await tally.end;
over = true;
await Promise.all(loops);
await boss.stop({ graceful: false });
process.exit(0);
