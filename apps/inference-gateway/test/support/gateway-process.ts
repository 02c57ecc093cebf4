import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Settings } from '@touchstone/testing/service';
import type { GatewayFixture } from './gateway-fixture.js';

const mainScript = fileURLToPath(new URL('../../bundle/main.js', import.meta.url));

/** The built gateway as a process, which a test may kill. */
export class GatewayProcess {
  private constructor(
    readonly url: string,
    /** Where its figures are. */
    readonly metricsUrl: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(fixture: GatewayFixture, change: Settings): Promise<GatewayProcess> {
    const child = spawn(process.execPath, [mainScript], {
      env: { PATH: process.env['PATH'], ...fixture.environment(change) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ports = await new Promise<{ http: number; health: number }>((resolve, reject) => {
      let text = '';
      child.stdout?.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        const line = text.split('\n').find((part) => part.includes('"msg":"listening"'));
        if (line !== undefined && text.indexOf('\n', text.indexOf(line)) >= 0)
          resolve(JSON.parse(line) as { http: number; health: number });
      });
      child.once('exit', (code) => reject(new Error(`The process ended with ${String(code)}:\n${text}`)));
    });
    const [url, health] = [ports.http, ports.health].map((port) => `http://127.0.0.1:${port}`);
    const gateway = new GatewayProcess(url as string, `${health}/metrics`, child);
    fixture.onClose(() => gateway.kill());
    return gateway;
  }

  /** Bytes of memory that it has now. */
  residentBytes(): number {
    const status = readFileSync(`/proc/${String(this.child.pid)}/status`, 'utf8');
    return 1_024 * Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  }

  /** Kills it without a chance to finish. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await exited;
  }
}
