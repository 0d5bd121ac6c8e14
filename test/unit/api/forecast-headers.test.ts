import fc from 'fast-check';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { forecastHeader, warningHeaders } from '../../../src/api/forecast-headers.ts';
import { answerHeaders } from '../../../src/api/headers.ts';
import { FORECASTS, type Forecast } from '../../../src/cluster/ownership/forecast.ts';
import { holds } from '../../support/kube/property.ts';

const forecast = (parts: Partial<Forecast> = {}): Forecast => ({
  kind: 'contested',
  by: 'HorizontalPodAutoscaler/cart',
  certain: true,
  message: 'it is contested',
  ...parts,
});

/** Reads a Warning header as RFC 7234 has it: a code, an agent, and a quoted text. @throws if it is none */
function warningIn(header: string): { code: string; agent: string; text: string } {
  const [, code = '', agent = '', quoted = ''] = /^(\d{3}) (\S+) "(.*)"$/s.exec(header) ?? [];
  let text = '';
  for (let at = 0; at < quoted.length; at += 1) {
    if (quoted[at] === '"') throw new Error(`a quote within a quoted text: ${header}`);
    if (quoted[at] === '\\') at += 1;
    if (at === quoted.length) throw new Error(`nothing after a backslash: ${header}`);
    text += quoted[at];
  }
  return { code, agent, text };
}

/** Reads a list of tokens with parameters (RFC 9651), each of which may be a token or a quoted text. @throws */
function listIn(header: string) {
  let rest = header;
  const take = (pattern: RegExp): string => {
    const [taken] = pattern.exec(rest) ?? [];
    if (taken === undefined) throw new Error(`not ${pattern} at: ${rest}`);
    rest = rest.slice(taken.length);
    return taken;
  };
  const items: { kind: string; parameters: Record<string, string> }[] = [];
  for (;;) {
    const item = { kind: take(/^[a-zA-Z]+/), parameters: {} as Record<string, string> };
    items.push(item);
    while (rest.startsWith(';')) {
      const name = take(/^; [a-z]+=/).slice(2, -1);
      item.parameters[name] = take(/^("[\x20\x21\x23-\x5b\x5d-\x7e]*"|[a-z]+)/).replaceAll('"', '');
    }
    if (rest === '') return items;
    take(/^, /);
  }
}

const isDocumented = (header: string) => Value.Check(answerHeaders['X-Replicas-Forecast'], header);
const anyForecast: fc.Arbitrary<Forecast> = fc.record({
  kind: fc.constantFrom(...FORECASTS),
  by: fc.option(fc.string({ unit: 'binary', maxLength: 400 }), { nil: undefined }),
  certain: fc.boolean(),
  message: fc.string({ unit: 'binary', maxLength: 600 }),
});

describe('X-Replicas-Forecast', () => {
  it('lists what will happen, by whom, and whether it is only possible', () => {
    expect(
      forecastHeader([
        forecast(),
        forecast({ kind: 'blocksUpgrade', by: 'Helm/web', certain: false }),
        forecast({ kind: 'unknown', by: undefined }),
      ]),
    ).toBe(
      'contested; by="HorizontalPodAutoscaler/cart", blocksUpgrade; by="Helm/web"; certainty=possible, unknown',
    );
  });

  it('has a question mark for each character of a name that it cannot have', () => {
    expect(forecastHeader([forecast({ by: 'Apply/a"b\\c\r\nd\u00e9\u{1f433}\x7f' })])).toBe(
      'contested; by="Apply/a?b?c??d???"',
    );
  });

  it('is short, whatever others name their objects and however many these are', () => {
    const many = Array.from({ length: 100 }, (_, i) =>
      forecast({ by: `Rollout/${i}${'x'.repeat(100_000)}` }),
    );
    expect(listIn(forecastHeader(many))).toHaveLength(16);
    expect(forecastHeader(many).length).toBeLessThan(5_000);
  });

  it('can be read and is as documented, whatever others name their objects', () =>
    holds(
      fc.property(fc.array(anyForecast, { minLength: 1, maxLength: 20 }), (forecasts) => {
        const header = forecastHeader(forecasts);
        expect(isDocumented(header)).toBe(true);
        const read = listIn(header);
        expect(read).toHaveLength(Math.min(16, forecasts.length));
        for (const [at, { kind, parameters }] of read.entries()) {
          const given = forecasts[at];
          expect(kind).toBe(given?.kind);
          expect('by' in parameters).toBe(given?.by !== undefined);
          expect(parameters.certainty).toBe(given?.certain ? undefined : 'possible');
          expect(parameters.by ?? '').toMatch(/^[\x20-\x7e]{0,256}$/);
        }
      }),
    ));
});

describe('Warning', () => {
  it('says what the forecasts say, and then what the API server warns of', () => {
    expect(warningHeaders([forecast(), forecast({ message: 'it drifts' })], ['deprecated'])).toEqual([
      '299 - "it is contested"',
      '299 - "it drifts"',
      '299 - "deprecated"',
    ]);
  });

  it('is absent if there is nothing to say', () => {
    expect(warningHeaders([forecast({ kind: 'holds', by: undefined, message: '' })], [''])).toEqual([]);
  });

  it('quotes quotes and backslashes', () => {
    const message = `patch -p '{"spec":{}}' \\ end`;
    const [header = ''] = warningHeaders([forecast({ message })], []);
    expect(header).toBe(`299 - "patch -p '{\\"spec\\":{}}' \\\\ end"`);
    expect(warningIn(header).text).toBe(message);
  });

  it('comes eight times at most, the forecasts first', () => {
    const six = Array.from({ length: 6 }, (_, i) => forecast({ message: `forecast ${i}` }));
    const texts = warningHeaders(six, ['a', 'b', 'c']).map((header) => warningIn(header).text);
    expect(texts).toEqual([...six.map(({ message }) => message), 'a', 'b']);
  });

  it('has at most 256 characters, of which quotes count once, and says if it was cut', () => {
    const textOf = (message: string) => warningIn(warningHeaders([forecast({ message })], [])[0] ?? '').text;
    expect(textOf('"'.repeat(256))).toBe('"'.repeat(256));
    expect(textOf('"'.repeat(257))).toBe(`${'"'.repeat(253)}...`);
    expect(textOf('\u{1f433}'.repeat(256))).toBe('?'.repeat(256));
  });

  it('can be read and is ASCII, whatever the API server and others write', () =>
    holds(
      fc.property(
        fc.array(anyForecast, { maxLength: 10 }),
        fc.array(fc.string({ unit: 'binary', maxLength: 600 }), { maxLength: 10 }),
        (forecasts, warnings) => {
          const given = [...forecasts.map(({ message }) => message), ...warnings].filter(
            (text) => text !== '',
          );
          const headers = warningHeaders(forecasts, warnings);
          expect(headers).toHaveLength(Math.min(8, given.length));
          for (const [at, header] of headers.entries()) {
            const { code, agent, text } = warningIn(header);
            expect({ code, agent }).toEqual({ code: '299', agent: '-' });
            const whole = [...(given[at] ?? '')]
              .map((each) => (/^[\x20-\x7e]$/.test(each) ? each : '?'))
              .join('');
            expect(text).toBe(whole.length > 256 ? `${whole.slice(0, 253)}...` : whole);
          }
        },
      ),
    ));
});
