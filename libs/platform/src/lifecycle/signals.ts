import type { Shutdown } from './shutdown.js';

/** The parts of `process` that end a service; a test gives its own. */
export interface ProcessHost {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadableStream;
  on(event: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  exit(code: number): void;
}

/**
 * Ends the service on SIGTERM and SIGINT; a second signal exits at once with 1. With `TOUCHSTONE_EXIT_WITH_STDIN=1`
 * the service also ends when its standard input closes: the launcher holds the other end of that pipe, so that even
 * a killed launcher leaves no process behind.
 */
export function exitOnSignals(host: ProcessHost, shutdown: Shutdown): void {
  const end = (reason: string) => {
    void shutdown.run(reason).then((clean) => host.exit(clean ? 0 : 1));
  };
  const onSignal = (signal: string) => () => {
    if (shutdown.started) host.exit(1);
    else end(signal);
  };
  host.on('SIGTERM', onSignal('SIGTERM'));
  host.on('SIGINT', onSignal('SIGINT'));
  if (host.env['TOUCHSTONE_EXIT_WITH_STDIN'] !== '1') return;
  const onClosed = () => {
    if (!shutdown.started) end('standard input closed');
  };
  host.stdin.on('end', onClosed);
  host.stdin.on('close', onClosed);
  host.stdin.on('error', onClosed);
  host.stdin.resume();
}
