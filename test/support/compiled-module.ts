import { packageFile } from '../../bridge/runtime/package-root.ts';

/** Absolute path of one compiled module, such as `bridge/store/store.js`, for a process that a test writes itself. */
export const compiledModule = (module: string): string => packageFile('dist', 'modules', module);
