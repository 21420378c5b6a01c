// What `npm run chaos` runs. Kept to syntax that old releases of Node.js can parse.
import { requireNode } from './start/require-node.mjs';

if (requireNode()) import('./chaos/chaos.mjs').then((program) => program.main(process.argv.slice(2)));
