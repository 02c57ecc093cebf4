import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runPython } from './python.js';

const checkout = fileURLToPath(new URL('../../..', import.meta.url));

/** What tools/verify_independent.py says about one bundle. */
export interface IndependentReport {
  readonly file: string;
  readonly result: 'VALID' | 'INVALID';
  readonly label: string;
  readonly steps: readonly {
    readonly step: string;
    readonly status: string;
    readonly detail: string;
    readonly optional?: true;
  }[];
  readonly remarks: readonly string[];
}

/** Runs the independent verifier on files, all in one process. */
export function verifyIndependently(
  python: string,
  files: readonly string[],
  options: readonly string[] = [],
): { status: number | null; reports: IndependentReport[]; stderr: string } {
  const script = join(checkout, 'tools', 'verify_independent.py');
  const run = spawnSync(python, [script, ...files, ...options, '--json'], {
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  const lines = run.stdout.split('\n').filter((line) => line !== '');
  return {
    status: run.status,
    reports: lines.map((line) => JSON.parse(line) as IndependentReport),
    stderr: run.stderr,
  };
}

/** One verification with texts of its own. */
export interface IndependentCase {
  readonly bundle: string;
  readonly trust: string | null;
}

/** Reads each trust file and verifies each bundle of the lines on standard input, in one process. */
const BATCH = `
import json, sys
sys.path.insert(0, sys.argv[1])
import verify_independent as v
sys.dont_write_bytecode = True
files = {}
for line in sys.stdin:
    case = json.loads(line)
    text = case["trust"]
    try:
        if text is not None and text not in files:
            try:
                files[text] = v.read_trust(text.encode("utf-8", "surrogatepass"))
            except v.Refused as reason:
                files[text] = reason
        trust = files.get(text)
        if isinstance(trust, v.Refused):
            print(json.dumps({"refused": str(trust)}))
            continue
        print(json.dumps(v.verify(case["bundle"].encode("utf-8", "surrogatepass"), trust, v.seconds(sys.argv[2]))))
    except Exception as error:
        print(json.dumps({"crashed": repr(error)}))
`;

/**
 * Runs the independent verifier on pairs of a bundle and a trust file.
 *
 * @param now its clock, RFC 3339 UTC
 * @returns for each pair the report, or why the trust file is refused
 */
export function verifyPairsIndependently(
  python: string,
  cases: readonly IndependentCase[],
  now: string,
): (IndependentReport | { readonly refused: string })[] {
  return runPython(python, BATCH, [now], cases) as (IndependentReport | { refused: string })[];
}

/** Takes each text of the lines on standard input through the gate and writes it in canonical form. */
const CANONICAL = `
import json, sys
sys.path.insert(0, sys.argv[1])
import verify_independent as v
for line in sys.stdin:
    data = json.loads(line).encode("utf-8", "surrogatepass")
    try:
        print(json.dumps({"bytes": v.jcs(v.read_json(data, v.TEXT_BYTES_MAX)).encode().hex()}))
    except v.Refused as reason:
        print(json.dumps({"refused": str(reason)}))
`;

/** The canonical form that the independent verifier gives each JSON text, in UTF-8 as hex, or why it refuses it. */
export function canonicalizeIndependently(
  python: string,
  texts: readonly string[],
): ({ readonly bytes: string } | { readonly refused: string })[] {
  return runPython(python, CANONICAL, [], texts) as ({ bytes: string } | { refused: string })[];
}
