/** Words of PromQL that stand where a series could. */
const WORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan']);
const NAME = /(?<![\w:$])[a-zA-Z_:][\w:]*(?![\w:])(?!\s*\()/g;
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;

/** A series that an expression reads, with the labels that its selector names. */
export interface ReadSeries {
  readonly name: string;
  readonly labels: readonly string[];
}

/** The series that an expression reads. */
export function seriesOf(expression: string): readonly ReadSeries[] {
  const bare = expression
    .replace(/"(?:[^"\\]|\\.)*"/g, '""')
    .replace(GROUPING, ' ')
    .replace(/\[[^\]]*\]/g, '');
  const selectors = [...bare.matchAll(/([a-zA-Z_:][\w:]*)\{([^}]*)\}/g)].map(
    ([, name = '', inside = '']) => ({
      name,
      labels: [...inside.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
    }),
  );
  const plain = bare.replace(/[a-zA-Z_:][\w:]*\{[^}]*\}/g, ' ').match(NAME) ?? [];
  return [
    ...selectors,
    ...plain.filter((name) => !WORDS.has(name.toLowerCase())).map((name) => ({ name, labels: [] })),
  ];
}
