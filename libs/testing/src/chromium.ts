import { obtainPackage, runProgram, type ObtainOptions, type Run } from './debian-package.js';

/** Names under which distributions install it; all of them are Chromium or made of it. */
const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const VERSION_TIMEOUT_MS = 20_000;

/** What to do where there is none. */
export const CHROMIUM_REMEDY =
  'The browser tests need Chromium on PATH: run node tools/chromium.mjs as root on Debian, or install it.';

/** Flags with which it runs without a screen, also for root, and asks nobody but the pages that it is given. */
export const CHROMIUM_FLAGS: readonly string[] = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-quic',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--disable-sync',
  '--no-proxy-server',
];

/** The path of a Chromium that says its version; a name may be a stub that asks for something else to be installed. */
export function findChromium(run: Run = runProgram): string | undefined {
  return names
    .map((name) => run('sh', ['-c', `command -v ${name}`], VERSION_TIMEOUT_MS)?.trim() ?? '')
    .find(
      (path) =>
        path !== '' &&
        /^(?:Chromium|Google Chrome) \d/.test(run(path, ['--version'], VERSION_TIMEOUT_MS) ?? ''),
    );
}

/** Finds Chromium, or installs it, see {@link obtainPackage}. */
export function obtainChromium(
  announce: (line: string) => void,
  options: ObtainOptions = {},
): string | undefined {
  return obtainPackage('chromium', findChromium, announce, options);
}
