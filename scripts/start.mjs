// What `npm start` runs. Kept to syntax that old releases of Node.js can parse.
import { requireNode } from './start/require-node.mjs';

if (requireNode()) import('./start/main.mjs').then((program) => program.main(process.argv.slice(2)));
