import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Progress } from '@touchstone/embedded';
import { privateKeyToAccount } from 'viem/accounts';
import { Caller } from './callers/caller.js';
import { digitSource } from './callers/digits.js';
import { Load } from './callers/load.js';
import { auditAnchors, readAnchorFacts } from './checks/audit-anchors.js';
import { auditEvidence, fetchBundles } from './checks/audit-evidence.js';
import { auditLeaves, auditLog, readLogFacts } from './checks/audit-log.js';
import { auditPayments, auditSums, PaymentAudit, type PurseBefore } from './checks/audit-payments.js';
import { auditReplays } from './checks/audit-replays.js';
import { auditDeadLetters, replayDeadLetters } from './checks/dead-letters.js';
import type { Check, Finding } from './checks/finding.js';
import { LogWatch } from './checks/log-watch.js';
import { ZeroMetrics } from './checks/zero-metrics.js';
import type { Fault } from './faults/fault.js';
import { shares, type Options } from './options.js';
import { eventually } from './pause.js';
import { seededRandom, type Random } from './random.js';
import { CallRecord } from './record.js';
import { makeReport, type PhaseResult, type Report } from './report/report.js';
import { FaultyStack } from './stack/faulty-stack.js';

/** Milliseconds that the last inference may take until its anchor is final. */
const ANCHORED_TIMEOUT_MS = 120_000;
/** Milliseconds that settlements may take to come to rest. */
const SETTLED_TIMEOUT_MS = 60_000;

const run = promisify(execFile);
const cli = fileURLToPath(new URL('../../cli/bin/touchstone.js', import.meta.url));

interface Watches {
  readonly log: LogWatch;
  readonly metrics: ZeroMetrics;
  readonly payments: PaymentAudit;
  readonly before: PurseBefore;
}

interface Outcome {
  readonly findings: readonly Finding[];
  readonly checks: readonly Check[];
}

/** One run: the stack, every fault with its share of the inferences, and the checks. */
export class Suite {
  private readonly record = new CallRecord();
  private readonly random: Random;
  private readonly startedAtMs = performance.now();

  constructor(
    private readonly options: Options,
    private readonly stateDir: string,
    private readonly progress: Progress,
  ) {
    this.random = seededRandom(options.seed);
  }

  async run(): Promise<Report> {
    const stack = await FaultyStack.start(this.stateDir, this.progress, this.options.confirmations);
    let phases: PhaseResult[];
    let online: Outcome & { readonly offline: () => Finding[] };
    try {
      const callers = this.callers(stack);
      const watches = await startWatches(stack);
      phases = await this.phases(stack, callers);
      online = await this.progress.step('checks', () => this.check(stack, callers[0] as Caller, watches));
    } finally {
      await stack.stop();
    }
    const offline = await this.progress.step('offline verification', async () => online.offline());
    const { inferences } = this.record;
    const { seed } = this.options;
    const seconds = (performance.now() - this.startedAtMs) / 1_000;
    const findings = [...online.findings, ...offline];
    return makeReport({ seed, seconds, phases, inferences, findings, checks: online.checks });
  }

  private callers(stack: FaultyStack): Caller[] {
    const text = readFileSync(join(this.stateDir, 'secrets', 'payer.env'), 'utf8');
    const key = /^TOUCHSTONE_PAYER_KEY_HEX=([0-9a-f]{64})$/m.exec(text)?.[1];
    if (key === undefined) throw new Error('The stack has no payer.');
    const account = privateKeyToAccount(`0x${key}`);
    const url = `${stack.urlOf('inference-gateway')}/v1/models/digits/infer`;
    const network = `eip155:${stack.description.chain.chainId}` as const;
    return Array.from({ length: this.options.callers }, () => new Caller(url, network, account));
  }

