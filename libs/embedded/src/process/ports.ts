import { createServer } from 'node:net';
import { AppError } from '@touchstone/contracts';

const NEXT_PORTS_MAX = 200;

async function tryPort(port: number): Promise<number | undefined> {
  return await new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined));
    });
  });
}

/** True when nothing listens on that loopback port. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await tryPort(port)) !== undefined;
}

/**
 * A free loopback port: any for 0, otherwise `preferred` or the next free one above it that `accept` takes.
 * Somebody may take it before it is used; the servers then fail to start, and say so.
 *
 * @param accept asked only about ports that are free, so that it may claim the one it takes
 */
export async function freePort(
  preferred = 0,
  accept: (port: number) => boolean | Promise<boolean> = () => true,
): Promise<number> {
  if (preferred === 0) {
    const port = await tryPort(0);
    if (port !== undefined) return port;
  }
  for (let port = preferred; preferred > 0 && port < preferred + NEXT_PORTS_MAX && port < 65_536; port++) {
    if ((await isPortFree(port)) && (await accept(port))) return port;
  }
  throw new AppError(
    'dependency-unavailable',
    `No free port on 127.0.0.1 from ${preferred}; stop what listens there and start again.`,
  );
}
