/** Most bundles in memory, so that many tiny ones do not cost more than their text. */
export const CACHED_BUNDLES_MAX = 20_000;

/** A bundle that passed its own verification. */
export interface VerifiedBundle {
  /** Names the parts that it was made of: checkpoints and anchors. */
  readonly version: string;
  readonly text: string;
  readonly etag: string;
  readonly logIndex: bigint;
  /** Those whose final anchors it carries. */
  readonly networks: ReadonlySet<string>;
}

/** The bundles that were read last, by verification id, within a budget of characters. */
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

  get(verificationId: string): VerifiedBundle | undefined {
    const bundle = this.bundles.get(verificationId);
    if (bundle === undefined) return undefined;
    // A Map keeps insertion order: putting it back makes it the newest.
    this.bundles.delete(verificationId);
    this.bundles.set(verificationId, bundle);
    return bundle;
  }

  /** Keeps a bundle in place of an earlier version; the ones not read for longest make room. */
  put(verificationId: string, bundle: VerifiedBundle): void {
    this.remove(verificationId);
    if (bundle.text.length > this.charactersMax) return;
    this.bundles.set(verificationId, bundle);
    this.characters += bundle.text.length;
    for (const oldest of this.bundles.keys()) {
      if (this.characters <= this.charactersMax && this.bundles.size <= this.countMax) return;
      this.remove(oldest);
    }
  }

  private remove(verificationId: string): void {
    this.characters -= this.bundles.get(verificationId)?.text.length ?? 0;
    this.bundles.delete(verificationId);
  }
}
