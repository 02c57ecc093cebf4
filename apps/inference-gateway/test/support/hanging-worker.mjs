// A worker that loads everything and answers a run by its key: `hang` never, `exit` by ending, anything else at once.
import { parentPort } from 'node:worker_threads';

parentPort.on('message', ({ id, kind, key, runs }) => {
  if (kind === 'load') {
    parentPort.postMessage({ id, ok: true, description: { inputs: [], outputs: [] } });
    return;
  }
  if (key === 'hang') for (;;);
  if (key === 'exit') process.exit(3);
  if (key === 'slow') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  // A run of a tensor called `poison` hangs, whoever shares its message.
  if (runs.some(([feed]) => feed.name === 'poison')) for (;;);
  const answers = runs.map((feeds) => ({ ok: true, outputs: feeds, milliseconds: runs.length / 100 }));
  parentPort.postMessage({ id, ok: true, runs: answers });
});
