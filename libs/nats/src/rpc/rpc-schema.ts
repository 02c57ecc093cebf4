import { AppError, rpcSchemas, type RpcService } from '@touchstone/contracts';
import type { z } from 'zod';

/** The two schemas of a verb. */
export interface RpcSchemaPair {
  readonly request: z.ZodType;
  readonly response: z.ZodType;
}

/** Looks up the schemas of a verb. @throws AppError `config-invalid` for a verb that contracts does not list. */
export function rpcSchemaPair(service: RpcService, verb: string): RpcSchemaPair {
  const pairs: Readonly<Record<string, RpcSchemaPair>> = rpcSchemas[service];
  const pair = Object.hasOwn(pairs, verb) ? pairs[verb] : undefined;
  if (pair === undefined) throw new AppError('config-invalid', `contracts has no RPC "${service}.${verb}".`);
  return pair;
}
