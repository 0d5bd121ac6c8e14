import { testExample } from '../support/clients/test-example.ts';

testExample({
  title: 'Java',
  folder: 'examples/java',
  source: 'src/main/java/Example.java',
  needs: 'JDK 17 or newer and Maven',
  versions: ['javac -version', 'mvn --version'],
  build: ['mvn --batch-mode --no-transfer-progress --quiet package'],
  run: 'java -jar build/clients/java/target/example.jar',
});
