import type { Server } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { HealthRegistry } from '../health/health-registry.js';

/** Milliseconds between two looks at the readiness of a service that serves. */
const LOOK_EVERY_MS = 1_000;
/** The same while it does not: whoever waits for it shall not wait long. */
const LOOK_AGAIN_MS = 100;

/**
 * `grpc.health.v1` of one service: SERVING while `/readyz` would answer 200, at most {@link LOOK_EVERY_MS} later. It is said for
 * the service and for the empty name.
 */
export class HealthStatus {
  private readonly implementation: HealthImplementation;
  private readonly names: readonly string[];
  private serving = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private ended = false;

  /** @param service its full name, for example `touchstone.signer.v1.SignerService` */
  constructor(
    service: string,
    private readonly health: HealthRegistry,
  ) {
    this.names = ['', service];
    this.implementation = new HealthImplementation(
      Object.fromEntries(this.names.map((name) => [name, 'NOT_SERVING' as const])),
    );
  }

  addTo(server: Server): void {
    this.implementation.addToServer(server);
  }

  /** Looks from now on; a service that drains never serves again. */
  begin(): void {
    this.health.onDraining(() => this.end());
    void this.look();
  }

  private end(): void {
    this.ended = true;
    clearTimeout(this.timer);
    this.tell(false);
  }

  private async look(): Promise<void> {
    const { ready } = await this.health.readiness();
    if (this.ended) return;
    this.tell(ready);
    this.timer = setTimeout(() => void this.look(), ready ? LOOK_EVERY_MS : LOOK_AGAIN_MS);
    this.timer.unref();
  }

  private tell(serving: boolean): void {
    // Watchers are told what changes, and only that.
    if (serving === this.serving) return;
    this.serving = serving;
    for (const name of this.names) this.implementation.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
  }
}
