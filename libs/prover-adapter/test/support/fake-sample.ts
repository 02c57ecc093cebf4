import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ExaminationModel, givenFile, type ProverProgram } from '@touchstone/prover-adapter';

const script = fileURLToPath(new URL('./fake-prover.mjs', import.meta.url));

/** The fake program, honest or with one lie. */
export function fakeProgram(lie = 'honest', more: Partial<ProverProgram> = {}): ProverProgram {
  return { name: 'fake', command: process.execPath, args: [script, lie], deadlineMs: 20_000, ...more };
}

/** Models of the fake program in a folder of their own. */
export async function fakeSample(): Promise<{ folder: string; sample: ExaminationModel }> {
  const folder = await mkdtemp(join(tmpdir(), 'touchstone-fake-'));
  const model = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return { onnx: await givenFile(join(folder, name)) };
  };
  const sample: ExaminationModel = {
    model: await model('three', '3'),
    otherModel: await model('four', '4'),
    unsupportedModel: await model('unsupported', 'unsupported'),
    inputs: [{ name: 'x', datatype: 'UINT8', shape: [1], values: [7] }],
  };
  return { folder, sample };
}
