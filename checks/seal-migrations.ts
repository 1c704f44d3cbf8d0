// Seals new migrations: appends their checksums to checks/migrations.sha256. It never touches a seal that is there. Run: npx tsx checks/seal-migrations.ts
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { migrationsOf, readSeals, sealOf, sealsPath, writeSeals } from "./lib/migrations.ts";
import { readTree, root } from "./lib/tree.ts";

const path = join(root, sealsPath);
const seals = existsSync(path) ? readSeals(readFileSync(path, "utf8")) : new Map<string, string>();
const added = [...migrationsOf(readTree())].filter(([name]) => !seals.has(name));
for (const [name, text] of added) seals.set(name, sealOf(text));
writeFileSync(path, writeSeals(seals));
process.stdout.write(added.length === 0 ? "nothing to seal\n" : `sealed ${added.map(([name]) => name).join(", ")}\n`);
