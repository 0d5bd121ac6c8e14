import { testExample } from '../support/clients/test-example.ts';

testExample({
  title: 'Go',
  folder: 'examples/go',
  source: 'example.go',
  needs: 'Go 1.25 or newer',
  versions: ['go version'],
  build: ['go generate ./...', 'go build -o example .'],
  run: 'build/clients/go/example',
});
