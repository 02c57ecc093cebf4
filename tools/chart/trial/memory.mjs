// How much memory the Pods of a trial took.

/** Share of its bound that a Pod may reach. */
const SHARE_MAX = 0.9;
const MEBIBYTE = 1_048_576;

/** Prints the peak of each Pod against its bound, and checks that it is below it. */
export function checkMemory(workloads, when, check) {
  for (const pods of workloads.values())
    for (const { name, bound } of pods) {
      const peak = bound.peak();
      const share = peak / bound.bytes;
      const text = `${Math.round(peak / MEBIBYTE)} of ${Math.round(bound.bytes / MEBIBYTE)} MiB (${Math.round(share * 100)} %)`;
      process.stderr.write(`chart: trial: memory ${when}: ${name} ${text}\n`);
      check(`${name} ${when} stays below ${SHARE_MAX * 100} % of its memory: ${text}`, share < SHARE_MAX);
    }
}
