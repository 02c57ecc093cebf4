import { Module, type ModuleMetadata } from '@nestjs/common';
import type { ServiceName } from '@touchstone/contracts';
import { MeshModule, serveMesh, type MeshLimits } from '@touchstone/nats';
import type { CommandContext, ServiceCommand, ServiceDefinition } from '@touchstone/platform/runtime';
import type { ServiceContext } from '@touchstone/platform/wiring';
import {
  migrateCommand,
  OutboxModule,
  PostgresModule,
  republishCommand,
  type PostgresOptions,
} from '@touchstone/postgres';
import type { z } from 'zod';
import { reportService, type NodeConfig, type OwnHeartbeat } from './heartbeat/report-service.js';
import { databaseOptionsOf, type Migrations } from './database.js';
import { placeInMesh } from './place-in-mesh.js';
import type { ServiceSchema, SharedConfig } from './shared-config.js';
import { VERSION } from './version.js';

/** The parts of a service that Nest wires. */
export type ServiceParts = Pick<ModuleMetadata, 'imports' | 'controllers' | 'providers'>;

/** What is particular to one service. */
export interface OwnService<S extends ServiceSchema> extends Pick<
  ServiceDefinition<S>,
  'codeFolder' | 'openApi' | 'setup'
> {
  readonly name: ServiceName;
  readonly configSchema: S;
  /** In the order in which they were written; those of the outbox are added. */
  readonly migrations: Migrations;
  readonly parts: (config: z.output<S>, context: ServiceContext<z.output<S>>) => ServiceParts;
  /** How many calls of a verb run at a time. */
  readonly rpcLimits?: MeshLimits;
  /** How it reports itself to the attestation hub, once it listens; its configuration spreads `nodeKeys`. */
  readonly heartbeat?: OwnHeartbeat<z.output<S>>;
  /** Beside `migrate` and `republish`; each is given how the database is reached. */
  readonly commands?: Readonly<Record<string, DatabaseCommand<z.output<S>>>>;
}

/** A command of a service that works on its database. */
export interface DatabaseCommand<C> extends Omit<ServiceCommand<C>, 'run'> {
  run(
    given: { readonly config: C; readonly database: PostgresOptions },
    context: CommandContext,
    args: readonly string[],
  ): Promise<void>;
}

/** A service as `runService` starts it, in `main.ts` and in tests. */
export interface DefinedService<S extends ServiceSchema> extends ServiceDefinition<S> {
  readonly name: ServiceName;
  readonly databaseOptions: (config: z.output<S>) => PostgresOptions;
}

@Module({})
class ServiceModule {}

/**
 * Makes a service of its name and its own parts. Its schema, its NATS user, the streams and durables that must be there,
 * its outbox and the commands `migrate` and `republish` follow from the tables of contracts; it answers RPCs when
 * the table of RPCs names it.
 */
export function defineService<S extends ServiceSchema>(own: OwnService<S>): DefinedService<S> {
  const { name, configSchema, codeFolder, openApi } = own;
  const place = placeInMesh(name);
  const databaseOptions = (config: z.output<S>): PostgresOptions =>
    databaseOptionsOf(name, own.migrations, shared(config));
  return {
    name,
    version: VERSION,
    configSchema,
    databaseOptions,
    ...(codeFolder === undefined ? {} : { codeFolder }),
    ...(openApi === undefined ? {} : { openApi }),
    module: (config, context) => {
      const { imports = [], ...parts } = own.parts(config, context);
      return {
        module: ServiceModule,
        imports: [
          PostgresModule.forRoot(databaseOptions(config)),
          meshModule(name, shared(config)),
          ...(place.publishes ? [OutboxModule] : []),
          ...imports,
        ],
        ...parts,
      };
    },
    setup: async (app, context) => {
      if (place.rpc !== undefined) serveMesh(app, context, place.rpc, own.rpcLimits);
      await own.setup?.(app, context);
    },
    started: (app, context) => {
      if (own.heartbeat !== undefined) reportService(name, own.heartbeat, app, withNode(context));
    },
    commands: {
      migrate: migrateCommand(databaseOptions),
      ...(place.publishes ? { republish: republishCommand(databaseOptions) } : {}),
      ...onDatabase(own.commands ?? {}, databaseOptions),
    },
  };
}

function onDatabase<C>(
  commands: Readonly<Record<string, DatabaseCommand<C>>>,
  databaseOptions: (config: C) => PostgresOptions,
): Record<string, ServiceCommand<C>> {
  return Object.fromEntries(
    Object.entries(commands).map(([name, { run, ...described }]) => [
      name,
      {
        ...described,
        run: (config, context, args) => run({ config, database: databaseOptions(config) }, context, args),
      },
    ]),
  );
}

function meshModule(service: ServiceName, config: SharedConfig) {
  const { streams, durables } = placeInMesh(service);
  return MeshModule.forRoot({
    service,
    node: config.TOUCHSTONE_NODE_ID,
    url: config.NATS_URL,
    user: config.TOUCHSTONE_NATS_USER,
    password: config.TOUCHSTONE_NATS_PASSWORD ?? '',
    provisioned: { streams, durables },
  });
}

/** The keys of a node are not among those that every service has. */
function withNode<C>(context: ServiceContext<C>): ServiceContext<C & NodeConfig> {
  return context as ServiceContext<C & NodeConfig>;
}

/** TypeScript does not see that a generic schema with the shared keys gives the shared values. */
function shared(config: unknown): SharedConfig {
  return config as SharedConfig;
}
