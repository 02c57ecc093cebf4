import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { loadConfig, serviceKeys } from '@touchstone/platform/config';
import { createLogger, silentLogger } from '@touchstone/platform/observability';
import { createContext, runService, startService, type RunningService } from '@touchstone/platform/runtime';
import type { ServiceContext } from '@touchstone/platform/wiring';
import { PUBLISH_EVENT, type PublishEvent } from '@touchstone/platform/wiring';
import { tmpdir } from 'node:os';
import { PassThrough } from 'node:stream';
import { z } from 'zod';
import { migrateCommand, PostgresModule, type PostgresOptions } from '../src/index.js';

const configSchema = z.object(serviceKeys('signer'));
const env = {
  TOUCHSTONE_HTTP_PORT: '0',
  TOUCHSTONE_HEALTH_PORT: '0',
  TOUCHSTONE_BUILD_HASH: 'ab'.repeat(32),
};

/** Starts a service that has nothing but its database and the modules that are given. */
export async function startTestService(
  options: PostgresOptions,
  imports: readonly (Type | DynamicModule)[] = [],
  setup: ServiceSetup = () => undefined,
  watched?: StartWatch,
): Promise<RunningService> {
  const definition = definitionOf(options, imports, setup);
  const config = loadConfig({ schema: configSchema, env });
  const context = await createContext(definition, config, watched?.logger ?? silentLogger());
  watched?.follow(context);
  return startService(definition, context);
}

/** What is seen of a service while it starts. */
export class StartWatch {
  /** The lines of its log that say that something is wrong. */
  readonly lines: Record<string, unknown>[] = [];
  readonly logger = createLogger({
    service: 'signer',
    version: '0.0.0',
    level: 'warn',
    destination: {
      write: (line: string) => void this.lines.push(JSON.parse(line) as Record<string, unknown>),
    },
  });
  private context: ServiceContext | undefined;

  follow(context: ServiceContext): void {
    this.context = context;
  }

  /** Why the database keeps it from being ready. */
  async reason(): Promise<string | undefined> {
    const { checks = [] } = (await this.context?.health.readiness()) ?? {};
    return checks.find(({ name, ok }) => name === 'postgres' && !ok)?.detail;
  }

  /** Ends the service before it has started. */
  async end(): Promise<void> {
    await this.context?.shutdown.run('test');
  }
}

/** The exit code of a process that starts the service, or runs the command, on this database. */
export async function exitCodeOf(options: PostgresOptions, ...command: string[]): Promise<number> {
  const definition = {
    ...definitionOf(options, [], () => undefined),
    commands: { migrate: migrateCommand(() => options) },
  };
  const codes: number[] = [];
  const silent = { write: () => true };
  await runService(definition, {
    argv: ['node', 'main.js', ...command],
    env: { ...env, TOUCHSTONE_LOG_LEVEL: 'silent' },
    stdin: new PassThrough(),
    stdout: silent,
    stderr: silent,
    on: () => undefined,
    exit: (code) => codes.push(code),
  });
  const [code] = codes;
  if (code === undefined) throw new Error('The service started.');
  return code;
}

type ServiceSetup = NonNullable<Parameters<typeof startService<typeof configSchema>>[0]['setup']>;

function definitionOf(
  options: PostgresOptions,
  imports: readonly (Type | DynamicModule)[],
  setup: ServiceSetup,
): Parameters<typeof startService<typeof configSchema>>[0] {
  @Module({ imports: [PostgresModule.forRoot(options), ...imports] })
  class ServiceModule {}
  return { name: 'signer', configSchema, codeFolder: tmpdir(), module: () => ServiceModule, setup };
}

/** What a bus module provides for the relay. */
export function busOf(publish: PublishEvent): DynamicModule {
  @Module({})
  class BusModule {}
  return {
    module: BusModule,
    global: true,
    providers: [{ provide: PUBLISH_EVENT, useValue: publish }],
    exports: [PUBLISH_EVENT],
  };
}
