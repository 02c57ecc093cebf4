import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { bytesToHex, createEd25519Signer } from '@touchstone/crypto';
import { batchReasons, type EventBatchFormat, EventCollector, noteHash, signBatch } from '../src/index.js';
import { entry, keysOf } from './fixture.js';

const page = readFileSync(fileURLToPath(new URL('../../../docs/event-batches.md', import.meta.url)), 'utf8');
const fences = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, body = '']) => body);
const rows = [...page.matchAll(/^\| (.*) \| `([0-9a-f]{64})` \|$/gm)].map(
  ([, left = '', hash = '']) => [left, hash] as const,
);
const sha256 = (...parts: (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const signing = createEd25519Signer(new Uint8Array(32).fill(1));
const publicKey = bytesToHex(signing.publicKey);
const [key] = keysOf(entry({ public_key: publicKey })).keys;
const [events = ''] = fences('json');
const [shownKey, message, signature, leavesV2 = '', note = ''] = fences('text');

async function signed(format: EventBatchFormat): Promise<{ signature: string }> {
  const collector = new EventCollector(format);
  for (const line of events.trim().split('\n')) collector.add(line);
  const atMs = Date.parse('2025-10-29T12:00:00.123Z');
  const batchId = '019a2fe1-6a7b-7c3d-8e4f-5a6b7c8d9e0f';
  return signBatch(collector.seal(), {
    signer: { key: key as NonNullable<typeof key>, sign: signing.sign },
    atMs,
    batchId,
  });
}

describe('the worked example of the page on event batches (R-BATCH-1, R-BATCH-2)', () => {
  const canonical = rows.slice(0, 3).map(([text]) => text.slice(1, -1));

  it('shows leaves and nodes that its own events lead to', () => {
    const [first, second, third] = canonical.map((text) => sha256(text)) as [Buffer, Buffer, Buffer];
    const left = sha256(first, second);
    const right = sha256(third, third);
    const hashes = [first, second, third, left, right, sha256(left, right)].map((hash) =>
      hash.toString('hex'),
    );
    expect(rows.map(([, hash]) => hash)).toEqual(hashes);
    expect(message?.trim()).toBe(`${hashes[5]}|2025-10-29T12:00:00Z`);
  });

  it('shows the key, and the signature over its message', async () => {
    expect(shownKey?.trim()).toBe(publicKey);
    expect(signature?.trim()).toBe(bytesToHex(signing.sign(Buffer.from(message?.trim() ?? ''))));
    expect((await signed('event-batch-v1')).signature).toBe(signature?.trim());
  });

  it('shows leaves and note of version 2', async () => {
    const leaves = canonical.map((text) =>
      sha256('\0', sha256(`touchstone.event.v2|${text}`)).toString('hex'),
    );
    expect(leavesV2.trim().split('\n')).toEqual(leaves);
    expect((await signed('event-batch-v2')).signature).toBe(note);
    expect(page).toContain(`\`${noteHash(note)}\``);
  });

  it('names every reason for a refusal', () => {
    const listed = [...page.matchAll(/^\| `([a-z0-9-]+)` \| (.*) \|$/gm)].map(([, name, text]) => [
      name,
      text,
    ]);
    expect(Object.fromEntries(listed)).toEqual(batchReasons);
  });
});
