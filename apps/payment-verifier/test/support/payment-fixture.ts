import { randomBytes } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { deployDevelopmentChain } from '@touchstone/embedded';
import { provision, RpcClient } from '@touchstone/nats';
import {
  createContext,
  loadConfig,
  silentLogger,
  startService,
  type RunningService,
} from '@touchstone/platform';
import { runMigrations } from '@touchstone/postgres';
import {
  ChainNodeProxy,
  createTestDatabase,
  SignerDouble,
  startTestAnvil,
  testNats,
  waitUntil,
  type TestDatabase,
  type TestNats,
} from '@touchstone/testing';
import pg from 'pg';
import { configSchema } from '../../src/config.js';
import { service } from '../../src/service.js';
import { ASSET, NETWORK, Payer } from './payer.js';
import { TestToken } from './test-token.js';

const mainScript = fileURLToPath(new URL('../../bundle/main.js', import.meta.url));

/** Milliseconds between recovery runs in tests, where nobody wants to wait. */
const RECOVERY_INTERVAL_MS = '100';

/** A chain, a database, a mesh account and a signer of its own, with any number of payment-verifiers on them. */
export class PaymentFixture {
  readonly payTo = `0x${randomBytes(20).toString('hex')}` as const;
  /** The clock of the payment-verifiers in this process; a test may move it on. */
  readonly clock = { aheadMs: 0, nowMs: (): number => Date.now() + this.clock.aheadMs };
  private readonly closers: (() => Promise<unknown>)[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly nats: TestNats,
    readonly proxy: ChainNodeProxy,
    readonly token: TestToken,
    readonly signer: SignerDouble,
    readonly gateway: RpcClient,
    readonly sql: pg.Client,
  ) {}

  static async create(chain: Parameters<typeof startTestAnvil>[0] = {}): Promise<PaymentFixture> {
    const [anvil, database] = await Promise.all([startTestAnvil(chain), createTestDatabase('payments')]);
    const nats = testNats();
    const proxy = await ChainNodeProxy.start(anvil.rpcUrl);
    const signer = new SignerDouble({ contracts: { settlement: ASSET } });
    const provisioner = await nats.connect('provisioner');
    await provision(provisioner, { maxBytes: 16_777_216 });
    await provisioner.close();
    const signerConnection = await nats.connect('signer');
    signer.serve(signerConnection);
    const gatewayConnection = await nats.connect('inference-gateway');
    const gateway = new RpcClient({
      nc: gatewayConnection,
      caller: 'inference-gateway',
      // A busy machine is slow, not wrong.
      timeoutMs: 25_000,
    });
    await deployDevelopmentChain(anvil.rpcUrl, {
      anchorSubmitter: signer.address('anchor'),
      settlementSubmitter: signer.address('settlement'),
      payer: new Payer().address,
    });
    const sql = new pg.Client({ connectionString: database.url });
    await sql.connect();
    const fixture = new PaymentFixture(
      database,
      nats,
      proxy,
      new TestToken(anvil.rpcUrl),
      signer,
      gateway,
      sql,
    );
    await runMigrations(service.databaseOptions(fixture.config()));
    fixture.closers.push(
      () => sql.end(),
      () => signerConnection.close(),
      () => gatewayConnection.close(),
      () => proxy.stop(),
      () => anvil.stop(),
      () => database.drop(),
    );
    return fixture;
  }

  environment(change: Readonly<Record<string, string>> = {}): Record<string, string> {
    const login = this.nats.login('payment-verifier');
    return {
      DATABASE_URL: this.database.urlFor('payment-verifier'),
      NATS_URL: this.nats.url,
      TOUCHSTONE_NATS_USER: login.user,
      TOUCHSTONE_NATS_PASSWORD: login.password,
      TOUCHSTONE_HTTP_PORT: '0',
      TOUCHSTONE_GRPC_PORT: '0',
      TOUCHSTONE_HEALTH_PORT: '0',
      TOUCHSTONE_EVM_RPC_URL: this.proxy.url,
      TOUCHSTONE_EVM_RPC_TIMEOUT_MS: '1000',
      TOUCHSTONE_PAYMENT_NETWORK: NETWORK,
      TOUCHSTONE_PAYMENT_ASSET: ASSET,
      TOUCHSTONE_RECOVERY_INTERVAL_MS: RECOVERY_INTERVAL_MS,
      // Tests let time pass for the service alone, while a payment lasts two minutes of the chain.
      TOUCHSTONE_PAYMENT_VALIDITY_MIN_SECONDS: '0',
      ...change,
    };
  }

