import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ExaminationModel, givenFile, PAP, type PapTensor } from '@touchstone/prover-adapter';
import { tinyModel, tinyOptions } from './tiny-model.js';

/** The committed keys of the tiny model and what they were made from. */
export const tinyFile = (name: string): string =>
  fileURLToPath(new URL(`../files/tiny/${name}`, import.meta.url));

/** Everything that a request about the tiny model needs, in a folder of its own. */
export class TinyJob {
  private constructor(readonly folder: string) {}

  static async create(): Promise<TinyJob> {
    const job = new TinyJob(await mkdtemp(join(tmpdir(), 'touchstone-tiny-')));
    await writeFile(job.path('model.onnx'), tinyModel());
    await writeFile(job.path('other.onnx'), tinyModel(2));
    await writeFile(job.path('broken.onnx'), randomBytes(300));
    await writeFile(job.path('options.json'), JSON.stringify(tinyOptions));
    return job;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  async model(name = 'model.onnx') {
    return { onnx: await givenFile(this.path(name)), options: await givenFile(this.path('options.json')) };
  }

  async setUp() {
    const { vkDigest } = JSON.parse(await readFile(tinyFile('set-up.json'), 'utf8')) as { vkDigest: string };
    return {
      verificationKey: await givenFile(tinyFile('verification-key.json')),
      provingKey: await givenFile(tinyFile('proving-key.zkey')),
      vkDigest,
    };
  }

  readonly inputs: PapTensor[] = [{ name: 'x', datatype: 'UINT8', shape: [1, 2], values: [200, 30] }];

  /** A request to prove; the program digest is that of {@link model}. */
  async proveRequest(programDigest: string) {
    return {
      ...({ protocol: PAP, verb: 'prove', programDigest, inputs: this.inputs } as const),
      ...{ model: await this.model(), setUp: await this.setUp(), bind: 'ab'.repeat(31) },
      ...{ proofPath: this.path('proof.json'), deadlineMs: 60_000 },
    };
  }

  async examinationModel(): Promise<ExaminationModel> {
    return {
      ...{ model: await this.model(), otherModel: await this.model('other.onnx') },
      ...{ unsupportedModel: await this.model('broken.onnx'), setUp: await this.setUp() },
      inputs: this.inputs,
    };
  }

  close(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
