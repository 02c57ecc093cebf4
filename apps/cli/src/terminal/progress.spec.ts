import { describe, expect, it } from '@jest/globals';
import { Progress } from './progress.js';

/** A stream that keeps what is written to it. */
function recorder(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) > 0 };
}

describe('the progress of a command', () => {
  it('is a bar on a terminal, and is wiped away', () => {
    const stream = recorder(true);
    const progress = new Progress('reading', 200, stream as never);
    progress.update(50, 1234);
    progress.end();
    expect(stream.written).toEqual([
      `\r\u001b[Kreading [######${' '.repeat(18)}] 25 %  1,234 events`,
      '\r\u001b[K',
    ]);
  });

  it('is drawn ten times a second at most, and a number where nobody knows the end', () => {
    const stream = recorder(true);
    const progress = new Progress('reading', undefined, stream as never);
    for (let events = 1; events < 50; events += 1) progress.update(events, events);
    expect(stream.written).toEqual(['\r\u001b[Kreading 1 events']);
  });

  it('is nothing in a log', () => {
    const stream = recorder(false);
    const progress = new Progress('reading', 200, stream as never);
    progress.update(50, 1);
    progress.end();
    expect(stream.written).toEqual([]);
  });
});
