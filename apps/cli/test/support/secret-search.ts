/** A secret of 32 bytes with the place where it is at home. */
export interface Secret {
  readonly owner: string;
  readonly name: string;
  /** 64 lower-case hex characters, the text in which it is configured. */
  readonly hex: string;
}

/** Something that anybody may read, or that leaves a process. */
export interface Haystack {
  readonly name: string;
  readonly bytes: Buffer;
}

/** One way in which a secret could be written. */
interface Form {
  readonly form: string;
  readonly needle: Buffer;
}

/**
 * The characters of base64 that a byte string causes alone when `offset` bytes stand before it and others behind it:
 * base64 of something longer shows the secret at one of three alignments.
 */
function base64Core(bytes: Buffer, offset: number): string {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  return encoded.slice(Math.ceil((offset * 4) / 3), Math.floor(((offset + bytes.length) * 4) / 3));
}

/** Every form of one secret that the search knows. */
export function formsOf(hex: string): Form[] {
  const raw = Buffer.from(hex, 'hex');
  const reversed = Buffer.from(raw).reverse();
  const text = (form: string, value: string): Form => ({ form, needle: Buffer.from(value, 'latin1') });
  const encoded = [0, 1, 2].flatMap((offset) =>
    [raw, Buffer.from(hex)].flatMap((bytes, which) => {
      const core = base64Core(bytes, offset);
      const of = which === 0 ? 'bytes' : 'hex text';
      return [
        text(`base64 of the ${of} at ${offset}`, core),
        text(`base64url of the ${of} at ${offset}`, core.replaceAll('+', '-').replaceAll('/', '_')),
      ];
    }),
  );
  return [
    { form: 'raw', needle: raw },
    { form: 'reversed raw', needle: reversed },
    text('hex', hex),
    text('upper-case hex', hex.toUpperCase()),
    text('reversed hex', reversed.toString('hex')),
    text('reversed text', [...hex].reverse().join('')),
    text('decimal', BigInt(`0x${hex}`).toString()),
    text('little-endian decimal', BigInt(`0x${reversed.toString('hex')}`).toString()),
    text('list of bytes', [...raw].join(',')),
    text('spaced list of bytes', [...raw].join(', ')),
    text('hex with colons', [...raw].map((byte) => byte.toString(16).padStart(2, '0')).join(':')),
    ...encoded,
  ];
}

/** Every place and form in which a secret shows. */
export function findSecrets(secrets: readonly Secret[], haystacks: readonly Haystack[]): string[] {
  const forms = secrets.flatMap((secret) => formsOf(secret.hex).map((form) => ({ secret, ...form })));
  // By their first four bytes, so that one pass over a database's files looks for all of some hundred forms; the
  // first two alone often stand in text with hex.
  const byStart = new Map<number, typeof forms>();
  const pairs = new Uint8Array(0x1_0000);
  for (const form of forms) {
    const start = form.needle.readUInt32LE(0);
    byStart.set(start, [...(byStart.get(start) ?? []), form]);
    pairs[form.needle.readUInt16LE(0)] = 1;
  }
  return haystacks.flatMap(({ name, bytes }) => {
    const found = new Set<string>();
    for (let at = 0; at + 3 < bytes.length; at += 1) {
      if (pairs[(bytes[at] as number) | ((bytes[at + 1] as number) << 8)] === 0) continue;
      for (const { secret, form, needle } of byStart.get(bytes.readUInt32LE(at)) ?? [])
        if (bytes.compare(needle, 0, needle.length, at, Math.min(bytes.length, at + needle.length)) === 0)
          found.add(`${name}: ${secret.owner} ${secret.name} as ${form}`);
    }
    return [...found];
  });
}
