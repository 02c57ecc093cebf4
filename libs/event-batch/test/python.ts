import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const tools = fileURLToPath(new URL('../../../tools', import.meta.url));

/** Runs `run(case)` of a Python text for each case in one process, with tools/verify_batch.py as `v`. */
export function inPython<Case, Answer>(python: string, text: string, cases: readonly Case[]): Answer[] {
  const program = `
import json, sys
sys.path.insert(0, sys.argv[1])
import verify_batch as v
${text}
for line in sys.stdin:
    print(json.dumps(run(json.loads(line))))
`;
  const run = spawnSync(python, ['-c', program, tools], {
    input: cases.map((each) => JSON.stringify(each)).join('\n'),
    encoding: 'utf8',
    timeout: 120_000,
    maxBuffer: 256 * 1024 * 1024,
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
}
