import type { KeptParts } from './known-arrivals.js';

/** Most bundles in memory, so that many tiny ones do not cost more than their text. */
export const CACHED_BUNDLES_MAX = 20_000;

/** A bundle that passed its own verification. */
export interface VerifiedBundle extends KeptParts {
  /** Names the parts that it was made of: checkpoints, anchors, and whether a proof of the execution had arrived. */
  readonly version: string;
  readonly text: string;
  readonly etag: string;
}

/** The bundles that were read last, by the key of their subject, within a budget of characters. */
export class RecentBundles {
  private readonly bundles = new Map<string, VerifiedBundle>();
  private characters = 0;

  constructor(
    private readonly charactersMax: number,
    private readonly countMax = CACHED_BUNDLES_MAX,
  ) {}

  get count(): number {
    return this.bundles.size;
  }

  get(key: string): VerifiedBundle | undefined {
    const bundle = this.bundles.get(key);
    if (bundle === undefined) return undefined;
    // A Map keeps insertion order: putting it back makes it the newest.
    this.bundles.delete(key);
    this.bundles.set(key, bundle);
    return bundle;
  }

  /** Keeps a bundle in place of an earlier version; the ones not read for longest make room. */
  put(key: string, bundle: VerifiedBundle): void {
    this.remove(key);
    if (bundle.text.length > this.charactersMax) return;
    this.bundles.set(key, bundle);
    this.characters += bundle.text.length;
    for (const oldest of this.bundles.keys()) {
      if (this.characters <= this.charactersMax && this.bundles.size <= this.countMax) return;
      this.remove(oldest);
    }
  }

  private remove(key: string): void {
    this.characters -= this.bundles.get(key)?.text.length ?? 0;
    this.bundles.delete(key);
  }
}
