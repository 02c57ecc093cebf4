// Runs a program of ours in a network namespace of its own, which is gone afterwards whatever happened.
import { spawn } from 'node:child_process';
import { run } from '../images/engine.mjs';

/** @param main path of the program @returns its exit code */
export async function runInNetwork(main, args) {
  const router = `touchstone-router-${process.pid}`;
  run('ip', ['netns', 'add', router]);
  try {
    const child = spawn('nsenter', [`--net=/run/netns/${router}`, process.execPath, main, ...args], {
      stdio: 'inherit',
    });
    return await new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
  } finally {
    run('ip', ['netns', 'delete', router]);
  }
}
