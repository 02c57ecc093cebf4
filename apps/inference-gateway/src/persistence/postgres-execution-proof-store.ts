import {
  canonicalTensor,
  outputContext,
  outputProof,
  paymentReference,
  type VerificationState,
} from '@touchstone/contracts';
import { withDatabase, type Outbox } from '@touchstone/postgres';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import type { Settlement } from '../domain/payment/payment.js';
import {
  SETTLE_ASK_AFTER_MS,
  SETTLE_ASK_PAUSE_LAST_MS,
  type SoughtPayment,
  type StoredAnswer,
} from '../domain/payment/stored-answer.js';
import type {
  ExecutionProof,
  ExecutionProofStore,
  ProofPayment,
  ProvableOutput,
} from '../domain/proving/execution-proof.js';
import { insertProof, recordProof, settleProof, timeText } from './proof-row.js';
import { GATEWAY_SCHEMA as schema } from './schema.js';
import { failing, soughtIn } from './stored-answers.js';

const tensors = z.array(canonicalTensor);

interface OutputRow {
  readonly state: VerificationState;
  readonly modelId: string;
  readonly modelVersionId: string;
  readonly proof: unknown;
  readonly context: unknown;
  readonly inputs: unknown;
  readonly outputs: unknown;
}

interface ProofRow {
  readonly reservationId: string;
  readonly verificationId: string;
  readonly state: VerificationState;
  readonly body: Buffer;
  readonly requestDigest: string;
  readonly modelVersionId: string;
  readonly payment: unknown;
  readonly handedOut: boolean;
}

const proofs = `SELECT reservation_id AS "reservationId", verification_id AS "verificationId", state, body,
    encode(request_digest, 'hex') AS "requestDigest", encode(model_version_id, 'hex') AS "modelVersionId", payment,
    handed_out AS "handedOut"
  FROM ${schema}.execution_proofs`;

