// The thread of a preparer that speaks with the gateway over a stream.
//
// Asked:    {id, kind: 'image', plan, limits, tables} with the picture in base64 and the bytes of the tables behind it
//           {id, kind: 'load', key, drop} with the bytes of a tokenizer.json; `drop` is the key of one that is not needed any more
//           {id, kind: 'tokenize', key, text, special, tokens, truncation}
// Answered: {id, ok: true, …} with the elements of a picture behind it, or {id, ok: false, reason, message}
import { read, readHeader, write } from './channel.mjs';

/** Loaded by what is asked first: a process does one or the other. */
const works = {
  image: async (job) => (await import('./decode-image.mjs')).decodeImage(job),
  load: async (job) => (await import('./tokenize.mjs')).loadTokenizer(job),
  tokenize: async (job) => (await import('./tokenize.mjs')).tokenize(job),
};

for (;;) {
  const { header, length } = readHeader();
  const { id, kind, ...job } = header;
  const bytes = read(length);
  const { elements, ...answer } = await works[kind]({ ...job, bytes }).catch(refusal);
  const json = Buffer.from(JSON.stringify({ id, ok: answer.reason === undefined, ...answer }));
  write(json, elements ? [elements] : [], elements?.length ?? 0);
}

/** What somebody sent is refused with a reason; what else goes wrong is told in words. */
function refusal(error) {
  const message = error instanceof Error ? error.message : String(error);
  return { reason: error?.reason ?? 'failed', message };
}
