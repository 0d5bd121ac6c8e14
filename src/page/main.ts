import { html, render } from 'lit-html';

render(html`<h1>k8s-deployment-scaler</h1>`, document.body);
