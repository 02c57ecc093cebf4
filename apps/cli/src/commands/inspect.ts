import { z } from 'zod';
import { parseStrictJson } from '@touchstone/canonical-json';
import {
  decodeTensor,
  EVIDENCE_BYTES_MAX,
  evidenceBundle,
  parseBatchEntry,
  type EvidenceBundle,
} from '@touchstone/evidence';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { readInput } from '../terminal/files.js';
import { table } from '../terminal/style.js';

const SHOWN_VALUES = 16;

/** `touchstone inspect`: what a bundle says, without judging it. */
export async function inspectCommand(path: string, options: { json: boolean }): Promise<ExitCode> {
  const bundle = readBundle(await readInput(path, EVIDENCE_BYTES_MAX));
  const facts = describe(bundle);
  process.stdout.write(
    options.json
      ? `${JSON.stringify(Object.fromEntries(facts), null, 2)}\n`
      : `${table(facts)}\n\nNothing above was verified; run: touchstone verify ${path} --trust trust.json\n`,
  );
  return exitCodes.ok;
}

function readBundle(text: Uint8Array): EvidenceBundle {
  const parsed = parseStrictJson(text, { maxBytes: EVIDENCE_BYTES_MAX });
  if (!parsed.ok) throw new CommandError(exitCodes.invalid, `Not strict JSON: ${parsed.error.message}`);
  const bundle = evidenceBundle.safeParse(parsed.value);
  if (!bundle.success)
    throw new CommandError(exitCodes.invalid, `Not an evidence bundle:\n${z.prettifyError(bundle.error)}`);
  return bundle.data;
}

function describe(bundle: EvidenceBundle): [string, string][] {
  const { proof, context, inputs, outputs } = bundle.subject;
  const entry = parseBatchEntry(bundle.entry);
  const payment = context.payment;
  return [
    [
      'model',
      `${bundle.commitment.model.name} ${bundle.commitment.model.version} by ${bundle.commitment.model.developer}`,
    ],
    ['model version', proof.modelVersionId],
    [
      'signed at',
      `${new Date(proof.timestamp * 1_000).toISOString()} by key ${proof.keyId}, domain "${proof.domain}"`,
    ],
    ['input', tensorText(inputs, proof.inputHash)],
    ['output', tensorText(outputs, proof.outputHash)],
    [
      'payment',
      payment ? `${payment.amount} of ${payment.asset} on ${payment.network} from ${payment.payer}` : 'none',
    ],
    [
      'node',
      context.node ? `${context.node.nodeId}, attestation ${context.node.attestationStatus}` : 'not stated',
    ],
    ['build', `${context.build.service} ${context.build.version}`],
    [
      'batch',
      entry.ok
        ? `${entry.entry.batchId}, leaf ${bundle.inclusion.leafIndex} of ${entry.entry.leafCount}, sealed ${entry.entry.sealedAt}`
        : entry.detail,
    ],
    ...bundle.logProofs.map((proof_, index): [string, string] => [
      `log proof ${index}`,
      `entry ${proof_.leafIndex} of ${proof_.treeSize} in ${proof_.checkpoint.split('\n')[0] ?? ''}`,
    ]),
    ...bundle.anchors.map((anchor, index): [string, string] => [
      `anchor ${index}`,
      `${anchor.kind} on ${anchor.network}, claimed ${anchor.level}`,
    ]),
  ];
}

function tensorText(tensors: EvidenceBundle['subject']['inputs'], hash: string): string {
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
