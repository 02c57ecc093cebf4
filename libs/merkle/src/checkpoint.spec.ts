import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type Checkpoint,
  CHECKPOINT_EXTENSIONS_MAX,
  formatCheckpointText,
  KEY_NAME_LENGTH_MAX,
  leafHash,
  parseCheckpointText,
  TREE_SIZE_MAX,
} from './index.js';

const refusal = (reason: string): unknown => expect.objectContaining({ reason });

const ORIGIN = 'example.com/behind-the-sofa';
const ROOT = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=';
// The text of the example of C2SP tlog-checkpoint.
const PUBLISHED = `${ORIGIN}\n20852163\n${ROOT}\n`;

describe('checkpoint text', () => {
  it('reads and writes the published example', () => {
    const parsed = parseCheckpointText(PUBLISHED);
    if (!parsed.ok) throw new Error(parsed.reason);
    expect(parsed.checkpoint).toMatchObject({ origin: ORIGIN, size: 20852163n, extensions: [] });
    expect(Buffer.from(parsed.checkpoint.root).toString('base64')).toBe(ROOT);
    expect(formatCheckpointText(parsed.checkpoint)).toBe(PUBLISHED);
  });

  it('reads the empty log, the largest log and extension lines', () => {
    expect(parseCheckpointText(`o\n0\n${ROOT}\n`)).toMatchObject({ checkpoint: { size: 0n } });
    expect(parseCheckpointText(`o\n${TREE_SIZE_MAX}\n${ROOT}\n`)).toMatchObject({
      checkpoint: { size: TREE_SIZE_MAX },
    });
    expect(parseCheckpointText(`${PUBLISHED}one\ntwo \n`)).toMatchObject({
      checkpoint: { extensions: ['one', 'two '] },
    });
  });

  it.each<[string, string, string]>([
    ['nothing', '', 'no-final-newline'],
    ['a newline', '\n', 'origin'],
    ['a missing final newline', PUBLISHED.trimEnd(), 'no-final-newline'],
    ['an empty origin', PUBLISHED.replace(ORIGIN, ''), 'origin'],
    ['two lines', `${ORIGIN}\n20852163\n`, 'root'],
    ['one line', `${ORIGIN}\n`, 'tree-size'],
    ['a leading zero', PUBLISHED.replace('2085', '02085'), 'tree-size'],
    ['two zeros', PUBLISHED.replace('20852163', '00'), 'tree-size'],
    ['a sign', PUBLISHED.replace('2085', '+2085'), 'tree-size'],
    ['a negative size', PUBLISHED.replace('2085', '-2085'), 'tree-size'],
    ['a hexadecimal size', PUBLISHED.replace('2085', '0x2085'), 'tree-size'],
    ['a space behind the size', PUBLISHED.replace('2163', '2163 '), 'tree-size'],
    ['digits of another script', PUBLISHED.replace('20852163', '٢'), 'tree-size'],
    ['a size above 2^64 - 1', PUBLISHED.replace('20852163', `${TREE_SIZE_MAX + 1n}`), 'tree-size'],
    ['a size of 21 digits', PUBLISHED.replace('20852163', '1'.repeat(21)), 'tree-size'],
    ['a short root', PUBLISHED.replace(ROOT, 'AAAA'), 'root'],
    ['an empty root', PUBLISHED.replace(ROOT, ''), 'root'],
    ['a root without padding', PUBLISHED.replace('q2I=', 'q2I'), 'root'],
    ['a root with left-over bits', PUBLISHED.replace('q2I=', 'q2J='), 'root'],
    ['an empty extension line', `${PUBLISHED}\n`, 'extension-line'],
    ['an empty line between extensions', `${PUBLISHED}a\n\nb\n`, 'extension-line'],
  ])('refuses %s', (_name, text, reason) => {
    expect(parseCheckpointText(text)).toEqual({ ok: false, reason });
  });

  it('accepts the longest origin and the most extensions, and refuses one more', () => {
    const origin = (length: number): string => PUBLISHED.replace(ORIGIN, 'o'.repeat(length));
    expect(parseCheckpointText(origin(KEY_NAME_LENGTH_MAX)).ok).toBe(true);
    expect(parseCheckpointText(origin(KEY_NAME_LENGTH_MAX + 1))).toEqual({ ok: false, reason: 'origin' });
    const extended = (count: number): string => `${PUBLISHED}${'x\n'.repeat(count)}`;
    expect(parseCheckpointText(extended(CHECKPOINT_EXTENSIONS_MAX)).ok).toBe(true);
    expect(parseCheckpointText(extended(CHECKPOINT_EXTENSIONS_MAX + 1))).toEqual({
      ok: false,
      reason: 'extension-line',
    });
  });

  it('round-trips', () => {
    const checkpoints = fc.record({
      origin: fc.stringMatching(/^[a-z./]{1,30}$/),
      size: fc.bigInt({ min: 0n, max: TREE_SIZE_MAX }),
      root: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      extensions: fc.array(fc.stringMatching(/^[ -~]{1,20}$/), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(checkpoints, (checkpoint) => {
        expect(parseCheckpointText(formatCheckpointText(checkpoint))).toEqual({ ok: true, checkpoint });
      }),
    );
  });

  it.each<[string, Partial<Checkpoint>, string]>([
    ['an empty origin', { origin: '' }, 'origin'],
    ['an origin with a newline', { origin: 'a\n1' }, 'root'],
    ['an origin that smuggles a size and a root', { origin: `a\n1\n${ROOT}` }, 'origin'],
    ['an origin with a control character', { origin: 'a\u0001' }, 'control-character'],
    ['a negative size', { size: -1n }, 'tree-size'],
    ['a short root', { root: new Uint8Array(31) }, 'root'],
    ['an extension with a newline', { extensions: ['a\nb'] }, 'origin'],
    ['an empty extension', { extensions: [''] }, 'extension-line'],
  ])('is not written for %s', (_name, change, reason) => {
    const checkpoint = {
      origin: ORIGIN,
      size: 1n,
      root: leafHash(Uint8Array.of(1)),
      extensions: [],
      ...change,
    };
    expect(() => formatCheckpointText(checkpoint)).toThrow(refusal(reason));
  });
});
