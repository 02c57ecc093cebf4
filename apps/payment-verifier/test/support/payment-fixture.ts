import { randomBytes } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { deployDevelopmentChain } from '@touchstone/embedded';
import type { RpcClient } from '@touchstone/nats';
import { ChainNodeProxy, SignerDouble, startTestAnvil, waitUntil } from '@touchstone/testing';
import {
  ServiceFixture,
  surroundingsOf,
  type Settings,
  type Surroundings,
  type TestService,
} from '@touchstone/testing/service';
import type { configSchema } from '../../src/config.js';
import { service } from '../../src/service.js';
import { ASSET, NETWORK, Payer } from './payer.js';
import { TestToken } from './test-token.js';

const mainScript = fileURLToPath(new URL('../../bundle/main.js', import.meta.url));

/** Milliseconds between recovery runs in tests, where nobody wants to wait. */
const RECOVERY_INTERVAL_MS = '100';

/** A busy machine is slow, not wrong. */
const CALL_TIMEOUT_MS = 25_000;

const settingsOf = (nodeUrl: string): Settings => ({
  TOUCHSTONE_EVM_RPC_URL: nodeUrl,
  TOUCHSTONE_EVM_RPC_TIMEOUT_MS: '1000',
  TOUCHSTONE_PAYMENT_NETWORK: NETWORK,
  TOUCHSTONE_PAYMENT_ASSET: ASSET,
  TOUCHSTONE_RECOVERY_INTERVAL_MS: RECOVERY_INTERVAL_MS,
  // Tests let time pass for the service alone, while a payment lasts two minutes of the chain.
  TOUCHSTONE_PAYMENT_VALIDITY_MIN_SECONDS: '0',
});

/** A chain and a double of the signer, with any number of payment-verifiers on them. */
export class PaymentFixture extends ServiceFixture<typeof configSchema> {
  readonly payTo = `0x${randomBytes(20).toString('hex')}` as const;
  /** The clock of the payment-verifiers in this process; a test may move it on. */
  readonly clock = { aheadMs: 0, nowMs: (): number => Date.now() + this.clock.aheadMs };
  readonly signer = new SignerDouble({ contracts: { settlement: ASSET } });
  /** Set by {@link create}. */
  gateway!: RpcClient;

  private constructor(
    surroundings: Surroundings<typeof configSchema>,
    readonly proxy: ChainNodeProxy,
    readonly token: TestToken,
  ) {
    super(surroundings);
  }

  static async create(chain: Parameters<typeof startTestAnvil>[0] = {}): Promise<PaymentFixture> {
    const anvil = await startTestAnvil(chain);
    const proxy = await ChainNodeProxy.start(anvil.rpcUrl);
    const surroundings = await surroundingsOf(service, settingsOf(proxy.url));
    const fixture = new PaymentFixture(surroundings, proxy, new TestToken(anvil.rpcUrl));
    fixture.onClose(() => anvil.stop());
    fixture.onClose(() => proxy.stop());
    const { signer } = fixture;
    signer.serve(await fixture.connect('signer'));
    fixture.gateway = await fixture.client('inference-gateway', CALL_TIMEOUT_MS);
    await deployDevelopmentChain(anvil.rpcUrl, {
      anchorSubmitter: signer.address('anchor'),
      settlementSubmitter: signer.address('settlement'),
      payer: new Payer().address,
    });
    return fixture;
  }

  override start(change: Settings = {}): Promise<TestService> {
    return this.launch(change, { clock: this.clock });
  }

  /** Starts the built payment-verifier as a process, which a test may kill. */
  async spawn(change: Settings = {}): Promise<ChildProcess> {
    const child = spawn(process.execPath, [mainScript], {
      env: { PATH: process.env['PATH'], ...this.environment(change) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.onClose(() => killed(child));
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
  async reservationEvents(): Promise<{ subject: string; reservationId: string }[]> {
    const rows = await this.rows<{ subject: string; payload: Buffer }>(
      'SELECT subject, payload FROM payments.outbox ORDER BY id',
    );
    return rows.map(({ subject, payload }) => ({
      subject,
      ...(JSON.parse(payload.toString()) as { reservationId: string }),
    }));
  }

  async countReservations(): Promise<number> {
    const rows = await this.rows<{ count: number }>(
      'SELECT count(*)::int AS count FROM payments.reservations',
    );
    return rows[0]?.count ?? 0;
  }

  async state(reservationId: string): Promise<string | undefined> {
    const rows = await this.rows<{ state: string }>('SELECT state FROM payments.reservations WHERE id = $1', [
      reservationId,
    ]);
    return rows[0]?.state;
  }

  /**
   * Makes a reservation and its transactions (without an id: all of them) so old that recovery takes them up now, which it
   * otherwise leaves for some seconds to whoever waits for them.
   */
  async age(reservationId?: string): Promise<void> {
    await this.rows(
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
