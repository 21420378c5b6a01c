import { defineConfig } from 'vitest/config';

export default defineConfig(({ mode }) => ({
  test: {
    // `--mode mac`: what acts on a real Mac, one file after the other.
    include: mode === 'mac' ? ['test/mac/**/*.test.ts'] : ['test/**/*.test.ts'],
    exclude: mode === 'mac' ? [] : ['test/mac/**'],
    fileParallelism: mode !== 'mac',
    setupFiles: ['test/support/leak-guard.ts'],
    pool: 'forks',
    // Most tests wait for processes and sockets more than they compute.
    maxWorkers: 3,
    testTimeout: mode === 'mac' ? 600_000 : 60_000,
    hookTimeout: 120_000,
    reporters: ['default'],
  },
}));
