import { AppError } from '@touchstone/contracts';
import { apiKeyRequestTypes, type ApiKeyRequest } from '@touchstone/contracts/http/developers';
import { sha256TextHex } from '@touchstone/crypto';
import { requireInTime, requireSigned } from './signed-request.js';

/** Keys of one developer that are not revoked; one more is refused. */
export const DEVELOPER_KEYS_MAX = 10;

/** What an API key looks like; anything else is not looked up. */
const API_KEY = /^tsk_[A-Za-z0-9_-]{43}$/;

/** An API key as it is kept: without the key. */
export interface DeveloperKey {
  readonly id: string;
  readonly developer: string;
  readonly label: string;
  readonly createdAtMs: number;
  readonly revokedAtMs: number | undefined;
}

/** A key that is to be stored. */
export interface NewDeveloperKey {
  readonly id: string;
  readonly developer: string;
  readonly label: string;
  readonly keySha256: string;
  /** What was signed to get it: once. */
  readonly requestDigest: string;
  readonly createdAtMs: number;
}

/** Keeps the digests of API keys. */
export interface DeveloperKeyStore {
  /** Only who has submitted a model gets a key, so that nobody fills the table with addresses. */
  add(key: NewDeveloperKey): Promise<'added' | 'used' | 'full' | 'nobody'>;
  /** Whose key has a SHA-256; undefined for one that is unknown or revoked. */
  holder(keySha256: string): Promise<string | undefined>;
  list(developer: string): Promise<readonly DeveloperKey[]>;
  /** @returns the key as it is then; undefined when the developer has none of that id */
  revoke(developer: string, id: string, nowMs: number): Promise<DeveloperKey | undefined>;
}

/** What {@link DeveloperKeys} needs. */
export interface DeveloperKeysParts {
  readonly store: DeveloperKeyStore;
  readonly chainId: number;
  readonly nowMs: () => number;
  readonly newId: () => string;
  readonly randomText: () => string;
}

/** Gives API keys to developers who sign for them. */
export class DeveloperKeys {
  constructor(private readonly parts: DeveloperKeysParts) {}

  /**
   * Makes a key; a signed request makes one key and no second.
   *
   * @throws AppError `signature-invalid`, `forbidden`, `conflict`
   */
  async create(request: ApiKeyRequest): Promise<DeveloperKey & { key: string }> {
    const { store, chainId, nowMs, newId, randomText } = this.parts;
    const { developer, label, deadline } = request;
    const fields = apiKeyRequestTypes.ApiKeyRequest;
    const message = { developer, label, deadline };
    const requestDigest = requireSigned({ chainId, type: 'ApiKeyRequest', fields, message }, request);
    requireInTime(deadline, nowMs());
    const key = `tsk_${randomText()}`;
    const stored = { id: newId(), developer, label, createdAtMs: nowMs() };
    const added = await store.add({ ...stored, keySha256: sha256TextHex(key), requestDigest });
    if (added === 'nobody')
      throw new AppError('forbidden', `${developer} has submitted no model here; submit one first.`);
    if (added === 'used')
      throw new AppError(
        'conflict',
        'This signed request made a key already; sign one with another deadline.',
      );
    if (added === 'full')
      throw new AppError('conflict', `${developer} has ${DEVELOPER_KEYS_MAX} keys; revoke one first.`);
    return { ...stored, revokedAtMs: undefined, key };
  }

  /** The developer whose key it is; undefined for a text that is none. */
  async holder(key: string): Promise<string | undefined> {
    return API_KEY.test(key) ? this.parts.store.holder(sha256TextHex(key)) : undefined;
  }
}
