import type { z } from 'zod';
import type { EventSubject } from '../mesh/events.js';
import { anchorFinal, anchorStuck, batchSealed, checkpointPublished, entryAppended } from './anchor.js';
import { nodeChanged } from './attestation.js';
import { batchSigned } from './event-batch.js';
import { commitmentPublished, outputRecorded, setUpPublished } from './inference.js';
import { transferFailed, transferSettled } from './payment.js';
import { executionProved } from './proving.js';
import { keySetChanged } from './signing.js';

/** The schema of every event body; publisher and consumer both validate against it. */
export const eventSchemas = {
  'evt.v1.inference.output.recorded': outputRecorded,
  'evt.v1.inference.commitment.published': commitmentPublished,
  'evt.v1.inference.set-up.published': setUpPublished,
  'evt.v1.proving.execution.proved': executionProved,
  'evt.v1.payment.transfer.settled': transferSettled,
  'evt.v1.payment.transfer.failed': transferFailed,
  'evt.v1.signing.key-set.changed': keySetChanged,
  'evt.v1.signing.batch.signed': batchSigned,
  'evt.v1.anchor.entry.appended': entryAppended,
  'evt.v1.anchor.batch.sealed': batchSealed,
  'evt.v1.anchor.checkpoint.published': checkpointPublished,
  'evt.v1.anchor.anchor.final': anchorFinal,
  'evt.v1.anchor.anchor.stuck': anchorStuck,
  'evt.v1.attestation.node.changed': nodeChanged,
} as const satisfies Record<EventSubject, z.ZodType>;

export type EventBody<S extends EventSubject> = z.infer<(typeof eventSchemas)[S]>;
