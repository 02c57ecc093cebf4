import { compareUtf8 } from '@touchstone/canonical-json';
import { HASH_BYTES } from '@touchstone/merkle';
import { BatchError } from './batch-error.js';
import { type EventBatchFormat, formatRules } from './format.js';
import { orderOfIds } from './id-order.js';
import { BATCH_EVENTS_MAX } from './limits.js';
import { readEvent } from './read-event.js';

/** Where the canonical texts of a batch wait until they are in order. A million of them may be larger than memory. */
export interface EventTexts {
  /** Keeps the next text. */
  append(canonical: string): void;
  /** The text that was kept as the one at `index`, counted from 0, in UTF-8. */
  read(index: number): Uint8Array;
}

/** Keeps the texts in memory. */
export class MemoryEventTexts implements EventTexts {
  private readonly encoder = new TextEncoder();
  private readonly texts: string[] = [];

  append(canonical: string): void {
    this.texts.push(canonical);
  }

  read(index: number): Uint8Array {
    return this.encoder.encode(this.texts[index] as string);
  }
}

/** Events in order, with the root over them. */
export interface SealedEvents {
  readonly format: EventBatchFormat;
  readonly leafCount: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
  /** How many events have no `salt`: whoever guesses such an event sees by its hash that the guess is right. */
  readonly guessable: number;
  /** Canonical JSON of each event, in order of `id`. */
  texts(): Iterable<Uint8Array>;
}

const LEAVES_AT_FIRST = 1024;

/** Takes the events of a batch in any order, keeps the id and the leaf of each, and gives them back in order of `id`. */
export class EventCollector {
  private readonly ids: string[] = [];
  private leaves = new Uint8Array(LEAVES_AT_FIRST * HASH_BYTES);
  private inOrder = true;
  private guessable = 0;

  constructor(
    private readonly format: EventBatchFormat,
    private readonly kept: EventTexts = new MemoryEventTexts(),
  ) {}

  /** Number of events so far. */
  get size(): number {
    return this.ids.length;
  }

  /**
   * Takes the text of one event.
   *
   * @throws BatchError with the number of the event, counted from 1 as it came
   */
  add(text: string): void {
    const { ids } = this;
    const count = ids.length;
    if (count >= BATCH_EVENTS_MAX)
      throw new BatchError('too-many-events', `A batch has at most ${BATCH_EVENTS_MAX}.`);
    const leaf = numbered(count, () => {
      const { id, canonical, guessable } = readEvent(text);
      const hash = formatRules[this.format].leaf(canonical);
      this.kept.append(canonical);
      if (guessable) this.guessable += 1;
      if (this.inOrder && count > 0) this.inOrder = compareUtf8(ids[count - 1] as string, id) < 0;
      ids.push(id);
      return hash;
    });
    this.keepLeaf(count, leaf);
  }

  /**
   * Puts the events in order and computes their root.
   *
   * @throws BatchError `no-events`, `duplicate-id` or `duplicate-leaf`
   */
  seal(): SealedEvents {
    const { format, guessable, kept } = this;
    const leafCount = this.ids.length;
    if (leafCount === 0) throw new BatchError('no-events');
    const order = this.order();
    const accumulator = formatRules[format].root();
    for (const index of order) accumulator.push(this.leafAt(index));
    const root = accumulator.root();
    return {
      format,
      leafCount,
      root,
      guessable,
      *texts() {
        for (const index of order) yield kept.read(index);
      },
    };
  }

  private order(): Uint32Array {
    const { ids } = this;
    if (this.inOrder) return Uint32Array.from(ids, (_, index) => index);
    const order = orderOfIds(ids);
    for (let place = 1; place < order.length; place += 1) {
      const [before, here] = [order[place - 1] as number, order[place] as number];
      if (ids[before] === ids[here]) this.refuseRepeated(before, here);
    }
    return order;
  }

  /** Sorting is stable, so that the first of the two came first. */
  private refuseRepeated(first: number, second: number): never {
    const other = this.leafAt(second);
    const same = this.leafAt(first).every((byte, index) => byte === other[index]);
    throw new BatchError(same ? 'duplicate-leaf' : 'duplicate-id', `Events ${first + 1} and ${second + 1}.`);
  }

  private keepLeaf(index: number, leaf: Uint8Array): void {
    if ((index + 1) * HASH_BYTES > this.leaves.length) {
      const longer = new Uint8Array(2 * this.leaves.length);
      longer.set(this.leaves);
      this.leaves = longer;
    }
    this.leaves.set(leaf, index * HASH_BYTES);
  }

  private leafAt(index: number): Uint8Array {
    return this.leaves.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
  }
}

/** Runs work on one event; a refusal says which event it was. */
export function numbered<T>(index: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    throw new BatchError(
      error.reason,
      `Event ${index + 1}${error.detail === undefined ? '.' : `: ${error.detail}`}`,
    );
  }
}
