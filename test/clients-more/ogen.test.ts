import { testProgram } from '../support/clients/test-example.ts';

testProgram({
  title: 'Go by ogen',
  folder: 'test/clients-more/ogen',
  source: 'example.go',
  needs: 'Go 1.25 or newer',
  versions: ['go version'],
  build: ['go generate ./...', 'go build -o example .'],
  run: 'build/clients/ogen/example',
});
