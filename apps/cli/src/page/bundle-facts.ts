import { canonicalJson } from '@touchstone/canonical-json';
import {
  decodeTensor,
  isEventBundle,
  parseBatchEntry,
  type EventBundle,
  type EvidenceBundle,
  type OutputBundle,
} from '@touchstone/evidence';

const SHOWN_VALUES = 16;
/** An event may have 64 KiB; the file holds it whole. */
const SHOWN_EVENT_CHARACTERS = 1_024;
/** Milliseconds since 1970 that a date can have (ECMA-262). */
const DATE_MS = 8_640_000_000_000_000;

type Fact = [title: string, text: string];

/** What a bundle says, in pairs of a title and a text; nothing of it is verified. */
export function bundleFacts(bundle: EvidenceBundle): Fact[] {
  return [
    ...(isEventBundle(bundle) ? eventFacts(bundle) : outputFacts(bundle)),
    ['batch', batchText(bundle)],
    ...bundle.logProofs.map(({ leafIndex, treeSize, checkpoint }, index): Fact => [
      `log proof ${index}`,
      `entry ${leafIndex} of ${treeSize} in ${checkpoint.split('\n')[0] ?? ''}`,
    ]),
    ...bundle.anchors.map(({ kind, network, level }, index): Fact => [
      `anchor ${index}`,
      `${kind} on ${network}, claimed ${level}`,
    ]),
  ];
}

function outputFacts({ subject, commitment }: OutputBundle): Fact[] {
  const { proof, context, inputs, outputs } = subject;
  const { name, version, developer } = commitment.model;
  const { payment, node, build } = context;
  return [
    ['model', `${name} ${version} by ${developer}`],
    ['model version', proof.modelVersionId],
    ['signed at', `${timeText(proof.timestamp)} by key ${proof.keyId}, domain "${proof.domain}"`],
    ['input', tensorText(inputs, proof.inputHash)],
    ['output', tensorText(outputs, proof.outputHash)],
    [
      'payment',
      payment ? `${payment.amount} of ${payment.asset} on ${payment.network} from ${payment.payer}` : 'none',
    ],
    ['node', node ? `${node.nodeId}, attestation ${node.attestationStatus}` : 'not stated'],
    ['build', `${build.service} ${build.version}`],
  ];
}

function eventFacts({ subject: { event }, batch, entry }: EventBundle): Fact[] {
  const text = canonicalJson(event);
  const rest = text.length > SHOWN_EVENT_CHARACTERS ? ` … (${text.length} characters in all)` : '';
  const parsed = parseBatchEntry(entry);
  const tenant = parsed.ok && 'tenant' in parsed.entry.scope ? parsed.entry.scope.tenant : 'not stated';
  return [
    ['event', typeof event['id'] === 'string' ? event['id'] : 'without an id'],
    ['content', text.slice(0, SHOWN_EVENT_CHARACTERS) + rest],
    ['signed at', `${batch.batchTs} by key ${batch.kid}, as ${batch.format}`],
    ['tenant', tenant],
  ];
}

function timeText(seconds: number): string {
  const milliseconds = seconds * 1_000;
  return milliseconds <= DATE_MS ? new Date(milliseconds).toISOString() : `${seconds} s after 1970`;
}

function batchText({ entry, inclusion }: EvidenceBundle): string {
  const parsed = parseBatchEntry(entry);
  if (!parsed.ok) return parsed.detail;
  const { batchId, leafCount, sealedAt } = parsed.entry;
  return `${batchId}, leaf ${inclusion.leafIndex} of ${leafCount}, sealed ${sealedAt}`;
}

function tensorText(tensors: OutputBundle['subject']['inputs'], hash: string): string {
  if (!tensors) return `not disclosed, hash ${hash}`;
  return tensors
    .map((tensor) => {
      const values = decodeTensor(tensor);
      const shown = values.ok ? values.value.slice(0, SHOWN_VALUES).join(' ') : values.error.detail;
      const rest = values.ok && values.value.length > SHOWN_VALUES ? ' …' : '';
      return `${tensor.name} ${tensor.datatype}[${tensor.shape.join('×')}] ${shown}${rest}`;
    })
    .join('; ');
}
