import { randomBytes } from 'node:crypto';
import { canonicalJson, compareUtf8, type JsonValue } from '@touchstone/canonical-json';
import type {
  BatchSigned,
  EventBatchFormat,
  EventBody,
  EventSubject,
  ModelCommitment,
  OutputRecorded,
} from '@touchstone/contracts';
import {
  bytesToHex,
  createEcdsaSigner,
  createEd25519Signer,
  formatSignature,
  type Ed25519Signer,
} from '@touchstone/crypto';
import { batchSignatureHash, eventLeaf, formatRules, readParsedEvent } from '@touchstone/event-batch';
import {
  anchoredCommitment,
  batchEntryText,
  commitmentHash,
  contextNonce,
  modelVersionIdOf,
  outputDigest,
  outputLeaf,
  requestDigest,
  type BatchEntry,
  type TrustFile,
} from '@touchstone/evidence';
import {
  ed25519NoteSigner,
  formatCheckpointText,
  leafHash,
  leafHashOfText,
  merkleRoot,
  noteKey,
  signNote,
} from '@touchstone/merkle';
import { uuidV7 } from '@touchstone/postgres';
import { SignerDouble } from '@touchstone/testing';
import { contextOf, hashOf, NETWORK, tensor } from './output-parts.js';
import { anchorOnChain, type SyntheticBlock } from './evm-anchor.js';

export const ORIGIN = 'log.example/touchstone';
export const CONTRACT = `0x${'c0'.repeat(20)}`;
export const SUBMITTER = new SignerDouble().address('anchor');
const KID = 'output-1';
const DOMAIN = 'model-output-v1';

const DIGITS = { developer: 'samples', modelHash: 'ab'.repeat(32), name: 'digits', version: '1.0.0' };

/** An event with its subject, as a service would publish it. */
export type TestEvent = { [S in EventSubject]: { subject: S; body: EventBody<S> } }[EventSubject];
export type EventOf<S extends EventSubject> = { subject: S; body: EventBody<S> };

/** Gateway, signer and anchor-worker in one: genuine keys, trees, notes and chain proofs, in memory. */
export class LogWorld {
  readonly entries: string[] = [];
  readonly commitment: ModelCommitment;
  readonly logKey: Ed25519Signer;
  private readonly blocks: SyntheticBlock[] = [];
  /** Answers for the keys that sign here. */
  readonly signer: SignerDouble;
  private readonly outputKey;

  constructor(logSeed: Uint8Array = randomBytes(32), model = DIGITS) {
    const outputSeed = randomBytes(32);
    this.outputKey = createEcdsaSigner(outputSeed);
    this.logKey = createEd25519Signer(logSeed);
    const seeds = { output: bytesToHex(outputSeed), checkpoint: bytesToHex(logSeed) };
    this.signer = new SignerDouble({ seeds, origin: ORIGIN });
    this.commitment = {
      type: 'touchstone.model-commitment.v1',
      modelVersionId: modelVersionIdOf(model),
      model,
      sequence: 0,
      keys: [{ kid: KID, alg: 'ES256K', publicKey: bytesToHex(this.outputKey.publicKey) }],
      currentKeyId: KID,
      vkDigest: null,
      previous: null,
      effectiveAt: 1_700_000_000,
    };
  }

  commitmentPublished(): EventOf<'evt.v1.inference.commitment.published'> {
    const body = { modelId: 'digits', commitment: this.commitment };
    return { subject: 'evt.v1.inference.commitment.published', body };
  }

