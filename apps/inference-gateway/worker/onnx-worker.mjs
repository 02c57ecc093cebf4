// Runs ONNX models away from the main thread: a native run blocks its thread, and the main thread has to keep
// answering.
import { parentPort } from 'node:worker_threads';
import { answerTo, tensorsOf } from './sessions.mjs';

parentPort.on('message', async (job) => {
  const answer = await answerTo(job);
  parentPort.postMessage(answer, tensorsOf(answer));
});
