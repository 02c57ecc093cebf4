import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '@touchstone/testing';
import type { StackDescription } from '../src/index.js';

const launcher = fileURLToPath(new URL('./launcher.mjs', import.meta.url));

/** What launcher.mjs reports, one object per line. */
export interface LauncherEvent {
  readonly ready?: true;
  readonly pids?: Record<string, number>;
  readonly description?: StackDescription;
  readonly note?: string;
  readonly part?: string;
  readonly exit?: string;
  readonly error?: string;
}

/** A launcher in a process of its own. */
export interface Launched {
  readonly child: ChildProcess;
  readonly events: readonly LauncherEvent[];
  event(matches: (event: LauncherEvent) => boolean): Promise<LauncherEvent>;
}

/** Starts launcher.mjs. */
export function launch(options: object): Launched {
  const child = spawn(process.execPath, [launcher, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const events: LauncherEvent[] = [];
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) =>
    events.push(JSON.parse(line) as LauncherEvent),
  );
  return {
    child,
    events,
    event: (matches) => waitUntil(() => events.find(matches), 25_000, 'an event of the launcher'),
  };
}

/** Command lines of all processes that mention `text`, without this one; Linux only, as the whole integration test. */
export function processesThatMention(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const commandLine = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return commandLine.includes(text) ? [commandLine] : [];
      } catch {
        return [];
      }
    });
}
