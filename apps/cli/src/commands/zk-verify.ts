import { circuitDigest, EVIDENCE_BYTES_MAX, isEventBundle, verifyEvidence } from '@touchstone/evidence';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { requireBundle } from '../read-bundle.js';
import { readInput } from '../terminal/files.js';
import { jsonText } from '../terminal/json-text.js';
import { printableLine } from '../terminal/printable.js';
import { requireNoProblem } from '../terminal/problem.js';
import { trustInCircuit } from '../zk/provable-output.js';
import { readCircuit } from '../zk/read-circuit.js';

export interface ZkVerifyOptions {
  readonly circuit: string;
  readonly json: boolean;
}

/** `touchstone zk verify`: whether the proof in a bundle is one of this circuit for this signed output. It judges nothing else. */
export async function zkVerifyCommand(path: string, options: ZkVerifyOptions): Promise<ExitCode> {
  const text = await readInput(path, EVIDENCE_BYTES_MAX);
  requireNoProblem(text, path);
  const bundle = requireBundle(text);
  if (isEventBundle(bundle) || bundle.zk === undefined)
    throw new CommandError(exitCodes.invalid, 'The bundle carries no proof of an execution.');
  const circuit = await readCircuit(options.circuit);
  const vkDigest = circuitDigest(circuit);
  const trust = trustInCircuit(bundle.subject.proof.modelVersionId, vkDigest);
  const { steps } = verifyEvidence(text, { trust, nowMs: Date.now() });
  const step = steps.find(({ name }) => name === 'zk');
  const isValid = step?.status === 'pass';
  const reason = isValid ? null : (step?.detail ?? 'it is of another circuit');
  const { setup } = circuit;
  if (options.json) process.stdout.write(`${jsonText({ valid: isValid, reason, vkDigest, setup })}\n`);
  else
    process.stdout.write(
      isValid
        ? `The proof holds under the circuit ${vkDigest}, set-up ${setup}. Who signed, and when, touchstone verify judges.\n`
        : `${printableLine(`The proof does not hold under the circuit ${vkDigest}: ${reason}`)}\n`,
    );
  return isValid ? exitCodes.ok : exitCodes.invalid;
}
