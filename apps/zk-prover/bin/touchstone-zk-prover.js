#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../bundle/main.js', import.meta.url);
if (!existsSync(main)) {
  process.stderr.write('touchstone-zk-prover: not built yet. Run: npm run build\n');
  process.exit(5);
}
const { run } = await import(main.href);
await run(process.argv);
