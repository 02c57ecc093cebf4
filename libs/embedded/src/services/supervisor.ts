import { startServiceProcess, type ServicePlan, type ServiceProcess } from './service-process.js';

const BACKOFF_FIRST_MS = 500;
const BACKOFF_MAX_MS = 30_000;
/** A service that ran this long is healthy again: the next crash starts with the shortest delay. */
const STABLE_MS = 60_000;

/** How a {@link Supervisor} treats crashes and whom it tells. */
export interface SupervisorOptions {
  /** True restarts a crashed service with backoff; false only reports it. */
  readonly restart: boolean;
  readonly announce: (line: string) => void;
  /** Called when a service ends although nobody stopped it and it is not restarted. */
  readonly onExit: (service: string, exit: string) => void;
}

interface Supervised {
  readonly plan: ServicePlan;
  process: ServiceProcess;
  stopping: boolean;
  failures: number;
  startedAt: number;
  timer: NodeJS.Timeout | undefined;
}

/** Runs services as child processes: starts, watches, restarts and stops them. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #supervised: Supervised[] = [];

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Starts one service and resolves when it is ready; a failure at the start is thrown, not retried. */
  async start(plan: ServicePlan): Promise<void> {
    const supervised: Supervised = {
      plan,
      process: startServiceProcess(plan),
      stopping: false,
      failures: 0,
      startedAt: Date.now(),
      timer: undefined,
    };
    this.#supervised.push(supervised);
    this.#announceNeed(plan, await supervised.process.ready());
    this.#watch(supervised);
  }

  /** Pids of the services that run, by name. */
  pids(): Readonly<Record<string, number | undefined>> {
    return Object.fromEntries(this.#supervised.map(({ plan, process }) => [plan.name, process.pid]));
  }

  /**
   * Stops all services, each in its bounded time.
   *
   * @param first Names that stop one after the other before the rest, because they ask the rest.
   * @param last Names that stop one after the other after the rest, because the rest asks them.
   */
  async stop(first: readonly string[] = [], last: readonly string[] = []): Promise<void> {
    for (const supervised of this.#supervised) {
      supervised.stopping = true;
      clearTimeout(supervised.timer);
    }
    const named = (name: string) => this.#supervised.filter(({ plan }) => plan.name === name);
    const rest = this.#supervised.filter(({ plan }) => ![...first, ...last].includes(plan.name));
    for (const group of [...first.map(named), rest, ...last.map(named)])
      await Promise.all(group.map(({ process }) => process.stop()));
  }

  #announceNeed({ name }: ServicePlan, need: string | undefined): void {
    if (need !== undefined) this.#options.announce(`${name} is not ready: ${need}`);
  }

  #watch(supervised: Supervised): void {
    void supervised.process.exited.then((exit) => {
      if (supervised.stopping) return;
      if (this.#options.restart) this.#scheduleRestart(supervised, exit);
      else this.#options.onExit(supervised.plan.name, exit);
    });
  }

  #scheduleRestart(supervised: Supervised, exit: string): void {
    if (Date.now() - supervised.startedAt > STABLE_MS) supervised.failures = 0;
    const delayMs = Math.min(BACKOFF_FIRST_MS * 2 ** supervised.failures, BACKOFF_MAX_MS);
    supervised.failures += 1;
    this.#options.announce(
      `${supervised.plan.name} ended (${exit}); starting it again in ${delayMs / 1000} s.`,
    );
    supervised.timer = setTimeout(() => this.#restart(supervised), delayMs);
  }

  #restart(supervised: Supervised): void {
    supervised.startedAt = Date.now();
    try {
      supervised.process = startServiceProcess(supervised.plan);
    } catch (error) {
      // A build may be replacing the file just now; that must not end the launcher.
      this.#scheduleRestart(supervised, error instanceof Error ? error.message : String(error));
      return;
    }
    void supervised.process.ready().then(
      (need) => {
        this.#options.announce(`${supervised.plan.name} runs again.`);
        this.#announceNeed(supervised.plan, need);
      },
      () => undefined,
    );
    this.#watch(supervised);
  }
}
