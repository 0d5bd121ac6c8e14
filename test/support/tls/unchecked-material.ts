import { anchorsOf } from '../../../src/tls/authority.ts';
import { type TlsMaterial, trustedNow } from '../../../src/tls/secure-context.ts';
import { authoritiesIn, certificatesIn, crlsIn, privateKeyIn } from '../../../src/tls/tls-file.ts';
import type { TlsSet } from './tls-folder.ts';

/** A set as the server gets it, although checkTlsMaterial may refuse it. */
export function uncheckedMaterial(set: TlsSet): TlsMaterial {
  const authorities = authoritiesIn(set.clientCa, 'ca.crt');
  const anchors = anchorsOf(authorities);
  return {
    contents: set,
    chain: certificatesIn(set.cert, 'tls.crt'),
    key: privateKeyIn(set.key, 'tls.key'),
    authorities,
    anchors,
    trusted: trustedNow(anchors),
    crls: set.crl === undefined ? undefined : crlsIn(set.crl, 'ca.crl'),
  };
}
