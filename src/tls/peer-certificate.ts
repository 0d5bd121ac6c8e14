import { X509Certificate } from 'node:crypto';
import type { PeerCertificate, TLSSocket } from 'node:tls';

/** Before this version Node never frees what `getPeerX509Certificate()` returns, 4 KiB for each connection. */
const FREES_SINCE = 26;
const [major = 0] = process.versions.node.split('.').map(Number);

/** The certificate that the other side of a connection has shown, without its intermediates. */
export function peerCertificate(socket: TLSSocket): X509Certificate | undefined {
  if (major >= FREES_SINCE) return socket.getPeerX509Certificate();
  const peer: Partial<PeerCertificate> | null = socket.getPeerCertificate();
  return peer?.raw === undefined ? undefined : new X509Certificate(peer.raw);
}
