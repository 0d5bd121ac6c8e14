import { pipeline, type Readable, type TransformOptions } from 'node:stream';
import { createGunzip, type ZlibOptions } from 'node:zlib';

/**
 * The largest piece of a decompressed answer. Each piece is a task of the thread pool, and 16 KiB of a TLS record become
 * some 110 KiB: with the default of 16 KiB the tasks cost more than the decompression.
 */
const GUNZIP_BYTES = 256 * 1024;

/**
 * Decompresses gzip as it arrives. What arrives while a piece is decompressed makes one piece, because a task of the thread
 * pool takes at least a turn of the event loop: an API server sends each event of a watch by itself, and with one of them
 * per turn a busy service would fall behind. Who reads the bytes meets the errors of both streams.
 */
export function decompressed(body: Readable): AsyncIterable<Buffer> {
  // With this mark it takes the next piece only when the last one is done.
  const options: ZlibOptions & TransformOptions = { chunkSize: GUNZIP_BYTES, writableHighWaterMark: 1 };
  const gunzip = createGunzip(options);
  // The iterator may be waiting for bytes then, and would wait for ever.
  gunzip.once('close', () => body.destroy());
  return pipeline(
    body,
    () => allThatArrived(body),
    gunzip,
    () => {},
  );
}

/** All bytes that have arrived, each time: the iterator of Node 26 returns one chunk of them. */
async function* allThatArrived(body: Readable): AsyncGenerator<Buffer, void> {
  for await (const chunk of body) {
    const chunks: Buffer[] = [chunk];
    for (let more: Buffer | null = body.read(); more !== null; more = body.read()) chunks.push(more);
    yield Buffer.concat(chunks);
  }
}
