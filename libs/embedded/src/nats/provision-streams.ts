import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { AppError } from '@touchstone/contracts';
import { minimalEnvironment } from '../process/environment.js';
import type { NatsLogin } from './external-nats.js';

const TIMEOUT_MS = 60_000;
const provisioner = fileURLToPath(new URL('../../../nats/bundle/provision-main.js', import.meta.url));

/**
 * Runs `nats-provision`, the command that creates streams and durables in production too. It is a process of its
 * own, so that the administrator's password is in no other and the launcher does not load a framework.
 *
 * @throws AppError `dependency-unavailable` with what the command said.
 */
export async function provisionStreams(url: string, login: NatsLogin): Promise<void> {
  const child = spawn(process.execPath, [provisioner], {
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: TIMEOUT_MS,
    env: { ...minimalEnvironment(), NATS_URL: url, NATS_USER: login.user, NATS_PASSWORD: login.password },
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const code = await new Promise<number | string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (exitCode, signal) => resolve(exitCode ?? signal ?? 'unknown'));
  });
  if (code === 0) return;
  const reason = reasonIn(said) ?? `${code} ${said.trim()}`;
  // Nobody reads while the launcher starts, so that here nothing would be drained.
  const cure = reason.includes('--recreate')
    ? ' On a stack of your own it is simplest to begin anew: touchstone reset.'
    : '';
  throw new AppError(
    'dependency-unavailable',
    `Streams could not be created in NATS at ${url}: ${reason}${cure}`,
  );
}

/** Why the command failed, as it logged last: an expected failure has a reason, any other an error. */
function reasonIn(log: string): string | undefined {
  try {
    const { reason, err } = JSON.parse(log.trim().split('\n').at(-1) ?? '') as {
      reason?: string;
      err?: { message?: string };
    };
    return reason ?? err?.message;
  } catch {
    return undefined;
  }
}