/** Proofs of executions in PostgreSQL. */
export class PostgresExecutionProofStore implements ExecutionProofStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outbox: Outbox,
    private readonly nowMs: () => number,
  ) {}

  async findOutput(verificationId: string): Promise<ProvableOutput | undefined> {
    const [row] = await this.query<OutputRow>(
      `SELECT v.state, v.model_id AS "modelId", encode(v.model_version_id, 'hex') AS "modelVersionId", v.proof, v.context,
              p.inputs, p.outputs
       FROM ${schema}.verifications v LEFT JOIN ${schema}.provable_outputs p ON p.verification_id = v.id
       WHERE v.id = $1`,
      [verificationId],
    );
    if (row === undefined) return undefined;
    const { state, modelId, modelVersionId, inputs, outputs } = row;
    return {
      ...{ verificationId, state, modelId, modelVersionId },
      proof: outputProof.parse(row.proof),
      requestDigest: outputContext.parse(row.context).requestDigest,
      tensors:
        inputs === null ? undefined : { inputs: tensors.parse(inputs), outputs: tensors.parse(outputs) },
    };
  }

  async findProved(verificationId: string): Promise<Uint8Array | undefined> {
    const [row] = await this.query<{ body: Buffer }>(
      `SELECT body FROM ${schema}.execution_proofs WHERE verification_id = $1 AND state IN ('recorded', 'settled')
       ORDER BY created_at LIMIT 1`,
      [verificationId],
    );
    return row && new Uint8Array(row.body);
  }

  async isMade(verificationId: string): Promise<boolean> {
    const rows = await this.query(
      `SELECT 1 FROM ${schema}.execution_proofs
       WHERE verification_id = $1 AND state IN ('recorded', 'executed', 'settled') LIMIT 1`,
      [verificationId],
    );
    return rows.length > 0;
  }

  async claim(verificationId: string, claimId: string, untilMs: number): Promise<boolean> {
    const rows = await this.query(
      `INSERT INTO ${schema}.proof_claims AS held (verification_id, claim_id, until) VALUES ($1, $2, $3)
       ON CONFLICT (verification_id) DO UPDATE SET claim_id = $2, until = $3 WHERE held.until <= $4
       RETURNING claim_id`,
      [verificationId, claimId, timeText(untilMs), timeText(this.nowMs())],
    );
    return rows.length > 0;
  }

  async unclaim(verificationId: string, claimId: string): Promise<void> {
    await this.query(`DELETE FROM ${schema}.proof_claims WHERE verification_id = $1 AND claim_id = $2`, [
      ...[verificationId, claimId],
    ]);
  }

  record(proof: ExecutionProof): Promise<void> {
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        await recordProof(manager, this.outbox, proof, this.nowMs());
      }),
    );
  }

  storeExecuted(proof: ExecutionProof, paid: ProofPayment): Promise<StoredAnswer> {
    const { reservationId } = paid;
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        await insertProof(manager, proof, paid);
        // Of several that made one for a reservation, the first one stands.
        const [row] = (await manager.query(`${proofs} WHERE reservation_id = $1`, [
          reservationId,
        ])) as ProofRow[];
        return toAnswer(row as ProofRow);
      }),
    );
  }

  async findByReservation(reservationId: string): Promise<StoredAnswer | undefined> {
    const [row] = await this.query<ProofRow>(`${proofs} WHERE reservation_id = $1`, [reservationId]);
    return row && toAnswer(row);
  }

  async findByPayment(sought: SoughtPayment): Promise<readonly StoredAnswer[]> {
    const [condition, parameters] = soughtIn('payment', sought);
    const rows = await this.query<ProofRow>(
      `${proofs} WHERE reservation_id IS NOT NULL AND ${condition}`,
      parameters,
    );
    return rows.map(toAnswer);
  }

  settle(
    reservationId: string,
    settlement: Settlement,
    handOut: boolean,
    settledAtMs = this.nowMs(),
  ): Promise<void> {
    return withDatabase(() =>
      this.dataSource.transaction(async (manager) => {
        await settleProof(manager, this.outbox, {
          reservationId,
          settlement,
          handOut,
          settledAtMs,
          atMs: this.nowMs(),
        });
      }),
    );
  }

  async failPayment(reservationId: string, reason: string, failedAtMs = this.nowMs()): Promise<void> {
    await this.query(
      `UPDATE ${schema}.execution_proofs SET state = 'payment-failed', failure = $2, settled_at = NULL
       WHERE reservation_id = $1 AND ${failing(reason)}`,
      [reservationId, reason, timeText(failedAtMs)],
    );
  }

  async claimUnsettled(nowMs: number, limit: number): Promise<readonly string[]> {
    const [rows] = (await withDatabase(() =>
      this.dataSource.query(
        `UPDATE ${schema}.execution_proofs SET settle_after = $1::timestamptz + greatest(
           $3::float8 * interval '1 millisecond',
           least($4::float8 * interval '1 millisecond', ($1::timestamptz - created_at) / 4))
         WHERE id IN (SELECT id FROM ${schema}.execution_proofs WHERE state = 'executed' AND settle_after <= $1
           ORDER BY settle_after LIMIT $2 FOR UPDATE SKIP LOCKED)
         RETURNING reservation_id AS "reservationId"`,
        [timeText(nowMs), limit, SETTLE_ASK_AFTER_MS, SETTLE_ASK_PAUSE_LAST_MS],
      ),
    )) as [{ reservationId: string }[], number];
    return rows.map(({ reservationId }) => reservationId);
  }

  private query<Row extends object>(sql: string, parameters: unknown[]): Promise<Row[]> {
    return withDatabase(async () => (await this.dataSource.query(sql, parameters)) as Row[]);
  }
}

function toAnswer({ payment, body, ...row }: ProofRow): StoredAnswer {
  return { ...row, payment: paymentReference.parse(payment), body: new Uint8Array(body) };
}
