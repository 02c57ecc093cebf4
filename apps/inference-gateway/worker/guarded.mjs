// For a process of the gateway whose work is done by a thread: the first one notices when the gateway is gone, even while that work never
// comes back.
import { writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

/** Nothing is ever sent on standard input; it ends with the gateway. */
const LIFELINE = 0;

/** Starts the thread, with the arguments of the process. */
export function startGuarded(script, name) {
  try {
    // When memory runs out the kernel takes this process first.
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Not Linux.
  }
  const worker = new Worker(script, { name, argv: process.argv.slice(2) });
  worker.on('error', () => process.exit(1));
  worker.on('exit', () => process.exit(1));
  const end = () => process.kill(process.pid, 'SIGKILL');
  new Socket({ fd: LIFELINE }).on('end', end).on('close', end).on('error', end).resume();
}
