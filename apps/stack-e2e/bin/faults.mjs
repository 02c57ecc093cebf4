#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (!existsSync(main)) {
  process.stderr.write('faults: not built yet. Run: npm run build\n');
  process.exit(5);
}
const { main: run } = await import(main.href);
// What a broken phase leaves open must not keep a run that is over.
process.exit(await run(process.argv.slice(2)));
