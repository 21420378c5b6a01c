/** Resolves with the first value of `probe` that is neither undefined, null nor false; a test waits on conditions, never on time. */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  {
    within = 20_000,
    every = 20,
    what = 'condition',
  }: { within?: number; every?: number; what?: string } = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const end = Date.now() + within;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined && value !== null && value !== false)
        return value as NonNullable<Exclude<T, false>>;
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) {
      const detail = last instanceof Error ? last.message : JSON.stringify(last);
      throw new Error(`${what} did not come true within ${within} ms; last: ${detail}`, { cause: last });
    }
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