  config(change: Readonly<Record<string, string>> = {}) {
    return loadConfig({ schema: configSchema, env: this.environment(change) });
  }

  /** Starts a payment-verifier in this process. */
  async start(change: Readonly<Record<string, string>> = {}): Promise<RunningService> {
    const context = await createContext(service, this.config(change), silentLogger());
    const running = await startService(service, { ...context, clock: this.clock });
    this.closers.unshift(() => running.stop());
    return running;
  }

  /** Starts the built payment-verifier as a process, which a test may kill. */
  async spawn(change: Readonly<Record<string, string>> = {}): Promise<ChildProcess> {
    const child = spawn(process.execPath, [mainScript], {
      env: { PATH: process.env['PATH'], ...this.environment(change) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.closers.unshift(() => killed(child));
    await new Promise<void>((resolve, reject) => {
      let text = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('"msg":"listening"')) resolve();
      });
      child.once('exit', (code) => reject(new Error(`The process ended with ${code}:\n${text}`)));
    });
    return child;
  }

  /** A payer who owns some of the token. */
  async payer(balance = 100_000_000n): Promise<Payer> {
    const payer = new Payer();
    if (balance > 0n) await this.token.mint(payer.address, balance);
    return payer;
  }

  /** Subjects of the events that were stored, with the reservation that each is about. */
  async events(): Promise<{ subject: string; reservationId: string }[]> {
    const { rows } = await this.sql.query<{ subject: string; payload: Buffer }>(
      'SELECT subject, payload FROM payments.outbox ORDER BY id',
    );
    return rows.map(({ subject, payload }) => ({
      subject,
      ...(JSON.parse(payload.toString()) as { reservationId: string }),
    }));
  }

  async countReservations(): Promise<number> {
    const { rows } = await this.sql.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM payments.reservations',
    );
    return rows[0]?.count ?? 0;
  }

  async state(reservationId: string): Promise<string | undefined> {
    const { rows } = await this.sql.query<{ state: string }>(
      'SELECT state FROM payments.reservations WHERE id = $1',
      [reservationId],
    );
    return rows[0]?.state;
  }

  /**
   * Makes a reservation and its transactions (without an id: all of them) so old that recovery takes them up now, which it
   * otherwise leaves for some seconds to whoever waits for them.
   */
  async age(reservationId?: string): Promise<void> {
    await this.sql.query(
      `WITH old AS (SELECT clock_timestamp() - interval '1 minute' AS at),
       sent AS (UPDATE payments.lane_transaction SET signed_at = least(signed_at, old.at), touched_at = least(touched_at, old.at)
         FROM old WHERE $1::uuid IS NULL OR subject = $1)
       UPDATE payments.reservations SET updated_at = least(updated_at, old.at),
         recheck_after = CASE state WHEN 'reserved' THEN least(recheck_after, old.at) ELSE recheck_after END
       FROM old WHERE ($1::uuid IS NULL OR id = $1) AND state IN ('reserved', 'settling')`,
      [reservationId ?? null],
    );
  }

  /** Waits until recovery brought a reservation into a state. */
  async recovered(reservationId: string, state: 'settled' | 'failed'): Promise<void> {
    await waitUntil(
      async () => {
        if ((await this.state(reservationId)) === state) return true;
        await this.age(reservationId);
        return false;
      },
      20_000,
      `the reservation to be ${state}`,
    );
  }

  async close(): Promise<void> {
    for (const close of this.closers) await close();
  }
}

/** Kills a process as the kernel would, and waits for its end. */
export async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

/** A request digest. */
export function digest(): string {
  return randomBytes(32).toString('hex');
}
