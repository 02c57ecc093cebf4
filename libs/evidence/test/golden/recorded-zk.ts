import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { zkProof, type ZkProof } from '@touchstone/contracts/circuit';

/**
 * A proof of one execution, made by snarkjs 0.7.6 with powers of tau and a phase 2 of one contribution each, of a model of three
 * hidden units (`model`, an ONNX file in base64), for the output that `fixture({ proven })` signs.
 */
export const recordedZk = read();

function read(): { readonly model: string; readonly zk: ZkProof } {
  const file = fileURLToPath(new URL('./recorded-zk.json', import.meta.url));
  const { model, zk } = JSON.parse(readFileSync(file, 'utf8')) as { model: string; zk: unknown };
  return { model, zk: zkProof.parse(zk) };
}
