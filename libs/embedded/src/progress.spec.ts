import { describe, expect, it } from '@jest/globals';
import { silentProgress, terminalProgress } from './progress.js';

function recorder(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) };
}

describe('progress', () => {
  it('writes one plain line per step when it is not a terminal', async () => {
    const stream = recorder(false);
    const value = await terminalProgress(stream).step(
      'nats',
      async () => 7,
      (n) => `port ${n}`,
    );
    expect(value).toBe(7);
    expect(stream.written).toEqual([expect.stringMatching(/^✓ nats +\d+\.\d s {2}port 7\n$/)]);
  });

  it('names the steps under way on a terminal', async () => {
    const stream = recorder(true);
    await terminalProgress(stream).step('nats', async () => undefined);
    expect(stream.written[0]).toBe('\r\u001b[2K… nats');
    expect(stream.written[1]).toMatch(/✓ nats/);
  });

  it('marks a failed step and passes its error on', async () => {
    const stream = recorder(false);
    const step = terminalProgress(stream).step('nats', () => Promise.reject(new Error('no')));
    await expect(step).rejects.toThrow('no');
    expect(stream.written).toEqual([expect.stringMatching(/^✗ nats/)]);
  });

  it('may be silent', async () => {
    silentProgress.note('x');
    await expect(silentProgress.step('a', async () => 1)).resolves.toBe(1);
  });
});
