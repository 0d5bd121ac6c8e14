import { render } from 'lit-html';
import { ScalerClient } from '../client/scaler-client.ts';
import { App } from './control/app.ts';
import { Focus } from './focus.ts';
import { listenToKeys } from './keyboard.ts';
import { FleetReader } from './stream/fleet-reader.ts';
import { shareStream } from './stream/shared-stream.ts';
import { pageView } from './views/page-view.ts';
import { VisibleRows } from './visible-rows.ts';

/** Ages are drawn again this often. */
const AGES_MS = 15_000;

/** The URL of the service: this module is at `docs/page/main.js` below it, also below the prefix of a proxy. */
const base = new URL('../..', import.meta.url).href;
const client = new ScalerClient(base, (url, init) =>
  fetch(url, { ...init, cache: 'no-store', redirect: 'error' }),
);
const app = new App({ client, base, draw });
const focus = new Focus(app);
const visible = new VisibleRows((keys) => app.limits.want(keys));
let isDrawing = false;

/** Many changes in one frame are drawn once; nothing is drawn while nobody sees the page. */
function draw(): void {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    focus.around(() => render(pageView(app), document.body));
    visible.observe(document.querySelectorAll('tr[data-key]'));
    rememberFilter();
  });
}

/** The filter is in the address, so that it can be shared. */
function rememberFilter(): void {
  const url = new URL(location.href);
  if ((url.searchParams.get('filter') ?? '') === app.filter) return;
  if (app.filter === '') url.searchParams.delete('filter');
  else url.searchParams.set('filter', app.filter);
  history.replaceState(undefined, '', url);
}

const filterIn = () => new URL(location.href).searchParams.get('filter') ?? '';
app.setFilter(filterIn());
addEventListener('popstate', () => app.setFilter(filterIn()));
listenToKeys(app, () => focus.request());
document.addEventListener('focusin', ({ target }) => {
  const key = target instanceof Element ? target.closest('tr')?.dataset.key : undefined;
  if (key === undefined || key === app.current) return;
  app.current = key;
  draw();
});
setInterval(() => {
  app.limits.want();
  draw();
}, AGES_MS);
draw();

shareStream({
  name: `k8s-deployment-scaler ${base}`,
  copy: app.copy,
  onUpdate: (update) => app.take(update),
  read: (publish, signal) => new FleetReader({ client, copy: app.copy, publish }).run(signal),
});
