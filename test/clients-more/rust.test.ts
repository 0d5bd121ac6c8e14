import { testProgram } from '../support/clients/test-example.ts';

testProgram({
  title: 'Rust',
  folder: 'test/clients-more/rust',
  source: 'src/main.rs',
  needs: 'Rust 1.85 or newer with a C compiler, JDK 17 or newer, and Maven',
  versions: ['cargo --version', 'cc --version', 'javac -version', 'mvn --version'],
  build: ['mvn --batch-mode --no-transfer-progress --quiet generate-sources', 'cargo build'],
  run: 'build/clients/rust/target/debug/example',
});
