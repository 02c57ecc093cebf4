import type { Logger } from '@touchstone/platform/observability';
import type { Shutdown } from '@touchstone/platform/runtime';
import { Loop } from '@touchstone/work';
import type { ObjectPlace, ObjectPlaceName, ObjectStore, RetryPauses } from './domain/object/ports.js';
import { addressObjects, PublishObjects, type PublicationResult } from './domain/object/publish-objects.js';
import type { ObjectMetrics } from './object-metrics.js';

/** Milliseconds between two looks for proofs without an identifier, and for objects that are due. */
export const OBJECTS_POLL_MS = 1_000;
/** Milliseconds until an object that a place did not take is tried again, longer than an attempt takes; doubled with each. */
export const PUBLICATION_RETRY_FIRST_MS = 60_000;
/** The longest of these pauses. */
export const PUBLICATION_RETRY_MAX_MS = 600_000;
/** The longest pause of a place that takes none. */
export const PLACE_PAUSE_MAX_MS = 30_000;

export interface ObjectRunnerOptions {
  readonly store: ObjectStore;
  readonly places: readonly ObjectPlace[];
  readonly metrics: ObjectMetrics;
  readonly shutdown: Shutdown;
  readonly logger: Logger;
  readonly pauses?: RetryPauses | undefined;
}

/** Gives proofs their identifiers, and puts their objects into each place in a loop of its own: one that hangs delays nothing else. */
export class ObjectRunner {
  private readonly addressing: Loop;
  private readonly publishing: readonly Loop[];
  private readonly ended = new AbortController();

  constructor(private readonly options: ObjectRunnerOptions) {
    const { store, places, logger } = options;
    this.addressing = new Loop({
      run: async () => ((await addressObjects(store)) ? 0 : undefined),
      pollMs: OBJECTS_POLL_MS,
      onFailure: (err) => logger.warn({ err }, 'proofs could not be given identifiers and are tried again'),
    });
    this.publishing = places.map((place) => this.loopOf(place));
  }

  onApplicationBootstrap(): void {
    const loops = [this.addressing, ...this.publishing];
    this.options.shutdown.add('in-flight', 'objects', async () => {
      this.ended.abort();
      await Promise.all(loops.map((loop) => loop.stop()));
    });
    for (const loop of loops) loop.start();
  }

  private loopOf(place: ObjectPlace): Loop {
    const { store, logger, pauses } = this.options;
    const attempted = (name: ObjectPlaceName, result: PublicationResult, cid: string, detail?: string) =>
      this.attempted(name, result, cid, detail);
    const publish = new PublishObjects(
      store,
      place,
      { attempted },
      {
        firstMs: pauses?.firstMs ?? PUBLICATION_RETRY_FIRST_MS,
        maxMs: pauses?.maxMs ?? PUBLICATION_RETRY_MAX_MS,
      },
    );
    return new Loop({
      run: async () => ((await publish.next(this.ended.signal)) ? 0 : undefined),
      pollMs: OBJECTS_POLL_MS,
      backoffMaxMs: pauses?.maxMs ?? PLACE_PAUSE_MAX_MS,
      onFailure: (err) => {
        if (!this.ended.signal.aborted)
          logger.warn({ err, place: place.name }, 'an object was not put into a place and is tried again');
      },
    });
  }

  private attempted(place: ObjectPlaceName, result: PublicationResult, cid: string, detail?: string): void {
    const { metrics, logger } = this.options;
    metrics.attempted(place, result);
    if (result === 'withheld')
      logger.error({ place, cid, detail }, 'a proof is not about its output and is not published');
    else if (result === 'other-cid')
      logger.error({ place, cid }, 'a place gives an object another identifier');
    else if (result === 'published') logger.debug({ place, cid }, 'an object is published');
  }
}
