import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import type { z } from 'zod';
import type { ServiceConfig } from '../config/fragments.js';
import type { OpenApiInfo } from '../openapi/document.js';
import type { ServiceContext } from './service-context.js';

/** What a command is given. */
export type CommandContext = Pick<ServiceContext, 'logger' | 'clock'>;

/** A command of `node bundle/main.js <command>`; it exits 0 when its promise resolves. */
export interface ServiceCommand<C> {
  /** Its arguments for the help, for example `--since <time>`; a command without takes none. */
  readonly usage?: string;
  /** @throws AppError `validation-failed` when the arguments are wrong, which exits 2 with the help */
  run(config: C, context: CommandContext, args: readonly string[]): Promise<void>;
}

/** Everything that differs between two services. */
export interface ServiceDefinition<S extends z.ZodObject> {
  readonly name: string;
  /** The version of the deployment; all packages of the repository share one. */
  readonly version?: string;
  /** An object schema that spreads `serviceKeys(name)` and adds the service's own keys. */
  readonly configSchema: S;
  /** The folder whose files are the build; the folder of the started script when left out. */
  readonly codeFolder?: string;
  /** The service's root module. */
  readonly module: (
    config: z.output<S>,
    context: ServiceContext<z.output<S>>,
  ) => Type | DynamicModule | Promise<Type | DynamicModule>;
  /** Connects further transports (`serveGrpc`, NATS strategies) and middleware before the application starts. */
  readonly setup?: (app: INestApplication, context: ServiceContext<z.output<S>>) => Promise<void> | void;
  /** Called once every transport listens; what it starts must not fail the service. */
  readonly started?: (app: INestApplication, context: ServiceContext<z.output<S>>) => void;
  /** By name, for example `migrate`. */
  readonly commands?: Readonly<Record<string, ServiceCommand<z.output<S>>>>;
  readonly openApi?: Partial<OpenApiInfo>;
}

/** Reads the platform's own keys out of a service's configuration. */
export function platformConfig(config: unknown): ServiceConfig {
  const keys = config as Partial<ServiceConfig>;
  if (keys.TOUCHSTONE_HTTP_PORT === undefined)
    throw new Error('The configuration schema does not spread serviceKeys(name).');
  return keys as ServiceConfig;
}
