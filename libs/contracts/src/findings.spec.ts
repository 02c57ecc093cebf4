import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { FINDINGS_MAX, findingsOf, jsonPointer, type SchemaError } from './findings.js';

const errorOf = (schema: z.ZodType, value: unknown) => schema.safeParse(value).error as SchemaError;

describe('the findings of a schema', () => {
  it('have pointers as RFC 6901 writes them', () => {
    // Section 5: the keys of its example document.
    expect(['a/b', 'm~n', 'c%d', ' ', ''].map((key) => jsonPointer([key]))).toEqual([
      '/a~1b',
      '/m~0n',
      '/c%d',
      '/ ',
      '/',
    ]);
    expect([jsonPointer([]), jsonPointer(['foo', 0])]).toEqual(['', '/foo/0']);
  });

  it('name every member that is not known, below the prefix', () => {
    const schema = z.object({ known: z.strictObject({ a: z.number() }) });
    expect(findingsOf(errorOf(schema, { known: { a: 'x', 'b/c': 1, d: 2 } }), ['keys', 7])).toEqual([
      { pointer: '/keys/7/known/a', detail: 'Invalid input: expected number, received string' },
      { pointer: '/keys/7/known/b~1c', detail: 'is not a member of this object.' },
      { pointer: '/keys/7/known/d', detail: 'is not a member of this object.' },
    ]);
  });

  it.each([
    [
      'values',
      (count: number) =>
        errorOf(
          z.array(z.string()),
          Array.from({ length: count }, () => 1),
        ),
    ],
    [
      'unknown members',
      (count: number) =>
        errorOf(
          z.strictObject({}),
          Object.fromEntries(Array.from({ length: count }, (_, at) => [`m${at}`, 1])),
        ),
    ],
  ])('are all there up to the limit, and no more above it: %s', (_name, wrong) => {
    expect(findingsOf(wrong(FINDINGS_MAX))).toHaveLength(FINDINGS_MAX);
    expect(findingsOf(wrong(FINDINGS_MAX + 1))).toHaveLength(FINDINGS_MAX);
  });

  it('are of bounded length, whatever the sender calls things', () => {
    const [finding] = findingsOf(errorOf(z.strictObject({}), { ['x'.repeat(10_000)]: 1 }));
    expect(finding?.pointer).toBe(`/${'x'.repeat(128)}`);
    const [long] = findingsOf({ issues: [{ path: [], message: 'y'.repeat(10_000) }] });
    expect(long?.detail).toBe('y'.repeat(256));
  });
});
