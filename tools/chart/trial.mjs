// Runs the trial of the chart in a network namespace of its own, which is gone afterwards whatever happened.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { run } from '../images/engine.mjs';

const MAIN = fileURLToPath(new URL('trial/main.mjs', import.meta.url));

/** @param tags of the images: what is installed, and what it is upgraded to @returns the exit code */
export async function runTrial(tags) {
  const router = `touchstone-router-${process.pid}`;
  run('ip', ['netns', 'add', router]);
  try {
    const child = spawn('nsenter', [`--net=/run/netns/${router}`, process.execPath, MAIN, ...tags], {
      stdio: 'inherit',
    });
    return await new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
  } finally {
    run('ip', ['netns', 'delete', router]);
  }
}