  /** A signed and paid output; `tensors: false` leaves them out, as a large one does. */
  output({ tensors = true } = {}): EventOf<'evt.v1.inference.output.recorded'> {
    const { modelVersionId } = this.commitment;
    const requestParts = {
      bodyDigest: bytesToHex(randomBytes(32)),
      method: 'POST',
      modelVersionId,
      quoteId: null,
      target: '/v1/models/digits/infer',
    };
    const context = contextOf(requestDigest(requestParts));
    const inputs = [tensor('pixels', [0, 1.5, 16, -0])];
    const outputs = [tensor('probabilities', [0.25, 0.75])];
    const payload = {
      modelVersionId,
      inputHash: hashOf(inputs),
      outputHash: hashOf(outputs),
      nonce: contextNonce(context),
      timestamp: Math.floor(Date.now() / 1_000),
    };
    return this.recorded(payload, {
      context,
      inputs: tensors ? inputs : null,
      outputs: tensors ? outputs : null,
      payment: { requestParts, receipt: { transaction: `0x${'77'.repeat(32)}` } },
    });
  }

  /** An output that this world signs, of whatever is said. */
  recorded(
    payload: Parameters<typeof outputDigest>[0],
    parts: Pick<OutputRecorded, 'context' | 'inputs' | 'outputs' | 'payment'>,
  ): EventOf<'evt.v1.inference.output.recorded'> {
    const signature = formatSignature(this.outputKey.sign(outputDigest(payload, DOMAIN)), 'der');
    const body: OutputRecorded = {
      verificationId: uuidV7(),
      modelId: 'digits',
      proof: { ...payload, domain: DOMAIN, keyId: KID, signature },
      ...parts,
      commitment: this.commitment,
      recordedAt: new Date().toISOString(),
    };
    return { subject: 'evt.v1.inference.output.recorded', body };
  }

  /** Appends an entry that is no batch. */
  entryAppended(text = canonicalJson(this.commitment)): EventOf<'evt.v1.anchor.entry.appended'> {
    const logIndex = `${this.entries.push(text) - 1}`;
    return { subject: 'evt.v1.anchor.entry.appended', body: { logIndex, entry: text } };
  }

  /** Seals outputs and other leaves, in this order. */
  batchSealed(
    outputs: readonly EventOf<'evt.v1.inference.output.recorded'>[],
    others: readonly Uint8Array[] = [],
  ): EventOf<'evt.v1.anchor.batch.sealed'> {
    const leaves = [...outputs.map(({ body }) => outputLeaf(body.proof)), ...others];
    const batchId = uuidV7();
    const sealedAt = new Date().toISOString();
    const entry = batchEntryText({
      type: 'touchstone.batch.v1',
      batchId,
      kind: 'output',
      leafFormat: 'model-output-v1',
      treeProfile: 'rfc9162-sha256',
      leafCount: leaves.length,
      root: bytesToHex(merkleRoot(leaves.map(leafHash))),
      scope: { modelVersionId: this.commitment.modelVersionId },
      sealedAt,
      nodeId: 'node-1',
      signature: null,
    });
    const logIndex = `${this.entries.push(entry) - 1}`;
    const body = { batchId, logIndex, entry, leaves: leaves.map(bytesToHex), sealedAt };
    return { subject: 'evt.v1.anchor.batch.sealed', body };
  }

  /** A signed batch of events; `held: false` leaves them with their submitter. */
  async batchSigned(
    events: readonly JsonValue[],
    { format = 'event-batch-v2', held = true }: { format?: EventBatchFormat; held?: boolean } = {},
  ): Promise<EventOf<'evt.v1.signing.batch.signed'>> {
    const read = events
      .map((event) => ({ event, ...readParsedEvent(event) }))
      .sort((left, right) => compareUtf8(left.id, right.id));
    const leaves = read.map(({ canonical }) => bytesToHex(eventLeaf(format, canonical)));
    const hub = this.signer.client('attestation-hub');
    const { batchId } = await hub.call('signer', 'sign-batch', { format, leaves });
    const signed = this.signer.batches.find((batch) => batch.batchId === batchId) as BatchSigned;
    const body = { ...signed, events: held ? read.map(({ event }) => event) : null };
    return { subject: 'evt.v1.signing.batch.signed', body };
  }

