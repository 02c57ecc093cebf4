import { z } from 'zod';
import { slug, timestampMs, uuidV7 } from '../schemas/primitives.js';
import { problem } from './every-service.js';
import { inferAnswer } from './inference-gateway.js';

export { CALLBACK_URL_CHARACTERS_MAX, jobCallback } from '../schemas/job-callback.js';

export const jobStatuses = ['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type JobStatus = (typeof jobStatuses)[number];

/** Whether the webhook of a job was delivered; `waiting` while the job runs, and between two attempts. */
export const callbackStatuses = ['waiting', 'delivered', 'given-up'] as const;
export type CallbackStatus = (typeof callbackStatuses)[number];

const links = z.strictObject({ job: z.string() });

/** A job that was taken. */
export const acceptedJob = z
  .strictObject({
    jobId: uuidV7,
    status: z.enum(jobStatuses),
    webhookSecret: z
      .string()
      .regex(/^whsec_[A-Za-z0-9+/]{43}=$/)
      .optional()
      .describe(
        'What the webhook of this job is signed by; told until the job ended, where a callback was named.',
      ),
    links,
  })
  .meta({ id: 'AcceptedJob' });
export type AcceptedJob = z.infer<typeof acceptedJob>;

/** A job: an inference that is answered later. Whoever knows its id may read it. */
export const jobAnswer = z
  .strictObject({
    jobId: uuidV7,
    status: z.enum(jobStatuses),
    model: z.strictObject({ id: slug }),
    createdAt: timestampMs,
    startedAt: timestampMs.nullable(),
    endedAt: timestampMs.nullable(),
    progress: z
      .strictObject({ position: z.number().int().min(1) })
      .nullable()
      .describe('Its place in the queue while it is queued; 1 is the next.'),
    answer: inferAnswer
      .nullable()
      .describe('The very bytes of the answer that the call itself would have given.'),
    settlement: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('The x402 settle response of a paid answer, as PAYMENT-RESPONSE has it.'),
    problem: problem.nullable().describe('Why it failed (RFC 9457).'),
    callback: z
      .strictObject({
        status: z.enum(callbackStatuses),
        attempts: z.number().int().min(0),
        failure: z.string().nullable().describe('Why the newest attempt failed.'),
      })
      .nullable(),
    links,
  })
  .meta({ id: 'Job' });
export type JobAnswer = z.infer<typeof jobAnswer>;

/** The types of the message that a webhook gets. */
export const jobEventTypes = ['job.succeeded', 'job.failed', 'job.cancelled'] as const;

/** The body of a webhook, as the Standard Webhooks specification has it. */
export const jobEvent = z.strictObject({
  type: z.enum(jobEventTypes),
  timestamp: timestampMs,
  data: jobAnswer,
});
export type JobEvent = z.infer<typeof jobEvent>;
