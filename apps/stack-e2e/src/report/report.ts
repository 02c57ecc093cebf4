import type { Check, Finding } from '../checks/finding.js';
import type { Inference } from '../record.js';

/** How one fault went. */
export interface PhaseResult {
  readonly name: string;
  readonly title: string;
  /** What happened; `undefined` when the fault did not take hold. */
  readonly happened: string | undefined;
  readonly failure: string | undefined;
  readonly seconds: number;
}

/** The counts of one fault. */
export interface PhaseCounts {
  readonly name: string;
  readonly title: string;
  readonly happened: string;
  readonly tookHold: boolean;
  readonly seconds: number;
  readonly asked: number;
  readonly acknowledged: number;
  /** Requests beyond the first paid one of each inference. */
  readonly repeated: number;
  /** Payments that were refused for good. */
  readonly refused: number;
  readonly slowestSeconds: number;
  readonly lost: number;
  readonly doubled: number;
}

/** The outcome of a run. */
export interface Report {
  readonly seed: number;
  readonly seconds: number;
  readonly phases: readonly PhaseCounts[];
  readonly asked: number;
  readonly acknowledged: number;
  readonly lost: number;
  readonly doubled: number;
  readonly checks: readonly Check[];
  readonly findings: readonly string[];
  readonly holds: boolean;
}

const count = (findings: readonly Finding[], kind: Finding['kind'], fault?: string): number =>
  new Set(
    findings
      .filter(
        (finding) => finding.kind === kind && (fault === undefined || finding.inference.fault === fault),
      )
      .map(({ inference }) => inference.number),
  ).size;

/** Puts the record and the findings together; an inference counts once, however much is wrong with it. */
export function makeReport(parts: {
  readonly seed: number;
  readonly seconds: number;
  readonly phases: readonly PhaseResult[];
  readonly inferences: readonly Inference[];
  readonly findings: readonly Finding[];
  readonly checks: readonly Check[];
}): Report {
  const { seed, seconds, phases, inferences, findings } = parts;
  const unanswered = inferences.filter(({ answer }) => answer === undefined);
  const idle = phases.filter(({ happened }) => happened === undefined);
  const checks: Check[] = [
    {
      name: 'every fault took hold',
      holds: idle.length === 0,
      detail:
        idle.map(({ name, failure }) => `${name}: ${failure}`).join('; ') ||
        `${phases.length} of ${phases.length}`,
    },
    {
      name: 'every inference was answered in the end',
      holds: unanswered.length === 0 && inferences.length > 0,
      detail:
        unanswered
          .map(({ number, fault, lastFailure }) => `#${number} (${fault}): ${lastFailure}`)
          .join('; ') || `${inferences.length} of ${inferences.length}`,
    },
    ...parts.checks,
  ];
  const lost = count(findings, 'lost');
  const doubled = count(findings, 'doubled');
  return {
    seed,
    seconds,
    phases: phases.map((phase) => countPhase(phase, inferences, findings)),
    asked: inferences.length,
    acknowledged: inferences.length - unanswered.length,
    lost,
    doubled,
    checks,
    findings: findings.map(
      ({ kind, inference, what }) => `${kind}: #${inference.number} (${inference.fault}): ${what}`,
    ),
    holds: lost === 0 && doubled === 0 && checks.every(({ holds }) => holds),
  };
}

function countPhase(
  { name, title, happened, failure, seconds }: PhaseResult,
  inferences: readonly Inference[],
  findings: readonly Finding[],
): PhaseCounts {
  const own = inferences.filter(({ fault }) => fault === name);
  const durations = own.map(
    ({ startedAtMs, acknowledgedAtMs = startedAtMs }) => (acknowledgedAtMs - startedAtMs) / 1_000,
  );
  return {
    name,
    title,
    happened: happened ?? `did not take hold: ${failure}`,
    tookHold: happened !== undefined,
    seconds,
    asked: own.length,
    acknowledged: own.filter(({ answer }) => answer !== undefined).length,
    repeated: own.reduce((sum, { attempts }) => sum + Math.max(0, attempts - 1), 0),
    refused: own.reduce(
      (sum, { payments }) => sum + payments.filter(({ refusal }) => refusal !== undefined).length,
      0,
    ),
    slowestSeconds: Math.max(0, ...durations),
    lost: count(findings, 'lost', name),
    doubled: count(findings, 'doubled', name),
  };
}
