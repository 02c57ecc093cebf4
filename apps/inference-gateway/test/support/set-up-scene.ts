import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  announcedSetUp,
  setUpAnswer,
  type AnnouncedSetUp,
  type SentSetUpManifest,
  type SetUpAnswer,
} from '@touchstone/contracts/http/set-ups';
import { AppError } from '@touchstone/contracts';
import { bytesToHex, sha256 } from '@touchstone/crypto';
import { builtInProver, FaultyProver } from './faulty-prover.js';
import { GatewayFixture, type Gateway } from './gateway-fixture.js';
import { operator, TOKEN } from './operator-requests.js';
import { serveRpc } from './serve-rpc.js';

/** The chain whose blocks close set-ups. */
export const NETWORK = 'eip155:84532';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const sample = path('../../../../libs/prover-adapter/sample');
const powersFolder = path('../../../zk-prover/test/files/tiny');
const run = promisify(execFile);

/** A gateway that sets keys up with the built-in prover, a chain whose blocks the test makes, and parties. */
export class SetUpScene {
  readonly program = new FaultyProver();
  private files = 0;
  /** Number of the newest block, and the hashes of those that are final. */
  readonly chain = { head: 100n, final: new Map<bigint, string>(), isAway: false };
  fixture!: GatewayFixture;
  gateway!: Gateway;

  static async create(): Promise<SetUpScene> {
    const scene = new SetUpScene();
    scene.fixture = await GatewayFixture.create();
    const connection = await scene.fixture.connect('anchor-worker');
    serveRpc(connection, 'anchor-worker', 'chain-block', ({ network, block }) => {
      const { head, final, isAway } = scene.chain;
      if (isAway) return Promise.reject(new AppError('dependency-unavailable', 'No node answers.'));
      if (network !== NETWORK) return Promise.reject(new AppError('not-found', 'No such network.'));
      return Promise.resolve({ head: head.toString(), finalHash: final.get(BigInt(block)) ?? null });
    });
    scene.gateway = await scene.fixture.start({
      ...operator,
      TOUCHSTONE_PROVER_PATH: scene.program.path,
      TOUCHSTONE_POWERS_DIR: powersFolder,
    });
    return scene;
  }

  async close(): Promise<void> {
    await this.fixture.close();
    this.program.remove();
  }

  path(name: string): string {
    return join(this.program.folder, name);
  }

  /** A form that announces keys for the model that provers are examined with. */
  form(
    change: Partial<SentSetUpManifest> = {},
    files: { model?: Uint8Array; options?: string } = {},
  ): FormData {
    const form = new FormData();
    const manifest: SentSetUpManifest = {
      ...{ name: 'tiny.int', version: '1.0.0', developer: 'tests', powers: 'powers-06.ptau' },
      ...{ parties: ['first party', 'second party'], beacon: { network: NETWORK, inBlocks: 50 } },
      ...change,
    };
    form.set('manifest', JSON.stringify(manifest));
    const model = files.model ?? readFileSync(join(sample, 'model.onnx'));
    form.set('model', new Blob([model as Uint8Array<ArrayBuffer>]), 'model.onnx');
    form.set('options', files.options ?? readFileSync(join(sample, 'options.json'), 'utf8'));
    return form;
  }

  post(
    form: FormData,
    headers: Record<string, string> = { authorization: `Bearer ${TOKEN}` },
  ): Promise<Response> {
    return fetch(`${this.gateway.url}/v1/set-ups`, { method: 'POST', headers, body: form });
  }

  async announce(change: Partial<SentSetUpManifest> = {}): Promise<AnnouncedSetUp> {
    const response = await this.post(this.form(change));
    if (response.status !== 201) throw new Error(await response.text());
    return announcedSetUp.parse(await response.json());
  }

  async show(id: string): Promise<SetUpAnswer> {
    return setUpAnswer.parse(await (await fetch(`${this.gateway.url}/v1/set-ups/${id}`)).json());
  }

  /** A file of a set-up. @param token of whoever reads it */
  file(id: string, name: string, token?: string): Promise<Response> {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return fetch(`${this.gateway.url}/v1/set-ups/${id}/${name}`, { headers });
  }

  /** Writes the bytes to a file of their own. */
  keep(bytes: Uint8Array): string {
    this.files += 1;
    const file = this.path(`file-${this.files}`);
    writeFileSync(file, bytes);
    return file;
  }

  /** What the prover says to a command line. */
  async prover(...words: string[]): Promise<string> {
    return (await run(process.execPath, [builtInProver, ...words])).stdout;
  }

  /** A key with the contribution of a party, made on its machine. */
  async contributionTo(key: Uint8Array, name: string): Promise<Uint8Array> {
    const to = this.keep(new Uint8Array());
    await this.prover('set-up', 'contribute', '--from', this.keep(key), '--to', to, '--name', name);
    return readFileSync(to);
  }

  send(
    id: string,
    token: string | undefined,
    before: string | undefined,
    key: Uint8Array,
  ): Promise<Response> {
    return fetch(`${this.gateway.url}/v1/set-ups/${id}/contributions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/octet-stream',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(before === undefined ? {} : { 'if-match': `"${before}"` }),
      },
      body: key as Uint8Array<ArrayBuffer>,
    });
  }

  /** Downloads the newest key, contributes, and sends what came of it. */
  async contribute(id: string, token: string, name: string): Promise<Response> {
    const key = new Uint8Array(await (await this.file(id, 'proving-key.zkey', token)).arrayBuffer());
    return this.send(id, token, bytesToHex(sha256(key)), await this.contributionTo(key, name));
  }
}
