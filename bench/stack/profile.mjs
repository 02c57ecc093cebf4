// Preloaded into a service: writes a CPU profile of its main thread to the folder BENCH_PROFILE when it ends. Node 20
// takes --cpu-prof on its command line only, which belongs to the launcher.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { basename, dirname, join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

const START_AFTER_MS = 8_000;

if (isMainThread) {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  // Loading the code is not what is looked for.
  setTimeout(() => session.post('Profiler.start'), START_AFTER_MS).unref();
  const service = basename(dirname(dirname(process.argv[1])));
  process.on('exit', () => {
    session.post('Profiler.stop', (error, result) => {
      if (!error)
        writeFileSync(
          join(process.env['BENCH_PROFILE'], `${service}.cpuprofile`),
          JSON.stringify(result.profile),
        );
    });
  });
}
