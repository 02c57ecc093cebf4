// A launcher as the command line is one: starts the stack of argv[2] = { root, stateDir, services, restart } and
// holds it until SIGTERM; the tests kill it. Runs the built library, as users do.
import { startStack } from '../dist/index.js';

const options = JSON.parse(process.argv[2]);
const say = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
const progress = { step: (_name, work) => work(), note: (line) => say({ note: line }) };
try {
  const stack = await startStack({
    ...options,
    durable: false,
    progress,
    onExit: (part, exit) => say({ part, exit }),
  });
  process.on('SIGTERM', () => void stack.stop().then(() => process.exit(0)));
  setInterval(() => undefined, 60_000);
  say({ ready: true, pids: stack.pids(), description: stack.description });
} catch (error) {
  say({ error: error.message });
  process.exitCode = 1;
}
