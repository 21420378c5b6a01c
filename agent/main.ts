#!/usr/bin/env node
import { keepHeapSmall } from './heap.ts';

const argv = process.argv.slice(2);
if (argv[0] === 'run') keepHeapSmall();
// Loaded only now, so that the heap stays small while that happens.
const { runProgram } = await import('./program.ts');
await runProgram(argv, process.env);
