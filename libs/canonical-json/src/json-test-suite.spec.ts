import { describe, expect, it } from '@jest/globals';
import { vectorsPath, vectorsPresent } from '@touchstone/testing';
import { readdirSync, readFileSync } from 'node:fs';
import { canonicalJson, parseStrictJson } from './index.js';

const describeVectors = vectorsPresent ? describe : describe.skip;

/** Valid RFC 8259 that is not I-JSON, hence refused. */
const stricterThanRfc8259: Record<string, string> = {
  'y_number.json': 'number-out-of-range', // 123e65
  'y_number_real_capital_e.json': 'number-out-of-range', // 1E22
  'y_number_real_exponent.json': 'number-out-of-range', // 123e45
  'y_number_real_fraction_exponent.json': 'number-out-of-range', // 123.456e78
  'y_object_duplicated_key.json': 'duplicate-key',
  'y_object_duplicated_key_and_value.json': 'duplicate-key',
  'y_object_extreme_numbers.json': 'number-out-of-range', // ±1.0e+28
};

/** Left open by RFC 8259; the decision is the canonical text or the reason of the refusal. */
const undecided: Record<string, string> = {
  'i_number_double_huge_neg_exp.json': '[0]',
  'i_number_huge_exp.json': 'number-not-finite',
  'i_number_neg_int_huge_exp.json': 'number-not-finite',
  'i_number_pos_double_huge_exp.json': 'number-not-finite',
  'i_number_real_neg_overflow.json': 'number-not-finite',
  'i_number_real_pos_overflow.json': 'number-not-finite',
  'i_number_real_underflow.json': '[0]',
  'i_number_too_big_neg_int.json': 'number-out-of-range',
  'i_number_too_big_pos_int.json': 'number-out-of-range',
  'i_number_very_big_negative_int.json': 'number-out-of-range',
  'i_object_key_lone_2nd_surrogate.json': 'lone-surrogate',
  'i_string_1st_surrogate_but_2nd_missing.json': 'lone-surrogate',
  'i_string_1st_valid_surrogate_2nd_invalid.json': 'lone-surrogate',
  'i_string_UTF-16LE_with_BOM.json': 'not-utf8',
  'i_string_UTF-8_invalid_sequence.json': 'not-utf8',
  'i_string_UTF8_surrogate_U+D800.json': 'not-utf8',
  'i_string_incomplete_surrogate_and_escape_valid.json': 'lone-surrogate',
  'i_string_incomplete_surrogate_pair.json': 'lone-surrogate',
  'i_string_incomplete_surrogates_escape_valid.json': 'lone-surrogate',
  'i_string_invalid_lonely_surrogate.json': 'lone-surrogate',
  'i_string_invalid_surrogate.json': 'lone-surrogate',
  'i_string_invalid_utf-8.json': 'not-utf8',
  'i_string_inverted_surrogates_U+1D11E.json': 'lone-surrogate',
  'i_string_iso_latin_1.json': 'not-utf8',
  'i_string_lone_second_surrogate.json': 'lone-surrogate',
  'i_string_lone_utf8_continuation_byte.json': 'not-utf8',
  'i_string_not_in_unicode_range.json': 'not-utf8',
  'i_string_overlong_sequence_2_bytes.json': 'not-utf8',
  'i_string_overlong_sequence_6_bytes.json': 'not-utf8',
  'i_string_overlong_sequence_6_bytes_null.json': 'not-utf8',
  'i_string_truncated-utf-8.json': 'not-utf8',
  'i_string_utf16BE_no_BOM.json': 'not-utf8',
  'i_string_utf16LE_no_BOM.json': 'not-utf8',
  'i_structure_500_nested_arrays.json': 'too-deep',
  'i_structure_UTF-8_BOM_empty_object.json': 'byte-order-mark',
};

/** Texts that parsers are known to read differently from one another. */
const transformed: Record<string, string> = {
  'number_-9223372036854775808.json': 'number-out-of-range',
  'number_-9223372036854775809.json': 'number-out-of-range',
  'number_1.0.json': '[1]',
  'number_1.000000000000000005.json': '[1]',
  'number_1000000000000000.json': '[1000000000000000]',
  'number_10000000000000000999.json': 'number-out-of-range',
  'number_1e-999.json': '[0]',
  'number_1e6.json': '[1000000]',
  'number_9223372036854775807.json': 'number-out-of-range',
  'number_9223372036854775808.json': 'number-out-of-range',
  'object_key_nfc_nfd.json': '{"e\u0301":"NFD","\u00e9":"NFC"}', // no normalisation
  'object_key_nfd_nfc.json': '{"e\u0301":"NFD","\u00e9":"NFC"}',
  'object_same_key_different_values.json': 'duplicate-key',
  'object_same_key_same_value.json': 'duplicate-key',
  'object_same_key_unclear_values.json': 'duplicate-key',
  'string_1_escaped_invalid_codepoint.json': 'lone-surrogate',
  'string_1_invalid_codepoint.json': 'not-utf8',
  'string_2_escaped_invalid_codepoints.json': 'lone-surrogate',
  'string_2_invalid_codepoints.json': 'not-utf8',
  'string_3_escaped_invalid_codepoints.json': 'lone-surrogate',
  'string_3_invalid_codepoints.json': 'not-utf8',
  'string_with_escaped_NULL.json': '["A\\u0000B"]',
};

function list(folder: string, prefix: string): string[] {
  if (!vectorsPresent) return [''];
  return readdirSync(vectorsPath(`JSONTestSuite/${folder}`)).filter((name) => name.startsWith(prefix));
}

function outcome(folder: string, name: string): string {
  const bytes = new Uint8Array(readFileSync(vectorsPath(`JSONTestSuite/${folder}/${name}`)));
  const result = parseStrictJson(bytes, { maxBytes: 1_000_000 });
  if (!result.ok) return result.error.reason;
  // What is accepted has to have a canonical form, too, which reads back to itself.
  const text = canonicalJson(result.value);
  const again = parseStrictJson(text, { maxBytes: 1_000_000 });
  expect(again.ok && canonicalJson(again.value)).toBe(text);
  return text;
}

describeVectors('JSONTestSuite', () => {
  it.each(list('test_parsing', 'y_'))('accepts %s unless I-JSON forbids it', (name) => {
    const expected = stricterThanRfc8259[name];
    if (expected !== undefined) expect(outcome('test_parsing', name)).toBe(expected);
    else expect(outcome('test_parsing', name)).toMatch(/^["{[\d-]|true|false|null/);
  });

  it.each(list('test_parsing', 'n_'))('refuses %s', (name) => {
    expect(outcome('test_parsing', name)).toMatch(
      /^(syntax|not-utf8|too-deep|byte-order-mark|lone-surrogate)$/,
    );
  });

  it.each(list('test_parsing', 'i_'))('decides %s', (name) => {
    expect(outcome('test_parsing', name)).toBe(undecided[name]);
  });

  it.each(list('test_transform', ''))('reads %s as one value or none', (name) => {
    expect(outcome('test_transform', name)).toBe(transformed[name]);
  });

  it('has all files that it is known for', () => {
    expect(list('test_parsing', '')).toHaveLength(95 + 188 + 35);
    expect(list('test_transform', '')).toHaveLength(Object.keys(transformed).length);
  });
});
