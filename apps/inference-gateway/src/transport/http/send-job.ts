import type { ServerResponse } from 'node:http';
import type { Job } from '../../domain/job/job.js';
import { paymentResponseHeader } from '../x402-headers.js';

/** Sends the text of a job, with what its settlement came to in PAYMENT-RESPONSE. */
export function sendJob(response: ServerResponse, job: Job, text: string): void {
  const body = Buffer.from(text);
  if (job.settlement) response.setHeader('PAYMENT-RESPONSE', paymentResponseHeader(job.settlement));
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': body.length,
    'cache-control': 'private, no-store',
  });
  response.end(body);
}
