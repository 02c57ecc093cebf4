import type { CanonicalTensor } from '@touchstone/contracts';
import type { CircuitDescriptor, ZkProof } from '@touchstone/contracts/circuit';
import { canonicalJson, compareUtf8 } from '@touchstone/canonical-json';
import { bytesToHex, sha256Text, sha256TextHex } from '@touchstone/crypto';
import { FIELD_ORDER, vkDigest } from '@touchstone/groth16';
import { fromRaw } from '../tensor/tensor.js';

const BIND_DOMAIN = 'touchstone.zk.bind.v1';
const BIND_HEX = 62;
/** Stands where no request was digested. */
const NO_REQUEST = '0'.repeat(64);

/** Least and greatest element of the datatypes of a circuit. */
const RANGES = {
  UINT8: [0n, 0xffn],
  INT8: [-0x80n, 0x7fn],
  UINT16: [0n, 0xffffn],
  INT32: [-0x8000_0000n, 0x7fff_ffffn],
} as const;

/** Arrays of those datatypes; as tensors, they are little-endian wherever this runs. */
const ARRAYS = { UINT8: Uint8Array, INT8: Int8Array, UINT16: Uint16Array, INT32: Int32Array } as const;

/** SHA-256 of the canonical JSON of a descriptor, lower-case hex. */
export const descriptorHash = (descriptor: CircuitDescriptor): string =>
  sha256TextHex(canonicalJson(descriptor));

/** What a trust file lists a circuit by: its key together with its descriptor. */
export const circuitDigest = ({ vk, descriptor }: Pick<ZkProof, 'vk' | 'descriptor'>): string =>
  vkDigest(vk, descriptorHash(descriptor));

/**
 * The last public signal: it ties a proof to one signed output and the request that it answers (protocol section 11).
 *
 * @param digest of the output, 32 bytes
 * @param requestDigest lower-case hex; null where there is none
 */
export function bindSignal(digest: Uint8Array, requestDigest: string | null): bigint {
  const text = `${BIND_DOMAIN}|${bytesToHex(digest)}|${requestDigest ?? NO_REQUEST}`;
  return BigInt(`0x${bytesToHex(sha256Text(text)).slice(0, BIND_HEX)}`);
}

/** Public signals of whole numbers and `bind`: decimal texts below the order of the field. */
export const signalsOf = (values: readonly (number | bigint)[]): string[] =>
  values.map((value) => {
    const signal = BigInt(value);
    return (signal < 0n ? signal + FIELD_ORDER : signal).toString();
  });

/** The tensors that public signals speak of, in the order in which tensors are hashed, and `bind`. */
export interface ProvenTensors {
  readonly inputs: readonly CanonicalTensor[];
  readonly outputs: readonly CanonicalTensor[];
  readonly bind: string;
}

/**
 * Reads the tensors of a circuit from its public signals. An element beyond its datatype is refused: no constraint of the
 * circuit holds its inputs in their range.
 *
 * @param signals canonical decimal texts below the order of the field
 * @returns why they are refused otherwise
 */
export function provenTensors(
  descriptor: CircuitDescriptor,
  signals: readonly string[],
): ProvenTensors | { readonly refusal: string } {
  const values = signals.map(signed);
  let next = 0;
  const take = ({ name, datatype, shape }: Declared): CanonicalTensor | { readonly refusal: string } => {
    const count = shape.reduce((all, size) => all * size, 1);
    const data = values.slice(next, (next += count));
    const [least, most] = RANGES[datatype];
    if (data.length < count || data.some((value) => value < least || value > most))
      return { refusal: `signal-out-of-range: ${name} does not hold ${count} elements of ${datatype}` };
    const elements = new ARRAYS[datatype](data.map(Number));
    return fromRaw(name, datatype, shape, new Uint8Array(elements.buffer));
  };
  const [inputs, outputs] = [descriptor.inputs.map(take), descriptor.outputs.map(take)];
  for (const tensor of [...inputs, ...outputs]) if ('refusal' in tensor) return tensor;
  const [bind] = signals.slice(next);
  if (bind === undefined || signals.length !== next + 1)
    return { refusal: 'signal-count: the descriptor speaks of another number of signals' };
  return { inputs: inOrder(inputs), outputs: inOrder(outputs), bind };
}

type Declared = Pick<
  CircuitDescriptor['inputs'][number] | CircuitDescriptor['outputs'][number],
  'name' | 'datatype' | 'shape'
>;

/** The upper half of the field stands for numbers below zero. */
function signed(signal: string): bigint {
  const value = BigInt(signal);
  return value > FIELD_ORDER / 2n ? value - FIELD_ORDER : value;
}

/** Those without a refusal, by the UTF-8 bytes of their names. */
const inOrder = (tensors: readonly (CanonicalTensor | { readonly refusal: string })[]): CanonicalTensor[] =>
  (tensors as CanonicalTensor[]).toSorted((left, right) => compareUtf8(left.name, right.name));
