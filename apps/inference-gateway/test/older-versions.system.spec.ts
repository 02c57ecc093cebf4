import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import type { AuthorizationPayment } from '@touchstone/contracts';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { commitmentHash } from '@touchstone/evidence';
import { Outbox } from '@touchstone/postgres';
import { oldOutbox, olderVersions } from '@touchstone/testing';
import type { DataSource } from 'typeorm';
import type { Config } from '../src/config.js';
import type { EventDraft, Verification } from '../src/domain/inference/verification.js';
import { PostgresAddedModelStore } from '../src/persistence/postgres-added-model-store.js';
import { PostgresCommitmentStore } from '../src/persistence/postgres-commitment-store.js';
import { PostgresExecutionProofStore } from '../src/persistence/postgres-execution-proof-store.js';
import { PostgresJobStore } from '../src/persistence/postgres-job-store.js';
import { PostgresModelStore } from '../src/persistence/postgres-model-store.js';
import { PostgresSubmissionStore } from '../src/persistence/postgres-submission-store.js';
import { PostgresUsageStore } from '../src/persistence/postgres-usage-store.js';
import { PostgresVerificationStore } from '../src/persistence/postgres-verification-store.js';
import { service } from '../src/service.js';
import { memoryModelFiles } from './support/model-on-disk.js';
import { imageInput, jsonFile } from './support/prepared-models.js';
import { commitment, paidVerification } from './support/verification-store.contract.js';

const AT = '2026-11-21T08:00:00.123Z';
const SETTLED_AT = '2026-11-21T08:00:02.456Z';
const ADDED = 'ef'.repeat(32);
const RETIRED = '12'.repeat(32);
const JOB = '01890a5d-ac96-774b-bcce-b302099a8059';
const PICTURES = '34'.repeat(32);
const SUBMISSION = '01890a5d-ac96-774b-bcce-b302099a8060';
const SET_UP = '01890a5d-ac96-774b-bcce-b302099a8058';
const body = '{"answer":1}';
const file = new Uint8Array([8, 9, 10]);
const fileHash = bytesToHex(sha256(file));
const settlement = { success: true, transaction: `0x${'ab'.repeat(32)}` };
const refusal = 'invalid_exact_evm_insufficient_balance';

const text = (value: string | null): string => (value === null ? 'NULL' : `'${value.replaceAll("'", "''")}'`);
const json = (value: unknown): string => text(JSON.stringify(value));

const imageFile = jsonFile(imageInput());
const preprocess = { type: 'image', file: 'image.json', sha256: imageFile.sha256 };

const PROOF = '01890a5d-ac96-774b-bcce-b302099a8057';
const element = { name: 'x', datatype: 'UINT8', shape: [1], data: 'AQ==' };

const tensor = { name: 'x', datatype: 'FP32', shape: [1, 2] };
const manifest = (id: string) => ({
  ...{
    id,
    name: 'Digits',
    version: '1.0.0',
    developer: 'nobody',
    description: 'Reads digits.',
    file: 'model.onnx',
  },
  // A text of then, which a newer Unicode might not show.
  ...{
    sha256: fileHash,
    task: 'classification',
    inputs: [{ ...tensor, labels: ['a\u00ad'] }],
    outputs: [tensor],
  },
  ...{ priceAtomic: '10000' },
});
const model = (version: string, id: string, status: string, prepared?: object): string =>
  `INSERT INTO gateway.models (model_version_id, model_id, name, version, developer, task, model_hash, model_hash_sha3,
     size_bytes, price_atomic, status, manifest, registered_at)
   VALUES ('\\x${version}', '${id}', '${id}', '1.0.0', 'nobody', 'classification', '\\x${fileHash}', '\\x${fileHash}', 3,
     115792089237316195423570985008687907853269984665640564039457584007913129639935, '${status}', ${json({ ...manifest(id), preprocess: prepared })},
     '${AT}');`;

function verification({ row, event }: { row: Verification; event: EventDraft }): string {
  const { id, state, modelId, modelVersionId, proof, context, reservationId, failure } = row;
  const isSettled = state === 'settled';
  const insert = `INSERT INTO gateway.verifications (id, state, model_id, model_version_id, nonce, commitment_sequence,
      proof, context, reservation_id, settlement, failure, inference_ms, total_ms, created_at, settled_at)
    VALUES ('${id}', '${state}', '${modelId}', '\\x${modelVersionId}', '\\x${proof.nonce}', 0, ${json(proof)},
      ${json(context)}, ${text(reservationId)}, ${isSettled ? json(settlement) : 'NULL'}, ${text(failure)}, 1.5, 2.5,
      '${AT}', ${isSettled ? text(SETTLED_AT) : 'NULL'});`;
  if (reservationId === null) return insert;
  return `${insert} INSERT INTO gateway.stored_answers (reservation_id, body, event)
    VALUES ('${reservationId}', convert_to(${text(body)}, 'UTF8'), ${json(event)});`;
}

