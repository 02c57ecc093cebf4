// Runs the trial of the chart in a network namespace of its own.
import { fileURLToPath } from 'node:url';
import { runInNetwork } from '../containers/in-network.mjs';

const MAIN = fileURLToPath(new URL('trial/main.mjs', import.meta.url));

/** @param tags of the images: what is installed, and what it is upgraded to @returns the exit code */
export const runTrial = (tags) => runInNetwork(MAIN, tags);
