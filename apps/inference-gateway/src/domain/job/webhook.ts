import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';

/**
 * The secret of one job, made of the operator's, so that no caller can sign what another one gets and none is stored.
 *
 * @param master the operator's secret
 */
export function webhookSecretOf(master: string, jobId: string): string {
  return PREFIX + createHmac('sha256', master).update(`touchstone webhook ${jobId}`).digest('base64');
}

/** A message of the Standard Webhooks specification (version 1.0.0). */
export interface WebhookMessage {
  /** The same for every attempt; without a full stop. */
  readonly id: string;
  readonly body: string;
}

/** The headers of an attempt, signed by HMAC-SHA256 as scheme `v1`. @param secret `whsec_` and base64 */
export function webhookHeaders(
  { id, body }: WebhookMessage,
  secret: string,
  nowMs: number,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
