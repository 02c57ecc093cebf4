import { parseStrictJson } from '@touchstone/canonical-json';
import { AppError } from '@touchstone/contracts';
import {
  base64ToBytes,
  bytesToHex,
  createPkiVerifier,
  hexToBytes,
  sha256,
  type PkiVerifier,
} from '@touchstone/crypto';
import { z } from 'zod';
import { SIGNATURE_BUNDLE_BYTES_MAX, type VerifiedSigning } from './submission.js';

/** Most files that a signed manifest may list; a model here is one of them. */
export const SIGNED_FILES_MAX = 1_000;

const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** A sigstore bundle of version 0.3 with a key, not a certificate; what else it says is left open by its standard. */
const sigstoreBundle = z.looseObject({
  mediaType: z.literal('application/vnd.dev.sigstore.bundle.v0.3+json'),
  verificationMaterial: z.looseObject({ publicKey: z.looseObject({}) }),
  dsseEnvelope: z.looseObject({
    payload: z.string(),
    payloadType: z.literal(PAYLOAD_TYPE),
    signatures: z.array(z.looseObject({ sig: z.string() })).length(1),
  }),
});

const hex32 = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex characters');

/** The statement of OpenSSF model signing 1.0 with a digest for each file; shards are not taken. */
const statement = z.looseObject({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  subject: z.array(z.looseObject({ digest: z.looseObject({ sha256: hex32 }) })).length(1),
  predicateType: z.literal('https://model_signing/signature/v1.0'),
  predicate: z.looseObject({
    serialization: z.looseObject({ method: z.literal('files'), hash_type: z.literal('sha256') }),
    resources: z
      .array(z.looseObject({ name: z.string(), digest: hex32, algorithm: z.literal('sha256') }))
      .min(1)
      .max(SIGNED_FILES_MAX),
  }),
});

/**
 * Verifies the bundle that `model_signing sign key` wrote: a DSSE envelope over a manifest that lists the file.
 *
 * @param modelSha256 of the file, lower-case hex
 * @throws AppError `model-invalid` that says what does not hold
 */
export function verifyModelSigning(
  bundle: Uint8Array,
  publicKeyPem: string,
  modelSha256: string,
): VerifiedSigning {
  const { spki, verify } = keyOf(publicKeyPem);
  const { dsseEnvelope } = read(bundle, sigstoreBundle, 'it is no sigstore bundle 0.3 of a key');
  const payload = decoded(dsseEnvelope.payload, 'its payload');
  const [signature] = dsseEnvelope.signatures;
  if (!verify('sha256', preAuthentication(payload), decoded(signature?.sig ?? '', 'its signature')))
    throw invalid('the key of the manifest did not sign it');
  const { subject, predicate } = read(payload, statement, 'its payload is no statement of model signing 1.0');
  const digests = predicate.resources.map(({ digest }) => hexToBytes(digest) as Uint8Array);
  if (bytesToHex(sha256(Buffer.concat(digests))) !== subject[0]?.digest.sha256)
    throw invalid('the digest of its subject is not that of its files');
  if (!predicate.resources.some(({ digest }) => digest === modelSha256))
    throw invalid(`it lists no file with the SHA-256 ${modelSha256}`);
  return { publicKeySha256: bytesToHex(sha256(spki)), bundleSha256: bytesToHex(sha256(bundle)) };
}

/** SubjectPublicKeyInfo of P-256 up to its point (RFC 5480). */
const P256_PREFIX = '3059301306072a8648ce3d020106082a8648ce3d030107034200';
const POINT_BYTES = 65;

function keyOf(pem: string): { spki: Uint8Array; verify: PkiVerifier } {
  const body = /^\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*$/.exec(pem)?.[1];
  const spki = body === undefined ? undefined : base64ToBytes(body.replace(/\s+/g, ''));
  const point = spki?.subarray(-POINT_BYTES);
  const isP256 = spki && point && bytesToHex(spki.subarray(0, -POINT_BYTES)) === P256_PREFIX;
  const verify = isP256 ? createPkiVerifier({ kind: 'ecdsa', curve: 'P-256', point }) : undefined;
  if (spki === undefined || verify === undefined) throw invalid('its publicKeyPem is no public key of P-256');
  return { spki, verify };
}

/** What a DSSE envelope signs, so that no payload passes for one of another type. */
function preAuthentication(payload: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

function decoded(text: string, what: string): Uint8Array {
  const bytes = base64ToBytes(text);
  if (bytes === undefined) throw invalid(`${what} is no base64`);
  return bytes;
}

function read<Schema extends z.ZodType>(
  bytes: Uint8Array,
  schema: Schema,
  complaint: string,
): z.output<Schema> {
  const parsed = parseStrictJson(bytes, { maxBytes: SIGNATURE_BUNDLE_BYTES_MAX });
  if (!parsed.ok) throw invalid(`${complaint}: ${parsed.error.message}`);
  const fitting = schema.safeParse(parsed.value);
  if (fitting.success) return fitting.data;
  const [issue] = fitting.error.issues;
  throw invalid(`${complaint}: /${issue?.path.join('/') ?? ''} ${issue?.message ?? ''}`);
}

function invalid(detail: string): AppError {
  return new AppError('model-invalid', `The signature bundle is refused: ${detail}.`, {
    details: [{ pointer: '/signature-bundle', detail }],
  });
}
