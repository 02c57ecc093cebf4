#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
if (!existsSync(main)) {
  process.stderr.write('faults: not built yet. Run: npm run build\n');
  process.exit(5);
}
const { main: run } = await import(main.href);
process.exitCode = await run(process.argv.slice(2));
