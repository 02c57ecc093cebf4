import { writeFile } from 'node:fs/promises';
import { EVIDENCE_BYTES_MAX, verifyEvidence } from '@touchstone/evidence';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { loadTrustFile } from '../load-trust-file.js';
import { bundleFacts } from '../page/bundle-facts.js';
import { digestOf, evidencePage } from '../page/evidence-page.js';
import { readBundle, requireBundle } from '../read-bundle.js';
import { readInput, requireOtherFile } from '../terminal/files.js';
import { printableLine } from '../terminal/printable.js';
import { requireNoProblem } from '../terminal/problem.js';
import { table } from '../terminal/style.js';

export interface InspectOptions {
  readonly json: boolean;
  readonly html?: string;
  readonly trust?: string;
}

/** `touchstone inspect`: what a bundle says, without judging it; as a page with a verification beside it. */
export async function inspectCommand(path: string, options: InspectOptions): Promise<ExitCode> {
  if (options.trust !== undefined && options.html === undefined)
    throw new CommandError(
      exitCodes.usage,
      `--trust is for the page of --html; to judge a bundle run: touchstone verify ${path} --trust ${options.trust}`,
    );
  if (options.html !== undefined) await requireOtherFile(options.html, path, options.trust);
  const text = await readInput(path, EVIDENCE_BYTES_MAX);
  requireNoProblem(text, path);
  if (options.html !== undefined) return writePage(text, options.html, options.trust);
  const facts = bundleFacts(requireBundle(text));
  const shown = facts.map(([title, fact]) => [title, printableLine(fact)]);
  process.stdout.write(
    options.json
      ? `${JSON.stringify(Object.fromEntries(facts), null, 2)}\n`
      : `${table(shown)}\n\nNothing above was verified; run: touchstone verify ${path} --trust trust.json\n`,
  );
  return exitCodes.ok;
}

/** The page shows what is wrong with a bundle too, so writing it succeeds whatever the bundle is worth. */
async function writePage(text: Uint8Array, out: string, trustPath: string | undefined): Promise<ExitCode> {
  const trust = trustPath === undefined ? undefined : await loadTrustFile(trustPath);
  const nowMs = Date.now();
  const report = verifyEvidence(text, { ...(trust ? { trust } : {}), nowMs });
  const read = readBundle(text);
  const page = evidencePage({
    report,
    bundle: read.ok ? read.bundle : undefined,
    digest: digestOf(text),
    madeAt: new Date(nowMs).toISOString(),
  });
  if (out === '-') process.stdout.write(page);
  else {
    await writeFile(out, page);
    process.stderr.write(`Wrote ${out}: ${report.result}, label ${report.label}.\n`);
  }
  return exitCodes.ok;
}