const paid = (state: Verification['state'], change: Partial<Verification> = {}) =>
  paidVerification({ state, createdAtMs: Date.parse(AT), inferenceMs: 1.5, totalMs: 2.5, ...change });
const executed = paid('executed');
const settled = paid('settled', { settlement, settledAtMs: Date.parse(SETTLED_AT) });
const failed = paid('payment-failed', { failure: refusal });
const free = paid('recorded', { reservationId: null, payment: null });
const freeContext = { ...free.row.context, payment: null, requestDigest: null };
const recorded = {
  row: { ...free.row, context: freeContext },
  event: { ...free.event, context: freeContext, payment: null },
};

const amountOf = ({ payment }: Verification): string => (payment as AuthorizationPayment).amount;

/** Answers of before they were counted are in the totals: here a free one and a settled one. */
async function expectTotals(dataSource: DataSource): Promise<void> {
  const usage = new PostgresUsageStore(dataSource);
  const counted = { calls: 2, errors: 0, averageInferenceMs: 1.5 };
  expect(await usage.statistics(commitment.modelVersionId)).toMatchObject(counted);
  const totals = (await dataSource.query(
    `SELECT day::text, calls::int, charged_atomic::text AS charged FROM gateway.model_usage`,
  )) as unknown[];
  const { amount } = settled.row.payment as AuthorizationPayment;
  expect(totals).toEqual([{ day: '2026-11-21', calls: 2, charged: amount }]);
}

