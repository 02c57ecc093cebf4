import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { meshCaller, type ServiceName } from '@touchstone/contracts';
import { serviceDatabaseUrl } from '../postgres/databases.js';
import type { RunningPostgres } from '../postgres/start-postgres.js';
import { flipRulesEnvironment, telemetryEnvironment } from '../process/environment.js';
import { serviceEnvironment } from '../services/service-environment.js';
import type { ServicePlan } from '../services/service-process.js';
import type { ServicePorts, StackDescription } from '../state/stack-file.js';
import type { RunningTsa } from '../tsa/start-tsa.js';
import type { NatsEndpoint, RunningChain } from './infrastructure.js';
import { stackLayout } from './layout.js';
import type { StackSecrets } from './stack-secrets.js';
import type { StackOptions } from './start-stack.js';

/** The servers that the services stand on. */
export interface Parts {
  readonly postgres: RunningPostgres;
  readonly nats: NatsEndpoint;
  readonly chain: RunningChain;
  /** Absent where the machine has no openssl. */
  readonly tsa: RunningTsa | undefined;
}

/** How each service of a description is run, with its own secrets and nobody else's. */
export function servicePlans(
  options: StackOptions,
  parts: Parts,
  secrets: StackSecrets,
  description: StackDescription,
): ServicePlan[] {
  const layout = stackLayout(options.stateDir);
  const environment = options.environment ?? process.env;
  const settings =
    typeof options.settings === 'function'
      ? options.settings(description, secrets)
      : (options.settings ?? {});
  const [node] = secrets.nodes;
  return (Object.entries(description.services) as [ServiceName, ServicePorts][]).map(([service, ports]) => {
    const dataFolder = join(layout.data, service);
    mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
    return {
      name: service,
      entry: join(options.root, 'apps', service, 'bundle', 'main.js'),
      command: options.commandOf?.(service),
      root: options.root,
      logFile: layout.logFile(service),
      healthPort: ports.health,
      environment: serviceEnvironment({
        service,
        ports,
        urls: description.urls,
        databaseUrl: serviceDatabaseUrl(parts.postgres.port, service, secrets.rolePasswords[service]),
        nats: { url: parts.nats.url, ...parts.nats.login(meshCaller(service, node)) },
        node,
        chain: description.chain,
        tsa: description.tsa,
        logOrigin: description.logOrigin,
        root: options.root,
        dataFolder,
        operatorTokenSha256: secrets.operatorTokenSha256,
        secrets: secrets.services[service],
        telemetry: telemetryEnvironment(environment),
        corsOrigins: environment['TOUCHSTONE_CORS_ORIGINS'],
        flipRules: flipRulesEnvironment(environment),
        heartbeatTokens: environment['TOUCHSTONE_HEARTBEAT_TOKENS'],
        settings: settings[service] ?? {},
      }),
    };
  });
}
