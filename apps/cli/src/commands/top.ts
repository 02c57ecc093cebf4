import { exitCodes, type ExitCode } from '../exit-codes.js';
import { requireStack } from '../stack/running-stack.js';
import { onQuitKey } from '../terminal/quit-key.js';
import { figuresOf, type Figures } from '../top/figures.js';
import { QueueReader } from '../top/queue-reader.js';
import { renderFigures } from '../top/render.js';
import { takeSnapshot, type Snapshot } from '../top/snapshot.js';

/** Seconds between two looks unless told otherwise. */
const INTERVAL_SECONDS = 2;
/** Seconds before now that rates and quantiles of the live view are of. */
const WINDOW_SECONDS = 60;
/** The screen of a terminal that does not say how large it is. */
const SCREEN = { columns: 100, rows: 60 };

const UNBOUNDED = { columns: Infinity, rows: Infinity };

const ENTER_SCREEN = '\u001b[?1049h\u001b[?25l';
const LEAVE_SCREEN = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

interface TopOptions {
  readonly state: string;
  readonly json: boolean;
  readonly once: boolean;
  /** Seconds between two looks; without it, and without a terminal, there is one. */
  readonly interval?: number;
}

/** `touchstone top`: live until q or Ctrl-C; once where there is no terminal, unless an interval is asked for. */
export async function topCommand(options: TopOptions): Promise<ExitCode> {
  const stack = requireStack(options.state);
  const queues = new QueueReader(options.state);
  const look = (): Promise<Snapshot> => takeSnapshot(stack, queues);
  try {
    const once = options.once || (!process.stdout.isTTY && options.interval === undefined);
    if (once) printOnce(figuresOf(await look(), undefined), options);
    else await live(look, options);
  } finally {
    await queues.close();
  }
  return exitCodes.ok;
}

function printOnce(figures: Figures, { json }: TopOptions): void {
  const size = process.stdout.isTTY ? screenSize() : UNBOUNDED;
  process.stdout.write(
    json ? `${JSON.stringify(figures, null, 2)}\n` : `${renderFigures(figures, size).join('\n')}\n`,
  );
}

async function live(look: () => Promise<Snapshot>, options: TopOptions): Promise<void> {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
  const screen = process.stdout.isTTY && !options.json;
  const release = screen ? onQuitKey(end) : undefined;
  if (screen) process.stdout.write(ENTER_SCREEN);
  try {
    const history: Snapshot[] = [];
    while (!stop.signal.aborted) {
      const now = await look();
      while (history[0] && now.atMs - history[0].atMs > WINDOW_SECONDS * 1_000) history.shift();
      const figures = figuresOf(now, history[0]);
      history.push(now);
      if (screen) process.stdout.write(frame(figures));
      else if (options.json) process.stdout.write(`${JSON.stringify(figures)}\n`);
      else process.stdout.write(`${renderFigures(figures, UNBOUNDED).join('\n')}\n\n`);
      await pause((options.interval ?? INTERVAL_SECONDS) * 1_000, stop.signal);
    }
  } finally {
    release?.();
    if (screen) process.stdout.write(LEAVE_SCREEN);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, end);
  }
}

function frame(figures: Figures): string {
  const lines = renderFigures(figures, screenSize());
  return `${HOME}${lines.map((line) => `${line}${CLEAR_LINE}`).join('\n')}${CLEAR_BELOW}`;
}

function screenSize(): { columns: number; rows: number } {
  return {
    columns: process.stdout.columns ?? SCREEN.columns,
    rows: process.stdout.rows ?? SCREEN.rows,
  };
}

/** Waits, or returns at once when the signal aborts. */
function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, durationMs);
    signal.addEventListener('abort', done);
    if (signal.aborted) done();
  });
}
