import { randomUUID } from 'node:crypto';
import { AppError } from '@touchstone/contracts';
import { createDataSource, runMigrations, type PostgresOptions } from '@touchstone/postgres';
import { createTestDatabase, SignerDouble, type TestDatabase } from '@touchstone/testing';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import {
  laneTables,
  PostgresLaneStore,
  RpcLaneSigner,
  TransactionLane,
  type LaneEvent,
  type LaneOwner,
  type LaneParts,
  type LaneTransaction,
} from '../src/index.js';
import { callDataOf, SimulatedChain } from './simulated-chain.js';

const tables = laneTables('payments');

class CreateLane1700000000000 implements MigrationInterface {
  readonly name = 'CreateLane1700000000000';
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables.up) await runner.query(statement);
  }
  async down(runner: QueryRunner): Promise<void> {
    for (const statement of tables.down) await runner.query(statement);
  }
}

/** A database with the tables of a lane. */
export class LaneDatabase {
  private constructor(
    readonly database: TestDatabase,
    readonly dataSource: DataSource,
  ) {}

  static async create(): Promise<LaneDatabase> {
    const database = await createTestDatabase('lane');
    const options: PostgresOptions = {
      url: database.urlFor('payment-verifier'),
      schema: 'payments',
      migrations: [CreateLane1700000000000],
      applicationName: 'test',
    };
    await runMigrations(options);
    return new LaneDatabase(database, await createDataSource(options).initialize());
  }

  async clear(): Promise<void> {
    await this.dataSource.query('TRUNCATE payments.lane, payments.lane_transaction');
  }

  async close(): Promise<void> {
    await this.dataSource.destroy();
    await this.database.drop();
  }
}

/** A lane on a simulated chain, with subjects that want a transaction until they are closed. */
export class LaneWorld implements LaneOwner<undefined> {
  readonly chain = new SimulatedChain();
  readonly signer = new SignerDouble({ chainId: this.chain.chainId });
  private key = this.keyOfNow();
  readonly events: LaneEvent['kind'][] = [];
  readonly failures: unknown[] = [];
  readonly closed = new Set<string>();
  nowMs = Date.now();
  readonly lane: TransactionLane<undefined>;

  constructor(
    readonly dataSource: DataSource,
    change: Partial<LaneParts<undefined>> = {},
  ) {
    const nowMs = () => this.nowMs;
    this.lane = new TransactionLane<undefined>({
      chain: this.chain,
      store: new PostgresLaneStore(dataSource, {
        schema: 'payments',
        network: this.chain.network,
        owner: this,
        drainMs: 60_000,
        nowMs,
      }),
      signer: {
        account: () => this.key.account(),
        sign: (transaction, account) => this.key.sign(transaction, account),
      },
      feePerGasMax: 10_000n,
      confirmations: 1n,
      stuckBlocks: 5n,
      drainMs: 60_000,
      nowMs,
      onEvent: ({ kind }) => void this.events.push(kind),
      onError: (error) => void this.failures.push(error),
      ...change,
    });
  }

  /** The signer holds another key, and the lane has noticed. */
  replaceKey(seed: string): void {
    this.signer.replaceKey('settlement', seed);
    this.key = this.keyOfNow();
  }

  private keyOfNow(): RpcLaneSigner {
    return new RpcLaneSigner(this.signer.client('payment-verifier'), 'settlement');
  }

  async claim(_manager: unknown, intents: readonly { subject: string }[]) {
    return new Map(
      intents
        .filter(({ subject }) => this.closed.has(subject))
        .map(({ subject }) => [subject, new AppError('conflict', 'It is closed.')]),
    );
  }

  async signed(): Promise<void> {}

  async wants(_manager: unknown, { subject }: LaneTransaction): Promise<boolean> {
    return !this.closed.has(subject);
  }

  /** Prepares and sends one transaction; its call data name the subject. */
  async pay(
    subject: string = randomUUID(),
    send = true,
    to = this.signer.contracts.settlement,
  ): Promise<LaneTransaction> {
    const transaction = await this.lane.prepare({
      subject,
      call: { to, data: callDataOf(subject), gas: 21_000n },
      details: undefined,
    });
    if (send) await this.lane.send(transaction);
    return transaction;
  }

  async stateOf(subject: string): Promise<LaneTransaction | undefined> {
    return (await this.lane.ofSubjects([subject])).get(subject);
  }
}
