import { z } from 'zod';
import { modelStatuses } from '../schemas/model.js';
import { decimal, evmAddress, hex32, slug, timestampMs, uuidV7 } from '../schemas/primitives.js';
import { visibleText } from '../visible-text.js';
import { signedDeadline, submissionSummary, typedDataSignature } from './market.js';

/** What a developer signs to get an API key. */
export const apiKeyRequestTypes = {
  ApiKeyRequest: [
    { name: 'developer', type: 'address' },
    { name: 'label', type: 'string' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const;

const label = visibleText(64);

/** A developer asks for an API key. */
export const apiKeyRequest = z.strictObject({
  developer: evmAddress,
  label,
  deadline: signedDeadline,
  signature: typedDataSignature,
});
export type ApiKeyRequest = z.infer<typeof apiKeyRequest>;

const apiKeyShape = {
  id: uuidV7,
  label: z.string(),
  createdAt: timestampMs,
  revokedAt: timestampMs.nullable(),
};

/** The one answer that has the key. */
export const newApiKey = z
  .strictObject({
    ...apiKeyShape,
    key: z
      .string()
      .regex(/^tsk_[A-Za-z0-9_-]{43}$/)
      .describe('Sent as Authorization: Bearer <key>. It is told in this answer and never again.'),
  })
  .meta({ id: 'NewApiKey' });
export type NewApiKey = z.infer<typeof newApiKey>;

export const apiKey = z.strictObject(apiKeyShape).meta({ id: 'ApiKey' });
export type ApiKey = z.infer<typeof apiKey>;

export const apiKeyList = z.strictObject({ keys: z.array(apiKey) });
export type ApiKeyList = z.infer<typeof apiKeyList>;

/** Who a key belongs to, with what the developer has here. */
export const developerAnswer = z
  .strictObject({
    developer: evmAddress,
    submissions: z.array(submissionSummary).describe('The newest ones.'),
    models: z.array(
      z.strictObject({
        modelId: slug,
        modelVersionId: hex32,
        version: z.string(),
        status: z.enum(modelStatuses),
        revenueShareBps: z.number().int(),
      }),
    ),
  })
  .meta({ id: 'Developer' });
export type DeveloperAnswer = z.infer<typeof developerAnswer>;

/** Most days that one answer about revenue covers. */
export const REVENUE_DAYS_MAX = 366;

const day = z.iso.date().describe('A day in UTC, as 2026-11-30.');

export const revenueQuery = z.strictObject({
  from: day.optional().describe('The first day; 30 days before the last when left out.'),
  to: day.optional().describe('The last day; today when left out.'),
  model: slug.optional(),
});
export type RevenueQuery = z.output<typeof revenueQuery>;

const revenueFigures = {
  calls: z.number().int().describe('Answers that were given: free ones, and those whose payment settled.'),
  errors: z.number().int().describe('Runs that failed.'),
  chargedAtomic: decimal,
  developerShareAtomic: decimal.describe('Rounded down, for each model and day.'),
  platformShareAtomic: decimal,
};

/** Most lines of one answer about revenue; more days or models are asked for in parts. */
export const REVENUE_LINES_MAX = 5_000;

export const revenueAnswer = z
  .strictObject({
    developer: evmAddress,
    from: day,
    to: day,
    network: z.string(),
    asset: z.string(),
    lines: z
      .array(
        z.strictObject({
          modelId: slug,
          modelVersionId: hex32,
          day,
          revenueShareBps: z.number().int(),
          ...revenueFigures,
        }),
      )
      .max(REVENUE_LINES_MAX),
    totals: z.strictObject(revenueFigures),
    pendingAtomic: decimal.describe('What is not paid out: the whole share, since nothing is paid out yet.'),
  })
  .meta({ id: 'Revenue' });
export type RevenueAnswer = z.infer<typeof revenueAnswer>;
