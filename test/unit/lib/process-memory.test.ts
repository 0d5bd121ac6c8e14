import { expect, it } from 'vitest';
import { ProcessMemory } from '../../../src/lib/process-memory.ts';

it('the process memory includes memory outside the JavaScript heap', () => {
  const memory = new ProcessMemory();
  const before = memory.bytes;
  expect(before).toBeGreaterThan(10 * 2 ** 20);
  const native = Buffer.alloc(64 * 2 ** 20, 1);
  expect(memory.bytes - before).toBeGreaterThan(48 * 2 ** 20);
  expect(native.length).toBe(64 * 2 ** 20);
  memory.close();
});
