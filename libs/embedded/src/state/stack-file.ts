import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, derText, tsaNetwork } from '@touchstone/contracts';
import { z } from 'zod';
import { DEVELOPMENT_CHAIN_ID } from '../evm/development-chain.js';
import { lockHolder } from './lock.js';

const port = z.number().int().min(1).max(65_535);
const address = z.string().regex(/^0x[0-9a-f]{40}$/);

const servicePorts = z.strictObject({ http: port, grpc: port, health: port });

const stackSchema = z.strictObject({
  version: z.literal(1),
  pid: z.number().int(),
  startedAt: z.string(),
  /** Base URL of each service's HTTP interface. */
  urls: z.record(z.string(), z.string()),
  services: z.record(z.string(), servicePorts),
  postgres: z.strictObject({ port, dataFolder: z.string() }),
  nats: z.strictObject({ url: z.string(), version: z.string() }),
  chain: z.strictObject({
    /** What is signed for a stack of an older version, on the number of Base itself, might be worth real money. */
    chainId: z.literal(DEVELOPMENT_CHAIN_ID),
    rpcUrl: z.string(),
    usdc: address,
    anchorRegistry: address,
    multicall3: address,
    anchorSubmitter: address,
    settlementSubmitter: address,
    payer: address,
    treasury: address,
  }),
  /** The time-stamping authority; absent where the machine has no openssl. */
  tsa: z
    .strictObject({
      url: z.string(),
      network: tsaNetwork,
      /** DER in base64. */
      roots: z.array(derText).min(1),
      policies: z.array(z.string()).min(1),
    })
    .optional(),
  logOrigin: z.string(),
  logs: z.string(),
});

/** Ports of one service. */
export type ServicePorts = z.infer<typeof servicePorts>;
/** What `.touchstone/stack.json` says about a running stack; it holds no secret. */
export type StackDescription = z.infer<typeof stackSchema>;
/** Addresses and contracts of the development chain. */
export type ChainDescription = StackDescription['chain'];

/** Where the time-stamping authority is, and what a trust file says about it. */
export type TsaDescription = NonNullable<StackDescription['tsa']>;

const stackPath = (stateDir: string): string => join(stateDir, 'stack.json');

/** Writes the description; readers see the old or the new one, never a half. */
export function writeStackFile(stateDir: string, stack: StackDescription): void {
  const partial = `${stackPath(stateDir)}.partial`;
  writeFileSync(partial, `${JSON.stringify(stackSchema.parse(stack), null, 2)}\n`);
  renameSync(partial, stackPath(stateDir));
}

/** Removes the description when the stack stops. */
export function removeStackFile(stateDir: string): void {
  rmSync(stackPath(stateDir), { force: true });
}

/**
 * Reads where the running stack is; undefined when none runs on that folder or it has not started up yet.
 *
 * @throws AppError `config-invalid` when the file is not one of ours.
 */
export function readStack(stateDir: string): StackDescription | undefined {
  const path = stackPath(stateDir);
  if (lockHolder(stateDir) === undefined || !existsSync(path)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new AppError('config-invalid', `${path} is not JSON; stop the stack and start it again.`, {
      cause,
    });
  }
  const parsed = stackSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AppError(
    'config-invalid',
    `${path} is from another version of this program; stop the stack and start it again.`,
    { cause: parsed.error },
  );
}
