import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { AppError } from '@touchstone/contracts';
import { startGuardedProcess } from '../process/guarded-process.js';
import { freePort } from '../process/ports.js';
import { DEVELOPMENT_CHAIN_ID } from './development-chain.js';
import { findAnvil } from './find-anvil.js';
import { callRpc } from './json-rpc.js';
import { keepStateFileRegularly, recoverStateFile } from './state-file.js';
import { makeFinalBlockProvable, SLOTS_IN_AN_EPOCH_DEFAULT, watchAndMine } from './watch-and-mine.js';

const READY_TIMEOUT_MS = 20_000;
const STOP_GRACE_MS = 10_000;
const START_ATTEMPTS_MAX = 3;
/**
 * States of past blocks that are kept, in memory alone. Each is a whole copy, so that a file of all of them grows with
 * the square of the chain. Whoever proves something proves it at the final block, two below the newest.
 */
const HISTORY_STATES_MAX = 256;
/**
 * Seconds between two writes of the state file, which cost the more the longer the chain is. A chain that is killed
 * loses the blocks since the last one, as in a reorganisation; one that is stopped loses nothing.
 */
const STATE_INTERVAL_SECONDS = 2;

/** Options of {@link startAnvil}. */
export interface AnvilOptions {
  /** The chain survives restarts in this file. */
  readonly stateFile: string;
  /** 0 or absent takes any free port. */
  readonly port?: number;
  /** Asked about each port that is free, so that it may be claimed; see `freePort`. */
  readonly acceptPort?: (port: number) => Promise<boolean>;
  readonly chainId?: number;
  /** A block is final below two epochs; more slots than 1 leave room for a reorganisation that finality allows. */
  readonly slotsInAnEpoch?: number;
  /** False mines no empty blocks: `finalized` moves only when somebody mines them. */
  readonly finalizes?: boolean;
  /**
   * True lets pages of any origin read the chain's answers, for a test in a browser. Otherwise a browser keeps them from
   * every page that is open on this machine. What a page sends blindly, as plain text, anvil takes in both cases.
   */
  readonly cors?: boolean;
  readonly logFile?: string;
  readonly pidFile?: string;
  readonly announce?: (line: string) => void;
}

/** A running development chain. */
export interface RunningAnvil {
  readonly port: number;
  readonly rpcUrl: string;
  readonly chainId: number;
  readonly exited: Promise<number>;
  stop(): Promise<void>;
}

function anvilArguments(options: AnvilOptions, port: number, chainId: number, slots: number): string[] {
  return [
    ...['--host', '127.0.0.1', '--port', String(port), '--chain-id', String(chainId)],
    ...['--slots-in-an-epoch', String(slots), '--prune-history', String(HISTORY_STATES_MAX)],
    ...['--state', options.stateFile, '--state-interval', String(STATE_INTERVAL_SECONDS)],
    ...(options.cors === true ? [] : ['--no-cors']),
  ];
}

async function startOnce(options: AnvilOptions, command: string, port: number): Promise<RunningAnvil> {
  const { stateFile, chainId = DEVELOPMENT_CHAIN_ID, finalizes = true } = options;
  const { slotsInAnEpoch = SLOTS_IN_AN_EPOCH_DEFAULT } = options;
  const server = await startGuardedProcess({
    command,
    args: anvilArguments(options, port, chainId, slotsInAnEpoch),
    logFile: options.logFile ?? `${stateFile}.log`,
    pidFile: options.pidFile ?? `${stateFile}.pid.json`,
    signals: ['SIGTERM'],
    graceMs: STOP_GRACE_MS,
  });
  const rpcUrl = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    // Somebody else's chain may answer there until this one has found its port taken.
    if (server.hasLogged(`Listening on 127.0.0.1:${port}`)) {
      const answered = await callRpc<string>(rpcUrl, 'eth_chainId').catch(() => undefined);
      if (answered !== undefined && Number(answered) === chainId && !server.hasExited()) break;
    }
    if (server.hasExited() || Date.now() > deadline) {
      await server.stop();
      throw new AppError(
        'dependency-unavailable',
        `anvil did not start; the end of its log:\n${server.logTail()}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await makeFinalBlockProvable(rpcUrl, slotsInAnEpoch);
  const stopMining = finalizes ? watchAndMine(rpcUrl, slotsInAnEpoch) : () => undefined;
  const stopKeeping = keepStateFileRegularly(stateFile);
  void server.exited.then(stopMining);
  return {
    port,
    rpcUrl,
    chainId,
    exited: server.exited,
    stop: async () => {
      stopMining();
      await server.stop();
      await stopKeeping();
    },
  };
}

/**
 * Starts anvil on 127.0.0.1 with Base Sepolia's chain id, automatic mining and a `finalized` block that moves.
 *
 * @throws AppError `dependency-unavailable` when there is no anvil or it does not start.
 */
export async function startAnvil(options: AnvilOptions): Promise<RunningAnvil> {
  const command = findAnvil();
  if (command === undefined) {
    throw new AppError(
      'dependency-unavailable',
      'anvil not found: on linux-x64 run npm ci without --omit=optional, elsewhere install Foundry so that anvil is on PATH.',
    );
  }
  const announce = options.announce ?? ((line: string) => void process.stderr.write(`${line}\n`));
  mkdirSync(dirname(options.stateFile), { recursive: true });
  recoverStateFile(options.stateFile, announce);
  for (let attempt = 1; ; attempt++) {
    const port = await freePort(options.port, options.acceptPort);
    try {
      return await startOnce(options, command, port);
    } catch (error) {
      // Somebody may have taken the port since it was found free; another one is as good.
      const portTaken = error instanceof AppError && /address already in use/i.test(error.message);
      if (!portTaken || attempt === START_ATTEMPTS_MAX) throw error;
    }
  }
}
