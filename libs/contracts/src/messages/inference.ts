import { z } from 'zod';
import { setUpAnnouncement, setUpEntry } from '../circuit/set-up.js';
import {
  canonicalTensor,
  modelCommitment,
  outputContext,
  outputProof,
  requestParts,
} from '../schemas/output.js';
import { slug, timestampMs, uuidV7 } from '../schemas/primitives.js';

/**
 * `evt.v1.inference.output.recorded`: one signed output that is paid for (or free). Tensors travel along unless
 * they exceed {@link TENSORS_IN_MESSAGE_BYTES_MAX}; evidence then carries their hashes alone.
 */
export const outputRecorded = z.strictObject({
  verificationId: uuidV7,
  modelId: slug,
  proof: outputProof,
  context: outputContext,
  inputs: z.array(canonicalTensor).nullable(),
  outputs: z.array(canonicalTensor).nullable(),
  commitment: modelCommitment,
  payment: z
    .strictObject({ requestParts, receipt: z.strictObject({ transaction: z.string().max(128) }).nullable() })
    .nullable(),
  recordedAt: timestampMs,
});
export type OutputRecorded = z.infer<typeof outputRecorded>;

/** Tensors beyond this many base64 characters in all are left out of the message. */
export const TENSORS_IN_MESSAGE_BYTES_MAX = 262_144;

/** `evt.v1.inference.commitment.published`: a model version was registered or its keys changed; becomes a log entry. */
export const commitmentPublished = z.strictObject({ modelId: slug, commitment: modelCommitment });
export type CommitmentPublished = z.infer<typeof commitmentPublished>;

/** `evt.v1.inference.set-up.published`: a set-up of keys was announced or finished; its statement becomes a log entry. */
export const setUpPublished = z.strictObject({
  statement: z.discriminatedUnion('type', [setUpAnnouncement, setUpEntry]),
});
export type SetUpPublished = z.infer<typeof setUpPublished>;
