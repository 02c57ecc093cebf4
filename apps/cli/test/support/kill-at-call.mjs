// Preloaded into a command: counts what it asks of the disk and ends the process, as `kill -9` does, before the call whose number is
// KILL_AT; of that call's bytes it writes half. Without KILL_AT the number of calls goes into the file KILL_COUNT.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const killAt = Number(process.env.KILL_AT);
const { writeFileSync, writeSync } = fs;
let calls = 0;

for (const name of [
  'openSync',
  'writeSync',
  'fsyncSync',
  'closeSync',
  'copyFileSync',
  'renameSync',
  'rmSync',
  'mkdirSync',
]) {
  const original = fs[name];
  fs[name] = (...args) => {
    calls += 1;
    if (calls === killAt) {
      if (name === 'writeSync' && typeof args[1] !== 'string')
        writeSync(args[0], args[1].subarray(0, args[1].length / 2));
      process.kill(process.pid, 'SIGKILL');
    }
    return original(...args);
  };
}
syncBuiltinESMExports();

if (process.env.KILL_COUNT) process.on('exit', () => writeFileSync(process.env.KILL_COUNT, String(calls)));
