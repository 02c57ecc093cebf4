import { connect } from 'node:net';

/** One answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Milliseconds after which a server that neither answers nor closes has failed a test. */
const PATIENCE_MS = 10_000;

/**
 * Sends texts, with pauses of `pauseMs` between them, and reads until the server closes the connection.
 *
 * @throws Error when the server does not close in time
 */
export function sendRaw(port: number, texts: readonly string[], pauseMs = 0): Promise<RawAnswer[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    const timers = texts.map((text, index) =>
      setTimeout(() => {
        if (socket.writable) socket.write(text);
      }, index * pauseMs),
    );
    const patience = setTimeout(() => {
      socket.destroy();
      reject(new Error(`not closed; so far: ${Buffer.concat(chunks).toString()}`));
    }, PATIENCE_MS);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    // A reset after the answer is the answer all the same.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const timer of [...timers, patience]) clearTimeout(timer);
      try {
        resolve(answersIn(Buffer.concat(chunks).toString('latin1')));
      } catch (error) {
        reject(error as Error);
      }
    });
  });
}

/** Splits what a connection brought into answers; each has a Content-Length, or no body. */
function answersIn(text: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = text;
  while (rest.startsWith('HTTP/1.1 ')) {
    const end = rest.indexOf('\r\n\r\n');
    const [first = '', ...fields] = rest.slice(0, end).split('\r\n');
    const headers = Object.fromEntries(
      fields.map((field) => [
        field.slice(0, field.indexOf(':')).toLowerCase(),
        field.slice(field.indexOf(':') + 1).trim(),
      ]),
    );
    const length = Number(headers['content-length'] ?? 0);
    answers.push({
      status: Number(first.split(' ')[1]),
      headers,
      body: rest.slice(end + 4, end + 4 + length),
    });
    rest = rest.slice(end + 4 + length);
  }
  if (rest !== '') throw new Error(`not an answer: ${rest.slice(0, 200)}`);
  return answers;
}
