import { describe, expect, it } from '@jest/globals';
import type { JsonValue } from '@touchstone/canonical-json';
import { EVENT_BYTES_MAX, EVENT_DEPTH_MAX, EVENT_ID_BYTES_MAX, SALT_CHARACTERS_MIN } from './limits.js';
import { readEvent, readParsedEvent } from './read-event.js';

const refused = (text: string): unknown => {
  try {
    readEvent(text);
    return undefined;
  } catch (error) {
    return (error as { reason: unknown }).reason;
  }
};

describe('an event', () => {
  it('is hashed in its canonical form, whatever its spelling (R-BATCH-1)', () => {
    expect(readEvent('{ "n": 1.0, "id": "\\u0061", "big": 1e15, "é": -0 }').canonical).toBe(
      '{"big":1000000000000000,"id":"a","n":1,"é":0}',
    );
  });

  it.each([
    ['', 'event-not-json'],
    ['{"id":"a","id":"b"}', 'event-not-json'],
    ['{"id":"a","n":9007199254740992}', 'event-not-json'],
    ['{"id":"\\ud800"}', 'event-not-json'],
    ['"aa"', 'event-not-an-object'],
    ['[]', 'event-not-an-object'],
    ['null', 'event-not-an-object'],
    ['{}', 'event-id'],
    ['{"id":1}', 'event-id'],
    ['{"id":""}', 'event-id'],
    ['{"__proto__":{"id":"a"}}', 'event-id'],
  ])('is refused: %s', (text, reason) => {
    expect(refused(text)).toBe(reason);
  });

  it('has an id of 1 to EVENT_ID_BYTES_MAX bytes', () => {
    const id = 'é'.repeat(EVENT_ID_BYTES_MAX / 2);
    expect(readEvent(JSON.stringify({ id })).id).toBe(id);
    expect(refused(JSON.stringify({ id: `${id}x` }))).toBe('event-id');
    expect(refused(JSON.stringify({ id: 'x'.repeat(EVENT_ID_BYTES_MAX + 1) }))).toBe('event-id');
  });

  it('has at most EVENT_BYTES_MAX bytes, as sent and in its canonical form', () => {
    const longest = JSON.stringify({ id: 'a', x: 'x'.repeat(EVENT_BYTES_MAX - '{"id":"a","x":""}'.length) });
    expect(readEvent(longest).canonical).toHaveLength(EVENT_BYTES_MAX);
    expect(refused(`${longest} `)).toBe('too-large');
    const growing = `{"id":"a","x":[${'1e15,'.repeat(5_000)}1]}`;
    expect(growing.length).toBeLessThan(EVENT_BYTES_MAX);
    expect(refused(growing)).toBe('too-large');
  });

  it('is nested EVENT_DEPTH_MAX levels at most', () => {
    const nested = (levels: number): string => `{"id":"a","x":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    expect(readEvent(nested(EVENT_DEPTH_MAX - 1)).id).toBe('a');
    expect(refused(nested(EVENT_DEPTH_MAX))).toBe('event-not-json');
  });

  it('can be guessed without a salt of SALT_CHARACTERS_MIN characters', () => {
    const guessable = (salt: unknown): boolean => readEvent(JSON.stringify({ id: 'a', salt })).guessable;
    expect(guessable('x'.repeat(SALT_CHARACTERS_MIN))).toBe(false);
    expect(guessable('x'.repeat(SALT_CHARACTERS_MIN - 1))).toBe(true);
    expect(guessable(7)).toBe(true);
    expect(readEvent('{"id":"a"}').guessable).toBe(true);
  });
});

describe('an event of a larger document', () => {
  const parsedRefused = (value: JsonValue): unknown => {
    try {
      readParsedEvent(value);
      return undefined;
    } catch (error) {
      return (error as { reason: unknown }).reason;
    }
  };

  it('is the one that its own text gives', () => {
    const text = '{ "n": 1.0, "id": "\\u0061", "list": [[], {"x": null}], "salt": "k7Qm1x9bTz3RwV5yLp0sNA" }';
    expect(readParsedEvent(JSON.parse(text) as JsonValue)).toEqual(readEvent(text));
  });

  it.each<[JsonValue, string]>([
    [null, 'event-not-an-object'],
    ['aa', 'event-not-an-object'],
    [[], 'event-not-an-object'],
    [{}, 'event-id'],
    [{ id: '' }, 'event-id'],
    [{ id: 'x'.repeat(EVENT_ID_BYTES_MAX + 1) }, 'event-id'],
  ])('is refused: %j', (value, reason) => {
    expect(parsedRefused(value)).toBe(reason);
  });

  it('is nested EVENT_DEPTH_MAX levels and has EVENT_BYTES_MAX bytes at most', () => {
    const nested = (levels: number): JsonValue => (levels === 0 ? [] : [nested(levels - 1)]);
    expect(readParsedEvent({ id: 'a', x: nested(EVENT_DEPTH_MAX - 2) }).id).toBe('a');
    expect(parsedRefused({ id: 'a', x: nested(EVENT_DEPTH_MAX - 1) })).toBe('event-not-json');
    const long = (bytes: number): JsonValue => ({
      id: 'a',
      x: 'x'.repeat(bytes - '{"id":"a","x":""}'.length),
    });
    expect(readParsedEvent(long(EVENT_BYTES_MAX)).canonical).toHaveLength(EVENT_BYTES_MAX);
    expect(parsedRefused(long(EVENT_BYTES_MAX + 1))).toBe('too-large');
  });
});
