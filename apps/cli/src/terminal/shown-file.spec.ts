import { describe, expect, it } from '@jest/globals';
import { openAsBlob } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Progress } from './progress.js';
import { ShownFile } from './shown-file.js';

describe('a file that is shown while it is sent', () => {
  it('arrives as it is, and was counted to its end', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'touchstone-sent-'));
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => response.end(Buffer.concat(chunks)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const path = join(folder, 'model');
      const bytes = Buffer.alloc(300_000, 'model ');
      await writeFile(path, bytes);
      const counts: number[] = [];
      let ended = 0;
      const progress = Object.assign(new Progress('sending', bytes.length), {
        update: (done: number) => counts.push(done),
        end: () => (ended += 1),
      });
      const form = new FormData();
      form.set('model', new ShownFile(await openAsBlob(path), 'model.onnx', progress));
      const { port } = server.address() as AddressInfo;
      const answer = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: form });
      const got = Buffer.from(await answer.arrayBuffer());
      expect(got.includes('name="model"; filename="model.onnx"')).toBe(true);
      expect(got.includes(bytes)).toBe(true);
      expect([counts.at(-1), counts.length > 1, ended]).toEqual([bytes.length, true, 1]);
    } finally {
      server.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
