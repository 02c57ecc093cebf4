import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerAs, type NodeAnswer, type NodeRequest } from './answer-as.js';
import type { ChainNodePersonality } from './personality.js';

/** What a test does with one request: passes it on, fails it, never answers, or cuts after passing it on. */
export type ProxyDecision = 'pass' | 'fail' | 'hang' | 'pass-then-hang' | 'hide';

/**
 * A JSON-RPC node over HTTP in front of a development chain that answers as other clients do, and through which a
 * test takes the node away at a chosen moment.
 *
 * @example
 * const proxy = await ChainNodeProxy.start(anvil.rpcUrl, { ...chainNodes.reth, ...chainNodes.base });
 * proxy.decide = (method) => (method === 'eth_sendRawTransaction' ? 'fail' : 'pass');
 */
export class ChainNodeProxy {
  decide: (method: string) => ProxyDecision = () => 'pass';
  /** Methods in the order they came. */
  readonly methods: string[] = [];
  /** What the methods were called with, in the same order. */
  readonly parameters: unknown[][] = [];
  private readonly open = new Set<ServerResponse>();
  private refusals = 0;
  private served = 0;

  private constructor(
    private readonly target: string,
    private readonly server: Server,
    private personalities: readonly ChainNodePersonality[],
  ) {}

  static async start(
    target: string,
    ...personalities: readonly ChainNodePersonality[]
  ): Promise<ChainNodeProxy> {
    const server = createServer();
    const proxy = new ChainNodeProxy(target, server, personalities);
    server.on('request', (request, response) => {
      // The chain behind has ended, or the caller went away: both look like a node that is gone.
      proxy.serve(request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** From now on these nodes answer; several take turns, as behind a balancer. None is the chain as it is. */
  become(...personalities: readonly ChainNodePersonality[]): void {
    this.personalities = personalities;
  }

  /** What a method was called with, each time. */
  callsOf(method: string): unknown[][] {
    return this.parameters.filter((_parameters, index) => this.methods[index] === method);
  }

  async stop(): Promise<void> {
    for (const response of this.open) response.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.open.add(response);
    response.on('close', () => this.open.delete(response));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as
      (NodeRequest & { id: number }) | (NodeRequest & { id: number })[];
    if (Array.isArray(body)) throw new Error('The proxy speaks no batches.');
    const { id, method, params = [] } = body;
    this.methods.push(method);
    this.parameters.push([...params]);
    const decision = this.decide(method);
    if (decision === 'hang') return;
    if (decision === 'fail') {
      response.writeHead(503).end();
      return;
    }
    const answer: NodeAnswer =
      decision === 'hide' ? { kind: 'result', result: null } : await this.answer({ method, params });
    if (decision === 'pass-then-hang' || answer.kind === 'silence') return;
    const { status, member } = encode(answer);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id, ...member }));
  }

  private async answer(request: NodeRequest): Promise<NodeAnswer> {
    const ask = (asked: NodeRequest): Promise<NodeAnswer> => this.askChain(asked);
    const personality = this.personalities[this.served++ % Math.max(1, this.personalities.length)];
    if (personality === undefined || Object.keys(personality).length === 0) return ask(request);
    const answer = await answerAs(personality, request, ask, this.refusals);
    if (answer.kind === 'error' && request.method === 'eth_getLogs') this.refusals += 1;
    return answer;
  }

  private async askChain({ method, params }: NodeRequest): Promise<NodeAnswer> {
    const response = await fetch(this.target, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const { result, error } = (await response.json()) as {
      result?: unknown;
      error?: { code: number; message: string; data?: unknown };
    };
    if (error === undefined) return { kind: 'result', result };
    return { kind: 'error', httpStatus: 200, ...error };
  }
}

function encode(answer: Exclude<NodeAnswer, { kind: 'silence' }>): {
  status: number;
  member: Record<string, unknown>;
} {
  if (answer.kind === 'result') return { status: 200, member: { result: answer.result } };
  const { kind: _kind, httpStatus, ...error } = answer;
  return { status: httpStatus, member: { error } };
}
