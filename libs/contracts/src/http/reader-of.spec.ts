import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import * as anchorWorker from './anchor-worker.js';
import * as attestationHub from './attestation-hub.js';
import * as everyService from './every-service.js';
import * as inferenceGateway from './inference-gateway.js';
import * as paymentVerifier from './payment-verifier.js';
import * as proofService from './proof-service.js';
import { readerOf } from './reader-of.js';
import * as signer from './signer.js';

const HASH = 'ab'.repeat(32);
const ID = '0198f1f0-0000-7000-8000-000000000001';
const TIME = '2026-01-02T03:04:05.678Z';
const ADDRESS = `0x${'1'.repeat(40)}`;

const proof = {
  modelVersionId: HASH,
  inputHash: HASH,
  outputHash: HASH,
  nonce: HASH,
  timestamp: 1,
  domain: 'd',
  keyId: 'k',
  signature: HASH + HASH,
};
const payment = {
  network: 'eip155:84532',
  asset: ADDRESS,
  payer: ADDRESS,
  payTo: ADDRESS,
  amount: '1',
  nonce: HASH,
};
const tensor = { name: 'x', datatype: 'FP32', shape: [1] };
const answer = {
  verificationId: ID,
  model: { id: 'digits', name: 'Digits', version: '1', modelVersionId: HASH },
  outputs: [{ ...tensor, data: [0.5] }],
  prediction: { label: 'a', index: 0, score: 1 },
  proof,
  context: {
    salt: HASH,
    requestDigest: null,
    payment,
    node: null,
    build: { service: 's', version: '1', hash: HASH },
  },
  payment,
  timing: { inferenceMs: 1, totalMs: 1 },
  links: { verification: '', evidence: '' },
};
const attested = { at: TIME, buildId: 'b', capabilityHash: HASH };
const node = {
  nodeId: 'n',
  status: 'OK',
  judged: 'OK',
  stale: false,
  ageMs: 0,
  health: 'GREEN',
  reportedHealth: 'GREEN',
  firstSeen: { ...attested, runtime: { node: '22' } },
  lastSeen: attested,
  driftCount: 0,
  spoofCount: 0,
  lastChange: TIME,
  lastHeartbeat: { at: TIME, tsUtc: TIME, clockSkewMs: null },
  ...{ zone: 'default', mode: 'observe', blocked: false, reason: null, key: null },
  quarantine: { reason: '', since: TIME },
  reporter: { current: 'http', previous: null, changedAt: null },
  baseline: { firstSeenCounts: true, builds: [{ buildId: 'b', capabilityHash: HASH }] },
  rollouts: ['r'],
  history: [],
};
const answers: [string, z.ZodType, object][] = [
  ['an inference', inferenceGateway.inferAnswer, answer],
  ['a node', attestationHub.nodeDetail, node],
  [
    'a readiness',
    everyService.readiness,
    { ready: true, draining: false, checks: [{ name: 'nats', ok: true, durationMs: 1 }] },
  ],
];

/** Puts a member that nobody knows into every object, but not among names that are data themselves. */
function withMore(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => withMore(item));
  if (typeof value !== 'object' || value === null || name === 'runtime') return value;
  return {
    ...Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withMore(member, key)])),
    later: true,
  };
}

describe('a reader', () => {
  it.each(answers)('of %s takes and keeps what it does not know, at every depth', (_name, schema, sample) => {
    expect(schema.parse(sample)).toEqual(sample);
    const later = withMore(sample);
    expect(readerOf(schema).parse(later)).toEqual(later);
    expect(schema.safeParse(later).data).not.toEqual(later);
  });

  it('is of one schema the same each time, and leaves the schema as it is', () => {
    expect(readerOf(everyService.readiness)).toBe(readerOf(everyService.readiness));
    expect(everyService.readiness.safeParse({ ready: true, draining: false, checks: [], x: 1 }).success).toBe(
      false,
    );
  });

  it.each([
    ['a member that is missing', { checks: undefined }, ['checks']],
    ['a member of another kind', { checks: [{ name: 7, ok: true, durationMs: 1 }] }, ['checks', 0, 'name']],
    [
      'a number below its least',
      { checks: [{ name: '', ok: true, durationMs: -1 }] },
      ['checks', 0, 'durationMs'],
    ],
  ])('refuses %s', (_name, change, path) => {
    const read = readerOf(everyService.readiness).safeParse({ ready: true, draining: false, ...change });
    expect(read.error?.issues.map((issue) => issue.path)).toEqual([path]);
  });

  it('keeps what a schema says of whole arrays and objects', () => {
    const { inputs } = inferenceGateway.modelDetail.shape;
    expect(readerOf(inputs).safeParse([tensor]).success).toBe(true);
    expect(readerOf(inputs).safeParse([]).success).toBe(false);
    expect(readerOf(inputs).safeParse([tensor, tensor]).success).toBe(false);
  });
});

describe('the contracts of HTTP', () => {
  const modules = {
    anchorWorker,
    attestationHub,
    everyService,
    inferenceGateway,
    paymentVerifier,
    proofService,
    signer,
  };
  const schemas = Object.entries(modules).flatMap(([service, module]) =>
    Object.entries(module as Record<string, unknown>)
      .filter((entry): entry is [string, z.ZodType] => entry[1] instanceof z.ZodType)
      .map(([name, schema]) => [`${service}.${name}`, schema] as const),
  );
  const document = (schema: z.ZodType) =>
    JSON.stringify(z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }));

  it.each(schemas)('%s has a reader without a closed object', (_name, schema) => {
    expect(document(readerOf(schema))).not.toContain('"additionalProperties":false');
  });

  it('have closed objects without a reader', () => {
    expect(
      schemas.filter(([, schema]) => document(schema).includes('"additionalProperties":false')).length,
    ).toBeGreaterThan(20);
  });
});
