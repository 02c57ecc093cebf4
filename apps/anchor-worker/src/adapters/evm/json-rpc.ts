import { AppError } from '@touchstone/contracts';
import { http, RpcRequestError } from 'viem';

/** Milliseconds that a chain node may take for one answer. */
export const EVM_RPC_TIMEOUT_MS = 10_000;

/** The node understood the request and refused it; its message says why. */
export class EvmRpcRefusal extends Error {
  constructor(
    readonly method: string,
    readonly reason: string,
  ) {
    super(`${method}: ${reason}`);
  }
}

/** Sends one JSON-RPC request and gives its raw result. */
export type EvmRpc = (method: string, params?: readonly unknown[]) => Promise<unknown>;

/**
 * Calls a chain node over HTTP without retries of its own: the loops that call it have their pauses. Errors never
 * carry the URL, which often holds a key.
 *
 * @throws AppError `dependency-unavailable`; {@link EvmRpcRefusal} when the node answered an error
 */
export function createEvmRpc(url: string): EvmRpc {
  const transport = http(url, { retryCount: 0, timeout: EVM_RPC_TIMEOUT_MS })({});
  return async (method, params = []) => {
    try {
      return await transport.request({ method, params: [...params] });
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal !== undefined) throw new EvmRpcRefusal(method, refusal);
      const kind = error instanceof Error ? error.name : 'unknown error';
      throw new AppError('dependency-unavailable', `The chain node did not answer ${method} (${kind}).`);
    }
  };
}

function refusalOf(error: unknown): string | undefined {
  for (let current = error; current instanceof Error; current = current.cause)
    if (current instanceof RpcRequestError) return current.details;
  return undefined;
}
