import { testExample } from '../support/clients/test-example.ts';
import { typescriptExample } from '../support/clients/typescript.ts';

testExample(typescriptExample);
