import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FileEventTexts } from './file-event-texts.js';

const TEXTS = 9_000;
const textOf = (index: number): string =>
  `${index} é€😀 `.repeat(1 + (index % 40)) + (index % 1000 === 0 ? 'x'.repeat(65_000) : '');

describe('texts in a file', () => {
  let folder: string;
  let texts: FileEventTexts;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-texts-'));
    texts = new FileEventTexts(folder);
    for (let index = 0; index < TEXTS; index += 1) texts.append(textOf(index));
  });
  afterEach(() => {
    texts.close();
    rmSync(folder, { recursive: true });
  });

  it('are read in their order, backwards, and from anywhere', () => {
    const orders = [
      (step: number) => step,
      (step: number) => TEXTS - 1 - step,
      (step: number) => (step * 7919) % TEXTS,
      (step: number) => (step * 7919 + (step % 3)) % TEXTS,
    ];
    for (const order of orders) {
      for (let step = 0; step < TEXTS; step += 1) {
        const index = order(step);
        if (Buffer.from(texts.read(index)).toString() !== textOf(index)) throw new Error(`text ${index}`);
      }
    }
    texts.append('later');
    expect(Buffer.from(texts.read(TEXTS)).toString()).toBe('later');
  });

  it('leave nothing in the folder', () => {
    expect(readdirSync(folder)).toEqual([]);
  });
});
