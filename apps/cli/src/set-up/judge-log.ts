import { entryAnswer, type EntryAnswer } from '@touchstone/contracts/http/proof-service';
import type { SetUpAnswer } from '@touchstone/contracts/http/set-ups';
import { hexToBytes, sha256TextHex } from '@touchstone/crypto';
import { openWithKeys, type TrustFile } from '@touchstone/evidence';
import { leafHashOfText, verifyInclusion } from '@touchstone/merkle';
import { fetchJson } from '../stack/running-stack.js';
import type { Finding } from './judge-statements.js';

/** Whether the log has both statements, and an anchor shows that it had the announcement before the block of the beacon. */
export async function judgeLog(
  setUp: SetUpAnswer,
  evidenceUrl: string | undefined,
  trust: TrustFile | undefined,
): Promise<Finding[]> {
  const texts = [
    ['announcement in the log', setUp.announcement],
    ['transcript in the log', setUp.result?.entry ?? ''],
  ] as const;
  if (evidenceUrl === undefined || trust === undefined) {
    const detail = 'Give --trust, and --evidence-url of the proof-service.';
    return texts.map(([name]) => ({ name, status: 'not-checked', detail }));
  }
  const read = (text: string): Promise<EntryAnswer> =>
    fetchJson(`${evidenceUrl}/v1/log/entries/${sha256TextHex(text)}`, entryAnswer);
  const [announced, transcript] = [await read(texts[0][1]), await read(texts[1][1])];
  return [
    judgeEntry(texts[0], announced, trust),
    judgeOrder(setUp, announced),
    judgeEntry(texts[1], transcript, trust),
  ];
}

function judgeEntry(
  [name, text]: readonly [string, string],
  { entry, logProof, checkpoint }: EntryAnswer,
  { logs }: TrustFile,
): Finding {
  if (entry !== text) return { name, status: 'fail', detail: 'The log has another text.' };
  if (logProof === null || checkpoint === null)
    return { name, status: 'not-checked', detail: 'No signed checkpoint covers it yet.' };
  const path = logProof.path.map((hash) => hexToBytes(hash) ?? new Uint8Array());
  for (const { origin, vkey } of logs) {
    const opened = openWithKeys(checkpoint, vkey, []);
    if (!opened.ok) continue;
    const { ok } = verifyInclusion({
      leafHash: leafHashOfText(entry),
      leafIndex: BigInt(logProof.leafIndex),
      treeSize: opened.checkpoint.size,
      path,
      root: opened.checkpoint.root,
    });
    return ok
      ? { name, status: 'pass', detail: `entry ${logProof.leafIndex} of ${origin}` }
      : { name, status: 'fail', detail: `Its path does not lead to the checkpoint of ${origin}.` };
  }
  return { name, status: 'not-checked', detail: 'The trust file lists no key of the log that signed it.' };
}

/** The anchor is the proof-service's word here: `touchstone verify` judges anchors, of evidence. */
function judgeOrder({ beacon }: SetUpAnswer, { anchors }: EntryAnswer): Finding {
  const name = 'announced before';
  const anchor = anchors.find(({ network }) => network === beacon.network);
  if (anchor?.blockNumber == null)
    return {
      name,
      status: 'not-checked',
      detail: `No anchor on ${beacon.network} covers the announcement yet.`,
    };
  const order = `anchored in block ${anchor.blockNumber}, the beacon is of block ${beacon.block}`;
  return BigInt(anchor.blockNumber) < BigInt(beacon.block)
    ? { name, status: 'pass', detail: `${order}, says the proof-service` }
    : { name, status: 'not-checked', detail: `${order}: no anchor shows the order` };
}
