// The thread of a sandbox that speaks with the gateway over a stream. The bytes of a message are those of the tensors that its JSON names,
// one after the other.
//
// Arguments: the most bytes of JSON and of tensors that an answer may have. The gateway kills whoever sends more; a
// model that gives more gets a refusal here.
import { read, readHeader, write } from './channel.mjs';
import { answerTo, tensorsOf } from './sessions.mjs';

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
  const { header: job } = readHeader();
  if (job.kind === 'load') return job;
  const runs = job.runs.map((feeds) =>
    feeds.map(({ bytes, ...tensor }) => ({ ...tensor, data: read(bytes).buffer })),
  );
  return { ...job, runs };
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
