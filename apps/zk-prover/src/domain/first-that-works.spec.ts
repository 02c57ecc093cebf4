import { describe, expect, it } from '@jest/globals';
import { firstThatWorks } from './first-that-works.js';
import type { ProverName } from './groth16-prover.js';
import { ProverError, type ProverFailure } from './prover-error.js';
import { TimeBudget } from './time-budget.js';

const native = { name: 'native' as ProverName };
const snarkjs = { name: 'snarkjs' as ProverName };

function failing(code: ProverFailure, failingProver: ProverName = 'native') {
  return ({ name }: { name: ProverName }) =>
    name === failingProver ? Promise.reject(new ProverError(code, 'why')) : Promise.resolve(name);
}

describe('the first prover that works', () => {
  it('is asked alone', async () => {
    const done = await firstThatWorks([native, snarkjs], new TimeBudget(1_000), ({ name }) =>
      Promise.resolve(name),
    );
    expect(done).toEqual({ result: 'native', prover: 'native' });
  });

  it.each(['prover-failed', 'proof-invalid', 'deadline'] as const)(
    'is the second one after %s, and that is said',
    async (code) => {
      const done = await firstThatWorks([native, snarkjs], new TimeBudget(1_000), failing(code));
      expect(done).toEqual({ result: 'snarkjs', prover: 'snarkjs', fellBack: `native: ${code}: why` });
    },
  );

  it.each(['aborted', 'verifiers-disagree', 'inputs-invalid', 'key-invalid'] as const)(
    'is not looked for after %s',
    async (code) => {
      const work = firstThatWorks([native, snarkjs], new TimeBudget(1_000), failing(code));
      await expect(work).rejects.toMatchObject({ code });
    },
  );

  it('leaves the failure of the last one as it is', async () => {
    const work = firstThatWorks([snarkjs], new TimeBudget(1_000), failing('prover-failed', 'snarkjs'));
    await expect(work).rejects.toMatchObject({ code: 'prover-failed', message: 'why' });
  });

  it('leaves the second one half of the time', async () => {
    const shares: number[] = [];
    await firstThatWorks(
      [native, snarkjs],
      new TimeBudget(1_000, undefined, () => 0),
      (prover, { remainingMs }) => {
        shares.push(remainingMs);
        return failing('prover-failed')(prover);
      },
    );
    expect(shares).toEqual([500, 1_000]);
  });

  it('is not asked when the time is up', async () => {
    const work = firstThatWorks([snarkjs], new TimeBudget(0), () => Promise.resolve('done'));
    await expect(work).rejects.toMatchObject({ code: 'deadline' });
  });
});
