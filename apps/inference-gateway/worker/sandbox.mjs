// The process in which one added model runs. Its worker thread speaks with the gateway and does what the threads of
// the gateway do; this thread notices when the gateway is gone, even while native code never comes back.
import { writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

/** Nothing is ever sent on standard input; it ends with the gateway. */
const LIFELINE = 0;

try {
  // When memory runs out the kernel takes this process first.
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // Not Linux.
}

const worker = new Worker(new URL('./sandbox-worker.mjs', import.meta.url), {
  name: 'onnx',
  argv: process.argv.slice(2),
});
worker.on('error', () => process.exit(1));
worker.on('exit', () => process.exit(1));
const end = () => process.kill(process.pid, 'SIGKILL');
new Socket({ fd: LIFELINE }).on('end', end).on('close', end).on('error', end).resume();
