// Reads large bodies away from the main thread, which has to keep answering. A program of its own beside the service.
import { getPriority, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import type { BodyJob } from '../../domain/request/large-body.js';
import { answerBodyJob, handedOver } from './answer-body-job.js';

/** A little behind whoever answers; where all cores are busy, far behind would be never. */
const NICER_BY = 5;
const NICENESS_LEAST = 19;

// On Linux a priority is that of the calling thread, elsewhere it would be that of the process.
if (process.platform === 'linux') setPriority(Math.min(NICENESS_LEAST, getPriority() + NICER_BY));

parentPort?.on('message', (job: BodyJob) => {
  const answer = answerBodyJob(job);
  parentPort?.postMessage(answer, handedOver(answer));
});
