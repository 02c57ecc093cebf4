import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync } from 'node:fs';
import { AppError } from '@touchstone/contracts';
import { readiness, type Readiness } from '@touchstone/contracts/http/every-service';
import { minimalEnvironment } from '../process/environment.js';
import { logTail, openLogFile } from '../process/log-file.js';

/** A service migrates its schema first. */
export const READY_TIMEOUT_MS = 120_000;
/** Longer than the services' own budget of 20 s, so that SIGKILL only meets one that ignores it. */
export const STOP_TIMEOUT_MS = 30_000;
/**
 * Heap of one service in MiB. Some 50 are in use; V8 lets old objects grow fourfold before it collects them where it
 * may take 4 GiB, as on any large machine, and by less than half within this bound.
 */
export const SERVICE_HEAP_MAX_MEBIBYTES = 512;
/** Half of V8's default: six services on one machine collect a little more often and stay smaller. */
const SEMI_SPACE_MEBIBYTES = 8;
const HEAP_OPTIONS = [
  `--max-semi-space-size=${SEMI_SPACE_MEBIBYTES}`,
  `--max-old-space-size=${SERVICE_HEAP_MAX_MEBIBYTES}`,
];
const READY_POLL_MS = 50;
const READY_REQUEST_TIMEOUT_MS = 2_000;

/** A program and its arguments. */
export type ServiceCommand = readonly [string, ...string[]];

/** One service as the launcher runs it. */
export interface ServicePlan {
  readonly name: string;
  /** The compiled entry, `apps/<service>/bundle/main.js`. */
  readonly entry: string;
  /** What runs the service, without its own arguments; Node with {@link entry} when left out. */
  readonly command?: ServiceCommand | undefined;
  readonly root: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly healthPort: number;
}

function spawnService(plan: ServicePlan): ChildProcess {
  const [program, ...args] = plan.command ?? [process.execPath, ...HEAP_OPTIONS, plan.entry];
  if (plan.command === undefined && !existsSync(plan.entry)) {
    throw new AppError('dependency-unavailable', `${plan.entry} is not there: run npm run build first.`);
  }
  const log = openLogFile(plan.logFile);
  try {
    return spawn(program, [...args, '--migrate'], {
      cwd: plan.root,
      // A session of its own: Ctrl-C reaches the launcher alone, which stops the services in order.
      detached: true,
      stdio: ['pipe', log, log],
      env: { ...minimalEnvironment(), ...plan.environment, TOUCHSTONE_EXIT_WITH_STDIN: '1' },
    });
  } finally {
    closeSync(log);
  }
}

function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => resolve(signal === null ? `code ${code}` : `signal ${signal}`));
    child.on('error', (error) => resolve(error.message));
    child.stdin?.on('error', () => undefined);
  });
}

function startFailure(plan: ServicePlan, what: string): AppError {
  return new AppError(
    'dependency-unavailable',
    `${plan.name} ${what}; the end of ${plan.logFile}:\n${logTail(plan.logFile)}`,
  );
}

/**
 * Checks that only an operator can make pass, on the running stack: a log that stays closed after a restore. The service works
 * meanwhile, as far as it can.
 */
const OPERATORS_CHECKS: ReadonlySet<string> = new Set(['log']);

/** What /readyz says: why the service is not ready yet, or for the operator what keeps it from being so. */
interface Health {
  readonly waitsFor?: string;
  readonly needsOperator?: string;
}

async function askHealth(healthPort: number): Promise<Health> {
  try {
    const response = await fetch(`http://127.0.0.1:${healthPort}/readyz?verbose`, {
      signal: AbortSignal.timeout(READY_REQUEST_TIMEOUT_MS),
    });
    const text = await response.text();
    if (response.status === 200) return {};
    const failed = failedChecks(text);
    return failed.length > 0 && failed.every(({ name }) => OPERATORS_CHECKS.has(name))
      ? { needsOperator: failed.map(({ detail = '' }) => detail).join(' ') }
      : { waitsFor: `/readyz says ${response.status} ${text.slice(0, 1_000)}` };
  } catch {
    return { waitsFor: '/readyz does not answer' };
  }
}

function failedChecks(answer: string): Readiness['checks'] {
  const { data } = readiness.safeParse(JSON.parse(answer));
  return data === undefined || data.draining ? [] : data.checks.filter(({ ok }) => !ok);
}

/** A started service. */
export interface ServiceProcess {
  readonly pid: number | undefined;
  /** Resolves with what ended it, `code 1` or `signal SIGKILL`. */
  readonly exited: Promise<string>;
  /**
   * Resolves when /readyz answers 200, or when nothing but an operator is missing, with what he has to know; rejects when the process ends
   * or takes too long.
   */
  ready(): Promise<string | undefined>;
  stop(): Promise<void>;
}

/** Starts a service, which migrates its schema first; it ends when its standard input closes, which is also how it is stopped. */
export function startServiceProcess(plan: ServicePlan): ServiceProcess {
  const child = spawnService(plan);
  let ended: string | undefined;
  const exited = exitOf(child).then((exit) => (ended = exit));
  return {
    pid: child.pid,
    exited,
    ready: async () => {
      const deadline = Date.now() + READY_TIMEOUT_MS;
      for (;;) {
        const { waitsFor, needsOperator } = await askHealth(plan.healthPort);
        if (ended !== undefined) throw startFailure(plan, `ended at its start (${ended})`);
        if (waitsFor === undefined) return needsOperator;
        if (Date.now() > deadline) {
          throw startFailure(plan, `was not ready after ${READY_TIMEOUT_MS / 1000} s (${waitsFor})`);
        }
        await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
      }
    },
    stop: async () => {
      child.stdin?.end();
      const bound = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(bound);
    },
  };
}
