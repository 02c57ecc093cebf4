#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../bundle/main.js', import.meta.url);
if (!existsSync(main)) {
  process.stderr.write('touchstone: not built yet. Run: npm run build\n');
  process.exit(5);
}
// A reader that closes the pipe early, such as `head`, has seen enough.
process.stdout.on('error', (error) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`touchstone: Cannot write standard output: ${error.message}\n`);
  process.exit(4);
});
const { run } = await import(main.href);
await run(process.argv);
