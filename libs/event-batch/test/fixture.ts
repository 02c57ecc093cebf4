import { bytesToHex, createEd25519Signer, parseKeystore } from '@touchstone/crypto';
import type { KeystoreEntry } from '@touchstone/contracts';
import {
  type BatchKeys,
  batchFile,
  type BatchFiles,
  type BatchSigner,
  type EventBatchFormat,
  EventCollector,
  proofText,
  type SignatureDocument,
  signatureText,
  signBatch,
} from '../src/index.js';

export const AT = Date.parse('2026-06-01T12:00:00Z');
export const NOW = AT + 60_000;
export const BATCH_ID = '01890a5d-ac96-774b-bcce-b302099a8057';

const signing = createEd25519Signer(new Uint8Array(32).fill(9));

/** An entry of a keystore for the key of the fixture; its status is that of its times at {@link NOW}. */
export const entry = (changes: Partial<KeystoreEntry> = {}): KeystoreEntry => ({
  kid: 'batch-1',
  alg: 'Ed25519',
  use: 'event-batch',
  name: 'batches.example',
  public_key: bytesToHex(signing.publicKey),
  status: 'active',
  not_before: '2026-01-01T00:00:00Z',
  not_after: '2026-12-31T00:00:00Z',
  ...changes,
});

/** What a keystore of one entry gives at a time. */
export function keysOf(keystoreEntry: KeystoreEntry, nowMs = NOW): BatchKeys {
  const read = parseKeystore({ version: 1, keys: [keystoreEntry] }, nowMs);
  if (!read.ok) throw new Error(JSON.stringify(read.errors));
  return read;
}

export const keys = keysOf(entry());
export const signer: BatchSigner = { key: keys.keys[0] as BatchSigner['key'], sign: signing.sign };

export const SALT = 'uP0W3b1nq6mA9k2sQe7xZg';
export const event = (id: string, more: object = {}): string => JSON.stringify({ salt: SALT, id, ...more });

export interface SignedBatch {
  readonly batch: string;
  readonly document: SignatureDocument;
  readonly files: BatchFiles;
}

/** Signs texts of events; `files` are what a verifier is given. */
export async function signed(
  format: EventBatchFormat,
  texts: readonly string[],
  { atMs = AT, previous }: { atMs?: number; previous?: string } = {},
): Promise<SignedBatch> {
  const collector = new EventCollector(format);
  for (const text of texts) collector.add(text);
  const sealed = collector.seal();
  const document = await signBatch(sealed, {
    signer,
    atMs,
    batchId: BATCH_ID,
    ...(previous === undefined ? {} : { previous }),
  });
  const batch = Buffer.concat([...batchFile(sealed, document)]).toString();
  return { batch, document, files: filesOf(batch, document) };
}

export function filesOf(batch: string, document: SignatureDocument): BatchFiles {
  const { batch_ts, merkle_root, leaf_count } = document;
  return {
    batch: [Buffer.from(batch)],
    signature: signatureText(document),
    proof: proofText([{ batch_ts, merkle_root, leaf_count, prev_root: null }]),
    batchTs: document.batch_ts,
  };
}
