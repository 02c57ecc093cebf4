import { decodeTensor, parseBatchEntry, type OutputBundle } from '@touchstone/evidence';

const SHOWN_VALUES = 16;
/** Milliseconds since 1970 that a date can have (ECMA-262). */
const DATE_MS = 8_640_000_000_000_000;

/** What a bundle says, in pairs of a title and a text; nothing of it is verified. */
export function bundleFacts(bundle: OutputBundle): [string, string][] {
  const { proof, context, inputs, outputs } = bundle.subject;
  const { name, version, developer } = bundle.commitment.model;
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
    ['batch', batchText(bundle)],
    ...bundle.logProofs.map(({ leafIndex, treeSize, checkpoint }, index): [string, string] => [
      `log proof ${index}`,
      `entry ${leafIndex} of ${treeSize} in ${checkpoint.split('\n')[0] ?? ''}`,
    ]),
    ...bundle.anchors.map(({ kind, network, level }, index): [string, string] => [
      `anchor ${index}`,
      `${kind} on ${network}, claimed ${level}`,
    ]),
  ];
}

function timeText(seconds: number): string {
  const milliseconds = seconds * 1_000;
  return milliseconds <= DATE_MS ? new Date(milliseconds).toISOString() : `${seconds} s after 1970`;
}

function batchText({ entry, inclusion }: OutputBundle): string {
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
