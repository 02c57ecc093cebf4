import { writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { parseStrictJson } from '@touchstone/canonical-json';
import {
  EVIDENCE_BYTES_MAX,
  evidenceBundle,
  verifyEvidence,
  type EvidenceBundle,
} from '@touchstone/evidence';
import { CommandError, exitCodes, type ExitCode } from '../exit-codes.js';
import { loadTrustFile } from '../load-trust-file.js';
import { bundleFacts } from '../page/bundle-facts.js';
import { digestOf, evidencePage } from '../page/evidence-page.js';
import { readInput, requireOtherFile } from '../terminal/files.js';
import { printable, printableLine } from '../terminal/printable.js';
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
  const bundle = readBundle(text);
  if (!bundle.ok) throw new CommandError(exitCodes.invalid, bundle.reason);
  const facts = bundleFacts(bundle.bundle);
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

type Read = { ok: true; bundle: EvidenceBundle } | { ok: false; reason: string };

function readBundle(text: Uint8Array): Read {
  const parsed = parseStrictJson(text, { maxBytes: EVIDENCE_BYTES_MAX });
  if (!parsed.ok) return { ok: false, reason: `Not strict JSON: ${printable(parsed.error.message)}` };
  const bundle = evidenceBundle.safeParse(parsed.value);
  if (bundle.success) return { ok: true, bundle: bundle.data };
  return { ok: false, reason: `Not an evidence bundle:\n${printable(z.prettifyError(bundle.error))}` };
}
