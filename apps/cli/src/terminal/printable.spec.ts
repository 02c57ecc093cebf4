import { describe, expect, it } from '@jest/globals';
import { printable, printableLine } from './printable.js';

describe('text from elsewhere', () => {
  it.each([
    ['an escape sequence', '\u001b[2Jgone', '\\u001b[2Jgone'],
    ['a C1 control', 'a\u009b31mb', 'a\\u009b31mb'],
    ['a carriage return', 'holds\rfails', 'holds\\u000dfails'],
    ['an override of direction', 'a\u202eb', 'a\\u202eb'],
    ['a separator of lines', 'holds\u2028fails', 'holds\\u2028fails'],
    ['text hidden in tags', 'a\u{e0041}b', 'a\\u{e0041}b'],
    ['plain text', 'Prüfung – 東京', 'Prüfung – 東京'],
    ['joiners of ordinary spelling', 'می\u200cخواهم 👩\u200d⚕\ufe0f', 'می\u200cخواهم 👩\u200d⚕\ufe0f'],
  ])('reaches the terminal without effect: %s', (_name, text, shown) => {
    expect(printable(text)).toBe(shown);
    expect(printableLine(text)).toBe(shown);
  });

  it('keeps its lines, or is put on one', () => {
    expect(printable('a\n\tb')).toBe('a\n\tb');
    expect(printableLine('a\n\tb')).toBe('a b');
  });
});
