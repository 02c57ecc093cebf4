import { stateMethods, type ChainNodePersonality, type NodeRefusal } from './personality.js';
import { spellResult } from './spell-result.js';

/** One JSON-RPC request. */
export interface NodeRequest {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What a node does with a request: answers a result or an error, or nothing at all. */
export type NodeAnswer =
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'error'; readonly code: number; readonly message: string; readonly httpStatus: number }
  | { readonly kind: 'silence' };

/** Asks the chain behind the proxy. */
export type AskChain = (request: NodeRequest) => Promise<NodeAnswer>;

/** The newest and the newest final block that the node shows. */
interface View {
  readonly head: bigint;
  readonly finalized: bigint;
}

const hex = (number: bigint): string => `0x${number.toString(16)}`;
const isNumber = (tag: unknown): tag is string => typeof tag === 'string' && /^0x[0-9a-f]+$/i.test(tag);
const ofResult = (answer: NodeAnswer): unknown => (answer.kind === 'result' ? answer.result : undefined);

async function heightOf(ask: AskChain, tag: string): Promise<bigint> {
  const block = ofResult(await ask({ method: 'eth_getBlockByNumber', params: [tag, false] }));
  return BigInt((block as { number?: string } | null)?.number ?? 0);
}

async function viewOf(personality: ChainNodePersonality, ask: AskChain): Promise<View> {
  const chainHead = await heightOf(ask, 'latest');
  const lag = personality.lagsBlocks ?? 0n;
  const head = chainHead > lag ? chainHead - lag : 0n;
  const behind = personality.finalizedBehindBlocks;
  const finalized =
    behind === undefined ? await heightOf(ask, 'finalized') : chainHead > behind ? chainHead - behind : 0n;
  return { head, finalized: finalized < head ? finalized : head };
}

/** Block tags become the numbers that this node means by them. */
function resolveTags(params: readonly unknown[], { head, finalized }: View): unknown[] {
  return params.map((value) => {
    if (value === 'latest' || value === 'pending') return hex(head);
    if (value === 'finalized' || value === 'safe') return hex(finalized);
    return value;
  });
}

function refuse({ code, message, httpStatus = 200 }: NodeRefusal, words: Record<string, string>): NodeAnswer {
  const text = Object.entries(words).reduce(
    (filled, [word, value]) => filled.replaceAll(`<${word}>`, value),
    message,
  );
  return { kind: 'error', code, message: text, httpStatus };
}

async function checkState(
  { states }: ChainNodePersonality,
  { method, params }: NodeRequest,
  { head }: View,
  ask: AskChain,
): Promise<NodeAnswer | undefined> {
  const tag = params[stateMethods[method] ?? -1];
  if (states === undefined || !states.methods.includes(method) || !isNumber(tag)) return undefined;
  if (BigInt(tag) + states.blocks >= head) return undefined;
  const block = ofResult(await ask({ method: 'eth_getBlockByNumber', params: [tag, false] }));
  const root = (block as { stateRoot?: string } | null)?.stateRoot?.slice(2) ?? '';
  return refuse(states.refusal, { root, head: head.toString() });
}

/** Looks at the range of `eth_getLogs` as the node does before it searches. */
function checkRange(
  { logs }: ChainNodePersonality,
  { method, params }: NodeRequest,
  { head }: View,
  turn: number,
): NodeAnswer | undefined {
  if (logs === undefined || method !== 'eth_getLogs') return undefined;
  const { fromBlock, toBlock } = params[0] as { fromBlock?: string; toBlock?: string };
  const from = isNumber(fromBlock) ? BigInt(fromBlock) : 0n;
  const to = isNumber(toBlock) ? BigInt(toBlock) : head;
  if (to - from + 1n <= logs.blocksMax) return undefined;
  const refusal = logs.refusals[turn % logs.refusals.length];
  return refusal && refuse(refusal, { range: `${from}-${to}` });
}

/** A node that lags has neither the newest blocks nor what stands in them. */
function hideNewer({ method, params }: NodeRequest, answer: NodeAnswer, { head }: View): NodeAnswer {
  const nothing: NodeAnswer = { kind: 'result', result: null };
  if (method === 'eth_getBlockByNumber' && isNumber(params[0]) && BigInt(params[0]) > head) return nothing;
  if (stateMethods[method] !== undefined) {
    const tag = params[stateMethods[method]];
    if (isNumber(tag) && BigInt(tag) > head)
      return { kind: 'error', code: -32_000, message: 'header not found', httpStatus: 200 };
  }
  const result = ofResult(answer);
  if (method === 'eth_getLogs' && Array.isArray(result))
    return {
      kind: 'result',
      result: (result as { blockNumber: string }[]).filter(({ blockNumber }) => BigInt(blockNumber) <= head),
    };
  const { blockNumber } = (result ?? {}) as { blockNumber?: unknown };
  return isNumber(blockNumber) && BigInt(blockNumber) > head ? nothing : answer;
}

/**
 * Answers one request as a node of this personality does.
 *
 * @param turn how many refusals of a range there were before, because some providers word each another way
 */
export async function answerAs(
  personality: ChainNodePersonality,
  request: NodeRequest,
  ask: AskChain,
  turn: number,
): Promise<NodeAnswer> {
  const { method } = request;
  if (personality.hangsOn?.includes(method)) return { kind: 'silence' };
  const refusal = personality.refuses?.[method];
  if (refusal !== undefined) return refuse(refusal, {});
  if (personality.nullFor?.includes(method)) return { kind: 'result', result: null };
  const view = await viewOf(personality, ask);
  if (method === 'eth_blockNumber') return { kind: 'result', result: hex(view.head) };
  const asked = { method, params: resolveTags(request.params, view) };
  const refused =
    (await checkState(personality, asked, view, ask)) ?? checkRange(personality, asked, view, turn);
  if (refused !== undefined) return refused;
  const answer = hideNewer(asked, await ask(asked), view);
  return answer.kind === 'result'
    ? { kind: 'result', result: spellResult(personality, method, answer.result) }
    : answer;
}
