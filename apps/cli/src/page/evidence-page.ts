import { bytesToHex, sha256 } from '@touchstone/crypto';
import {
  anchorWords,
  labels,
  readCheckpoint,
  stepMeaning,
  type EvidenceBundle,
  type Step,
  type StepName,
  type StepStatus,
  type SubjectKind,
  type VerificationReport,
} from '@touchstone/evidence';
import { bundleFacts } from './bundle-facts.js';
import { batchClimb, logClimb, type Climb } from './climb.js';
import { drawClimb } from './climb-drawing.js';
import { html, nothing, type Html } from './html.js';
import { PAGE_STYLE } from './page-style.js';
import { meaningOf, subjectWords } from './words.js';

/** What a page is made of. */
export interface PageParts {
  readonly report: VerificationReport;
  /** Undefined when the text is no bundle. */
  readonly bundle: EvidenceBundle | undefined;
  /** Hex SHA-256 of the text, so that the page can be told apart from one about another file. */
  readonly digest: string;
  /** RFC 3339. */
  readonly madeAt: string;
}

const statusText: Readonly<Record<StepStatus, string>> = {
  pass: 'holds',
  fail: 'fails',
  absent: 'absent',
  'not-checked': 'not checked',
};

/**
 * One page about one bundle, valid or not: verdict, what it says, every step, and the way from the output to
 * its anchors. The page is whole in itself: no script, no request, and a content security policy that allows none.
 */
export function evidencePage({ report, bundle, digest, madeAt }: PageParts): string {
  const style = Buffer.from(sha256(new TextEncoder().encode(PAGE_STYLE))).toString('base64');
  // The style is a constant of ours; everything else goes through `html`.
  const page = html`<main>
    <h1>Evidence</h1>
    ${verdict(report)} ${bundle ? says(bundle, report.result === 'VALID') : nothing}
    ${bundle ? way(bundle, report.steps) : nothing} ${stepList(report)}
    <footer>
      <p>
        This page shows a verification; it proves nothing by itself, because anybody can write a page. Verify
        the file: <code>touchstone verify evidence.json --trust trust.json</code>
      </p>
      <p>Bundle SHA-256 <code>${digest}</code> · made ${madeAt}</p>
    </footer>
  </main>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${style}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Evidence: ${report.result} ${report.label}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
${page.text}
</body>
</html>
`;
}

function verdict(report: VerificationReport): Html {
  const failed = report.steps.filter(({ status, optional }) => status === 'fail' && optional !== true);
  const valid = report.result === 'VALID';
  const shows = labels.indexOf(report.label) > 0;
  const kind = valid ? (shows ? 'good' : 'open') : 'broken';
  const trust =
    report.trustAsOf === null ? 'no trust file was given' : `trust file as of ${report.trustAsOf}`;
  return html`<section class="verdict ${kind}">
    <strong>${report.result} · ${report.label}</strong>
    <p>
      ${
        valid
          ? meaningOf(report)
          : `It does not verify. ${failed.map((step) => `${nameOf(step)}: ${step.detail ?? 'failed'}`).join('. ')}`
      }
    </p>
    <p class="soft">
      ${trust}${
        report.trustedTime
          ? `; checked against ${report.trustedTime.at} from ${report.trustedTime.source}`
          : ''
      }${report.remarks.length > 0 ? `; ${report.remarks.join(', ')}` : ''}
    </p>
  </section>`;
}

function says(bundle: EvidenceBundle, valid: boolean): Html {
  return html`<section>
    <h2>${valid ? 'What it says' : 'What it claims'}</h2>
    <dl>
      ${bundleFacts(bundle).map(
        ([title, text]) =>
          html`<dt>${title}</dt>
            <dd>${text}</dd>`,
      )}
    </dl>
  </section>`;
}

