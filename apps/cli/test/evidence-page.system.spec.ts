import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseStrictJson } from '@touchstone/canonical-json';
import {
  bundleSchemaFor,
  eventBundle,
  EVIDENCE_BYTES_MAX,
  outputBundle,
  readTrustFile,
  verifyEvidence,
  type OutputBundle,
} from '@touchstone/evidence';
import { batchClimb, logClimb } from '../src/page/climb.js';
import { digestOf, evidencePage } from '../src/page/evidence-page.js';
import { html } from '../src/page/html.js';
import { bin } from './support/touchstone.js';

const vectorsOf = (name: string): string =>
  fileURLToPath(new URL(`../../../libs/evidence/vectors/${name}.json`, import.meta.url));

interface Case {
  readonly name: string;
  readonly input: { readonly bundle: unknown; readonly trust?: unknown };
}

const cases = ['evidence', 'event-evidence'].flatMap(
  (name) => (JSON.parse(readFileSync(vectorsOf(name), 'utf8')) as { cases: Case[] }).cases,
);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const caseOf = (name: string): Case => cases.find((one) => one.name === name) as Case;
const bundleOf = (name: string): OutputBundle =>
  outputBundle.parse(JSON.parse(textOf(caseOf(name).input.bundle)));

/** The page about a text, as the command makes it. */
function pageOf(text: string, trustText?: string): string {
  const bytes = new TextEncoder().encode(text);
  const trust = trustText === undefined ? undefined : readTrustFile(trustText);
  const parsed = parseStrictJson(bytes, { maxBytes: EVIDENCE_BYTES_MAX });
  const bundle = parsed.ok ? bundleSchemaFor(parsed.value).safeParse(parsed.value).data : undefined;
  return evidencePage({
    report: verifyEvidence(bytes, { nowMs: Date.UTC(2027, 0, 1), ...(trust ? { trust } : {}) }),
    bundle,
    digest: digestOf(bytes),
    madeAt: '2027-01-01T00:00:00.000Z',
  });
}

