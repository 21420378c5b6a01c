/** Milliseconds of the clock that all processes of a machine share and that never steps. */
export const monotonicMs = (): number => Number(process.hrtime.bigint() / 1000n) / 1000;
