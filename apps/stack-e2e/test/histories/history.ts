import fc from 'fast-check';
import type { Fate, Means } from './payment-world.js';

/** A request with the payment; the fuses name the step at which gateway or payment-verifier stop. */
export interface Attempt {
  readonly do: 'attempt';
  readonly body: 'own' | 'other';
  readonly forged: boolean;
  readonly copies: number;
  readonly gatewayFuse: number | undefined;
  readonly verifierFuse: number | undefined;
  readonly authorize: Fate;
  readonly settle: Fate;
  /** The model cannot run this time. */
  readonly runFails: boolean;
  /** What happens after the answer was made, when its settlement is asked for. */
  readonly meanwhile: Event | undefined;
}

/** A run of what works without a caller; the fuse names the step at which it stops. */
export interface Work {
  readonly do: 'recover' | 'sweep';
  readonly fuse: number | undefined;
  readonly settle: Fate;
}

export type Step =
  | Attempt
  | Work
  | { readonly do: 'pass-time'; readonly ms: number }
  | { readonly do: 'reorganise'; readonly depth: number; readonly forgets: boolean }
  | { readonly do: Event };

/** How is paid, the steps, and whether somebody else, or the payer himself, tries to send the transfer when all is over. */
export interface History {
  readonly means: Means;
  readonly steps: readonly Step[];
  readonly thirdPartyAtTheEnd: boolean;
}

const events = [
  'third-party',
  'mine',
  'congest',
  'clear',
  'node-away',
  'node-back',
  'empty-purse',
  'fill-purse',
  'mine-while-empty',
  'no-gas',
  'gas',
  'retire',
  'activate',
  'replace',
  'put-back',
  'change-price',
  'price-back',
  'lose-commit',
  'wake',
  'kill',
  'deliver',
] as const;
export type Event = (typeof events)[number];

const fuse = fc.option(fc.nat({ max: 16 }), { nil: undefined, freq: 2 });
const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 6, arbitrary: fc.constant('passes' as const) },
  { weight: 1, arbitrary: fc.constantFrom('request-lost', 'answer-lost', 'nobody-there', 'queue-full') },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('attempt' as const),
      body: fc.constantFrom('own', 'own', 'own', 'own', 'own', 'other'),
      forged: fc.constantFrom(...Array<boolean>(19).fill(false), true),
      copies: fc.constantFrom(1, 1, 1, 2),
      gatewayFuse: fuse,
      verifierFuse: fuse,
      authorize: fate,
      settle: fate,
      runFails: fc.constantFrom(...Array<boolean>(7).fill(false), true),
      meanwhile: fc.option(
        fc.constantFrom(
          'empty-purse',
          'no-gas',
          'node-away',
          'congest',
          'third-party',
          'lose-commit',
          'retire',
        ),
        { nil: undefined, freq: 2 },
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('recover' as const, 'sweep' as const),
      fuse,
      settle: fate,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('pass-time' as const),
      ms: fc.constantFrom(1_000, 4_000, 11_000, 11_000, 30_000, 60_000, 130_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('reorganise' as const),
      depth: fc.integer({ min: 1, max: 2 }),
      forgets: fc.boolean(),
    }),
  },
  { weight: 9, arbitrary: fc.record({ do: fc.constantFrom(...events) }) },
) as fc.Arbitrary<Step>;

const plain: Attempt = {
  do: 'attempt',
  body: 'own',
  forged: false,
  copies: 1,
  gatewayFuse: undefined,
  verifierFuse: undefined,
  authorize: 'passes',
  settle: 'passes',
  runFails: false,
  meanwhile: undefined,
};
const calm = { fuse: undefined, settle: 'passes' } as const;

/** Sequences that chance rarely makes, each the beginning of something that went wrong in a design like this one. */
const scenes: readonly (readonly Step[])[] = [
  // Our own transaction reverts.
  [
    { ...plain, meanwhile: 'congest' },
    { do: 'mine-while-empty' },
    { do: 'pass-time', ms: 4_000 },
    { do: 'recover', ...calm },
    plain,
  ],
  // A payment that verified is given back, somebody else sends it, and its time is over.
  [{ ...plain, runFails: true }, { do: 'third-party' }, { do: 'pass-time', ms: 130_000 }, plain],
  [{ ...plain, runFails: true }, { do: 'pass-time', ms: 130_000 }, plain],
  // The answer is made, and nobody asks for its settlement.
  [{ ...plain, settle: 'request-lost' }, { do: 'retire' }, { do: 'pass-time', ms: 11_000 }],
  // The funds are gone when the answer is there, and come back.
  [{ ...plain, meanwhile: 'empty-purse' }, { do: 'fill-purse' }, { do: 'third-party' }],
  // The chain drops what paid for an answer.
  [plain, { do: 'reorganise', depth: 2, forgets: true }, { do: 'mine-while-empty' }],
];

const made: readonly Step[] = [{ do: 'third-party' }, { do: 'mine' }];
const forgotten = { do: 'reorganise', depth: 2, forgets: true } as const;
const deep: readonly Step[] = Array.from({ length: 4 }, () => ({ do: 'mine' as const }));

/** The same for a transfer that the payer made himself. */
const transferScenes: readonly (readonly Step[])[] = [
  // An answer is given for a transfer that the chain drops, and it is reversed once the blocks above are final.
  [plain, forgotten, ...deep, { do: 'recover', ...calm }, plain],
  // It is taken up again afterwards, and the same request comes.
  [plain, forgotten, ...deep, { do: 'recover', ...calm }, ...made, plain],
  // It is taken up again by a block in which it moves nothing.
  [
    plain,
    { do: 'empty-purse' },
    { do: 'reorganise', depth: 2, forgets: false },
    ...deep,
    { do: 'fill-purse' },
  ],
  // It is dropped between the reservation and the settlement.
  [{ ...plain, settle: 'request-lost' }, forgotten, ...deep, { do: 'sweep', ...calm }, ...made, plain],
  // Its payer claims it for two requests.
  [{ ...plain, runFails: true }, { ...plain, body: 'other' }, plain],
];

const stepsWith = (known: readonly (readonly Step[])[]): fc.Arbitrary<readonly Step[]> =>
  fc
    .array(
      fc.oneof(
        { weight: 12, arbitrary: step.map((one) => [one]) },
        { weight: 1, arbitrary: fc.constantFrom(...known) },
      ),
      { maxLength: 11 },
    )
    .map((parts) => parts.flat());

/** Mostly the transfer is there when its payer asks. */
const begun: fc.Arbitrary<readonly Step[]> = fc.constantFrom([], made.slice(0, 1), made, made, made);

export const history: fc.Arbitrary<History> = fc.oneof(
  fc.record({
    means: fc.constant('x402' as const),
    steps: stepsWith(scenes),
    thirdPartyAtTheEnd: fc.boolean(),
  }),
  fc.record({
    means: fc.constant('transfer' as const),
    steps: fc.tuple(begun, stepsWith(transferScenes)).map((parts) => parts.flat()),
    thirdPartyAtTheEnd: fc.boolean(),
  }),
);
