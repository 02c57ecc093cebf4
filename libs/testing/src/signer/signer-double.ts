import { headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import {
  AppError,
  rpcListenSubject,
  rpcSchemas,
  rpcTable,
  toProblem,
  type BatchSigned,
  type KeystoreEntry,
  type OutputProof,
  type RpcRequest,
  type RpcResponse,
  type RpcService,
  type RpcVerb,
  type ServiceName,
} from '@touchstone/contracts';
import { DEVELOPMENT_CHAIN_ID } from '@touchstone/embedded';
import { DEFAULT_SIGNING_DOMAIN } from '@touchstone/evidence';
import type { PrivateKeyAccount } from 'viem/accounts';
import { SignerKeys, type SignerKey, type TransactionKey } from './signer-keys.js';
import {
  signCheckpoint,
  signLeaves,
  signOutput,
  signTransaction,
  type SignedHead,
  type SignedTransaction,
} from './signer-verbs.js';

type Verb = RpcVerb<'signer'>;
type Request<V extends Verb> = RpcRequest<'signer', V>;
type Response<V extends Verb> = RpcResponse<'signer', V>;

/** Asks a signer, as `RpcClient` of `@touchstone/nats` does. */
export interface SignerClient {
  call<S extends RpcService, V extends RpcVerb<S>>(
    service: S,
    verb: V,
    request: RpcRequest<S, V>,
    options?: { readonly timeoutMs?: number },
  ): Promise<RpcResponse<S, V>>;
}

/**
 * What becomes of a question: no answer, the refusal that fits the verb, an answer of no schema, no answer although it was done, or
 * the error that is given.
 */
export type SignerFault = 'away' | 'refusing' | 'broken' | 'late' | AppError;

/** How a double differs from the usual. */
export interface SignerDoubleOptions {
  /** Private keys, 32 bytes in hex. */
  readonly seeds?: Partial<Record<SignerKey, string>>;
  /** The log that is signed. */
  readonly origin?: string;
  readonly chainId?: number;
  /** The only contract that each key for transactions may call. */
  readonly contracts?: Partial<Record<TransactionKey, string>>;
  readonly nowMs?: () => number;
}

/** The origin of the log of a double. */
export const SIGNER_DOUBLE_ORIGIN = 'localhost/touchstone/test';

/** The tenant of all batches of a double. */
export const SIGNER_DOUBLE_TENANT = '0190aaaa-0000-4000-8000-000000000001';

const verbs = Object.keys(rpcTable.signer) as readonly Verb[];
const isSilent = Symbol('no answer');

type Alter = (answer: never, request: never) => unknown;

/**
 * The signer without its process: real keys, signatures and refusals behind the RPCs of the contracts, over the mesh or within the
 * process, and failures on demand. It passes the contract suite that the signer passes.
 *
 * @example
 * const signer = new SignerDouble().serve(await nats.connect('signer'));
 * signer.fail('away', 'sign-outputs');
 */
export class SignerDouble {
  readonly origin: string;
  readonly chainId: number;
  readonly contracts: Readonly<Record<TransactionKey, string>>;
  /** What was signed, in order. */
  readonly outputs: OutputProof[] = [];
  readonly batches: BatchSigned[] = [];
  readonly checkpoints: SignedHead[] = [];
  readonly transactions: SignedTransaction[] = [];
  private readonly keys: SignerKeys;
  private readonly nowMs: () => number;
  private readonly questions: Verb[] = [];
  private readonly faults = new Map<Verb, SignerFault>();
  private readonly alterations = new Map<Verb, Alter>();
  private readonly holds = new Map<Verb, Promise<void>>();
  private checkpointing: Promise<unknown> = Promise.resolve();

  constructor(options: SignerDoubleOptions = {}) {
    const { seeds = {}, origin = SIGNER_DOUBLE_ORIGIN, chainId = DEVELOPMENT_CHAIN_ID } = options;
    this.origin = origin;
    this.chainId = chainId;
    this.contracts = {
      anchor: `0x${'aa'.repeat(20)}`,
      settlement: `0x${'bb'.repeat(20)}`,
      ...options.contracts,
    };
    this.nowMs = options.nowMs ?? Date.now;
    this.keys = new SignerKeys(seeds, origin);
  }

  /** Verifier key of the log. */
  get vkey(): string {
    return this.keys.vkey;
  }

  /** The listed keys of outputs, the present one last. */
  get outputKeys(): readonly KeystoreEntry[] {
    return this.keys.keySet.keys.filter(({ use }) => use === 'output');
  }

  /** The listed keys of event batches. */
  get batchKeys(): readonly KeystoreEntry[] {
    return this.keys.keySet.keys.filter(({ use }) => use === 'event-batch');
  }

  /** The account that a key for transactions pays from, in lower case. */
  address(key: TransactionKey): `0x${string}` {
    return this.keys.address(key) as `0x${string}`;
  }

  /** The key itself, for what the signer would not sign. */
  account(key: TransactionKey): PrivateKeyAccount {
    return this.keys.account(key);
  }

  /** Whether one of the output keys, present or replaced, signed a proof. */
  verifies(proof: OutputProof): boolean {
    return this.keys.verifies(proof);
  }

  /** How often it was asked for a verb, with or without success. */
  asked(verb: Verb): number {
    return this.questions.filter((asked) => asked === verb).length;
  }

  /** Holds another key from now on, as after a restart with another configuration. */
  replaceKey(key: SignerKey, seed: string): void {
    this.keys.replace(key, seed);
  }

  /** Fails every question for the verbs from now on; for all verbs when none is named. */
  fail(fault: SignerFault, ...failing: readonly Verb[]): void {
    for (const verb of failing.length === 0 ? verbs : failing) this.faults.set(verb, fault);
  }

  /** Puts something else in the place of an answer, such as what an impostor would say. */
  forge<V extends Verb>(verb: V, alter: (answer: Response<V>, request: Request<V>) => unknown): void {
    this.alterations.set(verb, alter);
  }

  /** Lets questions for a verb wait. @returns lets those that wait and all later ones go on */
  hold(verb: Verb): () => void {
    let release = (): void => undefined;
    this.holds.set(verb, new Promise((resolve) => (release = resolve)));
    return () => {
      this.holds.delete(verb);
      release();
    };
  }

  /** Lets questions for a verb wait while something else is done. */
  async whileHeld<T>(verb: Verb, work: () => Promise<T>): Promise<T> {
    const resume = this.hold(verb);
    try {
      return await work();
    } finally {
      resume();
    }
  }

  /** Ends every failure, forgery and wait for what comes from now on. */
  recover(): void {
    this.faults.clear();
    this.alterations.clear();
    this.holds.clear();
  }

  /** Answers on a connection of the user `signer`. */
  serve(nc: NatsConnection): this {
    for (const verb of verbs)
      nc.subscribe(rpcListenSubject('signer', verb), {
        callback: (error, message) => {
          if (!error) void this.respond(verb, message);
        },
      });
    return this;
  }

  /** Answers within the process, with the errors that a client of the mesh has. */
  client(caller: ServiceName): SignerClient {
    const ask = async (service: string, verb: string, request: unknown): Promise<unknown> => {
      const asked = verbs.find((known) => service === 'signer' && known === verb);
      if (asked === undefined) throw new AppError('not-found', `The signer has no ${service}.${verb}.`);
      const answer = await this.answer(asked, request, caller);
      if (answer === isSilent) throw new AppError('timeout', `No answer of ${verb} came in time.`);
      const { data, success } = rpcSchemas.signer[asked].response.safeParse(answer);
      if (!success)
        throw new AppError('dependency-unavailable', `The answer of ${verb} does not fit its schema.`);
      return data;
    };
    return { call: ask as SignerClient['call'] };
  }

  private async respond(verb: Verb, message: Msg): Promise<void> {
    try {
      const caller = message.subject.split('.')[4] as ServiceName;
      const answer = await this.answer(verb, message.json(), caller);
      if (answer !== isSilent) message.respond(JSON.stringify(answer));
    } catch (error) {
      const problem = toProblem(error);
      const carried = headers();
      carried.set('Nats-Service-Error', problem.code);
      carried.set('Nats-Service-Error-Code', String(problem.status));
      message.respond(JSON.stringify(problem), { headers: carried });
    }
  }

  private async answer(verb: Verb, request: unknown, caller: ServiceName): Promise<unknown> {
    const allowed: readonly ServiceName[] = rpcTable.signer[verb];
    if (!allowed.includes(caller)) throw new AppError('forbidden', `${caller} may not ask for ${verb}.`);
    const parsed = rpcSchemas.signer[verb].request.safeParse(request);
    if (!parsed.success) throw new AppError('validation-failed', parsed.error.message);
    this.questions.push(verb);
    const fault = this.faults.get(verb);
    const alter = this.alterations.get(verb);
    await this.holds.get(verb);
    if (fault === 'away') return isSilent;
    if (fault === 'broken') return {};
    if (fault === 'refusing') throw refusalOf(verb);
    if (fault instanceof AppError) throw fault;
    const answer = await this.answers[verb](parsed.data as never, caller);
    if (fault === 'late') return isSilent;
    return alter === undefined ? answer : alter(answer as never, parsed.data as never);
  }

  private readonly answers: { [V in Verb]: (request: Request<V>, caller: string) => Promise<Response<V>> } = {
    'sign-output': async ({ format = 'der', ...payload }) => ({
      proof: this.keep(this.outputs, signOutput(this.keys, payload, format, this.nowMs())),
    }),
    'sign-outputs': async ({ payloads }) => {
      const nowMs = this.nowMs();
      const proofs = payloads.map((payload) => signOutput(this.keys, payload, 'der', nowMs));
      this.outputs.push(...proofs);
      return { proofs };
    },
    'sign-batch': (request) => this.oneAfterTheOther(() => this.signBatch(request)),
    'sign-checkpoint': (request) => this.oneAfterTheOther(() => this.signCheckpoint(request)),
    'sign-transaction': async (request, caller) => {
      const signed = await signTransaction(this.keys, request, this, caller);
      const { raw, hash, from } = this.keep(this.transactions, signed);
      return { rawTransaction: raw, hash, from };
    },
    'key-set': async () => ({
      keySet: this.keys.keySet,
      currentOutputKeyId: this.keys.outputKeyId,
      domain: DEFAULT_SIGNING_DOMAIN,
      log: { origin: this.origin, vkey: this.vkey },
      addresses: { anchor: this.address('anchor'), settlement: this.address('settlement') },
    }),
  };

  private async signCheckpoint(request: Request<'sign-checkpoint'>): Promise<Response<'sign-checkpoint'>> {
    if (request.origin !== this.origin)
      throw new AppError('forbidden', `This signer signs the log ${this.origin}, not ${request.origin}.`);
    const last = this.checkpoints.at(-1);
    const signed = await signCheckpoint(this.keys, request, last);
    if (signed !== last) this.checkpoints.push(signed);
    return { note: signed.note };
  }

  private async signBatch(request: Request<'sign-batch'>): Promise<Response<'sign-batch'>> {
    const tenant = SIGNER_DOUBLE_TENANT;
    const last = this.batches.filter(({ format }) => format === request.format).at(-1);
    const same = this.batches.find(({ batchId }) => batchId === request.batchId);
    const signed =
      same ?? this.keep(this.batches, await signLeaves(this.keys, request, { tenant, last }, this.nowMs()));
    if (signed.leaves.join() !== request.leaves?.join())
      throw new AppError('conflict', `The batch ${signed.batchId} was signed with other events.`);
    const { leaves: _leaves, signedAt: _signedAt, ...head } = signed;
    return { ...head, events: null, warnings: [] };
  }

  /** What the signer's lock on the log does. */
  private oneAfterTheOther<T>(work: () => Promise<T>): Promise<T> {
    const result = this.checkpointing.then(work);
    this.checkpointing = result.catch(() => undefined);
    return result;
  }

  private keep<T>(list: T[], item: T): T {
    list.push(item);
    return item;
  }
}

function refusalOf(verb: Verb): AppError {
  const code = verb === 'sign-checkpoint' ? 'checkpoint-refused' : 'signing-refused';
  return new AppError(code, `The signer was told to refuse ${verb}.`);
}
