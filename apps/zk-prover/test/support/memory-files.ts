import { createHash } from 'node:crypto';
import type { Files } from '../../src/domain/files.js';
import { ProverError } from '../../src/domain/prover-error.js';

/** Files without a disk. */
export class MemoryFiles implements Files {
  constructor(private readonly contents: Record<string, Uint8Array>) {}

  async read(path: string, bytesMax: number): Promise<Uint8Array> {
    const content = await this.content(path);
    if (content.length > bytesMax) throw new ProverError('resource-limit', `${path} is too large.`);
    return content;
  }

  async digest(path: string, algorithm: 'sha256' | 'blake2b512'): Promise<string> {
    return createHash(algorithm)
      .update(await this.content(path))
      .digest('hex');
  }

  async readPart(path: string, from: number, bytes: number): Promise<Uint8Array> {
    return (await this.content(path)).slice(from, from + bytes);
  }

  async size(path: string): Promise<number> {
    return (await this.content(path)).length;
  }

  async move(from: string, to: string): Promise<void> {
    await this.copy(from, to);
    delete this.contents[from];
  }

  async copy(from: string, to: string): Promise<void> {
    this.contents[to] = await this.content(from);
  }

  replace(path: string, content: Uint8Array | string): Promise<void> {
    this.contents[path] = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    return Promise.resolve();
  }

  private content(path: string): Promise<Uint8Array> {
    const content = this.contents[path];
    return content === undefined
      ? Promise.reject(new ProverError('request-invalid', `${path} cannot be read.`))
      : Promise.resolve(content);
  }
}
