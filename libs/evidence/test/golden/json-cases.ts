import type { GoldenCase } from './golden-case.js';

/** What tools/verify_independent.py says of a fraction: evidence holds none, and it writes none, by design. */
const NO_FRACTION = { 'verify_independent.py': 'a fraction where only integers may stand' };

/** JSON texts through the strict gate. */
export function jsonCases(): GoldenCase[] {
  return [...ruleCases(), ...languageCases()];
}

const named = ([name, text]: readonly [string, string]): GoldenCase => ({ name, input: { text } });
const fraction = (each: GoldenCase): GoldenCase => ({ ...each, refusedBy: NO_FRACTION });

/** One or more for each rule. */
function ruleCases(): GoldenCase[] {
  const texts: [string, string][] = [
    ['keys sort by UTF-16 code units', '{"\u20ac":1,"\\r":2,"a":3,"\ud83d\ude00":4,"\ufb33":5}'],
    ['strings escape only what they must', '"\\u0041\\u002f\\u000a\\u001f\\u00e9"'],
    ['the largest number', '9007199254740991'],
    ['a number beyond 2^53 - 1', '{"a":9007199254740992}'],
    ['the same in another notation', '{"a":9.007199254740992e15}'],
    ['a number beyond binary64', '[1e400]'],
    ['a member twice', '{"a":1,"a":2}'],
    ['a lone surrogate', '{"a":"\\ud800"}'],
    ['a byte order mark', '\ufeff{}'],
    ['white space is no difference', ' { "b" : [ ] , "a" : null } '],
    ['65 levels', `${'['.repeat(65)}${']'.repeat(65)}`],
    ['text after the value', '{} {}'],
  ];
  return [
    ...texts.map(named),
    fraction(named(['numbers have one spelling', '[1.0,1e2,0.1e1,-0,4.50,2e-3,1e-7]'])),
  ];
}

/** What implementations in different languages were seen to write differently, one document each. */
function languageCases(): GoldenCase[] {
  const texts: [string, string][] = [
    ['an astral key sorts before U+E000', '{"\ue000":1,"\ud800\udc00":2}'],
    ['the same keys as escapes', '{"\\ue000":1,"\\ud800\\udc00":2}'],
    ['U+007F is no control character of JSON', '"\u007f"'],
    ['U+007F from an escape', '"\\u007f"'],
    ['U+0080 stays as it is', '"\u0080"'],
    ['U+0080 from an escape', '"\\u0080"'],
    ['U+2028 stays as it is', '"\u2028"'],
    ['U+2028 from an escape', '"\\u2028"'],
    ['U+2029 stays as it is', '"\u2029"'],
    ['U+2029 from an escape', '"\\u2029"'],
    ['a slash is not escaped', '"/"'],
    ['an escaped slash loses its escape', '"\\/"'],
    ['U+0008 has a short escape', '"\\b"'],
    ['U+0008 from a long escape', '"\\u0008"'],
    ['U+0008 must be escaped', '"\b"'],
    ['1e21, where ECMAScript changes its notation', '1e21'],
    ['negative zero is zero', '-0'],
    ['negative zero as a fraction', '-0.0'],
    ['2^53 - 1', '9007199254740991'],
    ['2^53', '9007199254740992'],
    ['2^53 + 1, which binary64 rounds to 2^53', '9007199254740993'],
    ['-(2^53 - 1)', '-9007199254740991'],
    ['1E400', '1E400'],
    ['a fraction that is an integer', '4.0'],
  ];
  const fractions: [string, string][] = [
    ['1e-6, the last in plain notation', '1e-6'],
    ['1e-7, the first with an exponent', '1e-7'],
    ['0.00001', '0.00001'],
    ['4.50 loses its last zero', '4.50'],
    ['333333333.33333329, rounded to binary64', '333333333.33333329'],
    ['5e-324, the smallest of binary64', '5e-324'],
  ];
  return [...texts.map(named), ...fractions.map(named).map(fraction)];
}
