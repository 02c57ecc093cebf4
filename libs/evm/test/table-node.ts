import { custom, RpcRequestError } from 'viem';
import { EvmNode } from '../src/index.js';

/** What a node answers to a method; a function decides by the parameters, an error is thrown. */
export type Answers = Readonly<Record<string, unknown>>;

/** A node that answers from a table. */
export function tableNode(answers: Answers, network = 'eip155:8453'): EvmNode {
  const transport = custom(
    {
      request: async ({ method, params = [] }: { method: string; params?: readonly unknown[] }) => {
        const table: Readonly<Record<string, unknown>> = { eth_chainId: '0x2105', ...answers };
        const answer = table[method];
        if (answer instanceof Error) throw answer;
        return typeof answer === 'function'
          ? (answer as (params: readonly unknown[]) => unknown)(params)
          : answer;
      },
    },
    { retryCount: 0 },
  );
  return new EvmNode(transport, network);
}

/** The refusal of a node in its own words. */
export function refusal(message: string, code = -32_000): RpcRequestError {
  return new RpcRequestError({ body: {}, url: 'http://node.example/key', error: { code, message } });
}
