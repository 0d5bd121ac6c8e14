import { expect, it } from 'vitest';
import { ProcessMemory } from '../../../src/lib/process-memory.ts';
import { until } from '../../support/until.ts';

it('the process memory includes memory outside the JavaScript heap', async () => {
  const memory = new ProcessMemory();
  expect(memory.bytes).toBeGreaterThan(10 * 2 ** 20);
  const native: Buffer[] = [];
  // Memory of earlier tests may be freed at the same time, but not again and again.
  await until(() => {
    const before = memory.bytes;
    native.push(Buffer.alloc(64 * 2 ** 20, 1));
    return memory.bytes - before > 48 * 2 ** 20 || native.length === 5;
  });
  expect(native.length).toBeLessThan(5);
  memory.close();
});
