import { join } from 'node:path';

/** Where everything lies below the state folder (`.touchstone`). */
export interface StackLayout {
  readonly secrets: string;
  readonly logs: string;
  readonly postgres: string;
  readonly nats: string;
  readonly chainState: string;
  /** Names the chain that the data belongs to. */
  readonly chainNote: string;
  /** Keys and certificates of the time-stamping authority. */
  readonly tsa: string;
  readonly logOrigin: string;
  readonly data: string;
  pidFile(part: string): string;
  logFile(part: string): string;
}

/**
 * The names of everything the launcher creates in the state folder; a reset removes these and nothing else, in this
 * order.
 */
export const stateEntries = [
  'stack.json',
  'logs',
  'run',
  'postgres',
  'nats',
  'chain',
  'tsa',
  'data',
  'log-origin',
  'secrets',
];

/** The layout of one state folder. */
export function stackLayout(stateDir: string): StackLayout {
  return {
    secrets: join(stateDir, 'secrets'),
    logs: join(stateDir, 'logs'),
    postgres: join(stateDir, 'postgres', 'data'),
    nats: join(stateDir, 'nats'),
    chainState: join(stateDir, 'chain', 'state.json'),
    chainNote: join(stateDir, 'chain', 'network'),
    tsa: join(stateDir, 'tsa', 'authority'),
    logOrigin: join(stateDir, 'log-origin'),
    data: join(stateDir, 'data'),
    pidFile: (part) => join(stateDir, 'run', `${part}.json`),
    logFile: (part) => join(stateDir, 'logs', `${part}.log`),
  };
}
