import { AppError, type CanonicalTensor } from '@touchstone/contracts';
import { bytesToBase64 } from '@touchstone/crypto';
import { rawContents } from '@touchstone/evidence';

const known = new WeakMap<CanonicalTensor, Uint8Array>();

/**
 * The tensor of contents that were checked: to read those of a large one again takes long, and so does their text, which is
 * made when somebody asks for it.
 */
export function tensorOfContents(head: Omit<CanonicalTensor, 'data'>, raw: Uint8Array): CanonicalTensor {
  const { name, datatype, shape } = head;
  const tensor = {
    ...{ name, datatype, shape },
    get data() {
      return bytesToBase64(raw);
    },
  };
  known.set(tensor, raw);
  return tensor;
}

/** The contents of an input, little-endian and row by row. */
export function contentsOf(tensor: CanonicalTensor): Uint8Array {
  const checked = known.get(tensor);
  if (checked !== undefined) return checked;
  const raw = rawContents(tensor);
  if (!raw.ok) throw new AppError('inference-failed', `The input ${tensor.name}: ${raw.error.detail}.`);
  return raw.value;
}

/** Characters of the base64 of a tensor's contents. */
export function dataLengthOf(tensor: CanonicalTensor): number {
  const raw = known.get(tensor);
  return raw === undefined ? tensor.data.length : Math.ceil(raw.length / 3) * 4;
}
