import { beforeAll, describe, expect, it } from '@jest/globals';
import { parseStrictJson } from '@touchstone/canonical-json';
import fc from 'fast-check';
import { z } from 'zod';
import { eventBatchFormats } from '@touchstone/event-batch';
import { eventFixture } from '../test/event-fixture.js';
import { fixture } from '../test/fixture.js';
import { mutations, places, textWith, type Json } from '../test/mutations.js';
import { batchEntry, eventBundle, EVIDENCE_BYTES_MAX, outputBundle } from './index.js';
import { fit, schemaIssues } from './schema-issues.js';

interface Compiled {
  readonly name: string;
  readonly schema: z.ZodType;
  /** The same members, not compiled. */
  readonly judge: z.ZodType;
  readonly root: Json;
  readonly other: Json;
}

const compiled: Compiled[] = [];

beforeAll(async () => {
  const { bundle } = await fixture({ anchored: true });
  const { bundle: other } = await fixture({ anchored: true, output: 1 });
  const events = await Promise.all(
    eventBatchFormats.flatMap((format) => [4, 1].map((leafIndex) => eventFixture({ format, leafIndex }))),
  );
  const [v1, otherV1, v2, otherV2] = events.map((event) => event.bundle);
  const plain = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json;
  compiled.push(
    {
      name: 'outputBundle',
      schema: outputBundle,
      judge: z.strictObject(outputBundle.shape),
      root: plain(bundle),
      other: plain(other),
    },
    ...[
      { name: 'eventBundle of version 1', root: plain(v1), other: plain(otherV1) },
      { name: 'eventBundle of version 2', root: plain(v2), other: plain(otherV2) },
    ].map((entry) => ({ ...entry, schema: eventBundle, judge: z.strictObject(eventBundle.shape) })),
    {
      name: 'batchEntry',
      schema: batchEntry,
      judge: z.strictObject(batchEntry.shape),
      root: JSON.parse(bundle.entry) as Json,
      other: JSON.parse(other.entry) as Json,
    },
  );
});

/** What the schema says of a text's value, after making sure that its compiled form says the same. */
function verdictOn(text: string, { schema, judge }: Compiled): 'fits' | 'refused' | 'not read' {
  const parsed = parseStrictJson(text, { maxBytes: EVIDENCE_BYTES_MAX });
  if (!parsed.ok) return 'not read';
  const judged = judge.safeParse(parsed.value);
  const fitted = fit(schema, parsed.value);
  if (judged.success) {
    expect(fitted).toStrictEqual({ ok: true, value: judged.data });
    expect(fitted.ok && fitted.value).toBe(parsed.value);
    return 'fits';
  }
  expect(fitted).toEqual({ ok: false, detail: schemaIssues(judged.error) });
  return 'refused';
}

describe('a compiled schema', () => {
  it('has no construct that would quietly not be compiled', () => {
    for (const { schema } of compiled) expect(() => z.compile(schema, { strict: true })).not.toThrow();
  });

  it('judges every document of the mutation catalogue as the schema does, in the same words', () => {
    for (const entry of compiled) {
      const verdicts = [...mutations(entry.root, entry.other)].map(({ text }) => verdictOn(text, entry));
      expect(verdicts.filter((verdict) => verdict === 'fits').length).toBeGreaterThan(30);
      expect(verdicts.filter((verdict) => verdict === 'refused').length).toBeGreaterThan(80);
    }
  }, 60_000);

  it('judges any value at any place as the schema does, in the same words', () => {
    const value = fc.oneof(
      fc.jsonValue({ noUnicodeString: false }).map((json) => JSON.stringify(json)),
      fc.constantFrom('-0', '1.0', '1e2', '0.5', '9007199254740991', '""', '[]', '{}', '{"__proto__":1}'),
      fc.stringMatching(/^[0-9a-f]{63,65}$/).map((text) => JSON.stringify(text)),
    );
    fc.assert(
      fc.property(fc.nat(3), fc.nat(), value, (which, where, raw) => {
        const entry = compiled[which] as Compiled;
        const pointers = [...places(entry.root)].map(({ pointer }) => pointer);
        verdictOn(textWith(entry.root, pointers[where % pointers.length] as string, raw), entry);
      }),
      { numRuns: 3_000, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false },
    );
  }, 30_000);
});
