import { describe, expect, it } from '@jest/globals';
import { visibleText, withoutInvisible } from './visible-text.js';

const schema = visibleText(64);
const accepts = (text: string): boolean => schema.safeParse(text).success;

const characters = Array.from({ length: 0x110000 }, (_, code) => String.fromCodePoint(code));
const accepted = characters.filter(accepts);

/** Characters of a general category or property that pass, as `U+200C`. */
function passing(category: string): string[] {
  const belongs = new RegExp(`^\\p{${category}}$`, 'u');
  return accepted
    .filter((character) => belongs.test(character))
    .map((character) => `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}`);
}

describe('visibleText', () => {
  it.each([
    ['Persian with a non-joiner', 'می\u200cخواهم'],
    ['an emoji of several, joined', '👩\u200d⚕\ufe0f'],
    ['Hindi with a joiner', 'क्\u200dष'],
    ['Mongolian with its vowel separator', 'ᠰᠠᠷ\u180eᠠ'],
    ['an Arabic verse sign', '\u06dd١'],
    ['signs of currencies', 'USD₮0 ≥ €'],
    ['spaces that do not break', 'a\u00a0b\u202fc'],
    ['characters beyond the first plane', 'Ärzte 😀 𠮷'],
    ['accents that combine', 'e\u0301'],
  ])('takes %s', (_name, text) => {
    expect(accepts(text)).toBe(true);
    expect(withoutInvisible(text)).toBe(text);
  });

  it.each([
    ['nothing', ''],
    ['a line end', 'a\nb'],
    ['a tab', 'a\tb'],
    ['an escape sequence', '\u001b[2J'],
    ['a C1 control', '\u009b2J'],
    ['a line separator', 'a\u2028b'],
    ['a paragraph separator', 'a\u2029b'],
    ['an override of the direction', 'a\u202eb'],
    ['an isolate', 'a\u2066b\u2069'],
    ['an Arabic letter mark', 'a\u061cb'],
    ['a left-to-right mark', 'a\u200eb'],
    ['a space without width', 'a\u200bb'],
    ['a word joiner', 'a\u2060b'],
    ['a soft hyphen', 'a\u00adb'],
    ['a byte order mark', '\ufeffa'],
    ['text hidden in tags', 'a\u{e0041}b'],
    ['a private character', '\ue000'],
    ['an unassigned character', '\u0378'],
    ['a noncharacter', '\uffff'],
    ['half a character', '\ud83d'],
  ])('refuses %s', (_name, text) => {
    expect(accepts(text)).toBe(false);
  });

  it('takes of each category all or none, but for the format characters that spelling needs', () => {
    for (const none of ['Cc', 'Cs', 'Co', 'Cn', 'Zl', 'Zp', 'Bidi_Control'])
      expect(passing(none)).toEqual([]);
    expect(passing('Zs')).toHaveLength(17);
    expect(passing('Cf')).toEqual(
      ['0600', '0601', '0602', '0603', '0604', '0605', '06DD', '070F', '0890', '0891', '08E2', '180E', '200C']
        .concat(['200D', '110BD', '110CD'])
        .map((code) => `U+${code}`),
    );
  });

  it('takes as many code points as it is told, and not one more', () => {
    expect(visibleText(4).safeParse('ab\u200c😀').success).toBe(true);
    expect(visibleText(4).safeParse('abc\u200c😀').success).toBe(false);
  });
});

describe('withoutInvisible', () => {
  it.each([
    ['\u001b[2Jgone', '\\u001b[2Jgone'],
    ['a\r\n\tb', 'a\\u000d\\u000a\\u0009b'],
    ['a\u2028b\u202ec', 'a\\u2028b\\u202ec'],
    ['a\u{e0041}b', 'a\\u{e0041}b'],
    ['half \ud83d', 'half \\ud83d'],
    ['می\u200cخواهم\u200b', 'می\u200cخواهم\\u200b'],
  ])('writes out what is not visible in %j', (text, shown) => {
    expect(withoutInvisible(text)).toBe(shown);
  });

  it('leaves what visibleText takes, and nothing else, of all characters', () => {
    expect(characters.filter((character) => withoutInvisible(character) === character)).toEqual(accepted);
    expect(accepts(withoutInvisible(characters.slice(0, 64).join('')).slice(0, 64))).toBe(true);
  });
});
