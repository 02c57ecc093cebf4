// A thread that does what it is told.
import { parentPort } from 'node:worker_threads';

const kept = [];
parentPort.on('message', ({ say, hang, fail, fill }) => {
  if (hang) for (;;);
  if (fail) throw new Error(fail);
  while (fill) kept.push(new Array(1_000).fill({ ...kept }));
  parentPort.postMessage({ said: say });
});
