/** One sample of the text format of Prometheus. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Samples by their name. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/** Reads what `/metrics` answers (Prometheus text format 0.0.4); lines that are no samples are left out. */
export function parseMetrics(text: string): Samples {
  const samples = new Map<string, Sample[]>();
  for (const line of text.split('\n')) {
    const [, name, labelText = '', valueText = ''] = LINE.exec(line) ?? [];
    if (name === undefined) continue;
    const value = valueText === '+Inf' ? Infinity : Number(valueText);
    const labels = Object.fromEntries(
      [...labelText.matchAll(LABEL)].map(([, label = '', text = '']) => [label, text]),
    );
    const known = samples.get(name);
    if (known === undefined) samples.set(name, [{ labels, value }]);
    else known.push({ labels, value });
  }
  return samples;
}

/** The sum of all samples of a name; undefined when there is none. */
export function sumOf(samples: Samples | undefined, name: string): number | undefined {
  return samples?.get(name)?.reduce((sum, { value }) => sum + value, 0);
}