const versions = olderVersions({
  service: 'inference-gateway',
  optionsFor: (url) => service.databaseOptions({ DATABASE_URL: url } as Config),
  rows: [
    {
      sql: [
        model(commitment.modelVersionId, 'digits', 'active'),
        model(ADDED, 'added', 'suspended'),
        `INSERT INTO gateway.model_commitments (model_version_id, sequence, commitment_hash, commitment, published_at)
         VALUES ('\\x${commitment.modelVersionId}', 0, '\\x${commitmentHash(commitment)}', ${json(commitment)}, '${AT}');`,
        ...[executed, settled, failed, recorded].map(verification),
      ].join(''),
    },
    {
      since: 'AddedModels1763800000000',
      sql: `${model(RETIRED, 'retired', 'retired')}
        INSERT INTO gateway.added_models (model_version_id, model_id, name, version, file, added_at) VALUES
          ('\\x${ADDED}', 'added', 'Added', '1.0.0', '\\x${bytesToHex(file)}', '${AT}'),
          ('\\x${RETIRED}', 'retired', 'Retired', '1.0.0', NULL, '${AT}');`,
    },
    {
      since: 'OwedAnswers1764000000000',
      sql: `UPDATE gateway.stored_answers SET handed_out = true WHERE reservation_id = '${settled.row.reservationId}';
        UPDATE gateway.verifications SET settle_after = created_at WHERE state = 'executed';`,
    },
    {
      since: 'ExecutionProofs1764100000000',
      sql: `INSERT INTO gateway.provable_outputs (verification_id, inputs, outputs)
          VALUES ('${settled.row.id}', ${json([element])}, ${json([element])});
        INSERT INTO gateway.execution_proofs (id, verification_id, state, model_version_id, reservation_id, request_digest,
          payment, body, event, settle_after, created_at)
        VALUES ('${PROOF}', '${settled.row.id}', 'executed', '\\x${settled.row.modelVersionId}', '${PROOF}',
          '\\x${settled.row.context.requestDigest}', ${json(settled.row.payment)}, convert_to(${text(body)}, 'UTF8'),
          ${json({ verificationId: settled.row.id })}, '${AT}', '${AT}');
        INSERT INTO gateway.proof_claims (verification_id, claim_id, until) VALUES ('${settled.row.id}', '${PROOF}', '${AT}');`,
    },
    {
      since: 'SetUps1799900000000',
      sql: `INSERT INTO gateway.set_ups (id, state, model_version_id, identity, model, options, powers_name, is_public,
          announcement, newest_key, newest_key_bytes, claimed_until, result, failure)
        VALUES ('${SET_UP}', 'called-off', '\\x${commitment.modelVersionId}', '{}', '\\x${fileHash}', NULL, 'powers', true,
          '{}', '\\x${fileHash}', 3, NULL, NULL, 'nobody came');
        INSERT INTO gateway.set_up_parties (set_up_id, name, place, token_sha256)
        VALUES ('${SET_UP}', 'first', 0, '\\x${fileHash}');
        INSERT INTO gateway.set_up_keys (set_up_id, sha256, bytes) VALUES ('${SET_UP}', '\\x${fileHash}', '\\x080910');`,
    },
    {
      since: 'Jobs1800200000000',
      sql: `INSERT INTO gateway.jobs (id, status, model_id, target, request_key, created_at, start_before, ended_at, due_at,
          answer)
        VALUES ('${JOB}', 'succeeded', 'digits', '/v1/models/digits/infer', '\\x${fileHash}', '${AT}', '${AT}',
          '${SETTLED_AT}', '${AT}', convert_to(${text(body)}, 'UTF8'));`,
    },
    {
      since: 'AddedPreprocess1800400000000',
      sql: `${model(PICTURES, 'pictures', 'active', preprocess)}
        INSERT INTO gateway.added_models (model_version_id, model_id, name, version, file, added_at, preprocess, tokenizer)
        VALUES ('\\x${PICTURES}', 'pictures', 'Pictures', '1.0.0', '\\x${bytesToHex(file)}', '${AT}',
          '\\x${bytesToHex(imageFile.bytes)}', NULL);`,
    },
    {
      since: 'Market1800500000000',
      sql: `INSERT INTO gateway.submission_terms (sha256, text) VALUES ('\\x${fileHash}', 'terms');
        INSERT INTO gateway.submissions (id, digest, state, developer, name, version, manifest, manifest_sha256,
          test_cases_sha256, terms_sha256, model_sha256, model_sha3, size_bytes, deadline, signature, test_cases, created_at,
          due_at)
        VALUES ('${SUBMISSION}', '\\x${fileHash}', 'submitted', 'nobody', 'Submitted', '1.0.0', '{}', '\\x${fileHash}',
          '\\x${fileHash}', '\\x${fileHash}', '\\x${fileHash}', '\\x${fileHash}', 3, 1, '0x', '[]', '${AT}', '${AT}');
        INSERT INTO gateway.submission_pieces (submission_id, place, bytes)
        VALUES ('${SUBMISSION}', 0, '\\x0809'), ('${SUBMISSION}', 1, '\\x0a');
        INSERT INTO gateway.submission_changes (submission_id, at, by, to_state) VALUES ('${SUBMISSION}', '${AT}', 'nobody', 'submitted');
        INSERT INTO gateway.model_changes (model_version_id, at, by, to_status) VALUES ('\\x${ADDED}', '${AT}', 'operator', 'active');
        INSERT INTO gateway.developer_keys (id, developer, label, key_sha256, request_digest, created_at)
        VALUES ('${SUBMISSION}', 'nobody', 'key', '\\x${fileHash}', '\\x${fileHash}', '${AT}');
        INSERT INTO gateway.model_usage (model_version_id, day, calls, errors, charged_atomic, inference_ms)
        VALUES ('\\x${commitment.modelVersionId}', '2026-11-21', 2, 0, ${amountOf(settled.row)}, 3);
        INSERT INTO gateway.model_usage_changes (model_version_id, day, calls, errors, charged_atomic, inference_ms)
        VALUES ('\\x${RETIRED}', '2026-11-21', 0, 1, 0, 0);`,
    },
    ...oldOutbox('gateway', 'evt.v1.inference.commitment.published', { modelId: 'digits', commitment }),
  ],
  // The pieces of submissions have a table with those of models, where the files of these are too.
  taken: ['inbox', 'submission_pieces', 'added_models.file'],
  expectRows: async (dataSource, version) => {
    const outbox = new Outbox(dataSource);
    const store = new PostgresVerificationStore(dataSource, outbox, () => Date.parse(SETTLED_AT));
    const timeOf = (name: string) => Number(name.slice(-13));
    const had = (migration: string) => timeOf(migration) <= timeOf(version);
    await expectTotals(dataSource);
    const job = await new PostgresJobStore(dataSource).find(JOB);
    expect(job?.answer).toEqual(had('Jobs1800200000000') ? new TextEncoder().encode(body) : undefined);
    for (const { row } of [executed, settled, failed, recorded])
      expect(await store.find(row.id)).toEqual(row);
    const answers = [executed, settled, failed].map(({ row }) =>
      store.findByReservation(row.reservationId as string),
    );
    expect(await Promise.all(answers)).toEqual(
      [executed, settled, failed].map(({ row }) => ({
        ...{
          reservationId: row.reservationId,
          verificationId: row.id,
          state: row.state,
          payment: row.payment,
        },
        ...{ body: new TextEncoder().encode(body), requestDigest: row.context.requestDigest },
        // Until the column was there an answer left as soon as it was settled.
        ...{ modelVersionId: row.modelVersionId, handedOut: row.state === 'settled' },
      })),
    );
    const { payer, nonce } = settled.row.payment as AuthorizationPayment;
    expect(await store.findByPayment({ payer, nonce })).toHaveLength(1);

    // An answer that nobody settled is asked for, and its event of then is published.
    expect(await store.claimUnsettled(Date.parse(SETTLED_AT), 10)).toEqual([executed.row.reservationId]);
    await store.settle(executed.row.reservationId as string, settlement, false);
    expect(await store.find(executed.row.id)).toMatchObject({ state: 'settled', settlement });
    const paidBy = await store.findByTransaction('ab'.repeat(32), 10);
    expect(paidBy.map(({ id }) => id)).toEqual(expect.arrayContaining([executed.row.id, settled.row.id]));
    const [event] = (await dataSource.query(
      `SELECT convert_from(payload, 'UTF8')::jsonb AS body FROM gateway.outbox ORDER BY id DESC LIMIT 1`,
    )) as { body: unknown }[];
    expect(event?.body).toMatchObject({
      ...{
        ...executed.event,
        payment: { ...executed.event.payment, receipt: { transaction: settlement.transaction } },
      },
      recordedAt: SETTLED_AT,
    });

    const proofs = new PostgresExecutionProofStore(dataSource, outbox, () => Date.parse(SETTLED_AT));
    const hadProofs = had('ExecutionProofs1764100000000');
    const { id: verificationId, modelVersionId, payment, context } = settled.row;
    expect(await proofs.findByReservation(PROOF)).toEqual(
      hadProofs
        ? {
            ...{ reservationId: PROOF, verificationId, state: 'executed', modelVersionId, payment },
            ...{
              body: new TextEncoder().encode(body),
              requestDigest: context.requestDigest,
              handedOut: false,
            },
          }
        : undefined,
    );
    expect((await proofs.findOutput(verificationId))?.tensors).toEqual(
      hadProofs ? { inputs: [element], outputs: [element] } : undefined,
    );
    // A right to prove that was left behind has run out.
    expect(await proofs.claim(verificationId, PROOF, Date.parse(SETTLED_AT) + 1)).toBe(true);
    const commitments = new PostgresCommitmentStore(dataSource, outbox);
    expect(await commitments.latest(commitment.modelVersionId)).toEqual(commitment);
    const hadPictures = had('AddedPreprocess1800400000000');
    const wereAdded = version !== 'Initial1763700000000';
    const statuses = await new PostgresModelStore(dataSource).statuses();
    expect(Object.fromEntries(statuses)).toEqual({
      ...{ [commitment.modelVersionId]: 'active', [ADDED]: 'suspended' },
      ...(wereAdded ? { [RETIRED]: 'retired' } : {}),
      ...(hadPictures ? { [PICTURES]: 'active' } : {}),
    });
    const models = new PostgresAddedModelStore(dataSource, () => Date.parse(SETTLED_AT), memoryModelFiles);
    const added = await models.findById('added');
    expect(added?.model.manifest).toEqual(wereAdded ? manifest('added') : undefined);
    const read = (path: string) => readFile(path).then((bytes) => new Uint8Array(bytes));
    expect(await added?.model.withFile(read)).toEqual(wereAdded ? file : undefined);
    expect(added?.model.preprocessing).toBeUndefined();
    const submissions = new PostgresSubmissionStore(dataSource);
    const [submitted] = await submissions.list({ limit: 1 });
    const pieces: Uint8Array[] = [];
    for await (const piece of submissions.pieces(SUBMISSION)) pieces.push(piece);
    const hadMarket = had('Market1800500000000');
    expect([submitted?.id, new Uint8Array(Buffer.concat(pieces))]).toEqual(
      hadMarket ? [SUBMISSION, file] : [undefined, new Uint8Array()],
    );
    const pictures = await models.findById('pictures');
    expect(pictures?.model.preprocessing?.takes).toBe(hadPictures ? 'image' : undefined);
    expect((await models.list()).map(({ id, status }) => [id, status]).sort()).toEqual(
      wereAdded
        ? [['added', 'suspended'], ...(hadPictures ? [['pictures', 'active']] : []), ['retired', 'retired']]
        : [],
    );
  },
});

describe('a database of an older version', () => {
  it.each(versions)('that had $version as its last migration loses nothing', ({ check }) => check(), 60_000);
});
