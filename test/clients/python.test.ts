import { testExample } from '../support/clients/test-example.ts';

testExample({
  title: 'Python',
  folder: 'examples/python',
  source: 'example.py',
  needs: 'Python 3.11 or newer with its venv module',
  versions: ['python3 --version', 'python3 -m ensurepip --version'],
  build: [
    'python3 -m venv .venv',
    '.venv/bin/pip install --quiet --disable-pip-version-check -r requirements.txt',
    '.venv/bin/openapi-python-client generate --path openapi.yaml --config config.yml --meta none --output-path scaler',
  ],
  run: 'build/clients/python/.venv/bin/python build/clients/python/example.py',
});
