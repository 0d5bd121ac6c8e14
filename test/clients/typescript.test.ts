import { testExample } from './helpers/test-example.ts';
import { typescriptExample } from './helpers/typescript.ts';

testExample(typescriptExample);
