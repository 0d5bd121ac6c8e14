import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogStream } from '../../../src/observability/log-stream.ts';
import { until } from '../../support/until.ts';

/** A pipe that is not read until the test says so. */
let folder: string;
let pipe: number;
let log: LogStream;
let received: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-stream-test-'));
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  log = new LogStream(pipe);
  received = '';
});
afterEach(async () => {
  // The log must not write to a descriptor that reuses this number later.
  let flushed = false;
  const flushing = log.flushed(20_000).then(() => {
    flushed = true;
  });
  await readUntil(() => flushed);
  await flushing;
  closeSync(pipe);
  rmSync(folder, { recursive: true });
});

/** Reads the content of the pipe until the condition holds. */
async function readUntil(condition: () => boolean): Promise<void> {
  const buffer = Buffer.alloc(64 * 1024);
  await until(() => {
    try {
      received += buffer.toString('latin1', 0, readSync(pipe, buffer));
    } catch {
      // EAGAIN: the pipe is empty.
    }
    return condition();
  });
}

const line = (name: string | number, length = 1_000) => `${`line ${name} `.padEnd(length - 1, '.')}\n`;
const names = () => [...received.matchAll(/^line (\S+)/gm)].map(([, name]) => name);

describe('the log', () => {
  it('is written in the order of its lines', async () => {
    const lines = Array.from({ length: 3_000 }, (_, index) => line(index, 100));
    for (const each of lines) log.write(each);
    await readUntil(() => received.length === lines.join('').length);
    expect(received).toBe(lines.join(''));
    expect(log.dropped).toBe(0);
  });

  it('keeps up to 1 MiB while nobody reads it, then drops and counts lines, and reports the count once it is read', async () => {
    for (let index = 0; index < 3_000; index += 1) log.write(line(index));
    const kept = 3_000 - log.dropped;
    expect(kept).toBe(Math.floor((1024 * 1024) / 1_000));
    await readUntil(() => received.includes('log lines were dropped'));
    expect(names()).toEqual(Array.from({ length: kept }, (_, index) => String(index)));
    const told = received.split('\n').filter((text) => text.includes('dropped'));
    expect(told.map((text) => JSON.parse(text))).toMatchObject([{ level: 'warn', lines: log.dropped }]);
  });

  it('drops only a line that is longer than 16 KiB', async () => {
    log.write(line('long', 16 * 1024 + 1));
    log.write(line('after'));
    await readUntil(() => names().includes('after'));
    expect(names()).toEqual(['after']);
    expect(log.dropped).toBe(1);
  });

  it('resolves flushed() once it is flushed or the limit is over', async () => {
    log.write(line(1));
    await log.flushed(60_000);
    for (let index = 0; index < 500; index += 1) log.write(line(index));
    await log.flushed(20);
    expect(names()).toEqual([]);
  });
});

describe('the reserved room for an audit line', () => {
  it('is available while ordinary lines are dropped, and the line is written in order', async () => {
    for (let index = 0; index < 3_000; index += 1) log.write(line(index));
    const written = log.reserve()?.fill(() => log.write(line('audit')), 60_000);
    log.write(line('late'));
    await readUntil(() => names().includes('audit'));
    await written;
    expect(names()).not.toContain('late');
  });

  it('counts as filled when the line has left the process', async () => {
    for (let index = 0; index < 200; index += 1) log.write(line(index));
    let done = false;
    const written = log
      .reserve()
      ?.fill(() => log.write(line('audit')), 60_000)
      .then(() => {
        done = true;
      });
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).toBe(false);
    await readUntil(() => names().includes('audit'));
    await written;
  });

  it('keeps its line after the limit for waiting is over', async () => {
    for (let index = 0; index < 200; index += 1) log.write(line(index));
    await log.reserve()?.fill(() => log.write(line('audit')), 1);
    expect(names()).toEqual([]);
    await readUntil(() => names().includes('audit'));
  });

  it('suffices for 2,048 lines, and for further lines once earlier ones are written', async () => {
    const rooms = Array.from({ length: 2_048 }, () => log.reserve());
    expect(rooms).not.toContain(undefined);
    expect(log.reserve()).toBeUndefined();
    await rooms[0]?.fill(() => log.write(line('audit')), 60_000);
    expect(log.reserve()).toBeDefined();
    expect(log.reserve()).toBeUndefined();
  });

  it('is released if the log level suppresses the line', async () => {
    for (let count = 0; count < 2_049; count += 1) await log.reserve()?.fill(() => {}, 60_000);
    expect(log.reserve()).toBeDefined();
  });
});

describe('the last log line of a process that ends because of an error', () => {
  it('is written synchronously, after the waiting lines', () => {
    log.write(line('first'));
    log.write(line('second'));
    log.writeLast(line('last'));
    const buffer = Buffer.alloc(64 * 1024);
    received = buffer.toString('latin1', 0, readSync(pipe, buffer));
    // The first line was handed to the system before, which may write it at any time.
    expect(names().filter((name) => name !== 'first')).toEqual(['second', 'last']);
  });
});
