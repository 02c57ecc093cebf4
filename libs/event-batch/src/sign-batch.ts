import { bytesToHex } from '@touchstone/crypto';
import {
  batchMessage,
  batchTimeMs,
  type BatchSigner,
  signBatchNote,
  signMessage,
  verifyBatchSignature,
} from './batch-signature.js';
import { NO_TENANT } from './batch-note.js';
import type { BatchHead, SignatureDocument } from './documents.js';
import type { SealedEvents } from './event-collector.js';
import { formatBatchTime } from './format.js';

/** What is signed beside the events. */
export interface BatchSigning {
  readonly signer: BatchSigner;
  /** Milliseconds since the epoch; cut to the precision of the format. */
  readonly atMs: number;
  /** Version 2: UUIDv7 of the batch. */
  readonly batchId: string;
  /** Version 2: whose batch it is; `-` when left out. */
  readonly tenant?: string;
  /** Version 2: `noteHash` of the note before it in the stream; left out of the first. */
  readonly previous?: string;
}

const encoder = new TextEncoder();

/**
 * Signs sealed events. Whether the key may sign at that time is for `requireKey` to say.
 *
 * @throws BatchError `batch-time` for a year beyond 9999, `key-without-name`
 */
export async function signBatch(
  events: Pick<SealedEvents, 'format' | 'leafCount' | 'root'>,
  signing: BatchSigning,
): Promise<SignatureDocument> {
  const { signer, atMs, batchId, tenant = NO_TENANT, previous } = signing;
  const { format, leafCount } = events;
  const head = {
    format,
    alg: 'Ed25519' as const,
    kid: signer.key.kid,
    batch_ts: formatBatchTime(format, atMs),
    merkle_root: bytesToHex(events.root),
    leaf_count: leafCount,
  };
  batchTimeMs(head);
  const signature =
    format === 'event-batch-v1'
      ? await signMessage(batchMessage(head.merkle_root, head.batch_ts), signer)
      : await signBatchNote(
          {
            batchId,
            tenant,
            leafCount,
            root: head.merkle_root,
            batchTs: head.batch_ts,
            previous: previous ?? null,
          },
          signer,
        );
  const document = { ...head, signature };
  // A signer that holds another key than the keystore says would make evidence that nobody can verify.
  verifyBatchSignature(document, signer.key);
  return document;
}

/** `batch_<ts>.json` in pieces: one event a line, each in canonical form. */
export function* batchFile(events: SealedEvents, document: SignatureDocument): Iterable<Uint8Array> {
  const { format, batch_ts, kid, leaf_count, merkle_root } = document;
  const head: BatchHead = { format, batch_ts, kid, leaf_count, merkle_root };
  yield encoder.encode(`${JSON.stringify(head).slice(0, -1)},"events":[\n`);
  const separator = encoder.encode(',\n');
  let first = true;
  for (const text of events.texts()) {
    if (!first) yield separator;
    first = false;
    yield text;
  }
  yield encoder.encode('\n]}\n');
}
