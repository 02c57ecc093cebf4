import { describe, expect, it } from '@jest/globals';
import { fromBytea, toBytea } from './bytea.js';

describe('bytes of a column', () => {
  it('are made of bytes and of their hex alike', () => {
    expect(toBytea('00ff10')).toEqual(Buffer.from([0, 255, 16]));
    expect(toBytea(Uint8Array.of(0, 255, 16))).toEqual(toBytea('00ff10'));
    expect(toBytea('')).toHaveLength(0);
  });

  it('come back as plain bytes of their own', () => {
    const buffer = Buffer.from('00ff10', 'hex');
    const bytes = fromBytea(buffer);
    buffer.fill(1);
    expect(Buffer.isBuffer(bytes)).toBe(false);
    expect(bytes).toEqual(Uint8Array.of(0, 255, 16));
  });
});
