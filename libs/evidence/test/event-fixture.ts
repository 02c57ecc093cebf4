import type { JsonObject } from '@touchstone/canonical-json';
import { bytesToHex, createEd25519Signer } from '@touchstone/crypto';
import {
  batchSignatureHash,
  EventCollector,
  formatRules,
  readParsedEvent,
  signBatch,
  type EventBatchFormat,
  type SignatureDocument,
} from '@touchstone/event-batch';
import { buildEventBatchTree, buildTree, toPositionedPath } from '@touchstone/merkle';
import {
  batchEntryText,
  buildEventBundle,
  type BatchEntry,
  type EventBatchProof,
  type EventBundle,
  type InclusionProof,
  type TrustFile,
} from '../src/index.js';
import { logged, SIGNED_AT_SECONDS, trustIn } from './log-and-chain.js';

export const TENANT = '0197a000-0000-4000-8000-00000000000a';
export const BATCH_ID = '019a0000-0000-7000-8000-0000000000e1';

const batchKey = createEd25519Signer(new Uint8Array(32).fill(13));

/** The entry of the key of event batches in a trust file. */
export const eventKey: TrustFile['keys'][number] = {
  kid: 'batch-1',
  alg: 'Ed25519',
  use: 'event-batch',
  name: 'batches.example',
  public_key: bytesToHex(batchKey.publicKey),
  status: 'active',
  not_before: '2026-01-01T00:00:00Z',
  not_after: '2027-01-01T00:00:00Z',
};

const signer = {
  key: {
    kid: eventKey.kid,
    alg: eventKey.alg,
    use: eventKey.use,
    name: 'batches.example',
    publicKey: batchKey.publicKey,
    status: eventKey.status,
    notBefore: Date.parse(eventKey.not_before),
    notAfter: Date.parse(eventKey.not_after),
  },
  sign: batchKey.sign,
};

/** What an event of a fixture holds beside its id. */
export const eventOf = (id: string): JsonObject => ({ id, salt: 'k7Qm1x9bTz3RwV5yLp0sNA', total: 19.5 });

/** Options of {@link eventFixture}. */
export interface EventFixtureOptions {
  readonly format: EventBatchFormat;
  /** In the order of their ids. */
  readonly events?: readonly JsonObject[];
  /** Which of the events the bundle is about. */
  readonly leafIndex?: number;
  readonly tenant?: string;
  readonly batchId?: string;
  readonly anchored?: boolean;
  readonly test?: boolean;
  readonly atMs?: number;
  /** Lines that others added to the signed note before it was logged. */
  readonly cosign?: string;
  /** Members of the log entry that are not the batch's. */
  readonly entry?: Partial<BatchEntry>;
  /** What the bundle says of the place of the event in its batch, instead of the truth. */
  readonly inclusion?: Partial<InclusionProof>;
}

/** A complete valid bundle about an event, with the trust file that proves it; five events when left out. */
export async function eventFixture(
  options: EventFixtureOptions,
): Promise<{ bundle: EventBundle; trust: TrustFile; document: SignatureDocument }> {
  const {
    format,
    leafIndex = 4,
    anchored = true,
    test = false,
    tenant = TENANT,
    batchId = BATCH_ID,
  } = options;
  const events = options.events ?? ['a', 'b', 'c', 'd', 'e'].map(eventOf);
  const document = await signedBatch(events, { ...options, tenant, batchId });
  const inclusion = { ...pathOf(format, events, leafIndex), ...options.inclusion };
  const { leafFormat, treeProfile } = formatRules[format];
  const entry = batchEntryText({
    type: 'touchstone.batch.v1',
    batchId,
    kind: 'event',
    leafFormat,
    treeProfile,
    leafCount: events.length,
    root: document.merkle_root,
    scope: { tenant },
    sealedAt: '2026-06-01T11:00:01.000Z',
    nodeId: 'node-1',
    signature: batchSignatureHash(document),
    ...options.entry,
  });
  const proofs = await logged(entry);
  const bundle = buildEventBundle({
    event: events[leafIndex] as JsonObject,
    batch: batchProofOf(document),
    inclusion,
    entry,
    logProofs: proofs.logProofs,
    anchors: anchored ? proofs.anchors : [],
  });
  return { bundle, trust: trustIn(proofs, test, { keys: [eventKey], models: [] }), document };
}

/** Signs a batch of events with the key of the fixture. */
async function signedBatch(
  events: readonly JsonObject[],
  signing: EventFixtureOptions & { readonly tenant: string; readonly batchId: string },
): Promise<SignatureDocument> {
  const { format, tenant, batchId, atMs = SIGNED_AT_SECONDS * 1_000, cosign = '' } = signing;
  const collector = new EventCollector(format);
  for (const event of events) collector.add(JSON.stringify(event));
  const document = await signBatch(collector.seal(), { signer, atMs, batchId, tenant });
  return { ...document, signature: document.signature + cosign };
}

/** A signature as bundles have it. */
export function batchProofOf({ format, batch_ts, kid, signature }: SignatureDocument): EventBatchProof {
  return format === 'event-batch-v1'
    ? { format, batchTs: batch_ts, kid, signature }
    : { format, batchTs: batch_ts, kid, note: signature };
}

/** The way of an event to the root, in the tree of a format. */
export function pathOf(
  format: EventBatchFormat,
  events: readonly JsonObject[],
  leafIndex: number,
): InclusionProof {
  const leaves = events.map((event) => formatRules[format].leaf(readParsedEvent(event).canonical));
  const treeSize = events.length;
  if (format === 'event-batch-v1') {
    const tree = buildEventBatchTree(leaves);
    return { leafIndex, treeSize, path: tree.path(leafIndex), rootHex: bytesToHex(tree.root) };
  }
  const tree = buildTree(leaves);
  const path = toPositionedPath(tree.path(leafIndex), BigInt(leafIndex), BigInt(treeSize));
  return { leafIndex, treeSize, path, rootHex: bytesToHex(tree.root) };
}
