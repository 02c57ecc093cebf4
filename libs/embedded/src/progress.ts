/** Where the launcher reports what it does. */
export interface Progress {
  /** Runs one step and reports how long it took. */
  step<T>(name: string, work: () => Promise<T>, detail?: (value: T) => string): Promise<T>;
  /** One line of news. */
  note(line: string): void;
}

/** Reports nothing. */
export const silentProgress: Progress = { step: (_name, work) => work(), note: () => undefined };

const NAME_WIDTH = 22;
const CLEAR_LINE = '\r\u001b[2K';

/**
 * Writes one line per finished step to standard error; on a terminal also a line that names the steps under way.
 * The result of a command goes to standard output and is never mixed with this.
 */
export function terminalProgress(
  stream: { readonly isTTY?: boolean; write(text: string): unknown } = process.stderr,
): Progress {
  const running = new Set<string>();
  const print = (line: string): void => {
    const status = running.size > 0 ? `… ${[...running].join(', ')}` : '';
    stream.write(stream.isTTY ? `${CLEAR_LINE}${line}\n${status}` : `${line}\n`);
  };
  const showRunning = (): void => {
    if (stream.isTTY) stream.write(`${CLEAR_LINE}… ${[...running].join(', ')}`);
  };
  return {
    note: print,
    step: async (name, work, detail) => {
      const started = performance.now();
      const seconds = (): string => `${((performance.now() - started) / 1000).toFixed(1)} s`;
      running.add(name);
      showRunning();
      try {
        const value = await work();
        running.delete(name);
        print(`✓ ${name.padEnd(NAME_WIDTH)} ${seconds().padStart(7)}  ${detail?.(value) ?? ''}`.trimEnd());
        return value;
      } catch (error) {
        running.delete(name);
        print(`✗ ${name.padEnd(NAME_WIDTH)} ${seconds().padStart(7)}`);
        throw error;
      }
    },
  };
}
