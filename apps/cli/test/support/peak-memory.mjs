// Preloaded into a command: writes the largest amount of memory that it had, in bytes, into the file PEAK_MEMORY.
import { writeFileSync } from 'node:fs';

const KIB = 1024;
process.on('exit', () =>
  writeFileSync(process.env.PEAK_MEMORY, String(process.resourceUsage().maxRSS * KIB)),
);
