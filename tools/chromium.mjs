// Makes sure that the browser tests have a Chromium: finds it, or installs the distribution's package as root.
import { CHROMIUM_REMEDY, obtainChromium } from '../libs/testing/dist/index.js';

const program = obtainChromium((line) => process.stderr.write(`chromium: ${line}\n`));
process.stderr.write(`chromium: ${program ?? CHROMIUM_REMEDY}\n`);
process.exitCode = program === undefined ? 1 : 0;
