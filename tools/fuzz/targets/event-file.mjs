import { strict as assert } from 'node:assert';
import { EventFileReader } from '@touchstone/event-batch';

const encoder = new TextEncoder();
const texts = [
  '[{"id":"a"},\n{"id":"b","x":[1,{}]}]',
  '{"id":"a"}\n\n{"id":"\u00e9\u{1f600}","t":"\\"]"}\r\n',
  '{"format":"event-batch-v1","events":[\n{"id":"a"},\n{"id":"b"}\n],"leaf_count":2}\n',
];

/** Events and head of a file in pieces of so many bytes, or why it is refused. */
function outcome(shape, bytes, size) {
  const events = [];
  const reader = new EventFileReader(shape, (text) => {
    JSON.parse(text);
    events.push(text);
  });
  try {
    for (let start = 0; start < bytes.length; start += size) reader.push(bytes.subarray(start, start + size));
    // The head is judged by the strict reader, as the events are.
    return { events, head: JSON.parse(reader.end()) };
  } catch (error) {
    if (error instanceof SyntaxError) return { refused: 'event' };
    assert.equal(error.name, 'BatchError', error.stack);
    return { refused: 'file' };
  }
}

/** Pieces of any size give the same events, and those are what `JSON.parse` finds in the whole. */
export const eventFile = {
  name: 'event-file',
  covers: ['/libs/event-batch/dist/'],
  dictionary: ['[', ']', '{', '}', ',', ',\n', '\n', '"events":', '"id":', '"', '\\"', '\\\\', '\u00e9'].map(
    (token) => [...encoder.encode(token)],
  ),
  bytesMax: 1_024,
  seeds: () => texts.map((text) => encoder.encode(text)),
  run(bytes) {
    for (const shape of ['events', 'batch']) {
      const whole = outcome(shape, bytes, Math.max(1, bytes.length));
      for (const size of [1, 7]) {
        const pieces = outcome(shape, bytes, size);
        assert.equal(
          pieces.refused === undefined,
          whole.refused === undefined,
          'pieces are judged differently',
        );
        if (whole.refused === undefined) assert.deepEqual(pieces, whole);
      }
      if (whole.refused !== undefined) continue;
      const text = new TextDecoder().decode(bytes);
      const lines = shape === 'events' && text.trimStart().startsWith('{');
      const value = lines ? whole.events.map((event) => JSON.parse(event)) : JSON.parse(text);
      const expected = shape === 'batch' ? value.events : value;
      assert.deepEqual(
        whole.events.map((event) => JSON.parse(event)),
        expected,
      );
    }
  },
};