  /** The place of a signed batch in the log. */
  eventsSealed(
    { body }: EventOf<'evt.v1.signing.batch.signed'>,
    change: Partial<BatchEntry> = {},
  ): EventOf<'evt.v1.anchor.batch.sealed'> {
    const { batchId, tenant, format, leafCount, root, leaves, batchTs, signature } = body;
    const { leafFormat, treeProfile } = formatRules[format];
    const sealedAt = new Date().toISOString();
    const entry = batchEntryText({
      ...{ type: 'touchstone.batch.v1', batchId, kind: 'event', leafFormat, treeProfile, leafCount, root },
      ...{ scope: { tenant }, sealedAt, nodeId: 'node-1' },
      signature: batchSignatureHash({ format, batch_ts: batchTs, merkle_root: root, signature }),
      ...change,
    });
    const logIndex = `${this.entries.push(entry) - 1}`;
    return {
      subject: 'evt.v1.anchor.batch.sealed',
      body: { batchId, logIndex, entry, leaves: [...leaves], sealedAt },
    };
  }

  rootAt(size: number): Uint8Array {
    return merkleRoot(this.entries.slice(0, size).map(leafHashOfText));
  }

  /** Signs the log of a size; `root` and `key` are for a log that lies and for somebody who is not the log. */
  async checkpointPublished({
    size = this.entries.length,
    root = this.rootAt(size),
    key = this.logKey,
    origin = ORIGIN,
    extensions = [] as string[],
  } = {}): Promise<EventOf<'evt.v1.anchor.checkpoint.published'>> {
    const text = formatCheckpointText({ origin, size: BigInt(size), root, extensions });
    const signer = ed25519NoteSigner(noteKey(origin, 'ed25519', key.publicKey), (message) =>
      key.sign(message),
    );
    const body = {
      origin,
      size: `${size}`,
      root: bytesToHex(root),
      note: await signNote(text, [signer]),
      publishedAt: new Date().toISOString(),
    };
    return { subject: 'evt.v1.anchor.checkpoint.published', body };
  }

  anchorFinal(
    { body }: EventOf<'evt.v1.anchor.checkpoint.published'>,
    network = NETWORK,
  ): EventOf<'evt.v1.anchor.anchor.final'> {
    const commitment = anchoredCommitment(body.note) ?? new Uint8Array();
    const seconds = BigInt(Math.floor(Date.now() / 1_000));
    const at = { number: 100n + BigInt(this.blocks.length) * 10n, seconds };
    const block = anchorOnChain({ contract: CONTRACT, submitter: SUBMITTER }, commitment, at);
    this.blocks.push(block);
    return {
      subject: 'evt.v1.anchor.anchor.final',
      body: {
        anchorId: uuidV7(),
        kind: 'evm',
        network,
        checkpointSize: body.size,
        commitment: bytesToHex(commitment),
        level: 'finalized',
        transaction: `0x${'99'.repeat(32)}`,
        blockNumber: `${at.number}`,
        proof: block.proof,
        finalAt: new Date().toISOString(),
      },
    };
  }

  get logVerifierKey(): string {
    return this.signer.vkey;
  }

  /** The trust file of a reader who knows the keys, and the blocks of all anchors so far as those of one network. */
  trust(network = NETWORK): TrustFile {
    return {
      version: 1,
      asOf: new Date().toISOString(),
      keys: [
        ...this.signer.outputKeys.map((key) => ({ ...key, domains: [DOMAIN] })),
        ...this.signer.batchKeys,
      ],
      models: [
        { modelVersionId: this.commitment.modelVersionId, commitmentHash: commitmentHash(this.commitment) },
      ],
      logs: [{ origin: ORIGIN, vkey: this.logVerifierKey }],
      witnesses: { k: 0, vkeys: [] },
      chains: [
        {
          network,
          test: false,
          contract: CONTRACT,
          submitters: [SUBMITTER],
          blocks: this.blocks.map(({ number, hash }) => ({ number: `${number}`, hash })),
        },
      ],
      tsas: [],
      independent: [network],
    };
  }
}
