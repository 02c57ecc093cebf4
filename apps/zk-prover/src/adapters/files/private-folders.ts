import { lstat, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobFolder, JobFolders } from '../../domain/job-folders.js';
import { ProverError } from '../../domain/prover-error.js';

const PREFIX = 'touchstone-zk-';

/** What is older belongs to nobody any more: no job may take so long. */
export const LEFT_FOLDER_AGE_MS = 7_200_000;

/** Job folders below the given one, mode 0700. Those that a killed process left behind go with the next job. */
export class PrivateFolders implements JobFolders {
  constructor(
    private readonly below: string,
    private readonly nowMs: () => number = Date.now,
  ) {}

  async use<Result>(work: (folder: JobFolder) => Promise<Result>): Promise<Result> {
    await this.removeLeftovers();
    const folder = await mkdtemp(join(this.below, PREFIX));
    try {
      return await work(new PrivateFolder(folder));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  private async removeLeftovers(): Promise<void> {
    const names = (await readdir(this.below)).filter((name) => name.startsWith(PREFIX));
    for (const path of names.map((name) => join(this.below, name))) {
      const stat = await lstat(path).catch(() => undefined);
      if (stat === undefined || !stat.isDirectory() || stat.uid !== process.getuid?.()) continue;
      if (this.nowMs() - stat.mtimeMs > LEFT_FOLDER_AGE_MS) await rm(path, { recursive: true, force: true });
    }
  }
}

class PrivateFolder implements JobFolder {
  constructor(private readonly folder: string) {}

  path(name: string): string {
    return join(this.folder, name);
  }

  async write(name: string, content: Uint8Array | string): Promise<void> {
    await writeFile(this.path(name), content, { mode: 0o600, flag: 'wx' });
  }

  async read(name: string, bytesMax: number): Promise<string> {
    const file = await open(this.path(name)).catch(() => undefined);
    if (file === undefined) throw new ProverError('prover-failed', `The prover wrote no ${name}.`);
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(bytesMax + 1), 0, bytesMax + 1, 0);
      if (bytesRead > bytesMax)
        throw new ProverError('prover-failed', `The prover wrote a ${name} of more than ${bytesMax} bytes.`);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  }
}
