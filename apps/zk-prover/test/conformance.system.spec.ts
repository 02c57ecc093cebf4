import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PapHost, type ProverProgram } from '@touchstone/prover-adapter';
import { TinyJob } from './support/tiny-job.js';

const bin = fileURLToPath(new URL('../bin/touchstone-zk-prover.js', import.meta.url));
let job: TinyJob;

beforeAll(async () => {
  job = await TinyJob.create();
});
afterAll(() => job.close());

describe('the built-in prover as its host sees it', () => {
  it('passes the examination of every program', async () => {
    const program: ProverProgram = {
      ...{ name: 'built-in', command: process.execPath, args: [bin], deadlineMs: 60_000 },
    };
    const { isEnabled, results } = await new PapHost().register(program, await job.examinationModel());
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
    expect(results).toHaveLength(10);
    expect(isEnabled).toBe(true);
  }, 180_000);
});