/** Every start tag with its attributes. */
const tagsOf = (page: string): { name: string; attributes: string[] }[] =>
  [...page.matchAll(/<([a-z][a-z0-9]*)\b([^>]*)>/gi)].map(([, name = '', attributes = '']) => ({
    name: name.toLowerCase(),
    attributes: [...attributes.matchAll(/([^\s"=<>/]+)(?:="[^"]*")?/g)].map(([, one = '']) =>
      one.toLowerCase(),
    ),
  }));

const KNOWN_TAGS =
  'html head meta title style body main h1 h2 strong section p dl dt dd figure figcaption svg g rect path text ol li span code footer'.split(
    ' ',
  );

/** Nothing runs and nothing is loaded: only tags and attributes that this page is made of. */
function expectHarmless(page: string): void {
  for (const { name, attributes } of tagsOf(page)) {
    expect(KNOWN_TAGS).toContain(name);
    expect(
      attributes.filter((one) => /^(on|src|href|xlink|style|srcdoc|action|data|http$)/.test(one)),
    ).toEqual([]);
  }
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? '';
  expect(page.match(/<style/g)).toHaveLength(1);
  expect(style).not.toMatch(/url\(|@import|expression/i);
  const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`;
  expect(page).toContain(policy);
}

describe('the page about a bundle', () => {
  it.each(cases.map(({ name }) => name))(
    'says about "%s" what the verification says, and is harmless',
    (name) => {
      const { bundle, trust } = caseOf(name).input;
      const trustText = textOf(trust ?? {});
      let readable: string | undefined = trustText;
      try {
        readTrustFile(trustText);
      } catch {
        readable = undefined;
      }
      const page = pageOf(textOf(bundle), readable);
      const report = verifyEvidence(textOf(bundle), {
        nowMs: Date.UTC(2027, 0, 1),
        ...(readable === undefined ? {} : { trust: readTrustFile(readable) }),
      });
      expect(page).toContain(`<strong>${report.result} · ${report.label}</strong>`);
      expect(page.match(/<li class="fail">/g) ?? []).toHaveLength(
        report.steps.filter(({ status }) => status === 'fail').length,
      );
      expectHarmless(page);
    },
  );

  it('draws the way to the root that the bundle claims, and shows where another one leads elsewhere', () => {
    const bundle = bundleOf('L2');
    const climb = batchClimb(bundle);
    expect(climb?.steps.at(-1)?.parent ?? climb?.leaf).toBe(bundle.inclusion.rootHex);
    expect(pageOf(textOf(bundle))).not.toContain('not the same');
    const [proof] = bundle.logProofs;
    const log = proof && logClimb(bundle.entry, proof);
    expect(log?.steps.at(-1)?.parent ?? log?.leaf).toBe(log?.root);
    const other = {
      ...bundle,
      inclusion: { ...bundle.inclusion, rootHex: 'f'.repeat(64) },
    };
    expect(pageOf(textOf(other))).toContain('not the same');
  });

  it.each(['event-batch-v1', 'event-batch-v2'])(
    'draws the way of an event of %s, alone in its batch too',
    (format) => {
      for (const name of ['L2', 'L2 of an event alone in its batch']) {
        const { bundle: value, trust } = caseOf(`${format}: ${name}`).input;
        const bundle = eventBundle.parse(value);
        const climb = batchClimb(bundle);
        expect(climb?.steps.at(-1)?.parent ?? climb?.leaf).toBe(bundle.inclusion.rootHex);
        const page = pageOf(JSON.stringify(bundle), textOf(trust));
        expect(page).toContain('From the event to its anchors');
        expect(page).toContain('The event is leaf');
        expect(page).not.toContain('not the same');
        expect(page).not.toMatch(/signed output|model version/);
      }
      const edited = eventBundle.parse(caseOf(`${format}: the event was edited`).input.bundle);
      expect(pageOf(JSON.stringify(edited))).toContain('not the same');
      const nameless = eventBundle.parse(caseOf(`${format}: an event without an id`).input.bundle);
      expect(pageOf(JSON.stringify(nameless))).toContain('The path cannot be drawn');
      const { bundle, trust } = caseOf(`${format}: L1 without an anchor`).input;
      expect(pageOf(textOf(bundle), textOf(trust))).toContain('signed the batch that holds this event');
    },
  );

  it('stays a page when the text is no bundle at all', () => {
    for (const text of ['', '{}', 'not json', '[]', '{"version":1}', '<script>alert(1)</script>']) {
      const page = pageOf(text);
      expect(page).toContain('INVALID · L0');
      expectHarmless(page);
    }
  });
});

describe('a hostile bundle', () => {
  const attacks = [
    '</title><script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '</style><style>body{background:url(https://attacker.example)}</style>',
    '--><script src=//attacker.example></script><!--',
    '<svg onload=alert(1)>',
    '</text></svg><iframe srcdoc="<script>alert(1)</script>">',
    '&lt;script&gt;',
    '\u202eDILAV\u202c',
    '\u0000\u001b[2J',
    '${alert(1)}{{7*7}}',
  ];

  it.each(attacks)('cannot inject %j', (attack) => {
    const bundle = bundleOf('L2');
    const context = bundle.subject.context;
    const hostile = {
      ...bundle,
      subject: {
        ...bundle.subject,
        context: {
          ...context,
          build: { ...context.build, service: attack.slice(0, 64), version: attack.slice(0, 64) },
        },
        outputs: bundle.subject.outputs?.map((tensor) => ({ ...tensor, name: attack })),
      },
      commitment: {
        ...bundle.commitment,
        model: { ...bundle.commitment.model, name: attack, developer: attack, version: attack.slice(0, 32) },
      },
      entry: attack,
      logProofs: bundle.logProofs.map((proof) => ({ ...proof, checkpoint: `${attack}\n1\n` })),
    };
    expect(outputBundle.safeParse(JSON.parse(JSON.stringify(hostile))).success).toBe(true);
    const page = pageOf(JSON.stringify(hostile));
    expectHarmless(page);
    expect(page.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Bidi_Control}/u);
    expect(page.replaceAll('&lt;', '')).not.toContain('<script');
    expect(page).toContain('INVALID');
    // A member of a name like this reaches the page through the error of the schema.
    expectHarmless(pageOf(JSON.stringify({ [attack]: attack })));
  });

  it.each(attacks)('cannot inject %j by an event', (attack) => {
    const bundle = eventBundle.parse(caseOf('event-batch-v2: L2').input.bundle);
    const hostile = {
      ...bundle,
      subject: { kind: 'event', event: { id: attack, [attack]: attack.repeat(50) } },
      batch: { ...bundle.batch, note: attack },
    };
    const page = pageOf(JSON.stringify(hostile));
    expectHarmless(page);
    expect(page.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Bidi_Control}/u);
    expect(page).toContain('INVALID');
    expect(page).toContain('From the event to its anchors');
  });

  it('cannot make the page grow without bound, or the command fail', () => {
    const event = eventBundle.parse(caseOf('event-batch-v1: L2').input.bundle);
    const long = { ...event, subject: { kind: 'event', event: { id: 'a', x: 'x'.repeat(60_000) } } };
    expect(pageOf(JSON.stringify(long))).toContain('(60017 characters in all)');
    expect(pageOf(JSON.stringify(long)).length).toBeLessThan(60_000);
    const bundle = bundleOf('L2');
    const large = { ...bundle, entry: 'x'.repeat(60_000) };
    expect(pageOf(JSON.stringify(large)).length).toBeLessThan(60_000);
    const proof = { ...bundle.subject.proof, timestamp: Number.MAX_SAFE_INTEGER };
    expect(pageOf(JSON.stringify({ ...bundle, subject: { ...bundle.subject, proof } }))).toContain(
      's after 1970',
    );
  });

  it('cannot get markup through the template', () => {
    expect(html`<p title="${'"<&>\'`'}">${'<b>'}</p>`.text).toBe(
      '<p title="&quot;&lt;&amp;&gt;&#39;&#96;">&lt;b&gt;</p>',
    );
  });
});

