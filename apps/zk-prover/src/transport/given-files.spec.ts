import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { MemoryFiles } from '../../test/support/memory-files.js';
import { tinyFile } from '../../test/support/tiny-job.js';
import { tinyModel, tinyOptions } from '../../test/support/tiny-model.js';
import {
  CIRCUIT_OPTIONS_BYTES_MAX,
  compileGiven,
  ONNX_BYTES_MAX,
  readGivenKey,
  requireGiven,
  VERIFICATION_KEY_BYTES_MAX,
} from './given-files.js';

/** A file as requests name it, and the files that have it. */
function given(content: Uint8Array | string) {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const file = { path: '/file', sha256: createHash('sha256').update(bytes).digest('hex') };
  return { file, bytes };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const code = await work.then(
    () => 'taken',
    (error: { code?: string }) => error.code,
  );
  return code ?? 'none';
}

describe('a model of a request', () => {
  const compile = (onnx: Uint8Array, options?: string) => {
    const [model, settings] = [given(onnx), options === undefined ? undefined : given(options)];
    const files = new MemoryFiles({ '/file': model.bytes, ...(settings && { '/options': settings.bytes }) });
    return codeOf(
      compileGiven(files, {
        onnx: model.file,
        ...(settings && { options: { ...settings.file, path: '/options' } }),
      }),
    );
  };

  it('has up to ONNX_BYTES_MAX bytes, not one more', async () => {
    expect(await compile(new Uint8Array(ONNX_BYTES_MAX))).toBe('model-unsupported');
    expect(await compile(new Uint8Array(ONNX_BYTES_MAX + 1))).toBe('resource-limit');
  });

  it('has options of up to CIRCUIT_OPTIONS_BYTES_MAX bytes, not one more', async () => {
    const options = (bytes: number) => JSON.stringify(tinyOptions).padEnd(bytes, ' ');
    expect(await compile(tinyModel(), options(CIRCUIT_OPTIONS_BYTES_MAX))).toBe('taken');
    expect(await compile(tinyModel(), options(CIRCUIT_OPTIONS_BYTES_MAX + 1))).toBe('resource-limit');
  });

  it.each(['', '[]', '{"version":2}', '{"version":1,"version":1}', '{"version":1,"samples":[{"x":["1"]}]}'])(
    'has no options %j',
    async (options) => {
      expect(await compile(tinyModel(), options)).toBe('request-invalid');
    },
  );
});

describe('a key of a request', () => {
  const text = readFileSync(tinyFile('verification-key.json'), 'utf8');
  const read = ({ file, bytes }: ReturnType<typeof given>) =>
    codeOf(readGivenKey(new MemoryFiles({ '/file': bytes }), file));

  it('has up to VERIFICATION_KEY_BYTES_MAX bytes, not one more', async () => {
    expect(await read(given(text.padEnd(VERIFICATION_KEY_BYTES_MAX, ' ')))).toBe('taken');
    expect(await read(given(text.padEnd(VERIFICATION_KEY_BYTES_MAX + 1, ' ')))).toBe('resource-limit');
  });

  it.each(['{', '{}', '[]', 'null', text.replace('groth16', 'plonk')])('is not %j', async (other) => {
    expect(['key-invalid', 'request-invalid']).toContain(await read(given(other)));
  });

  it('has the digest that the request names', async () => {
    const { file, bytes } = given(text);
    const wrong = { ...file, sha256: '0'.repeat(64) };
    expect(await read({ file: wrong, bytes })).toBe('request-invalid');
    const files = new MemoryFiles({ '/file': bytes });
    expect(await requireGiven(files, file)).toBe('/file');
    expect(await codeOf(requireGiven(files, wrong))).toBe('request-invalid');
  });
});
