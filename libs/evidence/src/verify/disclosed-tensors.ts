import type { CanonicalTensor } from '@touchstone/contracts';
import { canonicalJsonOfParsed } from '@touchstone/canonical-json';
import { areInOrder, tensorsHash } from '../tensor/tensor.js';
import { absent, ARITHMETIC, fail, passIfEqual, type CoreOutcome } from './outcome.js';

/** Whether disclosed tensors are the ones whose hash was signed. */
export function disclosedTensors(
  tensors: readonly CanonicalTensor[] | undefined,
  expected: string,
): CoreOutcome {
  if (!tensors)
    return absent({ restsOn: 'nothing: the bundle does not disclose these tensors, only their hash' });
  if (!areInOrder(tensors)) {
    const detail = 'the tensors do not stand in the order of the UTF-8 bytes of their names';
    return fail({ expected, restsOn: ARITHMETIC, detail });
  }
  const hash = tensorsHash(tensors, canonicalJsonOfParsed);
  if (!hash.ok) return fail({ expected, restsOn: ARITHMETIC, detail: hash.error.detail });
  const shown = { expected, actual: hash.value, restsOn: ARITHMETIC };
  return passIfEqual(shown, 'these tensors are not the ones that were signed');
}
