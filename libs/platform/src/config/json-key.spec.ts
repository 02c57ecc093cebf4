import { describe, expect, it } from '@jest/globals';
import type { AppError } from '@touchstone/contracts';
import { z } from 'zod';
import { describeJsonObjects } from './describe-json-objects.js';
import { integerMember, jsonKey } from './json-key.js';
import { loadConfig } from './load-config.js';
import { secret } from './metadata.js';

const place = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('near'),
    url: z.string().regex(/^https:/, { message: 'Expected an https URL.' }),
    everyMs: integerMember(1, 10).default(5).describe('Milliseconds between two looks.'),
  }),
  z.strictObject({ kind: z.literal('far'), names: z.array(z.string()).optional().describe('Its names.') }),
]);
const schema = z.object({
  PLAIN: z.string().optional(),
  PLACES: secret(jsonKey(z.array(place), 'list of places').optional()).describe('Places.'),
  COUNTS: jsonKey(z.record(z.string(), z.number())).optional().describe('Counts.'),
});
const load = (PLACES: string) => loadConfig({ schema, env: { PLACES } }).PLACES;
const refusalOf = (text: string): string => {
  try {
    load(text);
  } catch (error) {
    return (error as AppError).message;
  }
  throw new Error('expected a refusal');
};

describe('a key whose value is JSON', () => {
  it('is parsed with the defaults of its members', () => {
    expect(load('[{"kind":"near","url":"https://a"},{"kind":"far"}]')).toEqual([
      { kind: 'near', url: 'https://a', everyMs: 5 },
      { kind: 'far' },
    ]);
  });

  it.each([
    ['[', 'PLACES: Expected JSON.'],
    ['{}', 'PLACES: Invalid input: expected array'],
    ['[{"kind":"far"},{"kind":"near","url":"http://hunter2"}]', 'PLACES: /1/url: Expected an https URL.'],
    ['[{"kind":"near","url":"https://hunter2","everyMs":11}]', 'PLACES: /0/everyMs: Too big'],
    ['[{"kind":"near","url":"https://hunter2","everyMs":1.5}]', 'PLACES: /0/everyMs: Invalid input'],
    ['[{"kind":"far","url":"https://hunter2"}]', 'PLACES: /0/url: is not a member of this object.'],
    ['[{"kind":"hunter2"}]', 'PLACES: /0/kind: Invalid'],
  ])('refuses %s with the place and without the value', (text, message) => {
    expect(refusalOf(text)).toContain(message);
    expect(refusalOf(text)).not.toContain('hunter2');
  });

  it('has its objects described member by member', () => {
    const near = expect.objectContaining({ name: 'kind', type: 'near', required: true });
    expect(describeJsonObjects(schema)).toEqual([
      {
        key: 'PLACES',
        kind: 'near',
        members: [
          near,
          expect.objectContaining({ name: 'url', required: true }),
          {
            name: 'everyMs',
            type: 'integer 1 to 10',
            default: '5',
            required: false,
            secret: false,
            doc: 'Milliseconds between two looks.',
          },
        ],
      },
      {
        key: 'PLACES',
        kind: 'far',
        members: [
          expect.objectContaining({ name: 'kind', type: 'far' }),
          expect.objectContaining({ name: 'names', required: false, doc: 'Its names.' }),
        ],
      },
    ]);
  });
});
