import { Controller, Inject } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { parseStrictJson, type JsonValue } from '@touchstone/canonical-json';
import { AppError, hex32, uuidV7 } from '@touchstone/contracts';
import {
  batchQuery,
  eventQuestion,
  evidenceQuery,
  proofClaim,
  treeSize,
  type EvidenceQuery,
} from '@touchstone/contracts/http/proof-service';
import { hexToBytes } from '@touchstone/crypto';
import { EVIDENCE_BYTES_MAX } from '@touchstone/evidence';
import { validate } from '@touchstone/platform/http';
import type { EventQuestion } from '../../domain/evidence/event-evidence.js';
import type { EvidenceReader } from '../../domain/evidence/evidence-reader.js';
import type { VerifiedBundle } from '../../domain/evidence/recent-bundles.js';
import { BundleVerifier, VERIFY_TRUST_BYTES_MAX } from '../../domain/evidence/verify-bundle.js';
import { BatchProofs } from '../../domain/proof/batch-proofs.js';
import { LogReader } from '../../domain/proof/log-reader.js';
import { verifyProof } from '../../domain/proof/verify-proof.js';
import { EVENT_EVIDENCE, OUTPUT_EVIDENCE } from '../../tokens.js';
import { EVENT_QUESTION_BYTES_MAX } from '../http/evidence.controller.js';
import { presentBatch, presentCheckpoint } from '../present-proof.js';
import {
  batchMessage,
  checkpointMessage,
  claimOf,
  reportMessage,
  verdictMessage,
  type EvidenceMessage,
  type ProofMessage,
  type VerifyMessage,
} from './messages.js';

/** Bytes of a message beside a bundle and a trust file. */
const FRAME_BYTES = 64;
/** Largest request: a bundle and a trust file of the largest size. */
export const PROOF_REQUEST_BYTES_MAX = EVIDENCE_BYTES_MAX + VERIFY_TRUST_BYTES_MAX + FRAME_BYTES;
/** Largest answer: a bundle of the largest size. */
export const PROOF_ANSWER_BYTES_MAX = EVIDENCE_BYTES_MAX + FRAME_BYTES;

/** The proof-service over gRPC: the readers, the schemas and the errors of HTTP. */
@Controller()
export class ProofGrpc {
  constructor(
    @Inject(OUTPUT_EVIDENCE) private readonly outputs: EvidenceReader<string>,
    @Inject(EVENT_EVIDENCE) private readonly events: EvidenceReader<EventQuestion>,
    @Inject(BatchProofs) private readonly proofs: BatchProofs,
    @Inject(LogReader) private readonly log: LogReader,
    @Inject(BundleVerifier) private readonly bundles: BundleVerifier,
  ) {}

  @GrpcMethod('ProofService', 'GetEvidence')
  async evidence(message: EvidenceMessage): Promise<{ readonly bundle: Buffer }> {
    const { text } = await this.read(message);
    return { bundle: Buffer.from(text) };
  }

  private read({ verificationId, event, sentEvent, require }: EvidenceMessage): Promise<VerifiedBundle> {
    const wait = require === '' ? {} : { require };
    if (verificationId !== undefined) {
      const { require: required } = validate(evidenceQuery, wait, 'body');
      return this.outputs.read(validate(uuidV7, verificationId, 'body'), required);
    }
    if (event !== undefined) {
      const { evidenceId, eventId, leaf } = event;
      const named = { ...(eventId !== undefined && { event: eventId }), ...(leaf !== undefined && { leaf }) };
      const query = validate(evidenceQuery, { ...wait, ...named }, 'body');
      const question = { evidenceId: validate(uuidV7, evidenceId, 'body'), event: namedEvent(query) };
      return this.events.read(question, query.require);
    }
    if (sentEvent === undefined)
      throw missing('subject', 'expected a verification id, an event, or an event that is sent.');
    const { require: required } = validate(evidenceQuery, wait, 'body');
    const question = { batchId: sentEvent.batchId, event: parsedEvent(sentEvent.eventJson) };
    const { batchId, event: given } = validate(eventQuestion, question, 'body');
    return this.events.read({ batchId, given: given as JsonValue }, required);
  }

  @GrpcMethod('ProofService', 'GetProof')
  async proof({ batchId, leaf, leavesPage }: ProofMessage): Promise<object> {
    if (batchId === '') {
      if (leaf === '') throw missing('batchId', 'expected the id of a batch, or a leaf.');
      const found = await this.proofs.readByLeaf(bytesOf(validate(hex32, leaf, 'body')));
      return { proof: batchMessage(presentBatch(found)) };
    }
    const asked = {
      ...(leaf === '' ? {} : { leaf }),
      ...(leavesPage && { leaves: 'true', ...leavesPage }),
    };
    const { offset, limit, ...query } = validate(batchQuery, asked, 'body');
    const found = await this.proofs.read(validate(uuidV7, batchId, 'body'), {
      leaf: query.leaf === undefined ? undefined : bytesOf(query.leaf),
      page: query.leaves ? { offset, limit } : undefined,
    });
    return { proof: batchMessage(presentBatch(found)) };
  }

  @GrpcMethod('ProofService', 'VerifyProof')
  async verify({ bundle, leaf, trust, strict }: VerifyMessage): Promise<object> {
    if (leaf !== undefined) {
      const { checks, ...verdict } = verifyProof(validate(proofClaim, claimOf(leaf), 'body'));
      return verdictMessage({ ...verdict, checks: [...checks] });
    }
    if (bundle === undefined) throw missing('claim', 'expected a bundle, or the path of a leaf.');
    const given = trust.length === 0 ? undefined : trust;
    return reportMessage(await this.bundles.verify({ bundle, trust: given, strict }));
  }

  @GrpcMethod('ProofService', 'GetCheckpoint')
  async checkpoint({ size }: { readonly size: string }): Promise<object> {
    const found =
      size === '0'
        ? await this.log.newest()
        : await this.log.ofSize(BigInt(validate(treeSize, size, 'body')));
    return checkpointMessage(presentCheckpoint(found));
  }
}

function namedEvent({ event, leaf }: EvidenceQuery): { eventId: string } | { leaf: Uint8Array } {
  if (event !== undefined) return { eventId: event };
  if (leaf !== undefined) return { leaf: bytesOf(leaf) };
  throw missing('event', 'expected the id of an event, or its leaf.');
}

/** An event in its own JSON; what is no strict JSON is refused, as in a body. */
function parsedEvent(text: string): unknown {
  const read = parseStrictJson(text, { maxBytes: EVENT_QUESTION_BYTES_MAX });
  if (read.ok) return read.value;
  const { pointer, message } = read.error;
  throw new AppError('malformed-json', message, {
    details: [{ pointer: `/sentEvent/eventJson${pointer}`, detail: message }],
  });
}

function missing(member: string, detail: string): AppError {
  return new AppError('validation-failed', `The message says not what is wanted: ${detail}`, {
    details: [{ pointer: `/${member}`, detail }],
  });
}

function bytesOf(hex: string): Uint8Array {
  return hexToBytes(hex, 32) ?? new Uint8Array();
}