function way(bundle: EvidenceBundle, steps: readonly Step[]): Html {
  const words = subjectWords[bundle.subject.kind];
  const proofs = bundle.logProofs.map((proof, index) => {
    const origin = readCheckpoint(proof.checkpoint)?.origin ?? 'a checkpoint that cannot be read';
    const names = {
      title: `From the log entry to checkpoint ${index}`,
      leaf: 'log entry of the batch',
      root: `checkpoint root, size ${proof.treeSize}`,
    };
    const signed = find(steps, 'checkpoint-signature', index);
    return html`<p class="down">↓</p>
      ${figure(
        `The batch is entry ${proof.leafIndex} of ${proof.treeSize} in ${origin}. Signature of the checkpoint: ${
          statusText[signed?.status ?? 'not-checked']
        }.`,
        logClimb(bundle.entry, proof),
        names,
        find(steps, 'log-inclusion', index),
      )}${anchorsOf(bundle, steps, index)}`;
  });
  return html`<section>
    <h2>From ${words.what} to its anchors</h2>
    ${figure(
      `${words.leafIs} ${bundle.inclusion.leafIndex} of ${bundle.inclusion.treeSize} in its batch.`,
      batchClimb(bundle),
      { title: 'From the leaf to the batch root', leaf: words.leaf, root: 'batch root' },
      find(steps, 'inclusion'),
    )}${proofs}
  </section>`;
}

function figure(
  caption: string,
  climb: Climb | undefined,
  names: { title: string; leaf: string; root: string },
  step: Step | undefined,
): Html {
  const status = step?.status ?? 'not-checked';
  const missing = html`<p class="fail">
    <span class="badge">${statusText[status]}</span> The path cannot be drawn:
    ${step?.detail ?? 'it does not fit the tree'}.
  </p>`;
  return html`<figure>
    <figcaption>${caption}</figcaption>
    ${climb ? drawClimb(climb, names, status) : missing}
  </figure>`;
}

function anchorsOf(bundle: EvidenceBundle, steps: readonly Step[], logProof: number): readonly Html[] {
  const first = bundle.anchors.findIndex((anchor) => anchor.logProof === logProof);
  return bundle.anchors.flatMap((anchor, index) => {
    if (anchor.logProof !== logProof) return [];
    const step = find(steps, 'anchor', index);
    const status = step?.status ?? 'not-checked';
    const words = anchorWords(anchor.kind);
    return [
      html`<p class="down">${index === first ? '↓' : 'and'}</p>
        <figure class="${status}">
          <figcaption>
            ${words.what} ${anchor.network}.
            <span class="badge">${statusText[status]}</span>
          </figcaption>
          <dl>
            <dt>commitment</dt>
            <dd class="mono">${anchor.commitment}</dd>
            <dt>${words.witness}</dt>
            <dd>${step?.actual ?? step?.detail ?? 'not checked'}</dd>
          </dl>
        </figure>`,
    ];
  });
}

function stepList({ steps, subject }: VerificationReport): Html {
  return html`<section>
    <h2>Every step</h2>
    <ol class="steps">
      ${steps.map((step) => stepItem(step, subject?.kind ?? 'output'))}
    </ol>
  </section>`;
}

function stepItem(step: Step, kind: SubjectKind): Html {
  const rows: [string, string | undefined][] = [
    ['why', step.detail],
    ['expected', step.expected],
    ['actual', step.actual],
    ['rests on', step.restsOn],
  ];
  return html`<li class="${step.status}">
    <span class="badge">${statusText[step.status]}</span>
    <span
      ><span class="what">${stepMeaning(step.name, kind)}</span>
      <span class="soft mono">${nameOf(step)}</span></span
    >
    <dl>
      ${rows.flatMap(([title, text]) =>
        text === undefined
          ? []
          : [
              html`<dt>${title}</dt>
                <dd class="mono">${text}</dd>`,
            ],
      )}
    </dl>
  </li>`;
}

const nameOf = ({ name, index }: Step): string => (index === undefined ? name : `${name}[${index}]`);

const find = (steps: readonly Step[], name: StepName, index?: number): Step | undefined =>
  steps.find((step) => step.name === name && step.index === index);

/** Hex SHA-256 of a file. */
export const digestOf = (text: Uint8Array): string => bytesToHex(sha256(text));
