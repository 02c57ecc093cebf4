import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { developmentNetwork } from '@touchstone/embedded';
import {
  freePort,
  SIGNER_DOUBLE_ORIGIN,
  SIGNER_DOUBLE_TENANT,
  eventBatchKeyId,
  signerSeeds,
  waitUntil,
  type TestDatabase,
  type TestNats,
} from '@touchstone/testing';
import { OUTPUT_KEY_HEX, OUTPUT_KEY_ID } from './leaves.js';

const entry = fileURLToPath(new URL('../../../signer/bundle/main.js', import.meta.url));

/** The real signer as a process of its own, as the launcher runs it, with the keys of its double. */
export class SignerProcess {
  private child: ChildProcess | undefined;
  private output = '';

  private constructor(
    private readonly env: Readonly<Record<string, string>>,
    private readonly healthPort: number,
  ) {}

  /**
   * Migrates its schema and starts it.
   *
   * @param contracts the registry of each network
   */
  static async start(
    nats: TestNats,
    database: TestDatabase,
    contracts: Readonly<Record<string, string>>,
  ): Promise<SignerProcess> {
    if (!existsSync(entry)) throw new Error('The signer is not built: run npm run build.');
    const { user, password } = nats.login('signer');
    const healthPort = await freePort();
    const signer = new SignerProcess(
      {
        PATH: process.env['PATH'] ?? '',
        DATABASE_URL: database.urlFor('signer'),
        NATS_URL: nats.url,
        TOUCHSTONE_NATS_USER: user,
        TOUCHSTONE_NATS_PASSWORD: password,
        TOUCHSTONE_HTTP_PORT: '0',
        TOUCHSTONE_GRPC_PORT: '0',
        TOUCHSTONE_HEALTH_PORT: String(healthPort),
        MODEL_SIGNING_KEY_HEX: OUTPUT_KEY_HEX,
        MODEL_SIGNING_KEY_ID: OUTPUT_KEY_ID,
        TOUCHSTONE_LOG_ORIGIN: SIGNER_DOUBLE_ORIGIN,
        TOUCHSTONE_CHECKPOINT_SEED_HEX: signerSeeds.checkpoint,
        TOUCHSTONE_ANCHOR_TX_KEY_HEX: signerSeeds.anchor,
        TOUCHSTONE_SETTLEMENT_TX_KEY_HEX: signerSeeds.settlement,
        ORACLE_ED25519_SEED: signerSeeds.eventBatch,
        ORACLE_ED25519_KEY_ID: eventBatchKeyId,
        TOUCHSTONE_BATCH_CALLERS: JSON.stringify({
          'attestation-hub': { tenant: SIGNER_DOUBLE_TENANT, leaves: true },
        }),
        TOUCHSTONE_ANCHOR_CONTRACTS: JSON.stringify(contracts),
        TOUCHSTONE_SETTLEMENT_NETWORK: developmentNetwork,
        TOUCHSTONE_SETTLEMENT_ASSET: `0x${'bb'.repeat(20)}`,
      },
      healthPort,
    );
    await signer.run(['migrate']);
    await signer.resume();
    return signer;
  }

  /** Starts the process again and waits until it answers. */
  async resume(): Promise<void> {
    this.child = this.spawn([]);
    await waitUntil(
      async () => (await fetch(`http://127.0.0.1:${this.healthPort}/readyz`)).status === 200,
      20_000,
      `the signer: ${this.output}`,
    );
  }

  /** Kills the process without a chance to finish. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
  }

  private async run(args: string[]): Promise<void> {
    const child = this.spawn(args);
    const code = await new Promise((resolve) => child.once('exit', resolve));
    if (code !== 0) throw new Error(`The signer ended with ${String(code)}: ${this.output}`);
  }

  private spawn(args: string[]): ChildProcess {
    const child = spawn(process.execPath, [entry, ...args], {
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (chunk: Buffer): void => void (this.output = (this.output + chunk.toString()).slice(-4_000));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    return child;
  }
}
