import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sha256 as node } from './sha256.node.js';
import { sha256 as portable } from './sha256.portable.js';

describe('sha256', () => {
  it('hashes the same in both implementations', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
        expect(portable(data)).toEqual(node(data));
      }),
    );
  });
});
