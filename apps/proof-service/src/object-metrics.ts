import { Counter, Gauge, type Registry } from '@touchstone/platform/observability';
import type { ObjectPlaceName } from './domain/object/ports.js';
import { publicationResults, type PublicationResult } from './domain/object/publish-objects.js';

/** What waits for one place. */
export interface WaitingFigures {
  readonly place: ObjectPlaceName;
  readonly objects: number;
  readonly oldestSeconds: number;
}

/** The figures of objects, of the places that are configured. */
export class ObjectMetrics {
  private readonly publications: Counter;

  constructor(
    registry: Registry,
    places: readonly ObjectPlaceName[],
    figures: (places: readonly ObjectPlaceName[]) => Promise<readonly WaitingFigures[]>,
  ) {
    this.publications = new Counter({
      name: 'touchstone_proof_object_publications_total',
      help: 'Attempts to put the object of a proof into a place, by what became of them.',
      labelNames: ['place', 'result'],
      registers: [registry],
    });
    for (const place of places)
      for (const result of publicationResults) this.publications.inc({ place, result }, 0);
    const oldest = new Gauge({
      name: 'touchstone_proof_object_oldest_waiting_seconds',
      help: 'Age of the oldest object that waits for a place; 0 when none does.',
      labelNames: ['place'],
      registers: [],
    });
    const waiting = new Gauge({
      name: 'touchstone_proof_objects_waiting',
      help: 'Objects that wait for a place.',
      labelNames: ['place'],
      registers: [],
      collect: async () => {
        if (places.length === 0) return;
        try {
          const stored = new Map((await figures(places)).map((found) => [found.place, found]));
          for (const place of places) {
            waiting.set({ place }, stored.get(place)?.objects ?? 0);
            oldest.set({ place }, stored.get(place)?.oldestSeconds ?? 0);
          }
        } catch {
          // A database that does not answer leaves the last figures; readiness tells about it.
        }
      },
    });
    registry.registerMetric(waiting);
    registry.registerMetric(oldest);
  }

  attempted(place: ObjectPlaceName, result: PublicationResult): void {
    this.publications.inc({ place, result });
  }
}
