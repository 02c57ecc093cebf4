import { AppError } from '@touchstone/contracts';

/** Where something was to listen, and the keys that say so. */
interface ListenPlace {
  readonly host: string;
  readonly port: number;
  readonly portKey: string;
}

/** What the system says of a place that cannot be listened at, and what helps. */
const REASONS: Readonly<Record<string, (place: ListenPlace) => string>> = {
  EADDRINUSE: ({ port, portKey }) =>
    `another process has port ${port}: stop it, or give another one by ${portKey}`,
  EACCES: ({ port, portKey }) =>
    `this user may not listen on port ${port}: give one from 1024 on by ${portKey}`,
  EADDRNOTAVAIL: ({ host }) => `this machine has no address ${host}: correct TOUCHSTONE_BIND_HOST`,
};

/** Names a place that cannot be listened at with what to do; every other error stays what it is. */
function toListenError(error: unknown, place: ListenPlace): unknown {
  const { code, message = '' } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  // gRPC has the code in its text alone.
  const known = Object.keys(REASONS).find((name) => name === code || message.includes(name));
  const reason = REASONS[known ?? '']?.(place);
  return reason === undefined
    ? error
    : new AppError('dependency-unavailable', `Cannot listen on ${place.host}: ${reason} (${known}).`, {
        cause: error,
      });
}

/** Listens by `listen`. @throws what {@link toListenError} makes of the error */
export async function listenAt<T>(place: ListenPlace, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (error) {
    throw toListenError(error, place);
  }
}
