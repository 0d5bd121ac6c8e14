import type { Config } from '../config/config.ts';
import type { TlsFiles } from '../tls/material.ts';

/** The TLS files that the configuration names. */
export function tlsFilesOf(config: Config): TlsFiles {
  return {
    cert: config.TLS_CERT_FILE,
    key: config.TLS_KEY_FILE,
    clientCa: config.TLS_CLIENT_CA_FILE,
    crl: config.TLS_CRL_FILE,
  };
}
