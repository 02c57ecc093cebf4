import { describe, expect, it } from '@jest/globals';
import { bytesToHex, encodeAbiParameters, hexToBytes, keccak256 } from 'viem';
import fc from 'fast-check';
import { anchorKey, anchorStorageSlot } from './anchor-slot.js';

describe('slot of a record', () => {
  it('is what a general ABI encoder gives for key and mapping (PROTOCOL section 7)', () => {
    const address = fc.uint8Array({ minLength: 20, maxLength: 20 });
    const word = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(address, word, (submitter, commitment) => {
        const pair = encodeAbiParameters(
          [{ type: 'address' }, { type: 'bytes32' }],
          [bytesToHex(submitter), bytesToHex(commitment)],
        );
        const key = keccak256(pair);
        expect(anchorKey(submitter, commitment)).toEqual(hexToBytes(key));
        const entry = encodeAbiParameters([{ type: 'bytes32' }, { type: 'uint256' }], [key, 0n]);
        expect(anchorStorageSlot(submitter, commitment)).toEqual(hexToBytes(keccak256(entry)));
      }),
    );
  });
});
