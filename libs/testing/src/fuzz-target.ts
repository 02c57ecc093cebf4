import fc from 'fast-check';

/** A reader of untrusted bytes with the rule that it keeps, as `tools/fuzz/targets` defines it. */
interface FuzzTarget {
  readonly name: string;
  /** Pieces of valid inputs. */
  readonly dictionary: readonly (readonly number[])[];
  /** Largest input in bytes. */
  readonly bytesMax: number;
  /** Valid and almost valid inputs. */
  seeds(): readonly Uint8Array[];
  /** Throws, or rejects, when the input breaks the rule. */
  run(bytes: Uint8Array): Promise<void> | undefined;
}

const TIME_LIMIT_MS = 10_000;

/** Runs a target over its seeds and its committed corpus; rejects at the first input that breaks the rule. */
export async function replayFuzzCorpus(name: string): Promise<void> {
  const { target, corpus } = await loadFuzzTarget(name);
  if (corpus.length === 0) throw new Error(`The corpus of ${name} is empty.`);
  for (const bytes of [...target.seeds(), ...corpus]) await target.run(bytes);
}

/** Runs a target over hostile inputs; rejects with seed and path of one that breaks the rule. */
export async function fuzzAtRandom(name: string, numRuns = 3_000): Promise<void> {
  const { target } = await loadFuzzTarget(name);
  await fc.assert(
    fc.asyncProperty(hostileBytes(target), async (bytes) => target.run(bytes)),
    { numRuns, interruptAfterTimeLimit: TIME_LIMIT_MS },
  );
}

/** A target with its committed corpus: inputs that reached something new in a coverage-guided run, and findings. */
async function loadFuzzTarget(
  name: string,
): Promise<{ readonly target: FuzzTarget; readonly corpus: readonly Uint8Array[] }> {
  const tools = new URL('../../../tools/fuzz/', import.meta.url);
  const targets = (await import(new URL(`targets/${name}.mjs`, tools).href)) as Record<string, FuzzTarget>;
  const { readCorpus } = (await import(new URL('corpus.mjs', tools).href)) as {
    readCorpus: (name: string) => Uint8Array[];
  };
  const target = Object.values(targets).find((candidate) => candidate.name === name);
  if (!target) throw new Error(`tools/fuzz/targets/${name}.mjs has no target of that name.`);
  return { target, corpus: readCorpus(name) };
}

/** Inputs for a target: any bytes, its dictionary in any order, and its seeds with some edits. */
function hostileBytes(target: FuzzTarget): fc.Arbitrary<Uint8Array> {
  const seeds = target.seeds();
  const token = fc.constantFrom(...target.dictionary.map((bytes) => Uint8Array.from(bytes)));
  const piece = fc.oneof(token, fc.uint8Array({ maxLength: 3 }));
  const edit = fc.record({ at: fc.nat(), remove: fc.nat(4), insert: piece });
  const edited = fc
    .tuple(fc.nat(Math.max(0, seeds.length - 1)), fc.array(edit, { minLength: 1, maxLength: 6 }))
    .map(([which, edits]) =>
      edits.reduce<Uint8Array>((bytes, { at, remove, insert }) => {
        const place = at % (bytes.length + 1);
        return Uint8Array.of(...bytes.subarray(0, place), ...insert, ...bytes.subarray(place + remove));
      }, seeds[which] ?? new Uint8Array()),
    );
  const joined = fc
    .array(piece, { maxLength: 24 })
    .map((pieces) => Uint8Array.from(pieces.flatMap((part) => [...part])));
  return fc
    .oneof(fc.uint8Array({ maxLength: 128 }), joined, { arbitrary: edited, weight: 3 })
    .map((bytes) => bytes.slice(0, target.bytesMax));
}
