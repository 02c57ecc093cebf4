import { createHash } from 'node:crypto';
import { meshUsers, serviceNames, type ServiceName } from '@touchstone/contracts';
import type { Hex } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';
import type { FundedAddresses } from '../evm/deploy-development-chain.js';
import type { NatsUser } from '../nats/configuration.js';
import { serviceSecrets } from '../services/service-environment.js';
import { randomSecret, secp256k1Key, type SecretStore } from '../state/secrets.js';

/** All secrets of a stack, read or made. */
export interface StackSecrets {
  readonly postgresPassword: string;
  readonly rolePasswords: Readonly<Record<ServiceName, string>>;
  /** The nodes of gateways that have a NATS user each. */
  readonly nodes: readonly string[];
  readonly natsPasswords: Readonly<Record<string, string>>;
  /** The secrets of each service that go into its environment as they are. */
  readonly services: Readonly<Record<ServiceName, Readonly<Record<string, string>>>>;
  /** SHA-256 of the operator's token; the token itself is read from its file by who acts as the operator. */
  readonly operatorTokenSha256: string;
  readonly addresses: FundedAddresses & { readonly treasury: Hex };
}

const addressOf = (keyHex: string): Hex => privateKeyToAddress(`0x${keyHex}`).toLowerCase() as Hex;

function byService<T>(value: (service: ServiceName) => T): Record<ServiceName, T> {
  return Object.fromEntries(serviceNames.map((name) => [name, value(name)])) as Record<ServiceName, T>;
}

/** Reads the secrets of a stack and makes those that are missing. @param nodes the nodes that gateways run on */
export function stackSecrets(store: SecretStore, nodes: readonly string[]): StackSecrets {
  const { POSTGRES_PASSWORD } = store.ensure('postgres', { POSTGRES_PASSWORD: randomSecret });
  const rolePasswords = byService(
    (name) => store.ensure(name, { DATABASE_PASSWORD: randomSecret }).DATABASE_PASSWORD,
  );
  const natsPasswords = Object.fromEntries(
    Object.keys(meshUsers(nodes)).map((user) => [
      user,
      store.ensure(user, { TOUCHSTONE_NATS_PASSWORD: randomSecret }).TOUCHSTONE_NATS_PASSWORD,
    ]),
  );
  const services = byService((name) => store.ensure(name, serviceSecrets[name] ?? {}));
  const transactions = store.ensure('signer', {
    TOUCHSTONE_ANCHOR_TX_KEY_HEX: secp256k1Key,
    TOUCHSTONE_SETTLEMENT_TX_KEY_HEX: secp256k1Key,
  });
  const operator = store.ensure('operator', { TOUCHSTONE_OPERATOR_TOKEN: randomSecret });
  const payer = store.ensure('payer', { TOUCHSTONE_PAYER_KEY_HEX: secp256k1Key });
  // Receives what callers pay; no process needs its key, so none gets it.
  const treasury = store.ensure('treasury', { TOUCHSTONE_TREASURY_KEY_HEX: secp256k1Key });
  return {
    postgresPassword: POSTGRES_PASSWORD,
    rolePasswords,
    nodes,
    natsPasswords,
    services,
    operatorTokenSha256: createHash('sha256').update(operator.TOUCHSTONE_OPERATOR_TOKEN).digest('hex'),
    addresses: {
      anchorSubmitter: addressOf(transactions.TOUCHSTONE_ANCHOR_TX_KEY_HEX),
      settlementSubmitter: addressOf(transactions.TOUCHSTONE_SETTLEMENT_TX_KEY_HEX),
      payer: addressOf(payer.TOUCHSTONE_PAYER_KEY_HEX),
      treasury: addressOf(treasury.TOUCHSTONE_TREASURY_KEY_HEX),
    },
  };
}

/** The users of the embedded NATS server. */
export function natsUsers(secrets: StackSecrets): NatsUser[] {
  return Object.entries(meshUsers(secrets.nodes)).map(([user, permissions]) => ({
    user,
    password: secrets.natsPasswords[user] as string,
    permissions,
  }));
}
