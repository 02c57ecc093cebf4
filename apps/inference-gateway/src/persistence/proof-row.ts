import { executionProved } from '@touchstone/contracts';
import { toBytea, type Outbox } from '@touchstone/postgres';
import type { EntityManager } from 'typeorm';
import type { Settlement } from '../domain/payment/payment.js';
import { SETTLE_ASK_AFTER_MS } from '../domain/payment/stored-answer.js';
import type { ExecutionProof, ProofPayment, ProvedDraft } from '../domain/proving/execution-proof.js';
import { GATEWAY_SCHEMA as schema } from './schema.js';
import { SETTLEABLE } from './stored-answers.js';

export const timeText = (ms: number): string => new Date(ms).toISOString();

/** A proof, paid for where `paid` says with what; an earlier one of the reservation stands. */
export async function insertProof(
  manager: EntityManager,
  { id, verificationId, modelVersionId, body, event, createdAtMs }: ExecutionProof,
  paid: ProofPayment | undefined,
): Promise<void> {
  requirePublishable(event, createdAtMs);
  await manager.query(
    `INSERT INTO ${schema}.execution_proofs (id, verification_id, state, model_version_id, reservation_id, request_digest,
       payment, body, event, created_at, settle_after, handed_out)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (reservation_id) DO NOTHING`,
    [
      ...[id, verificationId, paid ? 'executed' : 'recorded', toBytea(modelVersionId)],
      ...[paid?.reservationId ?? null, paid ? toBytea(paid.requestDigest) : null],
      ...[paid ? JSON.stringify(paid.payment) : null, Buffer.from(body), JSON.stringify(event)],
      ...[
        timeText(createdAtMs),
        paid ? timeText(createdAtMs + SETTLE_ASK_AFTER_MS) : null,
        paid === undefined,
      ],
    ],
  );
}

/** A free proof: the row and its event. */
export async function recordProof(
  manager: EntityManager,
  outbox: Outbox,
  proof: ExecutionProof,
  atMs: number,
): Promise<void> {
  await insertProof(manager, proof, undefined);
  await publish(manager, outbox, proof.event, atMs);
}

/** What became of the payment of a proof. */
export interface ProofSettlement {
  readonly reservationId: string;
  readonly settlement: Settlement;
  readonly handOut: boolean;
  readonly settledAtMs: number;
  /** Now. */
  readonly atMs: number;
}

/** Gives a proof to everybody, once, if there is one of the reservation. */
export async function settleProof(
  manager: EntityManager,
  outbox: Outbox,
  { reservationId, settlement, handOut, settledAtMs, atMs }: ProofSettlement,
): Promise<void> {
  // The update is the decision: of several that settle at once, one finds the row in an earlier state.
  const [rows] = (await manager.query(
    `UPDATE ${schema}.execution_proofs SET state = 'settled', settlement = $2, settled_at = $3, failure = NULL
     WHERE reservation_id = $1 AND ${SETTLEABLE} RETURNING event`,
    [reservationId, JSON.stringify(settlement), timeText(settledAtMs)],
  )) as [{ event: ProvedDraft }[], number];
  if (handOut)
    await manager.query(`UPDATE ${schema}.execution_proofs SET handed_out = true WHERE reservation_id = $1`, [
      reservationId,
    ]);
  for (const { event } of rows) await publish(manager, outbox, event, atMs);
}

function publish(manager: EntityManager, outbox: Outbox, event: ProvedDraft, atMs: number): Promise<unknown> {
  return outbox.append(manager, 'evt.v1.proving.execution.proved', { ...event, provedAt: timeText(atMs) });
}

/** An event that cannot be published must be noticed now: after the settlement there is no way back. */
function requirePublishable(event: ProvedDraft, createdAtMs: number): void {
  const parsed = executionProved.safeParse({ ...event, provedAt: timeText(createdAtMs) });
  if (!parsed.success)
    throw new Error(`The event of a proof does not fit its schema: ${parsed.error.message}`);
}
