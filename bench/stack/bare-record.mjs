// What no gateway with a signature and a durable record can do without: one ECDSA signature, verified before it is
// released, and one row of PostgreSQL that is flushed before the answer. Rows of callers who wait are inserted together.
import { hash } from 'node:crypto';
import { createRequire } from 'node:module';

const requireFrom = (folder) => createRequire(new URL(`../../${folder}/package.json`, import.meta.url));
const curve = requireFrom('libs/crypto')('secp256k1/bindings.js');
const pg = requireFrom('libs/postgres')('pg');

const WRITERS = 2;
const privateKey = Buffer.alloc(32, 7);
const publicKey = curve.publicKeyConvert(curve.publicKeyCreate(privateKey, true), false);

function signed(text) {
  const digest = hash('sha256', text, 'buffer');
  const { signature } = curve.ecdsaSign(digest, privateKey);
  if (!curve.ecdsaVerify(signature, digest, publicKey)) throw new Error('The signature does not verify.');
  return Buffer.from(signature).toString('hex');
}

/** `record(text)` signs a text and resolves once text and signature are flushed to disk. */
export async function bareRecorder(databaseUrl) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: WRITERS });
  await pool.query(
    'CREATE TABLE IF NOT EXISTS bare_record (id bigserial PRIMARY KEY, text text, signature text)',
  );
  const insert = 'INSERT INTO bare_record (text, signature) SELECT * FROM unnest($1::text[], $2::text[])';
  let waiting = [];
  let writers = 0;
  async function write() {
    if (writers === WRITERS || waiting.length === 0) return;
    const group = waiting;
    waiting = [];
    writers += 1;
    const columns = [group.map(({ text }) => text), group.map(({ signature }) => signature)];
    await pool.query({ name: 'insert', text: insert, values: columns });
    writers -= 1;
    for (const { done } of group) done();
    void write();
  }
  return (text) =>
    new Promise((done) => {
      waiting.push({ text, signature: signed(text), done });
      void write();
    });
}
