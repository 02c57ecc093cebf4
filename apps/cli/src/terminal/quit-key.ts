import type { ReadStream } from 'node:tty';

/** The part of a terminal's input that is used here. */
export type KeyInput = Pick<ReadStream, 'isTTY' | 'setRawMode' | 'on' | 'off' | 'resume' | 'pause'>;

/** Ctrl-C, which a terminal in raw mode hands on as a key. */
const INTERRUPT = '\u0003';

/**
 * Calls `quit` when q or Ctrl-C is pressed, until the function that is returned was called. Does nothing without a
 * terminal, whose input may belong to somebody else.
 */
export function onQuitKey(quit: () => void, input: KeyInput = process.stdin): () => void {
  if (!input.isTTY) return () => undefined;
  const pressed = (keys: Buffer): void => {
    if (/q/i.test(keys.toString('latin1')) || keys.includes(INTERRUPT)) quit();
  };
  input.setRawMode(true);
  input.on('data', pressed);
  input.resume();
  return () => {
    input.off('data', pressed);
    input.pause();
    input.setRawMode(false);
  };
}
