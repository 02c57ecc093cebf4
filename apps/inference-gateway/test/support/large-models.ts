import { createHash } from 'node:crypto';
import { closeSync, openSync, createReadStream, statSync, writeSync } from 'node:fs';
import { request, type ClientRequest } from 'node:http';
import { field, join, varint } from '@touchstone/testing';
import { TOKEN, type Answer } from './operator-requests.js';

const ROW = 4;
const CHUNK_BYTES = 1_048_576;
const INT64 = 7;
const FLOAT = 1;
const BOUNDARY = 'large';

const head = (number: number, length: number) => join(varint(number * 8 + 2), varint(length));

const value = (name: string, type: number, dims: number[]) =>
  join(
    field(1, name),
    field(2, field(1, join(field(1, type), field(2, join(...dims.map((size) => field(1, field(1, size)))))))),
  );

/** The weight of a large model at a row and column, as it is rounded. */
const weightAt = (row: number, column: number): number => Math.fround(((row * ROW + column) % 997) / 997);

/**
 * Writes a model that gives rows of a table of so many mebibytes, without the table ever being in memory.
 *
 * @returns how large the file is, and its SHA-256
 */
export function writeLargeModel(path: string, mebibytes: number): { sizeBytes: number; sha256: string } {
  const raw = mebibytes * CHUNK_BYTES;
  const rows = raw / (ROW * Float32Array.BYTES_PER_ELEMENT);
  const node = join(field(1, 'table'), field(1, 'row'), field(2, 'values'), field(4, 'Gather'));
  const tensor = join(field(1, rows), field(1, ROW), field(2, FLOAT), field(8, 'table'), head(9, raw));
  const before = join(field(1, node), field(2, 'rows'), head(5, tensor.length + raw), tensor);
  const after = join(field(11, value('row', INT64, [2])), field(12, value('values', FLOAT, [2, ROW])));
  const start = join(field(1, 8), head(7, before.length + raw + after.length), before);
  const hash = createHash('sha256');
  const file = openSync(path, 'w');
  const write = (bytes: Uint8Array) => {
    hash.update(bytes);
    writeSync(file, bytes);
  };
  write(start);
  for (let first = 0; first < raw / 4; first += CHUNK_BYTES / 4) {
    const chunk = Float32Array.from({ length: CHUNK_BYTES / 4 }, (_, at) => ((first + at) % 997) / 997);
    write(new Uint8Array(chunk.buffer));
  }
  write(join(after, field(8, join(field(1, ''), field(2, 17)))));
  closeSync(file);
  return { sizeBytes: statSync(path).size, sha256: hash.digest('hex') };
}

/** Asks a large model for two of its rows. @returns the status and the numbers of both, and those that its file has */
export async function askRows(url: string, id: string, rows: [number, number]) {
  const response = await fetch(`${url}/v1/models/${id}/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ inputs: [{ name: 'row', datatype: 'INT64', shape: [2], data: rows }] }),
  });
  const { outputs, detail } = (await response.json()) as { outputs?: { data: number[] }[]; detail?: string };
  const expected = rows.flatMap((row) => [0, 1, 2, 3].map((column) => weightAt(row, column)));
  return { answered: [response.status, detail, outputs?.[0]?.data], expected: [200, undefined, expected] };
}

/** A form with a file of the disk, sent as fast as it is taken; `begun` hands out the request. */
export function addFile(
  url: string,
  manifest: Record<string, unknown>,
  path: string,
  begun: (sending: ClientRequest) => void = () => undefined,
): Promise<Answer> {
  const part = (name: string) =>
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"; filename="f"\r\n\r\n`;
  const manifestText = JSON.stringify({ priceAtomic: '0', ...manifest });
  const start = Buffer.from(`${part('manifest')}${manifestText}\r\n${part('model')}`);
  const end = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
  return new Promise((resolve, reject) => {
    const sending = request(`${url}/v1/models`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${TOKEN}`,
        'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
        'content-length': String(start.length + statSync(path).size + end.length),
      },
    });
    sending.on('error', reject).on('response', (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Answer['body'] }),
      );
    });
    sending.write(start);
    const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
    file.on('end', () => sending.end(end)).pipe(sending, { end: false });
    sending.on('close', () => file.destroy());
    begun(sending);
  });
}
