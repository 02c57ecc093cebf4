import { canonicalJson, parseStrictJson } from '@touchstone/canonical-json';
import {
  announcedSource,
  setUpAnnouncement,
  type CircuitSetUp,
  type SetUpAnnouncement,
} from '@touchstone/contracts/circuit';
import type { SetUpAnswer } from '@touchstone/contracts/http/set-ups';
import { sha256TextHex } from '@touchstone/crypto';
import { modelVersionIdOf } from '@touchstone/evidence';

/** What was looked at, and what came of it. */
export interface Finding {
  readonly name: string;
  readonly status: 'pass' | 'fail' | 'not-checked';
  readonly detail: string;
}

/** Most bytes of an announcement. */
const ANNOUNCEMENT_BYTES_MAX = 65_536;

/** Whether announcement, transcript and entry speak of the same circuit, parties and beacon. @param expected hashes that have to be in it */
export function judgeStatements(setUp: SetUpAnswer, expected: readonly string[]): Finding[] {
  const announcement = readAnnouncement(setUp);
  if (announcement === undefined)
    return [{ name: 'announcement', status: 'fail', detail: 'It is none, or not in its canonical form.' }];
  return [
    finding(
      'announcement',
      announcementFaults(setUp, announcement),
      'it is of this circuit and these parties',
    ),
    finding('transcript', transcriptFaults(setUp, announcement), 'its parties and its beacon were announced'),
    finding('log entry', entryFaults(setUp), 'it names this transcript'),
    ...expected.map((hash): Finding => {
      const found = setUp.result?.transcript.contributions.find((one) => one.hash === hash);
      return found
        ? { name: 'expected contribution', status: 'pass', detail: `${found.name}: ${hash.slice(0, 16)}…` }
        : { name: 'expected contribution', status: 'fail', detail: `The transcript has no ${hash}.` };
    }),
  ];
}

/** The bytes of `set-up.json`, as the prover writes them. */
export const transcriptText = (transcript: CircuitSetUp): string =>
  `${JSON.stringify(transcript, null, 2)}\n`;

function readAnnouncement({ announcement }: SetUpAnswer): SetUpAnnouncement | undefined {
  const parsed = parseStrictJson(new TextEncoder().encode(announcement), {
    maxBytes: ANNOUNCEMENT_BYTES_MAX,
  });
  const read = parsed.ok ? setUpAnnouncement.safeParse(parsed.value) : undefined;
  return read?.success && canonicalJson(read.data) === announcement ? read.data : undefined;
}

function announcementFaults(setUp: SetUpAnswer, announced: SetUpAnnouncement): string[] {
  const { modelVersionId, ...identity } = setUp.model;
  return [
    ...unless(sha256TextHex(setUp.announcement) === setUp.announcementSha256, 'its hash is another one'),
    ...unless(announced.setUpId === setUp.id, 'it is of another set-up'),
    ...unless(announced.modelVersionId === modelVersionId, 'it is of another model version'),
    ...unless(modelVersionIdOf(identity) === modelVersionId, 'the model version is not that of its parts'),
    ...unless(same(announced.beacon, setUp.beacon), 'it announced another beacon'),
  ];
}

function transcriptFaults({ result }: SetUpAnswer, announced: SetUpAnnouncement): string[] {
  const transcript = result?.transcript;
  if (transcript === undefined) return ['there is none'];
  const parties = transcript.contributions.filter(({ kind }) => kind === 'party');
  const last = transcript.contributions.at(-1);
  const source = announcedSource(announced.beacon, sha256TextHex(canonicalJson(announced)));
  return [
    ...unless(transcript.descriptorHash === announced.descriptorHash, 'it is of another circuit'),
    ...unless(transcript.constraintsSha256 === announced.constraintsSha256, 'it has other constraints'),
    ...unless(same(transcript.powers, announced.powers), 'it stands on other powers'),
    ...unless(
      parties.length === transcript.contributions.length - 1 &&
        last?.kind === 'beacon' &&
        last.iterationsLog2 === announced.beacon.iterationsLog2,
      'it does not end with the announced beacon',
    ),
    ...unless(transcript.beaconSource === source, 'its beacon is from elsewhere'),
    ...unless(
      parties.every(({ name }) => announced.parties.includes(name)) &&
        new Set(parties.map(({ name }) => name)).size === parties.length,
      'its parties are others than were invited, or contributed twice',
    ),
  ];
}

function entryFaults({ result, model }: SetUpAnswer): string[] {
  if (result === null) return ['there is none'];
  const { transcript, entry } = result;
  const expected = {
    type: 'touchstone.zk-setup.v1',
    modelVersionId: model.modelVersionId,
    vkDigest: transcript.vkDigest,
    class: transcript.class,
    transcript: sha256TextHex(transcriptText(transcript)),
  };
  return unless(entry === canonicalJson(expected), 'it names something else');
}

function finding(name: string, faults: readonly string[], good: string): Finding {
  return faults.length === 0
    ? { name, status: 'pass', detail: good }
    : { name, status: 'fail', detail: faults.join('; ') };
}

const unless = (condition: boolean, fault: string): string[] => (condition ? [] : [fault]);
const same = (left: object, right: object): boolean =>
  canonicalJson(left as never) === canonicalJson(right as never);