  private async phases(stack: FaultyStack, callers: readonly Caller[]): Promise<PhaseResult[]> {
    const counts = shares(this.options.inferences, this.options.faults);
    const nextDigit = digitSource(this.random);
    const results: PhaseResult[] = [];
    for (const [place, fault] of this.options.faults.entries()) {
      const load = new Load(callers, this.record, nextDigit, fault.name, counts[place] ?? 0);
      results.push(
        await this.progress.step(
          fault.name,
          () => this.phase(stack, fault, load),
          ({ happened, failure }) => happened ?? `did not take hold: ${failure}`,
        ),
      );
    }
    return results;
  }

  /** One fault under load; afterwards everything is right again. */
  private async phase(stack: FaultyStack, fault: Fault, load: Load): Promise<PhaseResult> {
    const { name, title } = fault;
    const startedAtMs = performance.now();
    const { random } = this;
    const happening = fault.run({ stack, load, random, rounds: this.options.rounds }).then(
      (happened) => ({ happened, failure: undefined }),
      (error: unknown) => ({
        happened: undefined,
        failure: error instanceof Error ? error.message : String(error),
      }),
    );
    // However the fault ended, the rest of the inferences may begin.
    const [outcome] = await Promise.all([happening.finally(() => load.allow(1)), load.run()]);
    await stack.ready();
    return { name, title, ...outcome, seconds: (performance.now() - startedAtMs) / 1_000 };
  }

  /** Everything that needs the running stack. */
  private async check(
    stack: FaultyStack,
    caller: Caller,
    { log, metrics, payments, before }: Watches,
  ): Promise<Outcome & { readonly offline: () => Finding[] }> {
    const acknowledged = this.record.acknowledged();
    const replayed = await replayDeadLetters(stack);
    await settled(stack);
    const { bundles, failures } = await fetchBundles(stack, acknowledged, ANCHORED_TIMEOUT_MS);
    for (const failure of failures) this.progress.note(failure);
    const trustPath = join(this.stateDir, 'trust.json');
    await run(process.execPath, [cli, 'trust', 'export', '--state', this.stateDir, '--out', trustPath]);
    const logChecks = await log.finish();
    const logFacts = await readLogFacts(stack.database);
    const replays = await auditReplays(caller, acknowledged);
    const paymentFacts = await payments.facts(before);
    const { anchorNetworks } = stack;
    const anchorFacts = await readAnchorFacts(stack.database);
    const unexpected = stack.unexpectedEnds();
    return {
      findings: [
        ...auditLeaves(logFacts, acknowledged),
        ...auditPayments(paymentFacts, this.record),
        ...replays,
      ],
      checks: [
        ...logChecks,
        ...auditLog(logFacts, log.largest()),
        ...auditAnchors(anchorFacts, anchorNetworks),
        ...auditSums(paymentFacts, this.record),
        ...(await metrics.finish()),
        ...(await auditDeadLetters(stack, replayed)),
        {
          name: 'nothing ended that no fault ended',
          holds: unexpected.length === 0,
          detail: unexpected.join(', ') || 'no server',
        },
      ],
      offline: () => auditEvidence(bundles, acknowledged, readFileSync(trustPath, 'utf8'), anchorNetworks),
    };
  }
}

async function startWatches(stack: FaultyStack): Promise<Watches> {
  const payments = new PaymentAudit(stack.description, stack.database);
  const before = await payments.before();
  const metrics = new ZeroMetrics(stack);
  metrics.start();
  return { log: await LogWatch.start(stack), metrics, payments, before };
}

/** Resolves when recovery has closed every payment; that it did not is found by the checks. */
async function settled(stack: FaultyStack): Promise<void> {
  await eventually('the end of open payments', SETTLED_TIMEOUT_MS, async () => {
    const [row] = await stack.database.rows<{ open: number }>(
      `SELECT count(*)::int AS open FROM payments.reservations WHERE state = 'settling'`,
    );
    return row?.open === 0 ? true : undefined;
  }).catch(() => undefined);
}
