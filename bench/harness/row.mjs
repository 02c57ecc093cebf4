// The row that every benchmark prints, and the options that run.mjs hands to a benchmark file.
import { parseArgs } from 'node:util';

/**
 * What a row has to reach. `of` says which figure is judged: `ratio`, which no machine changes much, or `ours`, for
 * what has to hold on any machine.
 *
 * @typedef {{ of: 'ratio' | 'ours', min: number } | { of: 'ratio' | 'ours', max: number }} Goal
 */

/**
 * One line of JSON on a benchmark's standard output. All figures are medians over the rounds.
 *
 * @typedef {object} Row
 * @property {string} name topic, colon, what is measured
 * @property {string | null} baselineName what stands beside it; `null` when nothing does
 * @property {string} unit of `ours` and `baseline`: `/s`, `ms`, `s`, `MB` …
 * @property {number} ours
 * @property {number | null} baseline measured in the same rounds as `ours`
 * @property {number | null} ratio 1 is as good as the baseline, more is better: ours / baseline where more is better,
 *   baseline / ours where less is (times, sizes)
 * @property {Goal | null} goal
 * @property {{ ours: number, baseline: number | null }[]} rounds every round, in order
 * @property {Record<string, unknown>} [details] whatever else a reader of results.json may want
 */

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, quick: { type: 'boolean', default: false } },
});

/** Shorter rounds and fewer of them: to see that a benchmark works, not to quote its figures. */
export const quick = values.quick;

/** Whether the row of this name was asked for. A file that has to start something asks before it starts it. */
export function wanted(name) {
  return name.toLowerCase().includes(values.only.toLowerCase());
}

/** Says on standard error, if that is a terminal, what is being measured. */
export function announce(name) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${name} …`);
}

/** Prints a row. @param {Row} row */
export function printRow(row) {
  process.stdout.write(`${JSON.stringify(row)}\n`);
}

/** Middle value of an odd number of values, lower middle of an even number. @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

/** Prints a rate beside which nothing stands. @param {{ rate: number, p50: number, p95: number }[]} rounds */
export function printRate(name, rounds, goal = null) {
  printRow({
    name,
    baselineName: null,
    unit: '/s',
    ours: median(rounds.map(({ rate }) => rate)),
    baseline: null,
    ratio: null,
    goal,
    rounds: rounds.map(({ rate }) => ({ ours: rate, baseline: null })),
    details: { p50Ms: median(rounds.map(({ p50 }) => p50)), p95Ms: median(rounds.map(({ p95 }) => p95)) },
  });
}
