import { afterAll, describe, expect, it } from '@jest/globals';
import { wordPiece } from '../../../test/support/prepared-models.js';
import { PREPARATION_TIMEOUT_MS, ProcessPreparers, TOKENIZERS_PER_PROCESS_MAX } from './process-preparers.js';

const preparers = new ProcessPreparers({ processes: 1 });
afterAll(() => preparers.close());

const wanted = { text: 'the bank', special: true, tokens: 8, truncation: 'none' } as const;

/** A tokenizer like no other, that counts how often it is read. */
function counted(version: number) {
  const { bytes, sha256 } = wordPiece({ version: `1.${version}` });
  const file = {
    sha256,
    reads: 0,
    read: () => {
      file.reads += 1;
      return Promise.resolve(bytes);
    },
  };
  return file;
}

describe('the process of tokenizers', () => {
  it('keeps TOKENIZERS_PER_PROCESS_MAX of them, those that were used last', async () => {
    const files = Array.from({ length: TOKENIZERS_PER_PROCESS_MAX }, (_, version) => counted(version));
    for (const file of [...files, ...files])
      expect((await preparers.tokens(file, wanted)).ids).toEqual([2, 4, 5, 3]);
    expect(files.map(({ reads }) => reads)).toEqual(files.map(() => 1));
    await preparers.tokens(counted(files.length), wanted);
    for (const file of [...files.slice(1), ...files.slice(0, 1)]) await preparers.tokens(file, wanted);
    expect(files.map(({ reads }) => reads)).toEqual(files.map((_, at) => (at === 0 ? 2 : 1)));
  }, 30_000);

  it('is ended after PREPARATION_TIMEOUT_MS, not before, and loads again what it held', async () => {
    const file = counted(100);
    const pattern = { Regex: '(a+)+$' };
    const hanging = wordPiece({
      pre_tokenizer: { type: 'Split', pattern, behavior: 'Isolated', invert: false },
    });
    await preparers.tokens(file, wanted);
    const started = performance.now();
    const read = () => Promise.resolve(hanging.bytes);
    const text = `${'a'.repeat(64)}!`;
    await expect(
      preparers.tokens({ sha256: hanging.sha256, read }, { ...wanted, text }),
    ).rejects.toMatchObject({
      code: 'timeout',
    });
    expect(performance.now() - started).toBeGreaterThanOrEqual(PREPARATION_TIMEOUT_MS - 1);
    expect(await preparers.tokens(file, wanted)).toMatchObject({ typeIds: [0, 0, 0, 0] });
    expect(file.reads).toBe(2);
  }, 30_000);

  it('refuses a file that is no tokenizer, and goes on', async () => {
    for (const bytes of ['', '{', '[]', '{"model":{"type":"Magic"}}', '\u0000'].map((text) =>
      Buffer.from(text),
    ))
      await expect(
        preparers.tokens(
          { sha256: `no tokenizer ${bytes.toString('hex')}`, read: () => Promise.resolve(bytes) },
          wanted,
        ),
      ).rejects.toMatchObject({ code: 'model-invalid' });
    expect((await preparers.tokens(counted(101), wanted)).ids).toEqual([2, 4, 5, 3]);
  });
});
