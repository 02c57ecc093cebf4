import type { Shutdown } from './shutdown.js';

/** The parts of `process` that end a service; a test gives its own. */
export interface ProcessHost {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadableStream;
  on(event: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  exit(code: number): void;
}

/**
 * Ends the service on SIGTERM, after its drain delay, and on SIGINT at once, because that is a developer who waits. A
 * second signal ends a delay that is running, and otherwise exits at once with 1. With `TOUCHSTONE_EXIT_WITH_STDIN=1`
 * the service also ends when its standard input closes: the launcher holds the other end of that pipe, so that even
 * a killed launcher leaves no process behind.
 */
export function exitOnSignals(host: ProcessHost, shutdown: Shutdown): void {
  const end = (reason: string, drain = false) => {
    void shutdown.run(reason, { drain }).then((clean) => host.exit(clean ? 0 : 1));
  };
  const onSignal = (signal: 'SIGTERM' | 'SIGINT') => () => {
    if (!shutdown.started) end(signal, signal === 'SIGTERM');
    else if (!shutdown.endDrain()) host.exit(1);
  };
  host.on('SIGTERM', onSignal('SIGTERM'));
  host.on('SIGINT', onSignal('SIGINT'));
  if (host.env['TOUCHSTONE_EXIT_WITH_STDIN'] !== '1') return;
  const onClosed = () => {
    if (!shutdown.started) end('standard input closed');
    else shutdown.endDrain();
  };
  host.stdin.on('end', onClosed);
  host.stdin.on('close', onClosed);
  host.stdin.on('error', onClosed);
  host.stdin.resume();
}
