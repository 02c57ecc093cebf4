// The process in which one added model runs. Its worker thread does what the threads of the gateway do; this thread
// only passes messages on, so that it notices when the gateway is gone even while native code never comes back.
import { writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

try {
  // When memory runs out the kernel takes this process first.
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // Not Linux.
}

const worker = new Worker(new URL('./onnx-worker.mjs', import.meta.url), { name: 'onnx' });
worker.on('message', (answer) => process.send?.(answer));
worker.on('error', () => process.exit(1));
worker.on('exit', () => process.exit(1));
process.on('message', (job) => worker.postMessage(job));
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
