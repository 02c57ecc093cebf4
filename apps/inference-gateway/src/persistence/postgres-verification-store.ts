import { outputRecorded, type PaymentReference, type OutputRecorded } from '@touchstone/contracts';
import { injectTrace } from '@touchstone/platform/observability';
import { withDatabase, type Outbox, type OutboxEvent } from '@touchstone/postgres';
import { Batcher } from '@touchstone/work';
import type { DataSource } from 'typeorm';
import type { EventDraft, Verification, VerificationStore } from '../domain/inference/verification.js';
import type { SoughtPayment, StoredAnswer } from '../domain/payment/stored-answer.js';
import type { Settlement } from '../domain/payment/payment.js';
import type { ExecutionProof } from '../domain/proving/execution-proof.js';
import { insertProof, recordProof, settleProof, timeText } from './proof-row.js';
import { GATEWAY_SCHEMA as schema } from './schema.js';
import { COUNTED_COLUMNS, countingSql } from './usage-row.js';
import { claimUnsettled, failing, findAnswer, findAnswersByPayment, SETTLEABLE } from './stored-answers.js';
import { findByTransaction, selectVerifications } from './select-verifications.js';
import { insertVerifications } from './verification-row.js';

interface FreeAnswer {
  /** Of the request that asked: many are committed together, and each event belongs to its own trace. */
  readonly traceHeaders: Readonly<Record<string, string>>;
  readonly verification: Verification;
  readonly event: EventDraft;
}

/**
 * Verifications in PostgreSQL. Free answers of many callers are committed together; paid ones each have their own
 * transactions, because money moves between the two.
 */
