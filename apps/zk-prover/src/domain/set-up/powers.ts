import { type DoneBy, firstThatWorks } from '../first-that-works.js';
import type { Files } from '../files.js';
import type { PowersMaker } from '../groth16-prover.js';
import type { JobFolders } from '../job-folders.js';
import { ProverError } from '../prover-error.js';
import type { TimeBudget } from '../time-budget.js';
import { publishedPowers } from './published-powers.js';

/** The largest powers that are made here, as a logarithm; larger ones come from the public ceremony. */
export const DEVELOPMENT_POWERS_LOG2_MAX = 14;

/** Where powers of tau come from, by their hash. */
export interface PowersSource {
  readonly source: 'development' | 'perpetual-powers-of-tau';
  readonly blake2b: string;
}

/**
 * The least powers that are enough for a circuit, as a logarithm: one power for each constraint and each public wire, the wire
 * of the constant among them.
 */
export function powersLog2For({
  constraintCount,
  publicCount,
}: {
  constraintCount: number;
  publicCount: number;
}): number {
  return Math.max(1, Math.ceil(Math.log2(constraintCount + publicCount + 1)));
}

/** The source of a file: only the very files of the public ceremony are taken for them. */
export async function powersSource(files: Files, path: string): Promise<PowersSource> {
  const blake2b = await files.digest(path, 'blake2b512');
  const isPublished = [...publishedPowers.values()].includes(blake2b);
  return { source: isPublished ? 'perpetual-powers-of-tau' : 'development', blake2b };
}

/**
 * A downloaded file of the public ceremony.
 *
 * @returns the logarithm of its size
 * @throws ProverError `set-up-invalid` when its hash is none of the published ones
 */
export async function requirePublished(files: Files, path: string): Promise<number> {
  const blake2b = await files.digest(path, 'blake2b512');
  for (const [log2, published] of publishedPowers) if (published === blake2b) return log2;
  throw new ProverError(
    'set-up-invalid',
    `${path} has the BLAKE2b-512 ${blake2b}, which is that of no powersOfTau28_hez_final file.`,
  );
}

/**
 * Makes powers of tau with one contribution, prepared for phase 2. Whoever runs this could know tau, so the keys that come of it are
 * for development.
 *
 * @param to path of the `.ptau`, which appears whole or not at all
 * @throws ProverError `resource-limit` beyond DEVELOPMENT_POWERS_LOG2_MAX
 */
export function makeDevelopmentPowers(
  { log2, entropy, to }: { log2: number; entropy: string; to: string },
  {
    makers,
    files,
    folders,
  }: { makers: readonly [PowersMaker, ...PowersMaker[]]; files: Files; folders: JobFolders },
  budget: TimeBudget,
): Promise<DoneBy<void>> {
  if (!Number.isInteger(log2) || log2 < 1 || log2 > DEVELOPMENT_POWERS_LOG2_MAX)
    throw new ProverError(
      'resource-limit',
      `Powers of 2^1 to 2^${DEVELOPMENT_POWERS_LOG2_MAX} are made here; import a file of the public ceremony for more.`,
    );
  return firstThatWorks(makers, budget, (maker, share) =>
    folders.use(async (folder) => {
      const [started, contributed] = [folder.path('started.ptau'), folder.path('contributed.ptau')];
      await maker.startPowers(log2, started, share);
      await maker.contributePowers({ from: started, to: contributed, name: 'development', entropy }, share);
      await maker.preparePowers({ from: contributed, to: `${to}.half` }, share);
      await files.move(`${to}.half`, to);
    }),
  );
}
