import type { EntityManager } from 'typeorm';
import type { ReceivedFile } from '../domain/model/model-files.js';
import { GATEWAY_SCHEMA as schema } from './schema.js';

type Querying = Pick<EntityManager, 'query'>;

/** Writes a file in pieces, a statement for each, under an id that nothing refers to yet. */
export async function storePieces(manager: Querying, fileId: string, file: ReceivedFile): Promise<void> {
  let place = 0;
  for await (const piece of file.pieces()) {
    await manager.query(`INSERT INTO ${schema}.file_pieces (file_id, place, bytes) VALUES ($1, $2, $3)`, [
      ...[fileId, place, Buffer.from(piece.buffer, piece.byteOffset, piece.length)],
    ]);
    place += 1;
  }
}

/**
 * Reads a file piece after piece; when it is taken away in the middle it ends early, which its hash shows.
 *
 * @param read one piece, undefined behind the last one
 */
export async function* readPieces(
  read: (place: number) => Promise<Buffer | undefined>,
): AsyncGenerator<Uint8Array> {
  for (let place = 0; ; place += 1) {
    const piece = await read(place);
    if (piece === undefined) return;
    yield piece;
  }
}

/** Takes a file away. */
export async function dropPieces(manager: Querying, fileId: string): Promise<void> {
  await manager.query(`DELETE FROM ${schema}.file_pieces WHERE file_id = $1`, [fileId]);
}
