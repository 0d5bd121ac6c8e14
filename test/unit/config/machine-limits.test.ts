import { describe, expect, it } from 'vitest';
import { limitsOn, MachineError } from '../../../src/config/machine-limits.ts';
import { configuredLimits, defaultLimits } from '../../support/limits.ts';

const MIB = 1024 * 1024;
const limitsWith = (descriptors: number, clusters = 1) =>
  limitsOn({ descriptors, memoryBytes: undefined }, configuredLimits, clusters);

describe('the limits on this machine', () => {
  it('are the configured ones if the machine has enough descriptors or an unknown number', () => {
    expect(limitsWith(1_048_576)).toEqual(defaultLimits);
    expect(limitsOn({ descriptors: undefined, memoryBytes: undefined }, configuredLimits, 1)).toEqual(
      defaultLimits,
    );
  });

  it.each([
    [1_024, 1],
    [1_024, 5],
    [2_000, 10],
    [2_000, 1],
    [324, 1],
  ])('leave descriptors for other purposes with %d descriptors and %d clusters', (descriptors, clusters) => {
    const { maxConnections, maxHandshakes } = limitsWith(descriptors, clusters);
    expect(maxConnections).toBeGreaterThanOrEqual(16);
    expect(maxHandshakes).toBeGreaterThanOrEqual(5);
    expect(maxConnections + maxHandshakes).toBe(descriptors - 200 - 100 * clusters);
  });

  it('are an error if there are too few descriptors for any connection', () => {
    expect(() => limitsWith(302)).toThrow(MachineError);
    expect(() => limitsWith(302)).toThrow('302 file descriptors are too few');
  });

  it('cap the memory at 85 % of the container memory, unless a limit is configured', () => {
    const machine = { descriptors: undefined, memoryBytes: 1_000 * MIB };
    expect(limitsOn(machine, configuredLimits, 1).maxMemoryBytes).toBe(850 * MIB);
    const configured = { ...configuredLimits, maxHeapMib: 300 };
    expect(limitsOn(machine, configured, 1).maxMemoryBytes).toBe(300 * MIB);
  });
});
