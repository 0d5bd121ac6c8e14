import { HANDSHAKE_REFUSALS } from '../../tls/handshake-refusal.ts';
import type { Families } from './families.ts';
import type { MetricsSources } from './metrics-sources.ts';

/** Connections, handshakes and the TLS files. */
export function tlsMetrics(
  families: Families,
  { reloader, handshakes, clientConnections }: MetricsSources,
): void {
  const { ended } = handshakes;
  families.counter(
    {
      name: 'scaler_tls_handshakes_total',
      help: 'TLS handshakes that have ended',
      labels: { result: ['accepted', 'refused'] },
    },
    (report) => {
      report({ result: 'accepted' }, ended.accepted);
      report({ result: 'refused' }, sum(Object.values(ended.refused)));
    },
  );
  families.counter(
    {
      name: 'scaler_tls_refusals_total',
      help: 'TLS handshakes that were refused, by reason',
      labels: { reason: Object.keys(HANDSHAKE_REFUSALS) },
    },
    (report) => {
      for (const [reason, count] of Object.entries(ended.refused)) report({ reason }, count);
    },
  );
  families.gauge(
    {
      name: 'scaler_connections',
      help: 'Connections of clients: with a finished handshake, and without one',
      labels: { state: ['open', 'handshaking'] },
    },
    (report) => {
      report({ state: 'open' }, clientConnections.size);
      report({ state: 'handshaking' }, handshakes.running);
    },
  );
  families.counter(
    {
      name: 'scaler_tls_reloads_total',
      help: 'Changed sets of TLS files since the start',
      labels: { result: ['used', 'refused'] },
    },
    (report) => {
      report({ result: 'used' }, reloader.stats.reloads);
      report({ result: 'refused' }, reloader.stats.failures);
    },
  );
  families.gauge(
    {
      name: 'scaler_tls_expiry_timestamp_seconds',
      help: 'When the server certificate, the first CA of the client CA bundle and the first CRL expire',
      labels: { of: ['certificate', 'client_ca', 'crl'] },
    },
    (report) => {
      const { certificateNotAfter, clientCaNotAfter, crlNextUpdate } = reloader.stats;
      report({ of: 'certificate' }, certificateNotAfter.getTime() / 1000);
      report({ of: 'client_ca' }, clientCaNotAfter.getTime() / 1000);
      if (crlNextUpdate !== undefined) report({ of: 'crl' }, crlNextUpdate.getTime() / 1000);
    },
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
