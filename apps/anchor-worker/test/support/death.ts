/** A process that ended. Nothing of it has an effect any more. */
export class Crash extends Error {}

/**
 * How a process meets its end at an operation: it dies `before` it, or `after` it took effect and before its answer arrived. One that is
 * `overtaken` lives, but stands still so long that others go on without it, and then does the operation and whatever comes next.
 */
export type Ending = 'before' | 'after' | 'overtaken';

/** Which operation of a process is its last, counted from 0. */
export interface EndingAt {
  readonly place: number;
  readonly ending: Ending;
  /** What others do while an overtaken process stands still. */
  readonly meanwhile?: () => Promise<unknown>;
}

/** Counts the operations of all outside ports of one process, and ends the process at one of them. */
export class Death {
  /** What the process did outside of itself, in order. */
  readonly operations: string[] = [];
  isDead = false;

  constructor(private readonly at?: EndingAt) {}

  /** Whether the operation was reached. */
  get hasCome(): boolean {
    return this.at !== undefined && this.operations.length > this.at.place;
  }

  /** A port whose operations are counted. */
  around = <T extends object>(port: string, target: T): T =>
    new Proxy(target, {
      get: (object, name) => {
        const member: unknown = Reflect.get(object, name);
        if (typeof member !== 'function') return member;
        return (...parameters: unknown[]) =>
          this.operation(nameOf(port, String(name), parameters), () =>
            Reflect.apply(member, object, parameters),
          );
      },
    });

  private async operation(name: string, work: () => unknown): Promise<unknown> {
    if (this.isDead) throw new Crash(`dead at ${name}`);
    const place = this.operations.push(name) - 1;
    const ending = place === this.at?.place ? this.at.ending : undefined;
    if (ending === 'before') this.die(name);
    if (ending === 'overtaken') await this.at?.meanwhile?.();
    const result = await work();
    // What was on its way when the process died comes back to nobody.
    if (this.isDead) throw new Crash(`dead at ${name}`);
    if (ending === 'after') this.die(name);
    return result;
  }

  private die(name: string): never {
    this.isDead = true;
    throw new Crash(`died at ${name}`);
  }
}

/** Requests to a node go by their method. */
function nameOf(port: string, name: string, parameters: readonly unknown[]): string {
  return `${port}.${name === 'request' ? String(parameters[0]) : name}`;
}

/** All endings. */
export const ENDINGS: readonly Ending[] = ['before', 'after', 'overtaken'];

/**
 * Lets a process end at each of its operations, one after the other.
 *
 * @param endings one of them for each operation, in turns: what one process dies before, another dies after
 * @throws Error that names the operation at which something did not hold
 */
export async function endAtEach(
  operations: readonly string[],
  endings: readonly Ending[],
  run: (at: EndingAt) => Promise<unknown>,
): Promise<void> {
  for (const [place, operation] of operations.entries()) {
    const ending = endings[place % endings.length] as Ending;
    await run({ place, ending }).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${ending} operation ${place}, ${operation}: ${reason}`, { cause });
    });
  }
}
