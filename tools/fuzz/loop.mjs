import { BlockCoverage } from './coverage.mjs';
import { mutate, randomFrom } from './mutate.mjs';

/** Inputs between two looks at the coverage; a look costs as much as some hundred short runs. */
const BATCH = 64;
/** One batch in so many is looked at input by input. */
const SINGLE_EVERY = 40;
const REPORT_MS = 15_000;

/**
 * Mutates inputs for a time and keeps those that reach a block, or a magnitude of its count, that none reached before.
 * Ends at the first input that breaks the target's rule.
 */
export async function fuzz({ target, seeds, seed, seconds, keep, report }) {
  const random = randomFrom(seed);
  const coverage = new BlockCoverage(target.covers);
  const seen = new Set();
  const corpus = [];
  const ended = Date.now() + seconds * 1_000;
  let executions = 0;
  let batches = 0;
  let finding;
  let reported = Date.now();

  const run = async (input) => {
    executions += 1;
    try {
      const pending = target.run(input);
      if (pending) await pending;
    } catch (error) {
      finding ??= { input, error };
    }
  };
  const learn = async (input) => {
    await run(input);
    const fresh = coverage.take().features.filter((feature) => !seen.has(feature));
    for (const feature of fresh) seen.add(feature);
    return fresh.length > 0;
  };

  coverage.take();
  for (const input of seeds) {
    await learn(input);
    corpus.push(input);
  }
  report(`${corpus.length} seeds reach ${coverage.blocks} blocks`);
  while (Date.now() < ended && !finding) {
    const batch = Array.from({ length: BATCH }, () => {
      // The newest inputs are the least explored ones.
      const newest = random.below(2) ? Math.max(0, corpus.length - 32) : 0;
      const parent = corpus[newest + random.below(corpus.length - newest)];
      return mutate(parent, random, {
        other: corpus[random.below(corpus.length)],
        dictionary: target.dictionary,
        bytesMax: target.bytesMax,
      });
    });
    for (const input of batch) await run(input);
    batches += 1;
    // The counts of a batch are sums: they say nothing about one input, hence the look at single ones now and then.
    if (coverage.take().newBlocks > 0 || batches % SINGLE_EVERY === 0) {
      for (const input of batch) {
        if (!(await learn(input))) continue;
        corpus.push(input);
        keep(input);
      }
    }
    if (Date.now() - reported > REPORT_MS) {
      reported = Date.now();
      report(
        `${executions} executions, ${corpus.length} inputs, ${coverage.blocks} blocks, ${seen.size} features`,
      );
    }
  }
  coverage.stop();
  return { executions, corpus: corpus.length, features: seen.size, blocks: coverage.blocks, finding };
}

/** The shortest inputs, each of which reaches a block that none of the shorter ones reaches. */
export async function distil(target, inputs, bytesMax) {
  const coverage = new BlockCoverage(target.covers);
  const kept = [];
  coverage.take();
  for (const input of inputs.filter(({ length }) => length <= bytesMax).sort((a, b) => a.length - b.length)) {
    const pending = target.run(input);
    if (pending) await pending;
    if (coverage.take().newBlocks > 0) kept.push(input);
  }
  coverage.stop();
  return kept;
}
