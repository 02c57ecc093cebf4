import { serviceNames } from '@touchstone/contracts';
import { pause } from '../pause.js';
import type { FaultyStack } from '../stack/faulty-stack.js';
import type { Check } from './finding.js';

const POLL_MS = 1_000;
const REQUEST_TIMEOUT_MS = 2_000;
/** Operators hear of a network that is away; in the end none is. */
const TOLD_DURING_FAULTS = ['touchstone_anchor_target_troubled{'];
const HELP = /^# HELP (\S+) .*must be 0\b/gm;

/**
 * Names of the figures whose help says that they must be 0, with the largest value of any of their samples.
 *
 * @param excused beginnings of samples that a fault may raise
 */
export function mustBeZero(exposition: string, excused: readonly string[] = []): Map<string, number> {
  const names = [...exposition.matchAll(HELP)].map(([, name]) => name as string);
  return new Map(
    names.map((name) => {
      const samples = exposition
        .split('\n')
        .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
        .filter((line) => !excused.some((sample) => line.startsWith(sample)))
        .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
      return [name, Math.max(0, ...samples)];
    }),
  );
}

/** Looks at the figures that must be zero during the whole run, because a service that is killed forgets them. */
export class ZeroMetrics {
  private readonly largest = new Map<string, number>();
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(private readonly stack: FaultyStack) {}

  start(): void {
    this.running = this.poll();
  }

  async finish(): Promise<Check[]> {
    this.stopped = true;
    await this.running;
    // Whatever a fault raised has fallen again.
    await this.look([]);
    const wrong = [...this.largest].filter(([, value]) => value !== 0);
    return [
      {
        name: 'figures that must be 0 are 0',
        holds: wrong.length === 0 && this.largest.size > 0,
        detail:
          wrong.length > 0
            ? wrong.map(([name, value]) => `${name} was ${value}`).join(', ')
            : [...this.largest.keys()].join(', '),
      },
    ];
  }

  private async poll(): Promise<void> {
    while (!this.stopped) {
      await this.look(TOLD_DURING_FAULTS);
      await pause(POLL_MS);
    }
  }

  private async look(excused: readonly string[]): Promise<void> {
    for (const service of serviceNames) {
      const text = await fetch(`${this.stack.healthUrlOf(service)}/metrics`, {
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      })
        .then((response) => response.text())
        .catch(() => '');
      for (const [name, value] of mustBeZero(text, excused))
        this.largest.set(name, Math.max(value, this.largest.get(name) ?? 0));
    }
  }
}
