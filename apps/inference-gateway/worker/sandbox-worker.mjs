// The thread of a sandbox that speaks with the gateway over a stream. A message is two lengths (unsigned, 32 bits,
// little-endian), JSON, and the bytes of the tensors that the JSON names, one after the other. Reads and writes block:
// one message is under way at a time, and streams cost more than the run of a small model where nothing is compiled.
//
// Arguments: the most bytes of JSON and of tensors that an answer may have. The gateway kills whoever sends more; a
// model that gives more gets a refusal here.
import { readSync, writeSync } from 'node:fs';
import { answerTo, tensorsOf } from './sessions.mjs';

const CHANNEL = 3;
const PREFIX_BYTES = 8;
/** Up to here one write of a copy is cheaper than several writes. */
const COPIED_BYTES_MAX = 65_536;
const [headerBytesMax, tensorBytesMax] = process.argv.slice(2).map(Number);

for (;;) {
  const answer = await answerTo(readJob());
  const tensors = tensorsOf(answer).map((data) => new Uint8Array(data));
  const size = tensors.reduce((sum, { length }) => sum + length, 0);
  const json = Buffer.from(JSON.stringify(withoutData(answer)));
  if (size > tensorBytesMax) {
    refuse(answer.id, `the outputs have ${size} bytes, at most ${tensorBytesMax} are taken`);
  } else if (json.length > headerBytesMax) {
    refuse(answer.id, `names and shapes have ${json.length} bytes, at most ${headerBytesMax} are taken`);
  } else {
    write(json, tensors, size);
  }
}

function readJob() {
  const prefix = read(PREFIX_BYTES);
  const job = JSON.parse(read(prefix.readUInt32LE(0)).toString());
  if (job.kind === 'load') return { ...job, bytes: read(prefix.readUInt32LE(4)) };
  const runs = job.runs.map((feeds) =>
    feeds.map(({ bytes, ...tensor }) => ({ ...tensor, data: read(bytes).buffer })),
  );
  return { ...job, runs };
}

/** So many bytes in a buffer of their own. */
function read(length) {
  const bytes = Buffer.from(new ArrayBuffer(length));
  for (let done = 0; done < length;) {
    const count = readSync(CHANNEL, bytes, done, length - done, null);
    if (count === 0) process.exit(0);
    done += count;
  }
  return bytes;
}

function write(json, tensors, size) {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32LE(json.length, 0);
  prefix.writeUInt32LE(size, 4);
  const parts = [prefix, json, ...tensors];
  for (const part of size > COPIED_BYTES_MAX ? parts : [Buffer.concat(parts)]) {
    for (let done = 0; done < part.length;) done += writeSync(CHANNEL, part, done);
  }
}

function refuse(id, message) {
  write(Buffer.from(JSON.stringify({ id, ok: false, message })), [], 0);
}

function withoutData({ runs, ...answer }) {
  if (!runs) return answer;
  const named = (outputs) => outputs.map(({ data, ...tensor }) => ({ ...tensor, bytes: data.byteLength }));
  return {
    ...answer,
    runs: runs.map((run) => (run.outputs ? { ...run, outputs: named(run.outputs) } : run)),
  };
}
