// What a run claims, and its figures.
import { quantile } from '../../bench/stack/quantile.mjs';

function figuresOf({ answers, errors }, records, settled) {
  const ids = new Set(answers.map(({ verificationId }) => verificationId));
  const times = answers.map(({ milliseconds }) => milliseconds).sort((left, right) => left - right);
  const at = (share) => (times.length === 0 ? null : Math.round(quantile(times, share) * 10) / 10);
  return {
    ...{ answered: answers.length, errors: errors.length, doubled: answers.length - ids.size },
    lost: records.filter((status) => status !== settled).length,
    ...{ p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) },
  };
}

/** Prints figures and claims. @param loopMaxMs that the event loop of the gateway may wait in 99 of 100 turns */
export function report(
  { books, records, charged, price, loopMs, core, large, elapsed, callers },
  claims,
  { json, loopMaxMs },
) {
  const paid = figuresOf(books.paid, records.paid, 'settled');
  const free = figuresOf(books.free, records.free, 'recorded');
  for (const error of new Set([...books.paid.errors, ...books.free.errors]))
    process.stderr.write(`load: ${error}\n`);
  const owed = BigInt(paid.answered) * price;
  for (const [kind, figures] of Object.entries({ paid, free })) {
    claims.check(`${kind}: answers were given`, figures.answered > 0);
    claims.check(`${kind}: 0 errors, not ${figures.errors}`, figures.errors === 0);
    claims.check(`${kind}: 0 lost, not ${figures.lost}`, figures.lost === 0);
    claims.check(`${kind}: 0 doubled, not ${figures.doubled}`, figures.doubled === 0);
  }
  claims.check(`${paid.answered} answers cost ${owed}, and ${charged} were charged`, charged === owed);
  claims.check(`the body of 16 MiB is answered: ${large.error}`, large.error === undefined);
  claims.check(
    `the event loop of the gateway waits at most ${loopMaxMs} ms in 99 of 100 turns, not ${loopMs.toFixed(1)}`,
    loopMs <= loopMaxMs,
  );
  const { bytes = 0, milliseconds = 0 } = large;
  const result = {
    ...{ callers, seconds: Math.round(elapsed), paid, free, chargedAtomic: String(charged) },
    large: { bytes, milliseconds: Math.round(milliseconds) },
    ...{
      loopP99Ms: Math.round(loopMs * 10) / 10,
      core: shares(core, elapsed),
      claims: { held: claims.held, broken: claims.broken },
    },
  };
  if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
  else print(result);
}

/** Of the time, in hundredths, what the event loop ran and what it was ready to and waited for a core. */
function shares(core, elapsed) {
  if (core === undefined) return null;
  const share = (seconds) => Math.round((seconds / elapsed) * 1_000) / 10;
  return { ranPercent: share(core.ran), waitedPercent: share(core.waited) };
}

function print({ callers, seconds, paid, free, large, loopP99Ms, core, chargedAtomic }) {
  const cells = (kind, { answered, errors, lost, doubled, p50Ms, p95Ms, p99Ms }) =>
    [kind, answered, errors, lost, doubled, p50Ms, p95Ms, p99Ms]
      .map((cell) => String(cell).padEnd(9))
      .join('');
  const head = ['KIND', 'ANSWERED', 'ERRORS', 'LOST', 'DOUBLED', 'P50 MS', 'P95 MS', 'P99 MS'];
  const lines = [
    head.map((cell) => cell.padEnd(9)).join(''),
    cells('paid', paid),
    cells('free', free),
    `${callers} callers, ${seconds} s; ${chargedAtomic} atomic units charged; ${large.bytes} bytes in ${large.milliseconds} ms; event loop p99 ${loopP99Ms} ms`,
    ...(core
      ? [`the event loop ran ${core.ranPercent} % of the time, and waited for a core ${core.waitedPercent} %`]
      : []),
  ];
  process.stdout.write(`${lines.map((line) => line.trimEnd()).join('\n')}\n`);
}
