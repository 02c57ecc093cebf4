// A sandbox whose model has broken out of the runtime and owns the process. The key of a job says what it does.
import { readSync, writeSync } from 'node:fs';
import { serialize } from 'node:v8';

const CHANNEL = 3;
const PREFIX_BYTES = 8;

function read(length) {
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const count = readSync(CHANNEL, bytes, done, length - done, null);
    if (count === 0) process.exit(0);
    done += count;
  }
  return bytes;
}

function prefix(header, bytes) {
  const lengths = Buffer.alloc(PREFIX_BYTES);
  lengths.writeUInt32LE(header, 0);
  lengths.writeUInt32LE(bytes, 4);
  return lengths;
}

const send = (bytes) => {
  for (let done = 0; done < bytes.length;) done += writeSync(CHANNEL, bytes, done);
};
const sendText = (text, bytes = Buffer.alloc(0)) => {
  const json = Buffer.from(text, 'latin1');
  send(Buffer.concat([prefix(json.length, bytes.length), json, bytes]));
};
const answer = (value, bytes) => sendText(JSON.stringify(value), bytes);
const forever = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);

const good = { name: 'sum', type: 'float32', dims: [1], bytes: 4 };
const ran = (output, rest) => ({ ok: true, outputs: [{ ...good, ...output }], milliseconds: 0, ...rest });
const described = { inputs: [{ name: 'x', type: 'float32', dims: [1] }], outputs: [] };

const deeds = {
  null: () => sendText('null'),
  number: () => sendText('1'),
  text: () => sendText('"answer"'),
  'an array': () => sendText('[]'),
  'no JSON': () => sendText('{"id":'),
  'no UTF-8': () => sendText('"\xff"'),
  'deep JSON': () => sendText('['.repeat(1_000_000)),
  'a wrong id': ({ id }) => answer({ id: id + 1, ok: true, runs: [ran()] }, Buffer.alloc(4)),
  'an id that is text': ({ id }) => answer({ id: String(id), ok: true, runs: [ran()] }, Buffer.alloc(4)),
  'an unknown member': ({ id }) => answer({ id, ok: true, runs: [ran()], more: 1 }, Buffer.alloc(4)),
  'a prototype': ({ id }) => sendText(`{"id":${id},"ok":false,"message":"m","__proto__":{"admin":true}}`),
  'a message that is an object': ({ id }) => answer({ id, ok: false, message: {} }),
  'a description instead of runs': ({ id }) => answer({ id, ok: true, description: described }),
  'no run': ({ id }) => answer({ id, ok: true, runs: [] }),
  'more runs than were asked': ({ id }) => answer({ id, ok: true, runs: [ran(), ran()] }, Buffer.alloc(8)),
  'too few bytes': ({ id }) => answer({ id, ok: true, runs: [ran()] }, Buffer.alloc(3)),
  'bytes that belong to nothing': ({ id }) => answer({ id, ok: true, runs: [ran()] }, Buffer.alloc(5)),
  'another shape than its bytes': ({ id }) =>
    answer({ id, ok: true, runs: [ran({ dims: [2] })] }, Buffer.alloc(4)),
  'a negative size': ({ id }) => answer({ id, ok: true, runs: [ran({ dims: [-1, -1] })] }, Buffer.alloc(4)),
  'half an element': ({ id }) => answer({ id, ok: true, runs: [ran({ dims: [0.5, 2] })] }, Buffer.alloc(4)),
  'an unknown type': ({ id }) =>
    answer({ id, ok: true, runs: [ran({ type: '__proto__' })] }, Buffer.alloc(4)),
  'too many outputs': ({ id }) =>
    answer(
      { id, ok: true, runs: [{ ...ran(), outputs: Array(65).fill({ ...good, dims: [0], bytes: 0 }) }] },
      Buffer.alloc(0),
    ),
  'a run of a year': ({ id }) =>
    answer({ id, ok: true, runs: [ran({}, { milliseconds: 3e10 })] }, Buffer.alloc(4)),
  'a time that is none': ({ id }) =>
    sendText(`{"id":${id},"ok":true,"runs":[{"ok":true,"outputs":[],"milliseconds":1e999}]}`),
  'two answers': ({ id }) => {
    const json = Buffer.from(JSON.stringify({ id, ok: false, message: 'm' }));
    send(Buffer.concat([prefix(json.length, 0), json, prefix(json.length, 0), json]));
  },
  'bytes of V8': () => send(serialize({ id: 1, ok: true, runs: [] })),
  'four gigabytes of JSON': () => send(prefix(0xffffffff, 0)),
  'four gigabytes of tensors': () => send(prefix(2, 0xffffffff)),
  'bytes without end': () => {
    const zeros = Buffer.alloc(1_048_576);
    for (;;) send(zeros);
  },
  'an answer that does not end': () => {
    send(prefix(1_000_000, 0));
    forever();
  },
  silence: forever,
  'its end': () => process.exit(0),
};

for (;;) {
  const lengths = read(PREFIX_BYTES);
  const job = JSON.parse(read(lengths.readUInt32LE(0)).toString());
  read(lengths.readUInt32LE(4));
  if (job.key === 'a description of null') answer({ id: job.id, ok: true, description: null });
  else if (job.key === 'the unasked') {
    answer({ id: job.id, ok: true, description: { inputs: [], outputs: [] } });
    answer({ id: job.id, ok: true, description: { inputs: [], outputs: [] } });
  } else if (job.kind === 'load' && job.key !== 'runs instead of a description')
    answer({ id: job.id, ok: true, description: described });
  else if (job.kind === 'load') answer({ id: job.id, ok: true, runs: [] });
  else deeds[job.key](job);
}
