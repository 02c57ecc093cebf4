// Measures an operation and its baseline in turns, so that whatever slows the machine slows both.
import { announce, median, printRow, quick, wanted } from './row.mjs';

const ROUNDS = quick ? 3 : 11;
const ROUND_MS = quick ? 20 : 80;

/**
 * Measures `ours` beside `baseline` in {@link ROUNDS} rounds of about {@link ROUND_MS} each and prints the row. Each
 * round runs both, and the next one runs them in the other order. The ratio is the median of the rounds' ratios.
 *
 * @param {object} what
 * @param {string} what.name
 * @param {string} what.baselineName
 * @param {() => unknown} what.ours one operation; it throws when its result is wrong
 * @param {() => unknown} what.baseline
 * @param {'/s' | 'ms'} [what.unit] operations per second, or milliseconds of one
 * @param {import('./row.mjs').Goal | null} [what.goal]
 * @param {number} [what.warmUpCount] how often to run each at least before measuring: code that is large and run
 *   seldom takes thousands of runs until all of it is compiled
 */
export function compare({ name, baselineName, ours, baseline, unit = '/s', goal = null, warmUpCount = 1 }) {
  if (!wanted(name)) return;
  announce(name);
  const runs = quick ? 1 : warmUpCount;
  const counts = { ours: warmUp(ours, runs), baseline: warmUp(baseline, runs) };
  const times = Array.from({ length: ROUNDS }, (_, round) => {
    const measureOurs = () => millisecondsOfOne(ours, counts.ours);
    const measureBaseline = () => millisecondsOfOne(baseline, counts.baseline);
    if (round % 2 === 0) return { ours: measureOurs(), baseline: measureBaseline() };
    const first = measureBaseline();
    return { ours: measureOurs(), baseline: first };
  });
  const rounds = times.map((time) => ({
    ours: inUnit(time.ours, unit),
    baseline: inUnit(time.baseline, unit),
  }));
  printRow({
    name,
    baselineName,
    unit,
    ours: median(rounds.map((round) => round.ours)),
    baseline: median(rounds.map((round) => round.baseline)),
    ratio: median(times.map((time) => time.baseline / time.ours)),
    goal,
    rounds,
  });
}

function inUnit(milliseconds, unit) {
  return unit === 'ms' ? milliseconds : 1000 / milliseconds;
}

/** Runs an operation until it is compiled, and says how often it fits into one round. */
function warmUp(operation, countMin) {
  for (let count = 0; count < countMin; count += 1) operation();
  const start = performance.now();
  let count = 0;
  while (performance.now() - start < 2 * ROUND_MS) {
    operation();
    count += 1;
  }
  return Math.max(1, Math.round((count * ROUND_MS) / (performance.now() - start)));
}

function millisecondsOfOne(operation, count) {
  const start = performance.now();
  for (let index = 0; index < count; index += 1) operation();
  return (performance.now() - start) / count;
}
