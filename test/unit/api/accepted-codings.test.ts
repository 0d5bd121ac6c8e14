import { describe, expect, it } from 'vitest';
import { acceptedCodings } from '../../../src/api/accepted-codings.ts';

describe('Accept-Encoding', () => {
  it.each([
    // Nothing is asked for.
    [undefined, 'identity'],
    ['', 'identity'],
    [' , ,', 'identity'],
    ['identity', 'identity'],
    ['deflate, compress', 'identity'],
    // The service decides between equal weights, and any coding is better than none.
    ['gzip', 'gzip identity'],
    ['gzip, deflate, br, zstd', 'br zstd gzip identity'],
    ['gzip,zstd', 'zstd gzip identity'],
    ['identity, gzip', 'gzip identity'],
    ['gzip;q=0.001', 'gzip identity'],
    // The client decides.
    ['gzip;q=1.0, br;q=0.5, zstd;q=0.8', 'gzip zstd br identity'],
    ['br;q=0.2, gzip;q=0.2, zstd;q=0.1', 'br gzip zstd identity'],
    ['identity, gzip;q=0.5', 'identity gzip'],
    ['gzip;q=0', 'identity'],
    ['gzip;q=0.000, br', 'br identity'],
    ['br;q=0, zstd;q=0, gzip;q=0', 'identity'],
    // The rest.
    ['*', 'br zstd gzip identity'],
    ['*;q=0.1', 'br zstd gzip identity'],
    ['gzip, *;q=0.5', 'gzip br zstd identity'],
    ['gzip;q=0.2, *;q=0.5', 'br zstd identity gzip'],
    ['br;q=0, *', 'zstd gzip identity'],
    ['*, br;q=0', 'zstd gzip identity'],
    ['gzip, *;q=0', 'gzip'],
    // Without identity. If nothing else is accepted, the content is sent as it is.
    ['identity;q=0, gzip', 'gzip'],
    ['identity;q=0, *', 'br zstd gzip'],
    ['identity;q=0', 'identity'],
    ['*;q=0', 'identity'],
    ['*;q=0, identity', 'identity'],
    // Letters, spaces, and the old name of gzip.
    ['GZip', 'gzip identity'],
    ['\tgzip\t;\tQ=0.5 ,  br ; q=1', 'br gzip identity'],
    ['x-gzip', 'gzip identity'],
    ['x-gzip;q=0', 'identity'],
    // What is not well-formed is ignored.
    ['gzip;q=2, br', 'br identity'],
    ['gzip;q=0.5555, br', 'br identity'],
    ['gzip;q=, br', 'br identity'],
    ['gzip;q=-1, br', 'br identity'],
    ['gzip;level=1, br', 'br identity'],
    ['gzip br', 'identity'],
    ['gzipped, b', 'identity'],
    ['"gzip"', 'identity'],
    ['__proto__, constructor', 'identity'],
  ])('%j allows %s, the best first', (header, expected) => {
    expect(acceptedCodings(header, ['br', 'zstd', 'gzip']).join(' ')).toBe(expected);
  });

  it('allows only what is offered', () => {
    expect(acceptedCodings('br, gzip;q=0.1', ['gzip'])).toEqual(['gzip', 'identity']);
    expect(acceptedCodings('br', ['gzip'])).toEqual(['identity']);
  });
});