describe('touchstone inspect --html', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'touchstone-page-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const inspect = (...args: string[]) =>
    spawnSync(process.execPath, [bin, 'inspect', ...args], { cwd: folder, encoding: 'utf8' });

  it('writes a page for a valid bundle and for a broken one, and says which it is', () => {
    const { bundle, trust } = caseOf('L2').input;
    writeFileSync(join(folder, 'bundle.json'), textOf(bundle));
    writeFileSync(join(folder, 'trust.json'), textOf(trust));
    const good = inspect('bundle.json', '--trust', 'trust.json', '--html', 'good.html');
    expect(good).toMatchObject({ status: 0, stderr: 'Wrote good.html: VALID, label L2.\n' });
    expect(readFileSync(join(folder, 'good.html'), 'utf8')).toContain('VALID · L2<');
    writeFileSync(join(folder, 'broken.json'), textOf(bundle).slice(0, -2));
    const broken = inspect('broken.json', '--html', '-');
    expect(broken.status).toBe(0);
    expect(broken.stdout).toContain('INVALID · L0');
    expect(inspect('missing.json', '--html', 'x.html').status).toBe(4);
  });

  it('destroys neither the evidence nor the trust file', () => {
    const { bundle, trust } = caseOf('L2').input;
    writeFileSync(join(folder, 'e.json'), textOf(bundle));
    writeFileSync(join(folder, 't.json'), textOf(trust));
    for (const name of ['e.json', './e.json', 't.json']) {
      const refused = inspect('e.json', '--trust', 't.json', '--html', name);
      expect(refused).toMatchObject({ status: 2, stdout: '' });
      expect(refused.stderr).toContain(`${name} is the file that is read`);
    }
    expect(readFileSync(join(folder, 'e.json'), 'utf8')).toBe(textOf(bundle));
    expect(readFileSync(join(folder, 't.json'), 'utf8')).toBe(textOf(trust));
  });

  it('shows in a terminal nothing that steers it', () => {
    const bundle = bundleOf('L2');
    const model = { ...bundle.commitment.model, name: '\u001b[2J\nVALID' };
    const hostile = { ...bundle, commitment: { ...bundle.commitment, model } };
    writeFileSync(join(folder, 'hostile.json'), JSON.stringify(hostile));
    const shown = inspect('hostile.json');
    expect(shown.status).toBe(0);
    expect(shown.stdout).not.toContain('\u001b');
    expect(shown.stdout).not.toMatch(/^VALID/m);
  });
});
