import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { linearClassifier } from '@touchstone/testing';
import { SIGNED_FILES_MAX, verifyModelSigning } from './model-signing.js';

/** Made by model-signing 1.1.1 (`model_signing sign key`) over the classifier of these tests. */
const folder = new URL('../../../test/files/model-signing/', import.meta.url);
const bundle = new Uint8Array(readFileSync(new URL('model.sig', folder)));
const publicKey = readFileSync(new URL('public-key.pem', folder), 'utf8');
const classifier = linearClassifier(
  [
    [1, 0, -1],
    [0, 2, 0],
  ],
  [0, 0, 0.5],
);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const modelSha256 = sha256(classifier);

interface Bundle {
  mediaType: string;
  verificationMaterial: object;
  dsseEnvelope: { payload: string; payloadType: string; signatures: { sig: string }[] };
}

const changed = (change: (parsed: Bundle) => unknown): Uint8Array => {
  const parsed = JSON.parse(new TextDecoder().decode(bundle)) as Bundle;
  change(parsed);
  return new TextEncoder().encode(JSON.stringify(parsed));
};
const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }) as string;

const payloadType = 'application/vnd.in-toto+json';
const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** A bundle of our own over a statement that a test changes. */
function signed(change: (statement: Record<string, never>) => void = () => undefined): Uint8Array {
  const statement = JSON.parse(
    Buffer.from(
      (JSON.parse(new TextDecoder().decode(bundle)) as Bundle).dsseEnvelope.payload,
      'base64',
    ).toString(),
  ) as Record<string, never>;
  change(statement);
  const payload = Buffer.from(JSON.stringify(statement));
  const message = Buffer.concat([
    Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `),
    payload,
  ]);
  return changed((parsed) => {
    parsed.dsseEnvelope.payload = payload.toString('base64');
    parsed.dsseEnvelope.signatures = [{ sig: sign('sha256', message, own.privateKey).toString('base64') }];
  });
}

type Resources = { digest: string; name: string; algorithm: string }[];
const withFiles = (count: number) =>
  signed((statement: Record<string, unknown>) => {
    const { resources } = statement['predicate'] as { resources: Resources };
    const [model] = resources as [Resources[0]];
    const all = Array.from({ length: count }, (_, at) => (at === 0 ? model : { ...model, name: `${at}` }));
    Object.assign(statement['predicate'] as object, { resources: all });
    const [subject] = statement['subject'] as [{ digest: { sha256: string } }];
    subject.digest.sha256 = sha256(Buffer.concat(all.map(({ digest }) => Buffer.from(digest, 'hex'))));
  });

describe('a bundle of OpenSSF model signing', () => {
  it('that its tool made is verified', () => {
    const der = Buffer.from(publicKey.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64');
    expect(verifyModelSigning(bundle, publicKey, modelSha256)).toEqual({
      publicKeySha256: sha256(der),
      bundleSha256: sha256(bundle),
    });
  });

  it('may list further files, up to SIGNED_FILES_MAX', () => {
    const verify = (count: number) => verifyModelSigning(withFiles(count), pemOf(own.publicKey), modelSha256);
    expect(verify(SIGNED_FILES_MAX).bundleSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(() => verify(SIGNED_FILES_MAX + 1)).toThrow('/predicate/resources');
  });

  it.each([
    ['another key', () => verifyModelSigning(bundle, pemOf(own.publicKey), modelSha256), 'did not sign it'],
    ['another file', () => verifyModelSigning(bundle, publicKey, 'ab'.repeat(32)), 'lists no file'],
    [
      'a changed payload',
      () =>
        verifyModelSigning(
          changed(({ dsseEnvelope }) => {
            dsseEnvelope.payload = Buffer.from(
              Buffer.from(dsseEnvelope.payload, 'base64').toString().replace('model.onnx', 'other.onnx'),
            ).toString('base64');
          }),
          publicKey,
          modelSha256,
        ),
      'did not sign it',
    ],
    [
      'no signature',
      () =>
        verifyModelSigning(
          changed((it) => (it.dsseEnvelope.signatures = [])),
          publicKey,
          modelSha256,
        ),
      'no sigstore bundle',
    ],
    [
      'an older format',
      () =>
        verifyModelSigning(
          changed((it) => (it.mediaType = 'application/vnd.dev.sigstore.bundle.v0.2+json')),
          publicKey,
          modelSha256,
        ),
      'no sigstore bundle',
    ],
    [
      'another type of payload',
      () =>
        verifyModelSigning(
          changed((it) => (it.dsseEnvelope.payloadType = 'text/plain')),
          publicKey,
          modelSha256,
        ),
      'no sigstore bundle',
    ],
    [
      'a certificate',
      () =>
        verifyModelSigning(
          changed((it) => (it.verificationMaterial = { certificate: { rawBytes: '' } })),
          publicKey,
          modelSha256,
        ),
      'no sigstore bundle',
    ],
    [
      'a signature that is no base64',
      () =>
        verifyModelSigning(
          changed((it) => (it.dsseEnvelope.signatures = [{ sig: '%' }])),
          publicKey,
          modelSha256,
        ),
      'no base64',
    ],
    ['no JSON', () => verifyModelSigning(new Uint8Array([1]), publicKey, modelSha256), 'no sigstore bundle'],
    [
      'another predicate',
      () =>
        verifyModelSigning(
          signed((it) => Object.assign(it, { predicateType: 'https://slsa.dev/provenance/v1' })),
          pemOf(own.publicKey),
          modelSha256,
        ),
      'no statement of model signing',
    ],
    [
      'a subject of other files',
      () =>
        verifyModelSigning(
          signed((it) =>
            Object.assign(it, { subject: [{ name: 'm', digest: { sha256: 'ab'.repeat(32) } }] }),
          ),
          pemOf(own.publicKey),
          modelSha256,
        ),
      'not that of its files',
    ],
    [
      'a key of another curve',
      () =>
        verifyModelSigning(
          bundle,
          pemOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey),
          modelSha256,
        ),
      'no public key of P-256',
    ],
    [
      'a key of RSA',
      () =>
        verifyModelSigning(
          bundle,
          pemOf(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey),
          modelSha256,
        ),
      'no public key of P-256',
    ],
    ['a key that is no PEM', () => verifyModelSigning(bundle, 'key', modelSha256), 'no public key of P-256'],
  ])('with %s is refused', (_name, verify, reason) => {
    expect(verify).toThrow(reason);
    expect(verify).toThrow(expect.objectContaining({ code: 'model-invalid' }));
  });
});
