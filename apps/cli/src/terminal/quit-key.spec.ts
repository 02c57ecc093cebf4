import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { onQuitKey, type KeyInput } from './quit-key.js';

/** A terminal's input that remembers the modes it was set to. */
function terminal(isTTY: boolean) {
  const stream = new PassThrough();
  const modes: boolean[] = [];
  const setRawMode = (mode: boolean): void => void modes.push(mode);
  return { stream, modes, input: Object.assign(stream, { isTTY, setRawMode }) as unknown as KeyInput };
}

async function pressedAfter(keys: string, isTTY = true) {
  const { stream, modes, input } = terminal(isTTY);
  let quits = 0;
  const release = onQuitKey(() => void (quits += 1), input);
  stream.write(keys);
  await new Promise((resolve) => setImmediate(resolve));
  release();
  return { quits, modes, listeners: stream.listenerCount('data') };
}

describe('onQuitKey', () => {
  it.each([
    ['q', 'q'],
    ['Q', 'Q'],
    ['Ctrl-C', '\u0003'],
    ['q behind other keys', 'xyq'],
  ])('quits at %s and gives the terminal back', async (_name, keys) => {
    expect(await pressedAfter(keys)).toEqual({ quits: 1, modes: [true, false], listeners: 0 });
  });

  it('goes on at any other key', async () => {
    expect(await pressedAfter('x\r\u001b[A')).toEqual({ quits: 0, modes: [true, false], listeners: 0 });
  });

  it('leaves an input that is no terminal alone', async () => {
    expect(await pressedAfter('q', false)).toEqual({ quits: 0, modes: [], listeners: 0 });
  });
});
