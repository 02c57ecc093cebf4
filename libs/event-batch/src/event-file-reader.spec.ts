import { describe, expect, it } from '@jest/globals';
import { EventFileReader, type EventFileShape } from './event-file-reader.js';
import { BATCH_HEAD_CHARACTERS_MAX, EVENT_BYTES_MAX } from './limits.js';

const readsAsJson = (text: string): boolean => {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
};

/** Events and head of a text that comes in pieces of so many bytes. */
function read(
  shape: EventFileShape,
  text: string | Uint8Array,
  size = 7,
): { events: string[]; head: string } {
  const events: string[] = [];
  const reader = new EventFileReader(shape, (event) => {
    if (!readsAsJson(event)) throw new Error('not strict');
    events.push(event);
  });
  const bytes = Buffer.from(text as string);
  for (let start = 0; start < bytes.length; start += size) reader.push(bytes.subarray(start, start + size));
  return { events, head: reader.end() };
}

const first = '{"id":"a","text":"]},{ \\" \\\\","nested":[{"x":[]}]}';
const second = '{"id":"ü€😀"}';

describe('events in a file', () => {
  it.each([1, 2, 3, 5, 64, 1000])('are found in pieces of %d bytes, in every shape', (size) => {
    const events = [first, second];
    expect(read('events', `[${first},${second}]`, size).events).toEqual(events);
    expect(read('events', ` [ ${first} , ${second} ] \n`, size).events).toEqual(events);
    expect(read('events', `${first}\n${second}`, size).events).toEqual(events);
    expect(read('events', `\n${first}\n\n \t\r\n${second}\r\n`, size).events).toEqual([first, `${second}\r`]);
    const batch = `{"format": "x" ,"events":[\n${first},\n${second}\n],"n":1}\n`;
    expect(read('batch', batch, size)).toEqual({ events, head: '{"format":"x","n":1}' });
  });

  it('are taken line by line only while each line is one', () => {
    const pretty = `[\n{"id":"a",\n"x":[1,\n2]},\n${second},\n{"id":"b"}\n]`;
    expect(read('events', pretty, 1000).events).toEqual(['{"id":"a",\n"x":[1,\n2]}', second, '{"id":"b"}']);
    expect(read('events', pretty, 3).events).toEqual(['{"id":"a",\n"x":[1,\n2]}', second, '{"id":"b"}']);
    expect(() => read('events', '[{"id":"a" x},\n{}]', 1000)).toThrow('not strict');
  });

  it('may be none', () => {
    expect(read('events', '[ ]').events).toEqual([]);
    expect(read('batch', '{"events":[],"a":{}}')).toEqual({ events: [], head: '{"a":{}}' });
  });

  it.each<[string, EventFileShape, string | Uint8Array, string]>([
    ['an empty file', 'events', '', 'no-events'],
    ['white space', 'events', ' \n', 'no-events'],
    ['an empty batch', 'batch', '', 'no-events'],
    ['a text', 'events', '"x"', 'not-json'],
    ['a list as a batch', 'batch', '[]', 'not-json'],
    ['a byte order mark', 'events', '\ufeff[]', 'not-json'],
    ['two lists', 'events', '[][]', 'not-json'],
    ['a missing comma', 'events', '[{} {}]', 'not-json'],
    ['a list that ends early', 'events', '[{"id":"a"},', 'cut-off'],
    ['an event that ends early', 'events', '[{"id":"a"', 'cut-off'],
    ['a text that ends early', 'events', '[{"id":"a', 'cut-off'],
    ['a batch that ends early', 'batch', '{"events":[]', 'cut-off'],
    ['a name that ends early', 'batch', '{"eve', 'cut-off'],
    ['a batch after its comma', 'batch', '{"a":1, ', 'cut-off'],
    ['a value that ends early', 'batch', '{"a":1', 'cut-off'],
    ['no value', 'batch', '{"a": ', 'cut-off'],
    ['a name without quotes', 'batch', '{events:[]}', 'not-json'],
    ['a number as a name', 'batch', '{1 :[]}', 'not-json'],
    ['a missing colon', 'batch', '{"events" []}', 'not-json'],
    ['events that are no list', 'batch', '{"events":{}}', 'not-json'],
    ['events twice', 'batch', '{"events":[],"events":[]}', 'document-shape'],
    ['events twice, once escaped', 'batch', '{"events":[],"\\u0065vents":[]}', 'document-shape'],
    ['no events', 'batch', '{"a":1}', 'document-shape'],
    ['an empty object', 'batch', '{}', 'document-shape'],
    ['bytes that are no UTF-8', 'events', Uint8Array.of(0x5b, 0xff, 0x5d), 'not-utf8'],
    ['a character without its end', 'events', Uint8Array.of(0x5b, 0xe2, 0x82), 'not-utf8'],
    ['four continuation bytes', 'events', Uint8Array.of(0x80, 0x80, 0x80, 0x80), 'not-utf8'],
  ])('refuses %s', (_name, shape, text, reason) => {
    expect(() => read(shape, text)).toThrow(expect.objectContaining({ reason }));
  });

  it('holds no more than EVENT_BYTES_MAX of an event that does not end', () => {
    const reader = new EventFileReader('events', () => undefined);
    reader.push(Buffer.from(`[{"id":"${'x'.repeat(EVENT_BYTES_MAX - 7)}`));
    expect(() => reader.push(Buffer.from('x'))).toThrow(expect.objectContaining({ reason: 'too-large' }));
  });

  it('reads BATCH_HEAD_CHARACTERS_MAX beside the events and no more', () => {
    const longest = 'x'.repeat(BATCH_HEAD_CHARACTERS_MAX - '"a":""'.length);
    expect(read('batch', `{"a":"${longest}","events":[]}`).head).toHaveLength(BATCH_HEAD_CHARACTERS_MAX + 2);
    expect(() => read('batch', `{"a":"${longest}x","events":[]}`)).toThrow(
      expect.objectContaining({ reason: 'too-large' }),
    );
  });
});
