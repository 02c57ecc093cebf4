import { bytesToHex, parseUtcTime } from '@touchstone/crypto';
import {
  BatchError,
  batchReasons,
  batchSignatureHash,
  formatRules,
  keyTimeReasons,
  readBatchNote,
  readParsedEvent,
  verifyBatchSignature,
  type BatchReason,
  type SignedBatch,
} from '@touchstone/event-batch';
import type { EventBundle } from '../../bundle/schema.js';
import type { BatchEntry } from '../../log/batch-entry.js';
import type { Subject } from './kind.js';

/** An event of a signed batch. */
export function eventSubject({ subject: { event }, batch, inclusion }: EventBundle): Subject {
  const { format, batchTs, kid } = batch;
  const { leaf, leafFormat, treeProfile } = formatRules[format];
  const signed: SignedBatch = {
    format,
    batch_ts: batchTs,
    merkle_root: inclusion.rootHex,
    leaf_count: inclusion.treeSize,
    signature: batch.format === 'event-batch-v1' ? batch.signature : batch.note,
  };
  return {
    kind: 'event',
    keyId: kid,
    use: 'event-batch',
    alg: 'Ed25519',
    // The schema takes only times that exist.
    declared: { ms: parseUtcTime(batchTs) as number, text: batchTs },
    treeProfile,
    remarks: [],
    judgeSignature({ key }) {
      const verified = key ? attempted(() => verifyBatchSignature(signed, key)) : refused('key-status');
      return {
        expected: `signature of ${signed.merkle_root} at ${batchTs}`,
        actual: signed.signature,
        refusal: verified.refusal,
      };
    },
    timeRefusal: (check) => refused(check === 'key-status' ? check : keyTimeReasons[check]).refusal,
    leaf() {
      const { value: hash, refusal } = attempted(() => leaf(readParsedEvent(event).canonical));
      return hash ? { hash, text: bytesToHex(hash) } : { refusal };
    },
    /** A note names tenant and batch; the message of version 1 leaves both to the log. */
    expectedEntry(entry) {
      const note = format === 'event-batch-v2' ? attempted(() => readBatchNote(signed.signature)) : undefined;
      if (note && !note.value) return { refusal: note.refusal };
      return {
        kind: 'event',
        leafFormat,
        treeProfile,
        leafCount: inclusion.treeSize,
        root: inclusion.rootHex,
        scope: { tenant: note?.value.tenant ?? tenantOf(entry) ?? 'of any name' },
        signature: batchSignatureHash(signed),
        ...(note ? { batchId: note.value.batchId } : {}),
      };
    },
    reported: (entry) => ({
      kind: 'event',
      eventId: attempted(() => readParsedEvent(event).id).value ?? null,
      format,
      batchTs,
      keyId: kid,
      tenant: (entry && tenantOf(entry)) ?? null,
    }),
  };
}

const tenantOf = ({ scope }: BatchEntry): string | undefined =>
  'tenant' in scope ? scope.tenant : undefined;

const refused = (reason: BatchReason) => ({ refusal: `${reason}: ${batchReasons[reason]}` });

/** The result of work, or the words of the `BatchError` that it throws. */
function attempted<Result>(
  work: () => Result,
): { value: Result; refusal?: undefined } | { value?: undefined; refusal: string } {
  try {
    return { value: work() };
  } catch (error) {
    // Nothing else is thrown at what came from outside.
    const { reason, message } = error as BatchError;
    return { refusal: `${reason}: ${message}` };
  }
}
