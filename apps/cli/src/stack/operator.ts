import { EXTERNAL_NATS, readNatsUrl } from '@touchstone/embedded';
import { connectMesh, type Mesh } from '@touchstone/nats';
import { orCommandError } from '../or-command-error.js';
import { readSecret } from './read-secret.js';
import { requireStack } from './running-stack.js';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * Connects as the user `operator`, who reads streams and dead letters, asks for replays, and may publish no event and
 * call no service. Where the stack was started with credentials in `NATS_URL`, the same ones are needed here.
 *
 * @throws CommandError `configuration` when no stack runs or its secrets are not readable, `io` when NATS refuses
 */
export async function connectOperator(stateDir: string): Promise<Mesh> {
  const { nats } = requireStack(stateDir);
  const own = {
    user: 'operator',
    password: readSecret(stateDir, 'operator', 'TOUCHSTONE_NATS_PASSWORD'),
  };
  return await orCommandError(() => {
    const natsUrl = nats.version === EXTERNAL_NATS ? process.env['NATS_URL'] : undefined;
    const login = readNatsUrl(natsUrl ?? nats.url).login ?? own;
    return connectMesh({ url: nats.url, ...login, service: 'operator', logger: silent });
  });
}

/** Runs work on the mesh as the operator. @throws CommandError as {@link connectOperator} */
export async function asOperator<T>(stateDir: string, work: (mesh: Mesh) => Promise<T>): Promise<T> {
  const mesh = await connectOperator(stateDir);
  try {
    return await orCommandError(() => work(mesh));
  } finally {
    await mesh.close();
  }
}
