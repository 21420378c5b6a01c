#!/usr/bin/env node
import { holdHeap } from './heap.ts';

const argv = process.argv.slice(2);
if (argv[0] === 'run') holdHeap();
// Loaded only now, so that the heap is held while that happens.
const { runProgram } = await import('./program.ts');
await runProgram(argv, process.env);
