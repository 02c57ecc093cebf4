import { bytesToHex, createEcdsaSigner, formatSignature } from '@touchstone/crypto';
import { outputDigest, type OutputBundle } from '../../src/index.js';
import { flipLast, highS, type GoldenCase } from './golden-case.js';
import type { Section } from './run.js';

/** Digest, signature and leaf of an output. */
export function outputCases(
  bundle: OutputBundle,
): Pick<Record<Section, GoldenCase[]>, 'output-digest' | 'output-signature' | 'output-leaf'> {
  const { proof } = bundle.subject;
  const { modelVersionId, inputHash, outputHash, nonce, timestamp } = proof;
  const payload = { modelVersionId, inputHash, outputHash, nonce, timestamp };
  const digest = outputDigest(payload, proof.domain);
  const signer = createEcdsaSigner(new Uint8Array(32).fill(7));
  const compact = signer.sign(digest);
  const base = { publicKey: bytesToHex(signer.publicKey), digest: bytesToHex(digest) };
  const der = formatSignature(compact, 'der');
  const zero = '00'.repeat(32);
  return {
    'output-digest': [
      { name: 'the default domain', input: { payload, domain: 'model-output-v1' } },
      { name: 'the empty domain of the older format', input: { payload, domain: '' } },
      {
        name: 'the first second',
        input: { payload: { ...payload, timestamp: 0 }, domain: 'model-output-v1' },
      },
      {
        name: 'the last second',
        input: { payload: { ...payload, timestamp: Number.MAX_SAFE_INTEGER }, domain: 'model-output-v1' },
      },
    ],
    'output-signature': [
      { name: 'strict DER', input: { ...base, signature: der } },
      { name: 'compact', input: { ...base, signature: bytesToHex(compact) } },
      { name: 'the same signature with high S', input: { ...base, signature: highS(compact) } },
      { name: 'another digest', input: { ...base, digest: flipLast(base.digest), signature: der } },
      { name: 'upper-case hex', input: { ...base, signature: der.toUpperCase() } },
      { name: 'DER with a byte behind it', input: { ...base, signature: `${der}00` } },
      { name: 'DER with a long length', input: { ...base, signature: `3081${der.slice(2)}` } },
      { name: 'r is zero', input: { ...base, signature: zero + bytesToHex(compact).slice(64) } },
      {
        name: 'no point of the curve as key',
        input: { ...base, publicKey: `02${'ff'.repeat(32)}`, signature: der },
      },
    ],
    'output-leaf': [
      { name: 'DER signature', input: proof },
      { name: 'compact signature: the same leaf', input: { ...proof, signature: bytesToHex(compact) } },
      { name: 'another second', input: { ...proof, timestamp: timestamp + 1 } },
      { name: 'a short nonce', input: { ...proof, nonce: 'abc' } },
      { name: 'a fraction of a second', input: { ...proof, timestamp: 0.5 } },
      { name: 'a signature that is not strict', input: { ...proof, signature: `${der}00` } },
    ],
  };
}

/** Everything that is identified by the hash of its canonical JSON. */
export function identifierCases({ subject, commitment, payment }: OutputBundle): GoldenCase[] {
  return [
    { name: 'nonce of a context', input: { of: 'context', value: subject.context } },
    {
      name: 'nonce of a context without payment and node',
      input: { of: 'context', value: { ...subject.context, requestDigest: null, payment: null, node: null } },
    },
    { name: 'model version id', input: { of: 'model', value: commitment.model } },
    { name: 'commitment hash', input: { of: 'commitment', value: commitment } },
    { name: 'request digest', input: { of: 'request', value: payment?.requestParts } },
    {
      name: 'capability hash: sorted, without duplicates',
      input: { of: 'capabilities', value: ['onnx', 'attest', 'onnx'] },
    },
    {
      name: 'capability hash: by UTF-8 bytes, not by UTF-16 code units',
      input: { of: 'capabilities', value: ['\ud83d\ude00', '\uffff'] },
    },
  ];
}
