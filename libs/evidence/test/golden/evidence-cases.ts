import { parseSignature } from '@touchstone/crypto';
import type { OutputBundle, TrustFile } from '../../src/index.js';
import { fixture } from '../fixture.js';
import { lineCases, partCases, timeCases } from './monotone-cases.js';
import { highS, type GoldenCase } from './golden-case.js';
import { zkCases } from './zk-cases.js';

/** Bundles with the trust files that they are read with. */
export async function evidenceCases(bundle: OutputBundle, trust: TrustFile): Promise<GoldenCase[]> {
  const local = await fixture({ test: true });
  const unanchored = await fixture({ anchored: false });
  const transferred = await fixture({ transfer: true });
  const { proof } = bundle.subject;
  const withProof = (change: object) => ({
    ...bundle,
    subject: { ...bundle.subject, proof: { ...proof, ...change } },
  });
  const signature = parseSignature(proof.signature);
  const twin = 'compact' in signature ? highS(signature.compact) : '';
  return [
    { name: 'L2', input: { bundle, trust } },
    { name: 'L2-test on a test network', input: { bundle: local.bundle, trust: local.trust } },
    { name: 'L2, paid by a transfer', input: transferred },
    {
      name: 'paid by another transfer',
      input: {
        bundle: withPayment(transferred.bundle, { txHash: '00'.repeat(32) }),
        trust: transferred.trust,
      },
    },
    {
      name: 'a payment of both forms',
      input: {
        bundle: withPayment(transferred.bundle, { nonce: '66'.repeat(32) }),
        trust: transferred.trust,
      },
    },
    { name: 'L1 without an anchor', input: { bundle: unanchored.bundle, trust: unanchored.trust } },
    { name: 'L0 without a trust file', input: { bundle, trust: null } },
    {
      name: 'L1 when no block hash is trusted',
      input: { bundle, trust: { ...trust, chains: trust.chains.map((chain) => ({ ...chain, blocks: [] })) } },
    },
    { name: 'L0 when the commitment is not listed', input: { bundle, trust: { ...trust, models: [] } } },
    { name: 'another second', input: { bundle: withProof({ timestamp: proof.timestamp + 1 }), trust } },
    { name: 'the signature with high S', input: { bundle: withProof({ signature: twin }), trust } },
    {
      name: 'another output',
      input: { bundle: { ...bundle, subject: { ...bundle.subject, outputs: bundle.subject.inputs } }, trust },
    },
    {
      name: 'another context',
      input: {
        bundle: {
          ...bundle,
          subject: { ...bundle.subject, context: { ...bundle.subject.context, payment: null } },
        },
        trust,
      },
    },
    {
      name: 'an entry of another batch',
      input: { bundle: { ...bundle, entry: bundle.entry.replace('"leafCount":5', '"leafCount":6') }, trust },
    },
    { name: 'an unknown member', input: { bundle: { ...bundle, level: 'L6' }, trust } },
    { name: 'a domain that is not trusted', input: { bundle: withProof({ domain: '' }), trust } },
    { name: 'a member twice', input: { bundle: '{"version":1,"version":1}', trust } },
    ...(await zkCases()),
    ...(await lineCases()),
    ...(await partCases()),
    ...(await timeCases()),
  ];
}

function withPayment(bundle: OutputBundle, change: object): unknown {
  const { subject } = bundle;
  const payment = { ...subject.context.payment, ...change };
  return { ...bundle, subject: { ...subject, context: { ...subject.context, payment } } };
}
