import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Frame } from '../../../../src/cluster/events/frame.ts';
import { FrameRing, type NewFrame } from '../../../../src/cluster/events/frame-ring.ts';

const MIB = 1024 * 1024;

function frame(upTo: string, parts: Partial<NewFrame> = {}): NewFrame {
  const json = JSON.stringify({ at: upTo });
  const base = { kind: 'changed', namespace: 'shop', labels: [], previousLabels: undefined } as const;
  return { ...base, id: upTo, json, upTo, ...parts };
}

function ringWith(from: string, ...upTo: readonly string[]): FrameRing {
  const ring = new FrameRing(MIB, from);
  for (const each of upTo) ring.append(frame(each));
  return ring;
}

afterEach(() => vi.restoreAllMocks());

const bytesOf = (each: Frame | undefined) =>
  each === undefined ? undefined : String(each.buffer.subarray(each.start, each.end));
const restOf = (each: Frame | undefined) =>
  each === undefined ? undefined : String(each.buffer.subarray(each.rest, each.restEnd));

describe('a frame in the ring', () => {
  it('is the bytes that are sent, with an id only if it completes a position', () => {
    const ring = ringWith('1');
    ring.append(frame('2', { json: '{"name":"Größe 鯨"}', id: undefined }));
    ring.append(frame('3', { kind: 'gone', json: '{}' }));
    expect(bytesOf(ring.lend(0))).toBe('event: changed\ndata: {"name":"Größe 鯨"}\n\n');
    expect(restOf(ring.lend(0))).toBe('"name":"Größe 鯨"}\n');
    expect(bytesOf(ring.lend(1))).toBe('event: gone\ndata: {}\nid: 3\n\n');
    expect(restOf(ring.lend(1))).toBe('}\n');
  });

  it('follows the one before it in memory', () => {
    const ring = ringWith('1', '2', '3');
    expect(ring.lend(1)?.buffer).toBe(ring.lend(0)?.buffer);
    expect(ring.lend(1)?.start).toBe(ring.lend(0)?.end);
  });

  it('that is larger than a segment has one of its own', () => {
    const ring = ringWith('1', '2');
    const json = JSON.stringify({ reason: 'x'.repeat(40_000) });
    ring.append(frame('3', { json }));
    ring.append(frame('4'));
    expect(bytesOf(ring.lend(1))).toBe(`event: changed\ndata: ${json}\nid: 3\n\n`);
    expect(bytesOf(ring.lend(2))).toContain('{"at":"4"}');
  });
});

describe('the place after a position', () => {
  it('is before the first frame that a reader with this position may not know', () => {
    const ring = ringWith('10', '12', '15', '20');
    expect(['10', '11', '12', '14', '15', '19', '20', '25'].map((id) => ring.after(id))).toEqual([
      0, 0, 1, 1, 2, 2, 3, 3,
    ]);
  });

  it('is unknown before the ring began, and for what is not a resourceVersion', () => {
    const ring = ringWith('10', '12');
    for (const id of ['9', '', '0', 'abc', '-1', '1e3', '12;', '٣']) expect(ring.after(id)).toBeUndefined();
    expect(ringWith('opaque', 'x').after('x')).toBeUndefined();
  });

  it('compares versions as numbers of any length', () => {
    const ring = ringWith('99', '100', '9007199254740993', '9007199254740994');
    expect(ring.after('9007199254740993')).toBe(2);
    expect(ring.after('101')).toBe(1);
  });

  it('counts all frames of a step as made up to its end, whatever their order', () => {
    const ring = ringWith('10');
    ring.append(frame('20', { id: undefined }));
    ring.append(frame('20'));
    expect(ring.after('15')).toBe(0);
    expect(ring.after('20')).toBe(2);
  });

  it('is not after a frame that another namespace has brought from later', () => {
    // One namespace is at 30, the position is still that of the other one.
    const ring = ringWith('10');
    ring.append(frame('30', { id: undefined }));
    ring.append(frame('12', { id: '12' }));
    ring.append(frame('31', { id: '31' }));
    // Reader of 12 does not know the first frame.
    expect(ring.after('12')).toBe(0);
    expect(ring.after('30')).toBe(2);
  });
});

describe('a full ring', () => {
  const filled = () => {
    const ring = new FrameRing(64 * 1024, '1');
    const json = JSON.stringify({ text: 'x'.repeat(1_000) });
    for (let version = 2; version <= 500; version += 1) ring.append(frame(`${version}`, { json }));
    return ring;
  };

  it('keeps the newest frames in its bytes', () => {
    const ring = filled();
    expect(ring.next).toBe(499);
    expect(ring.bytes).toBeLessThanOrEqual(64 * 1024);
    expect(ring.next - ring.base).toBeGreaterThan(40);
    expect(ring.lend(ring.base - 1)).toBeUndefined();
    expect(ring.lend(ring.base)?.id).toBe(`${ring.base + 2}`);
    expect(ring.lend(498)?.id).toBe('500');
  });

  it('knows the place only of those that miss nothing of what has fallen out', () => {
    const ring = filled();
    const oldest = ring.base + 2;
    expect(ring.after(`${oldest - 1}`)).toBe(ring.base);
    expect(ring.after(`${oldest - 2}`)).toBeUndefined();
    expect(ring.after('500')).toBe(499);
  });

  it('does not know a place in a step of which a part has fallen out', () => {
    const ring = new FrameRing(32 * 1024, '1');
    const json = JSON.stringify({ text: 'x'.repeat(1_000) });
    ring.append(frame('5', { json }));
    for (let i = 0; i < 60; i += 1) ring.append(frame('90', { json, id: i === 59 ? '90' : undefined }));
    for (const id of ['1', '5', '50', '89']) expect(ring.after(id)).toBeUndefined();
    expect(ring.after('90')).toBe(61);
  });

  it('writes over what nobody has read, so that it needs no new memory', () => {
    const allocated = vi.spyOn(Buffer, 'allocUnsafeSlow');
    filled();
    expect(allocated).toHaveBeenCalledTimes(5);
  });

  it('leaves a frame that a reader holds as it is', () => {
    const ring = new FrameRing(64 * 1024, '1');
    const json = JSON.stringify({ text: 'x'.repeat(1_000) });
    const held: [Frame | undefined, string | undefined][] = [];
    for (let version = 2; version <= 500; version += 1) {
      ring.append(frame(`${version}`, { json }));
      if (version % 3 > 0) continue;
      const each = ring.lend(version - 2);
      held.push([each, bytesOf(each)]);
    }
    for (const [each, text] of held) expect(bytesOf(each)).toBe(text);
  });

  it('keeps one frame, however large', () => {
    const ring = new FrameRing(1_000, '1');
    ring.append(frame('2', { json: JSON.stringify({ text: 'x'.repeat(50_000) }) }));
    expect(ring.lend(0)?.id).toBe('2');
  });
});

describe('a ring that begins again', () => {
  it('leaves every reader behind, also one that has read all', () => {
    const ring = ringWith('10', '12', '15');
    const { next } = ring;
    ring.restart('7');
    expect(ring.base).toBeGreaterThan(next);
    expect(ring.next).toBe(ring.base);
    ring.append(frame('8'));
    expect(ring.after('7')).toBe(ring.base);
    expect(ring.after('6')).toBeUndefined();
  });
});
