import type { KeystoreEntry } from '@touchstone/contracts';
import { singleFlight } from '@touchstone/work';

/** The public side of the signer, as far as proofs rest on it. */
export interface SignerKeys {
  readonly outputKeys: readonly KeystoreEntry[];
  /** Those that sign batches of events. */
  readonly batchKeys: readonly KeystoreEntry[];
  /** The domain that new outputs are signed in. */
  readonly domain: string;
  /** Verifier key of the log (C2SP signed-note). */
  readonly logVerifierKey: string;
  /** Address that sends anchors. */
  readonly anchorSubmitter: string;
}

/** Asks the signer for its keys. Throws `dependency-unavailable` or `timeout` when it does not answer. */
export interface SignerKeySource {
  fetch(): Promise<SignerKeys>;
}

/** Fewest milliseconds between two questions to the signer that an unknown key causes. */
export const KEYS_REFETCH_MIN_MS = 1_000;

/**
 * Keeps the signer's keys. They change rarely, so they are asked for once, and again when something names a key that
 * is not among them; how often that may happen is bounded, since whoever sends a record chooses its key id.
 */
export class KnownKeys {
  private cached: { readonly keys: SignerKeys; readonly fetchedAtMs: number } | undefined;

  constructor(
    private readonly source: SignerKeySource,
    private readonly nowMs: () => number,
  ) {}

  /** The keys as they were last told. */
  async current(): Promise<SignerKeys> {
    return this.cached?.keys ?? (await this.fetch());
  }

  /** The keys after asking again; `undefined` when they are younger than {@link KEYS_REFETCH_MIN_MS}. */
  async refetched(): Promise<SignerKeys | undefined> {
    const { cached } = this;
    if (cached && this.nowMs() - cached.fetchedAtMs < KEYS_REFETCH_MIN_MS) return undefined;
    return this.fetch();
  }

  /** The keys, asked for again when `kid` is not among those of `use`. */
  async with(use: 'outputKeys' | 'batchKeys', kid: string): Promise<SignerKeys> {
    const keys = await this.current();
    if (keys[use].some((key) => key.kid === kid)) return keys;
    return (await this.refetched()) ?? keys;
  }

  private readonly fetch = singleFlight(async () => {
    const keys = await this.source.fetch();
    this.cached = { keys, fetchedAtMs: this.nowMs() };
    return keys;
  });
}
