import type { CircuitDescriptor } from '@touchstone/contracts/circuit';
import { sha256Hex } from './sha256-hex.js';
import {
  decodeTensor,
  isEventBundle,
  verifyEvidence,
  type EvidenceBundle,
  type OutputBundle,
  type TrustFile,
} from '@touchstone/evidence';
import { CommandError, exitCodes } from '../exit-codes.js';

/** The steps that tie what a bundle discloses to what was signed; none of them needs a trust file. */
const TIED = ['gate', 'subject-inputs', 'context', 'commitment'] as const;

/**
 * The bundle of an output that can be run again or proved: it discloses its inputs, and they are the signed ones.
 *
 * @throws CommandError `invalid` saying what is missing
 */
export function requireDisclosed(bundle: EvidenceBundle): OutputBundle {
  if (isEventBundle(bundle))
    throw new CommandError(exitCodes.invalid, 'The bundle is about an event, which no model gave.');
  if (bundle.subject.inputs === undefined)
    throw new CommandError(
      exitCodes.invalid,
      'The bundle does not disclose its inputs, only their hash; whoever has them must add them.',
    );
  const { steps } = verifyEvidence(JSON.stringify(bundle), { nowMs: Date.now() });
  const failed = steps.find(
    ({ name, status }) => status === 'fail' && (TIED as readonly string[]).includes(name),
  );
  if (failed !== undefined)
    throw new CommandError(
      exitCodes.invalid,
      `The bundle does not hold: ${failed.name} failed, ${failed.detail ?? ''}`,
    );
  return bundle;
}

/** @throws CommandError `invalid` where the file is not the one that the bundle commits to */
export function requireModelFile({ commitment }: OutputBundle, path: string, file: Uint8Array): void {
  const actual = sha256Hex(file);
  const { modelHash, name, version } = commitment.model;
  if (actual === modelHash) return;
  throw new CommandError(
    exitCodes.invalid,
    `${path} has the SHA-256 ${actual}; the bundle is of ${name} ${version} with ${modelHash}.`,
  );
}

/** @throws CommandError `invalid` where the circuit was written from another file */
export function requireCircuitOf({ commitment }: OutputBundle, { modelHash }: CircuitDescriptor): void {
  if (modelHash === commitment.model.modelHash) return;
  throw new CommandError(
    exitCodes.invalid,
    `The circuit is of the model file ${modelHash}, the bundle of ${commitment.model.modelHash}.`,
  );
}

/** The elements of the disclosed inputs in the order of the descriptor. @throws CommandError `invalid` */
export function inputElements({ subject }: OutputBundle, { inputs }: CircuitDescriptor): number[][] {
  return inputs.map(({ name, datatype }) => {
    const tensor = subject.inputs?.find((input) => input.name === name);
    const decoded = tensor && decodeTensor(tensor);
    if (!decoded?.ok || tensor?.datatype !== datatype)
      throw new CommandError(exitCodes.invalid, `The bundle discloses no input ${name} of ${datatype}.`);
    return decoded.value.map(Number);
  });
}

/** A trust file that lists one circuit and nothing else: what a proof says, without judging who signed. */
export function trustInCircuit(modelVersionId: string, vkDigest: string): TrustFile {
  return {
    ...{
      version: 1,
      asOf: new Date().toISOString(),
      keys: [],
      logs: [],
      chains: [],
      tsas: [],
      independent: [],
    },
    models: [{ modelVersionId, vkDigest }],
    witnesses: { k: 0, vkeys: [] },
  };
}