export class PostgresVerificationStore implements VerificationStore {
  private readonly group: Batcher<FreeAnswer, void>;

  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
    private readonly nowMs: () => number,
  ) {
    this.group = new Batcher({ write: (answers) => this.writeFree(answers) });
  }

  record(verification: Verification, event: EventDraft, proof?: ExecutionProof): Promise<void> {
    if (proof !== undefined) return this.recordProved(verification, event, proof);
    return this.group.add({ verification, event, traceHeaders: injectTrace() });
  }

  /** Writes what waits and takes nothing new. */
  close(): Promise<void> {
    return this.group.close();
  }

  storeExecuted(
    verification: Verification,
    event: EventDraft,
    body: Uint8Array,
    proof?: ExecutionProof,
  ): Promise<StoredAnswer> {
    const reservationId = verification.reservationId as string;
    requirePublishable(event, verification.createdAtMs);
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        const inserted = await insertVerifications(manager, [verification]);
        if (inserted === 0) return (await findAnswer(manager, reservationId)) as StoredAnswer;
        await manager.query(
          `INSERT INTO ${schema}.stored_answers (reservation_id, body, event) VALUES ($1, $2, $3)`,
          [reservationId, Buffer.from(body), JSON.stringify(event)],
        );
        const answer = answerOf(verification, body);
        if (proof !== undefined) await insertProof(manager, proof, answer);
        return answer;
      }),
    );
  }

  findByReservation(reservationId: string): Promise<StoredAnswer | undefined> {
    return withDatabase(() => findAnswer(this.dataSource.manager, reservationId));
  }

  findByPayment(sought: SoughtPayment): Promise<readonly StoredAnswer[]> {
    return withDatabase(() => findAnswersByPayment(this.dataSource.manager, sought));
  }

  settle(
    reservationId: string,
    settlement: Settlement,
    handOut: boolean,
    settledAtMs = this.nowMs(),
  ): Promise<void> {
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        const atMs = this.nowMs();
        const recordedAt = timeText(atMs);
        // The update is the decision: of several that settle at once, one finds the row in an earlier state.
        const rows = (await manager.query(
          `WITH paid AS (
             UPDATE ${schema}.verifications SET state = 'settled', settlement = $2, settled_at = $3, failure = NULL
             WHERE reservation_id = $1 AND ${SETTLEABLE} RETURNING ${COUNTED_COLUMNS}),
           counted AS (${countingSql('paid', 1)})
           SELECT EXISTS (SELECT 1 FROM ${schema}.execution_proofs WHERE reservation_id = $1) AS "isProved" FROM paid`,
          [reservationId, JSON.stringify(settlement), timeText(settledAtMs)],
        )) as { isProved: boolean }[];
        if (rows.length === 0 && !handOut) return;
        const [answers] = (await manager.query(
          `UPDATE ${schema}.stored_answers SET handed_out = handed_out OR $2 WHERE reservation_id = $1 RETURNING event`,
          [reservationId, handOut],
        )) as [{ event: EventDraft }[], number];
        const [stored] = answers;
        if (rows.length === 0 || stored === undefined) return;
        const body = withReceipt(stored.event, settlement, recordedAt);
        await this.outbox.append(manager, 'evt.v1.inference.output.recorded', body);
        // A proof that was made with the answer is of the same payment.
        if (rows[0]?.isProved === true)
          await settleProof(manager, this.outbox, { reservationId, settlement, handOut, settledAtMs, atMs });
      }),
    );
  }

  claimUnsettled(nowMs: number, limit: number): Promise<readonly string[]> {
    return withDatabase(() => claimUnsettled(this.dataSource.manager, nowMs, limit));
  }

  failPayment(reservationId: string, reason: string, failedAtMs = this.nowMs()): Promise<void> {
    return withDatabase(async () => {
      // What is asked for twice at once is taken out once: the second one waits for the lock and finds another state.
      await this.dataSource.query(
        `WITH before AS (
           SELECT id, state FROM ${schema}.verifications WHERE reservation_id = $1 AND ${failing(reason)} FOR UPDATE),
         failed AS (
           UPDATE ${schema}.verifications v SET state = 'payment-failed', failure = $2, settled_at = NULL
           FROM before WHERE v.id = before.id
           RETURNING before.state AS was, ${COUNTED_COLUMNS}),
         counted AS (${countingSql('failed', -1, "was = 'settled'")})
         SELECT 1 FROM failed`,
        [reservationId, reason, timeText(failedAtMs)],
      );
    });
  }

  find(id: string): Promise<Verification | undefined> {
    return withDatabase(async () => {
      const [found] = await selectVerifications(this.dataSource.manager, 'v.id = $1', [id]);
      return found;
    });
  }

  findByTransaction(txHash: string, limit: number): Promise<readonly Verification[]> {
    return withDatabase(() => findByTransaction(this.dataSource.manager, txHash, limit));
  }

  private recordProved(verification: Verification, event: EventDraft, proof: ExecutionProof): Promise<void> {
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        const atMs = this.nowMs();
        await insertVerifications(manager, [verification]);
        const body = { ...event, recordedAt: new Date(atMs).toISOString() };
        await this.outbox.append(manager, 'evt.v1.inference.output.recorded', body);
        await recordProof(manager, this.outbox, proof, atMs);
      }),
    );
  }

  private writeFree(answers: readonly FreeAnswer[]): Promise<undefined[]> {
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        await insertVerifications(
          manager,
          answers.map(({ verification }) => verification),
        );
        const recordedAt = new Date(this.nowMs()).toISOString();
        const events: OutboxEvent[] = answers.map(({ event, traceHeaders }) => ({
          subject: 'evt.v1.inference.output.recorded',
          body: { ...event, recordedAt },
          traceHeaders,
        }));
        await this.outbox.appendMany(manager, events);
        return answers.map(() => undefined);
      }),
    );
  }
}

/** An event that cannot be published must be noticed now: after the settlement there is no way back. */
function requirePublishable(event: EventDraft, createdAtMs: number): void {
  const recordedAt = new Date(createdAtMs).toISOString();
  const parsed = outputRecorded.safeParse({ ...event, recordedAt });
  if (!parsed.success)
    throw new Error(`The event of an answer does not fit its schema: ${parsed.error.message}`);
}

/** An answer that was stored just now. */
function answerOf(verification: Verification, body: Uint8Array): StoredAnswer {
  const { id, reservationId, modelVersionId, context, payment } = verification;
  return {
    reservationId: reservationId as string,
    verificationId: id,
    state: 'executed',
    body,
    requestDigest: context.requestDigest as string,
    modelVersionId,
    payment: payment as PaymentReference,
    handedOut: false,
  };
}

/** The event with what the settlement added. */
function withReceipt(event: EventDraft, { transaction }: Settlement, recordedAt: string): OutputRecorded {
  const receipt = typeof transaction === 'string' && transaction !== '' ? { transaction } : null;
  return { ...event, payment: event.payment && { ...event.payment, receipt }, recordedAt };
}
