import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('..', import.meta.url));
const echoProto = fileURLToPath(new URL('echo.proto', import.meta.url));
/** Milliseconds that a request takes, so that some are running whenever the service is stopped. */
export const WORK_MS = 30;

/** The built package as it runs in production: HTTP and gRPC, signals, exit codes. */
const main = `
  import { Controller, Module, Post } from '@nestjs/common';
  import { GrpcMethod } from '@nestjs/microservices';
  import { serviceKeys } from '@touchstone/platform/config';
import { serveGrpc } from '@touchstone/platform/grpc';
import { runService } from '@touchstone/platform/runtime';
  import { setTimeout as delay } from 'node:timers/promises';
  import { z } from 'zod';
  class Work {
    async run() { console.log('begun'); await delay(${WORK_MS}); return { done: true }; }
    async echo({ text }) { console.log('begun'); await delay(${WORK_MS}); return { text }; }
  }
  const method = (decorate, name) =>
    decorate(Work.prototype, name, Object.getOwnPropertyDescriptor(Work.prototype, name));
  Controller('v1')(Work);
  method(Post('work'), 'run');
  method(GrpcMethod('EchoService', 'Echo'), 'echo');
  class Root {}
  Module({ controllers: [Work] })(Root);
  await runService({
    name: 'signer',
    configSchema: z.object(serviceKeys('signer')),
    codeFolder: 'test',
    module: () => Root,
    setup: (app, context) => void serveGrpc(app, context, {
      service: 'touchstone.echo.v1.EchoService',
      protoPath: ${JSON.stringify(echoProto)},
    }),
  });
`;

/** A service in a process of its own. */
export interface DrainedService {
  readonly ports: { readonly http: number; readonly grpc: number; readonly health: number };
  kill(signal: NodeJS.Signals): void;
  /** How many requests it has begun. */
  readonly begun: number;
  /** Its exit code and when it ended, on the clock of `performance.now()`. */
  readonly ended: Promise<{ code: number | null; atMs: number }>;
}

/** Starts a service that drains for so many seconds. */
export async function startDrainedService(drainSeconds: number): Promise<DrainedService> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', main, 'main.js'], {
    cwd: folder,
    env: {
      TOUCHSTONE_HTTP_PORT: '0',
      TOUCHSTONE_GRPC_PORT: '0',
      TOUCHSTONE_HEALTH_PORT: '0',
      TOUCHSTONE_DRAIN_SECONDS: String(drainSeconds),
      TOUCHSTONE_EXIT_WITH_STDIN: '1',
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // The end of its output, so that all that it said was read.
  const ended = new Promise<{ code: number | null; atMs: number }>((resolve) =>
    child.once('close', (code) => resolve({ code, atMs: performance.now() })),
  );
  let output = '';
  const ports = await new Promise<DrainedService['ports']>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`The service did not start: ${output}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const line = output.split('\n').find((text) => text.includes('"msg":"listening"'));
      if (line !== undefined) resolve(JSON.parse(line) as DrainedService['ports']);
    });
  });
  return {
    ports,
    kill: (signal) => void child.kill(signal),
    get begun() {
      return output.split('\n').filter((line) => line === 'begun').length;
    },
    ended,
  };
}
