import { AppError } from '@touchstone/contracts';

const REQUEST_TIMEOUT_MS = 10_000;

/** Calls one JSON-RPC method of a development chain and returns its result. */
export async function callRpc<T>(
  rpcUrl: string,
  method: string,
  params: readonly unknown[] = [],
): Promise<T> {
  const response = await fetch(rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  const body = (await response.json()) as { result?: T; error?: { message: string } };
  if (body.error) throw new AppError('dependency-unavailable', `${method} failed: ${body.error.message}`);
  return body.result as T;
}
