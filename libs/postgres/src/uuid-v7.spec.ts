import { describe, expect, it } from '@jest/globals';
import { timeOfUuidV7, uuidV7 } from './uuid-v7.js';

describe('UUIDv7', () => {
  it('tells the time of RFC 9562, appendix A.6', () => {
    expect(timeOfUuidV7('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')).toBe(0x017f22e279b0);
  });

  it.each([0, 1, 1_763_632_800_999, 2 ** 48 - 1])('keeps the time that it is made of: %d', (atMs) => {
    const id = uuidV7(atMs);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(timeOfUuidV7(id)).toBe(atMs);
    expect(uuidV7(atMs)).not.toBe(id);
  });

  it('is of now where no time is given', () => {
    const before = Date.now();
    const at = timeOfUuidV7(uuidV7());
    expect(at).toBeGreaterThanOrEqual(before - 1);
    expect(at).toBeLessThanOrEqual(Date.now() + 1);
  });
});
