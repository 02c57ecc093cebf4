// What the processes of a stack use, read from /proc (Linux).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Linux reports CPU time to user space in hundredths of a second, whatever the kernel counts in. */
const TICKS_PER_SECOND = 100;
const MEBIBYTE = 1_048_576;

/** Pids by part of the stack: its services and its servers. */
export function partsOf(stack, stateDir) {
  const servers = ['postgres', 'nats', 'anvil'].map((name) => [
    name,
    JSON.parse(readFileSync(join(stateDir, 'run', `${name}.json`), 'utf8')).pid,
  ]);
  return { ...stack.pids(), ...Object.fromEntries(servers) };
}

function statOf(pid) {
  // The name in brackets may contain spaces; what follows its bracket does not.
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {
    parent: Number(fields[1]),
    ticks: Number(fields[11]) + Number(fields[12]),
    // Of children that ended and were waited for, such as backends of PostgreSQL.
    endedTicks: Number(fields[13]) + Number(fields[14]),
  };
}

/** CPU seconds so far of each part, its children included. */
export function cpuSeconds(parts) {
  const children = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const { parent } = statOf(name);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // The process ended while we looked.
    }
  }
  const ticksOf = (pid) => {
    try {
      const { ticks, endedTicks } = statOf(pid);
      return (children.get(pid) ?? []).reduce((sum, child) => sum + ticksOf(child), ticks + endedTicks);
    } catch {
      return 0;
    }
  };
  return Object.fromEntries(
    Object.entries(parts).map(([part, pid]) => [part, ticksOf(pid) / TICKS_PER_SECOND]),
  );
}

/** Resident memory of one process in MiB, its worker threads included; undefined when it has ended. */
export function residentMebibytes(pid) {
  try {
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kibibytes === undefined ? undefined : (Number(kibibytes) * 1_024) / MEBIBYTE;
  } catch {
    return undefined;
  }
}
